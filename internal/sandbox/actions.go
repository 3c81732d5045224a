package sandbox

import (
	"fmt"
	"os"
	"slices"
)

// Connect makes a connection as if a patient had used the widget: of a user of
// FooClinic, in test mode.
func (s *Sandbox) Connect(user, externalID string) (Ready, error) {
	if !slices.ContainsFunc(Patients(), func(p Patient) bool { return p.User == user }) {
		return Ready{}, fmt.Errorf("no patient of the sandbox is named %q", user)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.connect(caller{s.orgs[0], modeTest}, fooClinic, user, externalID, "")
	if err != nil {
		return Ready{}, err
	}
	return s.ready(c), nil
}

// ours returns a connection of ours, of either mode. Whoever calls it holds the
// lock.
func (s *Sandbox) ours(id string) (*connection, error) {
	for _, mode := range []string{modeTest, modeLive} {
		if c := s.connectionOf(caller{s.orgs[0], mode}, id); c != nil {
			return c, nil
		}
	}
	return nil, fmt.Errorf("there is no connection %q", id)
}

// Revoke withdraws a consent and tells the webhook.
func (s *Sandbox) Revoke(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.ours(id)
	if err != nil {
		return err
	}
	s.revoke(c)
	return nil
}

// SetStatus changes the status of a connection, and tells nobody.
func (s *Sandbox) SetStatus(id, status string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.ours(id)
	if err != nil {
		return err
	}
	c.status = status
	return nil
}

// SetContent changes what a connection exports. What was exported less than 24
// hours ago is exported again all the same.
func (s *Sandbox) SetContent(id string, text []byte) error {
	return s.setOrigin(id, &origin{text: func() ([]byte, error) { return text, nil }})
}

// SetFile is SetContent with a file.
func (s *Sandbox) SetFile(id, path string) error {
	if _, err := os.Stat(path); err != nil {
		return err
	}
	return s.setOrigin(id, &origin{path: path})
}

func (s *Sandbox) setOrigin(id string, from *origin) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.ours(id)
	if err != nil {
		return err
	}
	c.origin = from
	return nil
}

// SetWebhook changes where the events of a mode go, and enables the endpoint.
func (s *Sandbox) SetWebhook(mode, url string) error {
	url, err := webhookURL(url, mode)
	if err != nil {
		return err
	}
	return s.onEndpoint(mode, func(e *endpoint) { e.url, e.disabled, e.failures = url, false, 0 })
}

// EnableWebhook makes an endpoint active again that failed too often.
func (s *Sandbox) EnableWebhook(mode string) error {
	return s.onEndpoint(mode, func(e *endpoint) { e.disabled, e.failures = false, 0 })
}

// Subscribe says which types of event an endpoint gets beside those that are
// always sent; nil: all.
func (s *Sandbox) Subscribe(mode string, types []string) error {
	return s.onEndpoint(mode, func(e *endpoint) { e.subscribed = types })
}

// RotateSecret gives an endpoint a new secret. Events are signed with the old ones
// too, until DropOldSecrets.
func (s *Sandbox) RotateSecret(mode string) error {
	secret := s.ids.webhookSecret(mode + " rotated")
	return s.onEndpoint(mode, func(e *endpoint) { e.secrets = append([]string{secret}, e.secrets...) })
}

// DropOldSecrets leaves an endpoint its newest secret only.
func (s *Sandbox) DropOldSecrets(mode string) error {
	return s.onEndpoint(mode, func(e *endpoint) { e.secrets = e.secrets[:1] })
}

func (s *Sandbox) onEndpoint(mode string, change func(*endpoint)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.orgs[0].endpoints[mode]
	if e == nil {
		return fmt.Errorf("there is no mode %q, only %s and %s", mode, modeTest, modeLive)
	}
	change(e)
	return nil
}

// Simulate sends an event of a type as the provider's simulator does: in test
// mode, signed and delivered as usual, with invented content. That of a finished
// export has only the old download_link.
func (s *Sandbox) Simulate(typ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, ok := s.sampleData(typ)
	if !ok {
		return fmt.Errorf("the simulator has no event of type %q", typ)
	}
	owner := caller{s.orgs[0], modeTest}
	e := owner.org.endpoints[modeTest]
	if e.url == "" || e.disabled {
		return fmt.Errorf("the webhook of test mode is not active")
	}
	m := message{owner: owner, typ: typ}
	s.compose(&m, data)
	s.dispatch(m)
	return nil
}

func (s *Sandbox) sampleData(typ string) (object, bool) {
	c := s.connections[0]
	task := object{{"org_connection_id", c.id}, {"task_id", s.ids.taskID()}, {"org_id", c.owner.org.id}}
	switch typ {
	case "webhook.test":
		return object{{"hello", "world"}, {"random", s.ids.taskID()[:4]}}, true
	case "patient.ehi_export_success":
		url := s.base + "/v1/bridge/fhir/ehi-export/" + s.ids.uuid("sample") + "/download/sample.jsonl"
		return append(object{{"download_link", url}, {"stats", object{{"total_resources", 1}}}}, task...), true
	case "patient.ehi_export_failed":
		return append(object{{"failure_reason", "suppressed_please_contact"}}, task...), true
	case "patient.connection_success", "patient.authorization_revoked":
		return c.eventData(), true
	case "patient.request_health_system":
		return object{{"email", "patient@sandbox.invalid"}, {"name", "Example Clinic"}, {"website", "https://clinic.invalid"}, {"street_address", "1 Main St"}}, true
	case "patient.request_support":
		return object{{"email", "patient@sandbox.invalid"}, {"name", "A Patient"}, {"body", "I need help."}}, true
	}
	return nil, false
}

// SendRaw sends a body of your own, rightly signed, to the webhook of a mode. The
// id is that of the request.
func (s *Sandbox) SendRaw(mode, id string, body []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.orgs[0].endpoints[mode] == nil {
		return fmt.Errorf("there is no mode %q, only %s and %s", mode, modeTest, modeLive)
	}
	if id == "" {
		id = s.ids.uuid("event")
	}
	s.dispatch(message{id: id, owner: caller{s.orgs[0], mode}, typ: "raw", body: body, exact: true})
	return nil
}
