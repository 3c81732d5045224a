package sandbox

import "net/http"

// connectionStatus answers GET /bridge/org_connection/{id}.
func (s *Sandbox) connectionStatus(who caller, r *http.Request) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.connectionOf(who, r.PathValue("id"))
	if c == nil {
		return failed(http.StatusNotFound, "org_connection_id not found")
	}
	return wrapped(c.statusData())
}

// revokeVault answers POST /bridge/vault_connection/revoke: it clears the
// connections of a synthetic TEFCA patient.
func (s *Sandbox) revokeVault(who caller, r *http.Request) reply {
	var body struct{ Email string }
	if who.mode != modeTest {
		return failed(http.StatusForbidden, "only with test keys")
	}
	if !decode(r, &body) || body.Email == "" {
		return failed(http.StatusBadRequest, "email is required")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	revoked := []string{}
	for _, c := range s.connections {
		if c.owner == who && c.email == body.Email && c.status != "revoked" {
			c.status = "revoked"
			revoked = append(revoked, "vault_conn_"+c.id)
		}
	}
	return wrapped(object{{"request_id", s.ids.uuid("request")}, {"revoked", revoked}})
}

// organisation answers GET /bridge/org.
func (s *Sandbox) organisation(who caller, _ *http.Request) reply {
	return wrapped(object{
		{"id", who.org.id}, {"name", who.org.name}, {"logo_uri", ""}, {"privacy_policy_uri", "https://sandbox.invalid/privacy"},
		{"website_uri", "https://sandbox.invalid"}, {"plan", "free"}, {"status", "active"},
	})
}

// supportRequest answers POST /support/request and tells the webhook.
func (s *Sandbox) supportRequest(who caller, r *http.Request) reply {
	var body struct{ Email, Name, Subject, Body string }
	if !decode(r, &body) || body.Email == "" || body.Body == "" {
		return failed(http.StatusBadRequest, "email and body are required")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.emit(who, "patient.request_support", object{{"email", body.Email}, {"name", body.Name}, {"body", body.Body}})
	return reply{status: http.StatusOK, body: object{{"success", true}}}
}
