package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
)

// forbiddenBody is what the API's front door says to paths that it does not know:
// 23 bytes.
const forbiddenBody = `{"message":"Forbidden"}`

// apiHandler serves everything but the storage.
func (s *Sandbox) apiHandler() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern, kind string, h func(*recorder, *http.Request)) { mux.Handle(pattern, s.logged(kind, h)) }
	handle("POST /v1/bridge/fhir/ehi-export", "api", s.authenticated("register", s.registerExport))
	handle("GET /v1/bridge/fhir/ehi-export/{id}", "api", s.authenticated("status", s.exportStatus))
	handle("GET /v1/bridge/fhir/ehi-export/{id}/download/{file...}", "api", s.download)
	handle("GET /v1/bridge/org_connection/{id}", "api", s.authenticated("connection", s.connectionStatus))
	handle("POST /v1/bridge/vault_connection/revoke", "api", s.authenticated("revoke", s.revokeVault))
	handle("GET /v1/bridge/catalog/export", "api", s.authenticated("catalog", s.catalogExport))
	handle("GET /v1/bridge/catalog", "api", s.public(s.catalogEntry))
	handle("POST /v1/bridge/catalog/search", "api", s.public(s.catalogSearch))
	handle("GET /v1/bridge/org", "api", s.public(s.organisation))
	handle("POST /v1/support/request", "api", s.public(s.supportRequest))
	handle("GET /v1/bridge/connect", "page", s.connectPage)
	handle("GET /v1/bridge/reconnect", "page", s.reconnectPage)
	handle("POST /v1/bridge/consent", "page", s.consentGiven)
	handle("GET /v1/hop/{rest...}", "api", s.hop)
	handle("GET /"+bucket+"/{rest...}", "storage", s.serveObject)
	handle("GET /connect/{version}/{file}", "page", s.widgetFile)
	handle("POST /widget/{action}", "page", s.widgetAction)
	handle("OPTIONS /widget/{action}", "page", s.widgetPreflight)
	handle("/control/{action}", "control", s.control)
	handle("/", "api", s.unknownPath)
	return mux
}

func (s *Sandbox) unknownPath(w *recorder, r *http.Request) {
	if s.faults.on("unknown-path-404") {
		writeReply(w, failed(http.StatusNotFound, "not found"))
		return
	}
	writeForbidden(w)
}

func writeForbidden(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusForbidden)
	_, _ = io.WriteString(w, forbiddenBody)
}

// A reply is what an endpoint answers.
type reply struct {
	status int
	body   any
	header map[string]string
}

// wrapped is the usual reply.
func wrapped(data any) reply {
	return reply{status: http.StatusOK, body: object{{"success", true}, {"data", data}}}
}

// failed is a reply that says what is wrong.
func failed(status int, text string) reply {
	return reply{status: status, body: object{{"success", false}, {"error", text}}}
}

// writeReply sends a reply. That the client is gone is its own affair.
func writeReply(w http.ResponseWriter, r reply) {
	for name, value := range r.header {
		w.Header().Set(name, value)
	}
	text, err := encode(r.body)
	if err != nil {
		http.Error(w, "encode reply", http.StatusInternalServerError)
		return
	}
	writeText(w, r.status, "application/json", text)
}

func writeText(w http.ResponseWriter, status int, contentType string, text []byte) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

// authenticated is an endpoint for who has keys. Its failures happen after they
// were checked.
func (s *Sandbox) authenticated(where string, h func(caller, *http.Request) reply) func(*recorder, *http.Request) {
	return func(w *recorder, r *http.Request) {
		who, ok := s.authenticate(r)
		if !ok {
			s.refuse(w)
			return
		}
		if s.failBefore(where, w, r) {
			return
		}
		s.writeDistorted(where, w, h(who, r))
	}
}

// refuse answers a request with bad keys.
func (s *Sandbox) refuse(w *recorder) {
	if s.faults.on("auth-403") {
		writeForbidden(w)
		return
	}
	writeReply(w, failed(http.StatusUnauthorized, "Unauthorized"))
}

// public is an endpoint for who has a public id.
func (s *Sandbox) public(h func(caller, *http.Request) reply) func(*recorder, *http.Request) {
	return func(w *recorder, r *http.Request) {
		query := r.URL.Query()
		who, ok := s.byPublicID(query.Get("public_id"))
		if mode := query.Get("api_mode"); !ok || mode != "" && mode != who.mode {
			writeReply(w, failed(http.StatusBadRequest, "public_id is missing, unknown or of the other mode"))
			return
		}
		writeReply(w, h(who, r))
	}
}

// maxBody is the longest body of a request.
const maxBody = 1 << 20

// decode reads the JSON object in a request.
func decode(r *http.Request, v any) bool {
	d := json.NewDecoder(io.LimitReader(r.Body, maxBody))
	return d.Decode(v) == nil
}
