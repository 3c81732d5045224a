package connect

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/export"
)

const (
	epicID  = "16e39045-5382-42a0-b93d-b75268984c1f"
	tefcaID = "77aa0c44-9c1d-4b52-8f44-0f7c55a1bb02"
)

var testNow = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// A rig is a server without a network, with what its caller was told.
type rig struct {
	*Server
	t       *testing.T
	web     http.Handler
	mu      sync.Mutex
	stored  []export.Connection
	notices []Notice
}

// newRig returns a server at 127.0.0.1:4321 that knows the connections given.
func newRig(t *testing.T, o Options, known ...export.Connection) *rig {
	t.Helper()
	r := &rig{t: t}
	o.PublicID, o.Now = "public_test_0123456789", func() time.Time { return testNow }
	o.Store = func(a Account) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.stored = append(r.stored, a.Connection)
		return nil
	}
	o.Report = func(n Notice) { r.notices = append(r.notices, n) }
	if known != nil {
		o.Verify = verifier(known)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	s.guard = newGuard(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4321})
	s.page.csrf = s.guard.csrf
	r.Server, r.web = s, s.handler()
	return r
}

func verifier(known []export.Connection) func(context.Context, string) (export.Connection, error) {
	return func(_ context.Context, id string) (export.Connection, error) {
		for _, c := range known {
			if c.ID == id {
				return c, nil
			}
		}
		return export.Connection{}, ErrUnknown
	}
}

// request returns a request as the page makes it.
func (r *rig) request(method, path, body string) *http.Request {
	req := httptest.NewRequest(method, "http://127.0.0.1:4321"+path, strings.NewReader(body))
	req.AddCookie(&http.Cookie{Name: r.guard.cookie.Name, Value: r.guard.cookie.Value})
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-CSRF-Token", r.guard.csrf)
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		req.Header.Set("Origin", "http://127.0.0.1:4321")
	}
	return req
}

func (r *rig) do(req *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r.web.ServeHTTP(w, req)
	return w
}

// post hands an event over and returns the state that the page gets.
func (r *rig) post(event string) view {
	r.t.Helper()
	w := r.do(r.request(http.MethodPost, "/event", event))
	if w.Code != http.StatusOK {
		r.t.Fatalf("event is answered %d: %s", w.Code, w.Body)
	}
	var v view
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		r.t.Fatal(err)
	}
	return v
}

func (r *rig) isDone() bool {
	select {
	case <-r.session.done:
		return true
	default:
		return false
	}
}

func TestServe(t *testing.T) {
	for _, test := range []struct {
		name     string
		keepOpen bool
		event    string
		finish   bool
		accounts int
	}{
		{"completed", false, `{"event_type":"widget.complete","data":[{"org_connection_id":"a"}]}`, false, 1},
		{"kept open until the user ends it", true, `{"event_type":"widget.complete","data":[{"org_connection_id":"a"}]}`, true, 1},
		{"ended with nothing", false, `{"event_type":"widget.complete","data":[]}`, true, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := listening(t, Options{KeepOpen: test.keepOpen})
			served := make(chan []Account)
			go func() {
				list, err := s.Serve(t.Context())
				if err != nil {
					t.Error(err)
				}
				served <- list
			}()
			client := enter(t, s)
			send(t, s, client, "/event", test.event)
			if test.finish {
				select {
				case <-s.session.done:
					t.Error("the page ended by itself")
				default:
				}
				send(t, s, client, "/finish", "{}")
			}
			if list := <-served; len(list) != test.accounts {
				t.Errorf("got %d accounts, want %d", len(list), test.accounts)
			}
		})
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	s := listening(t, Options{})
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	cancel(why)
	if _, err := s.Serve(ctx); !errors.Is(err, why) {
		t.Errorf("Serve returns %v, want the cause of the end", err)
	}
	if _, err := net.Dial("tcp", strings.TrimPrefix(s.guard.origin, "http://")); err == nil {
		t.Error("the port is still open")
	}
}

// listening returns a server on a free port of 127.0.0.1.
func listening(t *testing.T, o Options) *Server {
	t.Helper()
	o.PublicID, o.Store = "public_test_0123456789", func(Account) error { return nil }
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	return s
}

// enter opens the address of the server and keeps the cookie.
func enter(t *testing.T, s *Server) *http.Cookie {
	t.Helper()
	answer, err := http.Get(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if len(answer.Cookies()) != 1 {
		t.Fatalf("%s sets %d cookies", answer.Status, len(answer.Cookies()))
	}
	return answer.Cookies()[0]
}

func send(t *testing.T, s *Server, cookie *http.Cookie, path, body string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, s.guard.origin+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(cookie)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-CSRF-Token", s.guard.csrf)
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("POST %s: %s", path, answer.Status)
	}
}

func TestListenTakesLoopbackOnly(t *testing.T) {
	for addr, ok := range map[string]bool{
		"127.0.0.1:0": true, "localhost:0": true, ":0": true, "127.0.0.2:0": true,
		"0.0.0.0:0": false, "192.0.2.1:0": false, "[::]:0": false, "example.org:80": false, "127.0.0.1": false, "": false,
	} {
		s, err := New(Options{PublicID: "public_test_0"})
		if err != nil {
			t.Fatal(err)
		}
		err = s.Listen(addr)
		for _, l := range s.listeners {
			if !l.Addr().(*net.TCPAddr).IP.IsLoopback() {
				t.Errorf("%q listens on %s", addr, l.Addr())
			}
			l.Close()
		}
		if refused, _ := errors.AsType[*AddressError](err); (refused == nil) != ok {
			t.Errorf("Listen(%q) = %v", addr, err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for name, o := range map[string]Options{
		"script over http":           {Script: "http://cdn.example/x.js"},
		"script without a host":      {Script: "/x.js"},
		"script of another scheme":   {Script: "javascript:alert(1)"},
		"style that ends the policy": {Style: "https://a;script-src *"},
		"style with a wildcard":      {Style: "https://*/x.css"},
		"password in the address":    {Script: "https://good@evil.example/x.js"},
		"id of a path":               {Reconnect: "../x"},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := New(Options{Script: "http://127.0.0.1:9/x.js", Style: "http://localhost:9/x.css"}); err != nil {
		t.Errorf("an emulator on this machine: %v", err)
	}
}
