package connect

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/export"
)

func TestPolicy(t *testing.T) {
	for _, test := range []struct {
		name    string
		options Options
		want    []string
	}{
		{"Fasten's own widget", Options{}, []string{
			"script-src 'nonce-NONCE' https://cdn.fastenhealth.com",
			"style-src 'self' 'nonce-NONCE' https://cdn.fastenhealth.com",
			"img-src 'self' data: https://cdn.fastenhealth.com",
			"connect-src 'self' https://*.fastenhealth.com wss://*.fastenhealth.com https://cdn.fastenhealth.com wss://cdn.fastenhealth.com",
			"frame-src https://embed.connect.fastenhealth.com https://cdn.fastenhealth.com",
		}},
		{"an emulator", Options{Script: "http://127.0.0.1:9999/connect/v4/x.js", Style: "http://127.0.0.1:9999/connect/v4/x.css"}, []string{
			"script-src 'nonce-NONCE' http://127.0.0.1:9999",
			"style-src 'self' 'nonce-NONCE' http://127.0.0.1:9999",
			"connect-src 'self' https://*.fastenhealth.com wss://*.fastenhealth.com http://127.0.0.1:9999 ws://127.0.0.1:9999",
			"frame-src https://embed.connect.fastenhealth.com http://127.0.0.1:9999",
		}},
		{"TEFCA", Options{TEFCA: true}, []string{
			"frame-src https://embed.connect.fastenhealth.com https://cdn.fastenhealth.com https://*.clearme.com https://*.id.me",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newRig(t, test.options).get("/")
			csp := regexp.MustCompile(`'nonce-[\w-]{22}'`).ReplaceAllString(w.Header().Get("Content-Security-Policy"), "'nonce-NONCE'")
			directives := strings.Split(csp, "; ")
			for _, want := range test.want {
				if !contains(directives, want) {
					t.Errorf("no directive %q in:\n%s", want, strings.Join(directives, "\n"))
				}
			}
		})
	}
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

func (r *rig) get(path string) *response {
	w := r.do(r.request(http.MethodGet, path, ""))
	return &response{w.Code, w.Header(), w.Body.String()}
}

type response struct {
	code   int
	header http.Header
	body   string
}

func (r *response) Header() http.Header { return r.header }

// Every script and the widget's style carry the nonce of the policy, which is
// another one each time; no script or style stands in the page itself.
func TestNonce(t *testing.T) {
	r := newRig(t, Options{})
	seen := map[string]bool{}
	for range 3 {
		w := r.get("/")
		nonce := regexp.MustCompile(`'nonce-([^']+)'`).FindStringSubmatch(w.header.Get("Content-Security-Policy"))[1]
		if seen[nonce] {
			t.Error("a nonce comes twice")
		}
		seen[nonce] = true
		scripts := regexp.MustCompile(`<script[^>]*>`).FindAllString(w.body, -1)
		if len(scripts) != 2 {
			t.Errorf("%d scripts", len(scripts))
		}
		for _, s := range scripts {
			if !strings.Contains(s, `nonce="`+nonce+`"`) || !strings.Contains(s, "src=") {
				t.Errorf("script without nonce or source: %s", s)
			}
		}
		if !strings.Contains(w.body, `ngCspNonce="`+nonce+`"`) {
			t.Error("the widget does not get the nonce for its styles")
		}
		if regexp.MustCompile(`(?i)<style|\son\w+=|\sstyle=|javascript:`).MatchString(w.body) {
			t.Error("the page has a script or style in itself")
		}
	}
}

func TestPageOpensPopups(t *testing.T) {
	r := newRig(t, Options{})
	if got := r.get("/").header.Get("Cross-Origin-Opener-Policy"); got != "same-origin-allow-popups" {
		t.Errorf("page: %q", got)
	}
	if got := r.get("/state").header.Get("Cross-Origin-Opener-Policy"); got != "same-origin" {
		t.Errorf("state: %q", got)
	}
}

func TestElement(t *testing.T) {
	for _, test := range []struct {
		name    string
		options Options
		want    string
	}{
		{"plain", Options{}, `<fasten-stitch-element public-id="public_test_0123456789" static-backdrop="true"><span class="label">Choose a health system</span></fasten-stitch-element>`},
		{"patient", Options{ExternalID: "patient-42", Email: "p@example.org"},
			`<fasten-stitch-element public-id="public_test_0123456789" static-backdrop="true" external-id="patient-42" email="p@example.org"><span class="label">Choose`},
		{"TEFCA", Options{TEFCA: true}, `static-backdrop="true" tefca-mode="true"><span class="label">Find`},
		{"reconnect", Options{Reconnect: epicID}, `reconnect-org-connection-id="` + epicID + `"><span class="label">Reconnect</span></fasten-stitch-element>`},
		{"hostile", Options{ExternalID: `"><script>alert(1)</script>`}, `external-id="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;">`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if body := newRig(t, test.options).get("/").body; !strings.Contains(body, test.want) {
				t.Errorf("%s\nis not in\n%s", test.want, body)
			}
		})
	}
}

