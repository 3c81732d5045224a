package sandbox

import (
	"net/http"
	"strings"
)

// The two modes of everything.
const (
	modeTest = "test"
	modeLive = "live"
)

// An organisation is a customer: keys and webhooks for each mode.
type organisation struct {
	id, name  string
	keys      map[string]Keys      // by mode
	endpoints map[string]*endpoint // by mode
}

// Keys are what a customer has for one mode. They are the sandbox's own and open
// nothing else.
type Keys struct {
	PublicID      string `json:"public_id"`
	PrivateKey    string `json:"private_key"`
	WebhookSecret string `json:"webhook_secret"` // several, with commas between them, during a rotation
	WebhookURL    string `json:"webhook_url,omitempty"`
}

// addOrganisations makes the one whose keys are handed out and one that is
// somebody else.
func (s *Sandbox) addOrganisations() error {
	s.orgs = []*organisation{s.newOrganisation("Sandbox Clinic Group"), s.newOrganisation("Somebody Else Ltd")}
	ours := s.orgs[0]
	ours.endpoints[modeTest].url = s.opts.WebhookURL
	ours.endpoints[modeLive].url = s.opts.LiveWebhookURL
	return nil
}

func (s *Sandbox) newOrganisation(name string) *organisation {
	o := &organisation{id: s.ids.namedUUID("organisation", name), name: name, keys: map[string]Keys{}, endpoints: map[string]*endpoint{}}
	for _, mode := range []string{modeTest, modeLive} {
		public, private := s.ids.keys(name, mode)
		o.keys[mode] = Keys{PublicID: public, PrivateKey: private}
		o.endpoints[mode] = &endpoint{mode: mode, secrets: []string{s.ids.webhookSecret(mode + name)}, subscribed: s.opts.Subscribe}
	}
	return o
}

// A caller is who sent a request with good keys.
type caller struct {
	org  *organisation
	mode string
}

// authenticate returns who sent the request, if its keys are good.
func (s *Sandbox) authenticate(r *http.Request) (caller, bool) {
	user, password, ok := r.BasicAuth()
	for _, org := range s.orgs {
		for mode, k := range org.keys {
			if ok && user == k.PublicID && password == k.PrivateKey {
				return caller{org, mode}, true
			}
			if r.Header.Get("Authorization") == "Bearer "+k.PrivateKey && s.faults.on("accept-bearer") {
				return caller{org, mode}, true
			}
		}
	}
	return caller{}, false
}

// byPublicID returns whose public id it is: all that a browser has.
func (s *Sandbox) byPublicID(id string) (caller, bool) {
	for _, org := range s.orgs {
		for mode, k := range org.keys {
			if id != "" && id == k.PublicID {
				return caller{org, mode}, true
			}
		}
	}
	return caller{}, false
}

// secretsText returns the secrets of an endpoint as FASTEN_WEBHOOK_SECRET has
// them.
func secretsText(e *endpoint) string { return strings.Join(e.secrets, ",") }
