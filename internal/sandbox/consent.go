package sandbox

import (
	_ "embed"
	"html/template"
	"net/http"
	"net/url"
	"slices"
)

//go:embed page/consent.html
var consentPage string

// A consent is a question that a patient has not answered yet.
type consent struct {
	owner         caller
	redirect      *url.URL
	source        source
	reconnect     *connection // nil: a new connection
	externalID    string
	externalState string
}

// connectPage answers GET /bridge/connect: it asks the patient.
func (s *Sandbox) connectPage(w *recorder, r *http.Request) {
	c, ok := s.newConsent(w, r)
	if !ok {
		return
	}
	query := r.URL.Query()
	i := slices.IndexFunc(sources, func(from source) bool {
		return query.Get("endpoint_id") == endpointID(from) && query.Get("brand_id") == brandID(from) && query.Get("portal_id") == portalID(from)
	})
	if i < 0 {
		s.endConsent(w, r, c, object{{"error", "invalid_request"}, {"error_description", "endpoint_id, brand_id and portal_id are no source of the catalogue"}})
		return
	}
	c.source = sources[i]
	s.ask(w, c)
}

// reconnectPage answers GET /bridge/reconnect.
func (s *Sandbox) reconnectPage(w *recorder, r *http.Request) {
	c, ok := s.newConsent(w, r)
	if !ok {
		return
	}
	id := r.URL.Query().Get("reconnect_org_connection_id")
	s.mu.Lock()
	c.reconnect = s.connectionOf(c.owner, id)
	s.mu.Unlock()
	switch {
	case c.reconnect == nil:
		s.endConsent(w, r, c, object{{"error", "invalid_request"}, {"error_description", "there is no such connection"}, {"org_connection_id", id}})
		return
	case c.reconnect.source.tefca:
		s.endConsent(w, r, c, object{{"error", "invalid_request"}, {"error_description", "TEFCA connections reconnect through the widget"}, {"org_connection_id", id}})
		return
	}
	c.source = c.reconnect.source
	s.ask(w, c)
}

// newConsent checks what both pages need. Who is not registered is not sent
// anywhere.
func (s *Sandbox) newConsent(w *recorder, r *http.Request) (consent, bool) {
	query := r.URL.Query()
	owner, ok := s.byPublicID(query.Get("public_id"))
	if !ok {
		writeReply(w, failed(http.StatusBadRequest, "public_id is unknown"))
		return consent{}, false
	}
	where := query.Get("redirect_uri")
	u, err := url.Parse(where)
	if err != nil || !slices.Contains(s.opts.RedirectURIs, where) {
		writeReply(w, failed(http.StatusBadRequest, "redirect_uri is not a registered one"))
		return consent{}, false
	}
	return consent{owner: owner, redirect: u, externalID: query.Get("external_id"), externalState: query.Get("external_state")}, true
}

// ask shows the page that asks.
func (s *Sandbox) ask(w *recorder, c consent) {
	token := s.ids.uuid("consent")
	s.mu.Lock()
	s.consents[token] = c
	s.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'")
	page := template.Must(template.New("consent").Parse(consentPage))
	_ = page.Execute(w, struct {
		Token, Source, Organisation string
		Reconnect                   bool
		Patients                    []Patient
	}{token, c.source.name, c.owner.org.name, c.reconnect != nil, Patients()})
}

// consentGiven takes the answer and sends the browser back.
func (s *Sandbox) consentGiven(w *recorder, r *http.Request) {
	token := r.PostFormValue("token")
	s.mu.Lock()
	c, ok := s.consents[token]
	delete(s.consents, token)
	s.mu.Unlock()
	if !ok {
		writeReply(w, failed(http.StatusBadRequest, "the page is out of date"))
		return
	}
	if r.PostFormValue("answer") != "approve" {
		refused := object{{"error", "access_denied"}, {"error_description", "The patient declined"}}
		if c.reconnect != nil {
			refused = append(refused, member{"org_connection_id", c.reconnect.id})
		}
		s.endConsent(w, r, c, refused)
		return
	}
	data, err := s.settleConsent(c, r.PostFormValue("patient"))
	if err != nil {
		data = object{{"error", "server_error"}, {"error_description", "the records cannot be read"}}
	}
	s.endConsent(w, r, c, data)
}

func (s *Sandbox) settleConsent(c consent, patient string) (object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.reconnect != nil {
		s.reconnect(c.reconnect, c.externalID, c.externalState)
		return c.reconnect.eventData(), nil
	}
	made, err := s.connect(c.owner, c.source, patient, c.externalID, c.externalState)
	if err != nil {
		return nil, err
	}
	return made.eventData(), nil
}

// endConsent sends the browser back with what came of it.
func (s *Sandbox) endConsent(w *recorder, r *http.Request, c consent, data object) {
	if data.text("error") != "" {
		data = append(data, member{"request_id", s.ids.uuid("request")}, member{"external_id", c.externalID}, member{"external_state", c.externalState})
	}
	back := *c.redirect
	query := back.Query()
	for _, m := range data {
		if text, _ := m.value.(string); text != "" {
			query.Set(m.name, text)
		}
	}
	back.RawQuery = query.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}