func TestTestLogins(t *testing.T) {
	l := knownLogins()
	if l == nil || len(l.FooClinic.Users) != 16 || len(l.Vendors) != 14 || len(l.Without) != 10 || l.Source == "" {
		t.Fatalf("logins: %+v", l)
	}
	for _, v := range l.Vendors {
		if v.Name == "" || v.User == "" || v.Password == "" {
			t.Errorf("login without a part: %+v", v)
		}
	}
	wanted := []string{"f00clinic", "earlcarrillo@fooclinic.com", "fhircamila", "epicepic1", "Meditech", "rotate"}
	test, live := newRig(t, Options{}).get("/").body, newRig(t, Options{Live: true}).get("/").body
	for _, w := range wanted {
		if !strings.Contains(test, w) {
			t.Errorf("test mode does not show %s", w)
		}
		if strings.Contains(live, w) {
			t.Errorf("live mode shows %s", w)
		}
	}
}

func TestTEFCANote(t *testing.T) {
	for _, o := range []Options{{}, {TEFCA: true}, {Live: true}} {
		if !regexp.MustCompile(`TEFCA[^.]*fails on localhost`).MatchString(newRig(t, o).get("/").body) {
			t.Errorf("%+v: the page does not say that TEFCA fails on localhost", o)
		}
	}
}

func TestRenewable(t *testing.T) {
	past, future := testNow.AddDate(0, 0, -1), testNow.AddDate(1, 0, 0)
	known := []export.Connection{
		{ID: "good", APIMode: "test", Status: "authorized", ConsentExpires: &future},
		{ID: "ended", APIMode: "test", Status: "authorized", ConsentExpires: &past, Updated: past},
		{ID: "revoked", APIMode: "test", Status: "revoked", PlatformType: "tefca", Revoked: &past, ExternalID: "patient-42", Updated: testNow},
		{ID: "live", APIMode: "live", Status: "revoked"},
		{ID: "<b>", APIMode: "test", Status: "revoked"},
	}
	list := Renewables(known, nil, "test", testNow)
	if len(list) != 2 || list[0].ID != "revoked" || list[1].ID != "ended" {
		t.Fatalf("to renew: %+v", list)
	}
	if list[0].Why != "revoked on 31 August 2026" || list[1].Why != "consent ended on 31 August 2026" {
		t.Errorf("why: %q, %q", list[0].Why, list[1].Why)
	}
	body := newRig(t, Options{Renewable: list}).get("/").body
	for _, want := range []string{`data-reconnect="revoked" data-tefca="true"`, `data-reconnect="ended">`, "patient-42"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

// An export that failed for want of rights asks for the patient, until the
// connection is renewed or a later export succeeds.
func TestRenewableAfterFailure(t *testing.T) {
	earlier, later := testNow.Add(-time.Hour), testNow.Add(time.Hour)
	failed := export.Export{TaskID: "t", ConnectionID: "c", State: export.ExportFailed, FailureReason: "token_refresh_failure", Updated: testNow}
	other := failed
	other.FailureReason = "resource_invalid_content"
	for _, test := range []struct {
		name     string
		statusAt time.Time
		exports  []export.Export
		want     int
	}{
		{"failed", earlier, []export.Export{failed}, 1},
		{"failed for another reason", earlier, []export.Export{other}, 0},
		{"renewed since", later, []export.Export{failed}, 0},
		{"succeeded since", earlier, []export.Export{{TaskID: "u", ConnectionID: "c", State: export.ExportImported, Updated: later}, failed}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			known := []export.Connection{{ID: "c", APIMode: "test", Status: "authorized", StatusAt: &test.statusAt}}
			if list := Renewables(known, test.exports, "test", testNow); len(list) != test.want {
				t.Errorf("to renew: %+v", list)
			}
		})
	}
}
