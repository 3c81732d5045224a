package sandbox

import (
	"embed"
	"net/http"
	"net/url"
	"slices"
)

//go:embed page
var pages embed.FS

// widgetFile serves the script and the style sheet of the widget, under any
// version's path. The page that uses them has another origin.
func (s *Sandbox) widgetFile(w *recorder, r *http.Request) {
	types := map[string]string{"fasten-stitch-element.js": "text/javascript; charset=utf-8", "fasten-stitch-element.css": "text/css; charset=utf-8"}
	name := r.PathValue("file")
	text, err := pages.ReadFile("page/" + name)
	if err != nil || types[name] == "" {
		s.unknownPath(w, r)
		return
	}
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	w.Header().Set("Cache-Control", "no-cache")
	writeText(w, http.StatusOK, types[name], text)
}

// allowPage lets a page of this machine read the answer.
func allowPage(w http.ResponseWriter, r *http.Request) bool {
	origin := r.Header.Get("Origin")
	u, err := url.Parse(origin)
	if err != nil || origin != "" && !isLoopback(u.Hostname()) {
		return false
	}
	if origin != "" {
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Access-Control-Allow-Headers", "content-type")
		w.Header().Set("Vary", "Origin")
	}
	return true
}

func (s *Sandbox) widgetPreflight(w *recorder, r *http.Request) {
	if !allowPage(w, r) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// A widgetRequest is what the widget's script asks.
type widgetRequest struct {
	PublicID   string `json:"public_id"`
	ExternalID string `json:"external_id"`
	Patient    string `json:"patient"`   // to connect
	TEFCA      bool   `json:"tefca"`     // through the record locator
	Reconnect  string `json:"reconnect"` // org_connection_id to renew
}

// widgetAction answers the widget's script: it lists who can connect, or connects.
func (s *Sandbox) widgetAction(w *recorder, r *http.Request) {
	var ask widgetRequest
	if !allowPage(w, r) || !decode(r, &ask) {
		writeReply(w, failed(http.StatusForbidden, "not for this page"))
		return
	}
	owner, ok := s.byPublicID(ask.PublicID)
	if !ok {
		writeReply(w, failed(http.StatusBadRequest, "public-id is unknown"))
		return
	}
	switch r.PathValue("action") {
	case "patients":
		writeReply(w, wrapped(object{
			{"patients", Patients()}, {"facilities", facilities}, {"source", fooClinic.name},
			{"brand_id", brandID(fooClinic)}, {"portal_id", portalID(fooClinic)}, {"endpoint_id", endpointID(fooClinic)},
		}))
	case "connect":
		writeReply(w, s.widgetConnect(owner, ask))
	default:
		s.unknownPath(w, r)
	}
}

// widgetConnect makes or renews a connection. A facility of TEFCA that is connected
// already stays as it is, and is reported so.
func (s *Sandbox) widgetConnect(owner caller, ask widgetRequest) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := fooClinic
	if ask.TEFCA {
		from = tefca
	}
	if ask.Reconnect != "" {
		c := s.connectionOf(owner, ask.Reconnect)
		if c == nil {
			return failed(http.StatusNotFound, "there is no such connection")
		}
		s.reconnect(c, ask.ExternalID, "")
		return wrapped(object{{"connection", c.eventData()}, {"already", false}})
	}
	i := slices.IndexFunc(s.connections, func(c *connection) bool {
		return ask.TEFCA && c.owner == owner && c.source.tefca && c.patient == ask.Patient && c.status == "authorized"
	})
	if i >= 0 {
		return wrapped(object{{"connection", s.connections[i].eventData()}, {"already", true}})
	}
	c, err := s.connect(owner, from, ask.Patient, ask.ExternalID, "")
	if err != nil {
		return failed(http.StatusInternalServerError, "the records cannot be read")
	}
	return wrapped(object{{"connection", c.eventData()}, {"already", false}})
}
