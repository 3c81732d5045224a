package connect

import (
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func TestGuard(t *testing.T) {
	for _, test := range []struct {
		name   string
		method string
		path   string
		change func(*http.Request)
		want   int
	}{
		{"the page", "GET", "/", nil, 200},
		{"by name", "GET", "/", host("localhost:4321"), 200},
		{"by name, upper case", "GET", "/", host("LOCALHOST:4321"), 200},
		{"by IPv6", "GET", "/", host("[::1]:4321"), 200},
		{"rebound name", "GET", "/", host("evil.example:4321"), 421},
		{"rebound name, all headers consistent", "POST", "/event", func(r *http.Request) {
			r.Host = "evil.example:4321"
			r.Header.Set("Origin", "http://evil.example:4321")
		}, 421},
		{"rebound name at the start address", "GET", "/start/x", host("evil.example:4321"), 421},
		{"another port", "GET", "/", host("127.0.0.1:4322"), 421},
		{"no port", "GET", "/", host("127.0.0.1"), 421},
		{"trailing dot", "GET", "/", host("localhost.:4321"), 421},
		{"no cookie", "GET", "/", without("Cookie"), 403},
		{"no cookie for the state", "GET", "/state", without("Cookie"), 403},
		{"no cookie for a file", "GET", "/static/page.js", without("Cookie"), 403},
		{"no cookie for an event", "POST", "/event", without("Cookie"), 403},
		{"wrong cookie", "GET", "/", with("Cookie", "fhirwh-connect-4321=0"), 403},
		{"event", "POST", "/event", nil, 200},
		{"event of a program without Fetch headers", "POST", "/event", func(r *http.Request) {
			r.Header.Del("Origin")
			r.Header.Del("Sec-Fetch-Site")
		}, 200},
		{"event of another site", "POST", "/event", with("Sec-Fetch-Site", "cross-site"), 403},
		{"event of another port", "POST", "/event", with("Sec-Fetch-Site", "same-site"), 403},
		{"event of another origin, old browser", "POST", "/event", func(r *http.Request) {
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Set("Origin", "https://evil.example")
		}, 403},
		{"event without the page's token", "POST", "/event", without("X-CSRF-Token"), 403},
		{"event with a wrong token", "POST", "/event", with("X-CSRF-Token", "0"), 403},
		{"end without the page's token", "POST", "/finish", without("X-CSRF-Token"), 403},
		{"event as a form", "POST", "/event", with("Content-Type", "text/plain"), 415},
		{"event by GET", "GET", "/event", nil, 405},
		{"end by GET", "GET", "/finish", nil, 405},
		{"unknown path", "GET", "/other", nil, 404},
		{"unknown file", "GET", "/static/page.html", nil, 404},
		{"file outside", "GET", "/static/..%2fserver.go", nil, 404},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, Options{})
			req := r.request(test.method, test.path, `{"event_type":"x"}`)
			if test.change != nil {
				test.change(req)
			}
			w := r.do(req)
			if w.Code != test.want {
				t.Errorf("answer %d, want %d: %s", w.Code, test.want, w.Body)
			}
			checkHeaders(t, w.Header())
		})
	}
}

func host(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }

func with(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func without(name string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Del(name) }
}

// checkHeaders checks what every answer must have.
func checkHeaders(t *testing.T, h http.Header) {
	t.Helper()
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
		"Cross-Origin-Resource-Policy": "same-origin", "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
		"Access-Control-Allow-Origin": "",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	csp := h.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"} {
		if !strings.Contains(csp, want) {
			t.Errorf("the policy lacks %s: %s", want, csp)
		}
	}
	if strings.Contains(csp, "unsafe") {
		t.Errorf("the policy is loose: %s", csp)
	}
}

func TestStartWorksOnce(t *testing.T) {
	r := newRig(t, Options{})
	get := func(method, token string, cookies ...*http.Cookie) *httptest.ResponseRecorder {
		req := httptest.NewRequest(method, "http://127.0.0.1:4321/start/"+token, nil)
		for _, c := range cookies {
			req.AddCookie(c)
		}
		return r.do(req)
	}
	if w := get("GET", strings.Repeat("0", 64)); w.Code != 403 || len(w.Result().Cookies()) != 0 {
		t.Fatalf("a guess is answered %d", w.Code)
	}
	if w := get("HEAD", r.guard.start); w.Code != 405 {
		t.Fatalf("HEAD is answered %d: it would spend the token", w.Code)
	}
	first := get("GET", r.guard.start)
	cookies := first.Result().Cookies()
	if first.Code != 200 || len(cookies) != 1 {
		t.Fatalf("the token is answered %d with %d cookies", first.Code, len(cookies))
	}
	if c := cookies[0]; !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Name != "fhirwh-connect-4321" || c.Value == r.guard.start {
		t.Errorf("cookie %+v", c)
	}
	if strings.Contains(first.Body.String(), r.guard.start) {
		t.Error("the answer shows the token")
	}
	if w := get("GET", r.guard.start); w.Code != 403 || len(w.Result().Cookies()) != 0 {
		t.Errorf("a second use of the token is answered %d", w.Code)
	}
	if w := get("GET", r.guard.start, cookies[0]); w.Code != 200 {
		t.Errorf("the same browser is answered %d the second time", w.Code)
	}
}

func TestSecretsDiffer(t *testing.T) {
	a := newGuard(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1})
	b := newGuard(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1})
	for _, pair := range [][2]string{{a.start, b.start}, {a.csrf, b.csrf}, {a.cookie.Value, b.cookie.Value}, {a.start, a.csrf}, {a.start, a.cookie.Value}} {
		if pair[0] == pair[1] || !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(pair[0]) {
			t.Errorf("secrets %q and %q", pair[0], pair[1])
		}
	}
}
