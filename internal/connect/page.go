package connect

import (
	"bytes"
	"crypto/rand"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"html/template"
	"io"
	"mime"
	"net/http"
	"time"
)

const (
	maxEvent = 1 << 20 // bytes of one event of the widget
	// verifyLimit is how long an answer to an event may take: each connection in it
	// is asked about at Fasten Connect.
	verifyLimit = 5 * time.Minute
)

//go:embed assets
var assets embed.FS

var (
	pageTemplate = template.Must(template.ParseFS(assets, "assets/page.html"))
	noteTemplate = template.Must(template.ParseFS(assets, "assets/note.html"))
)

// A page answers the requests that passed the guard.
type page struct {
	options Options
	session *session
	csrf    string
}

// pageData is what the template knows.
type pageData struct {
	Options
	Mode, Nonce, CSRF string
	Logos             string // where logos are; empty: nowhere
	Logins            *testLogins
}

func (p *page) serve(w http.ResponseWriter, _ *http.Request) {
	d := pageData{Options: p.options, Mode: p.options.mode(), Nonce: nonce(), CSRF: p.csrf}
	if !d.Live {
		d.Logins = knownLogins()
	}
	if origin, _ := originOf(d.Script); origin == logoOrigin {
		d.Logos = logoOrigin + "/logos/sources/"
	}
	var body bytes.Buffer
	if err := pageTemplate.Execute(&body, d); err != nil {
		http.Error(w, "The page cannot be shown.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy(&p.options, d.Nonce))
	// The frame of the widget opens the window in which the patient logs in. Under
	// same-origin it would get no handle of it, and take it for blocked.
	h.Set("Cross-Origin-Opener-Policy", "same-origin-allow-popups")
	body.WriteTo(w)
}

// state tells the page what is connected.
func (p *page) state(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, p.session.view())
}

// event takes an event of the widget, and answers with the state after it.
func (p *page) event(w http.ResponseWriter, r *http.Request) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		http.Error(w, "JSON is expected.", http.StatusUnsupportedMediaType)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxEvent))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		http.Error(w, "The event is too large.", http.StatusRequestEntityTooLarge)
		return
	}
	e, decodeErr := decodeEvent(body)
	if err != nil || decodeErr != nil {
		http.Error(w, "That is no event of the widget.", http.StatusBadRequest)
		return
	}
	http.NewResponseController(w).SetWriteDeadline(time.Now().Add(verifyLimit))
	p.session.take(r.Context(), e)
	writeJSON(w, p.session.view())
}

// finish ends the page: the user says so.
func (p *page) finish(w http.ResponseWriter, _ *http.Request) {
	p.session.finish()
	writeJSON(w, p.session.view())
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

// staticTypes are the files that the page loads from us.
var staticTypes = map[string]string{
	"page.css": "text/css; charset=utf-8",
	"page.js":  "text/javascript; charset=utf-8",
	"icon.svg": "image/svg+xml",
}

func serveStatic(w http.ResponseWriter, r *http.Request) {
	kind, ok := staticTypes[r.PathValue("name")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	body, err := assets.ReadFile("assets/" + r.PathValue("name"))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Write(body)
}

// nonce returns a new one of 128 bits. Its characters mean nothing in HTML.
func nonce() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// A note is a page that stands alone: without our files, which need the cookie.
type note struct {
	Title  string
	Onward bool // go on to the page
	Nonce  string
}

func writeNote(w http.ResponseWriter, status int, n note) {
	n.Nonce = nonce()
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+n.Nonce+"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	noteTemplate.Execute(w, n) // a client that has gone needs nothing
}
