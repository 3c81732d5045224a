package sandbox_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/sandbox"
)

// Positions in Info.Connections.
const (
	ready      = 0
	ofTEFCA    = 4
	revoked    = 5
	refreshing = 6
	live       = 7
	foreign    = 8
)

func TestAuthentication(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	test, livePair := w.info.Test, w.info.Live
	path := "/bridge/org_connection/" + w.info.Connections[ready].ID
	tests := []struct {
		name   string
		change func(*http.Request)
		want   int
	}{
		{"good keys", keys(test.PublicID, test.PrivateKey), 200},
		{"no header", bare, 401},
		{"wrong password", keys(test.PublicID, test.PrivateKey+"x"), 401},
		{"unknown user", keys("public_test_nobody", test.PrivateKey), 401},
		{"swapped", keys(test.PrivateKey, test.PublicID), 401},
		{"mixed modes", keys(test.PublicID, livePair.PrivateKey), 401},
		{"line feed", keys(test.PublicID, test.PrivateKey+"\n"), 401},
		{"bearer", header("Authorization", "Bearer "+test.PrivateKey), 401},
		{"other mode", keys(livePair.PublicID, livePair.PrivateKey), 404},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if g := w.ask(t, "GET", path, "", tt.change); g.status != tt.want {
				t.Errorf("status %d, want %d: %s", g.status, tt.want, g.text)
			}
		})
	}
	w.Fail(fault(t, "accept-bearer"))
	if g := w.ask(t, "GET", path, "", header("Authorization", "Bearer "+test.PrivateKey)); g.status != 200 {
		t.Errorf("bearer: status %d", g.status)
	}
	w.Fail(fault(t, "auth-403"))
	if g := w.ask(t, "GET", path, "", bare); g.status != 403 || g.text != `{"message":"Forbidden"}` {
		t.Errorf("auth-403: status %d: %s", g.status, g.text)
	}
	for _, k := range []string{test.PrivateKey, livePair.PrivateKey} {
		if !strings.ContainsAny(k, "$") || !strings.ContainsAny(k, ")&#!*") {
			t.Error("a private key is easy on shells")
		}
	}
}

func TestUnknownPaths(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	for _, path := range []string{"/", "/organization", "/bridge/nothing", "/catalog/search"} {
		if g := w.ask(t, "GET", path, ""); g.status != 403 || len(g.text) != 23 {
			t.Errorf("%s: status %d: %s", path, g.status, g.text)
		}
	}
	w.Fail(fault(t, "unknown-path-404"))
	if g := w.ask(t, "GET", "/bridge/nothing", ""); g.status != 404 {
		t.Errorf("status %d", g.status)
	}
}

func TestForeignNames(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	g := w.ask(t, "GET", "/bridge/org", "", func(r *http.Request) { r.Host = "evil.example" })
	if g.status != http.StatusMisdirectedRequest {
		t.Errorf("status %d", g.status)
	}
}

func TestRegister(t *testing.T) {
	w := newWorld(t, sandbox.Options{Pending: time.Hour})
	body := func(n int) string { return `{"org_connection_id":"` + w.info.Connections[n].ID + `"}` }
	liveKeys := keys(w.info.Live.PublicID, w.info.Live.PrivateKey)
	tests := []struct {
		name, body string
		change     func(*http.Request)
		want       int
	}{
		{"good", body(ready), header("X", "x"), 200},
		{"not JSON", "org", header("X", "x"), 400},
		{"no id", "{}", header("X", "x"), 400},
		{"unknown", `{"org_connection_id":"nobody"}`, header("X", "x"), 404},
		{"revoked", body(revoked), header("X", "x"), 400},
		{"refreshing", body(refreshing), header("X", "x"), 200},
		{"live connection, test keys", body(live), header("X", "x"), 404},
		{"test connection, live keys", body(ready), liveKeys, 404},
		{"live", body(live), liveKeys, 200},
		{"another organisation's", body(foreign), header("X", "x"), 404},
		{"fixture of TEFCA", strings.Replace(body(ofTEFCA), "}", `,"fixtures":{"tefca_ccda":"myra-jones.xml"}}`, 1), header("X", "x"), 200},
		{"unknown fixture", strings.Replace(body(ofTEFCA), "}", `,"fixtures":{"tefca_ccda":"john.xml"}}`, 1), header("X", "x"), 400},
		{"fixture elsewhere", strings.Replace(body(ready), "}", `,"fixtures":{"tefca_ccda":"myra-jones.xml"}}`, 1), header("X", "x"), 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := w.ask(t, "POST", "/bridge/fhir/ehi-export", tt.body, tt.change)
			if g.status != tt.want {
				t.Fatalf("status %d, want %d: %s", g.status, tt.want, g.text)
			}
			if tt.want == 200 && (g.data(t)["status"] != "pending" || len(g.data(t)["task_id"].(string)) != 32) {
				t.Errorf("answer %s", g.text)
			}
			if tt.want != 200 && !strings.HasPrefix(g.text, `{"success":false,"error":"`) {
				t.Errorf("answer %s", g.text)
			}
		})
	}
}

func TestRepeatedRegistration(t *testing.T) {
	tests := []struct {
		name  string
		o     sandbox.Options
		fail  string
		wait  time.Duration
		again bool // another task
		sends int  // events after two registrations
	}{
		{"within a day", sandbox.Options{}, "latency:1ms", 23 * time.Hour, false, 2},
		{"after a day", sandbox.Options{}, "latency:1ms", 24 * time.Hour, true, 2},
		{"for ever", sandbox.Options{Repeat: sandbox.RepeatForever}, "latency:1ms", 99 * time.Hour, false, 2},
		{"until it ends", sandbox.Options{Repeat: sandbox.RepeatUntilTerminal}, "latency:1ms", 0, true, 2},
		{"nothing sent again", sandbox.Options{}, "no-resend", 0, false, 1},
		{"failed", sandbox.Options{}, "scope_patient_missing=1", 0, false, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, tt.o, tt.fail)
			first := w.register(t, ready)["task_id"]
			w.hook.wait(t, 1)
			w.Advance(tt.wait)
			second := w.register(t, ready)["task_id"]
			if (first != second) != tt.again {
				t.Errorf("tasks %v and %v", first, second)
			}
			got := w.hook.wait(t, tt.sends)
			if tt.sends == 2 && got[0].event(t).ID == got[1].event(t).ID {
				t.Error("the second event has the first one's id")
			}
			time.Sleep(10 * time.Millisecond)
			if n := len(w.hook.all()); n != tt.sends {
				t.Errorf("%d events", n)
			}
		})
	}
}

func TestStatus(t *testing.T) {
	w := newWorld(t, sandbox.Options{Pending: time.Hour})
	task := w.register(t, ready)["task_id"].(string)
	dashed := task[:8] + "-" + task[8:12] + "-" + task[12:16] + "-" + task[16:20] + "-" + strings.ToUpper(task[20:])
	connection := w.info.Connections[ready].ID
	status := func(id string, change ...func(*http.Request)) got {
		return w.ask(t, "GET", "/bridge/fhir/ehi-export/"+id, "", change...)
	}
	for _, id := range []string{task, dashed, connection} {
		if d := status(id).data(t); d["task_id"] != task || d["status"] != "pending" || len(d) != 2 {
			t.Errorf("%s: %v", id, d)
		}
	}
	if g := status("nothing"); g.status != 404 {
		t.Errorf("unknown: status %d", g.status)
	}
	if g := status(task, keys(w.info.Live.PublicID, w.info.Live.PrivateKey)); g.status != 404 {
		t.Errorf("other mode: status %d", g.status)
	}
	w.Advance(time.Hour)
	eventually(t, func() bool { return status(task).data(t)["status"] == "success" })
	for fail, hidden := range map[string]string{"status-by-connection-only": task, "status-by-task-only": connection} {
		w.Fail(fault(t, fail))
		if g := status(hidden); g.status != 404 {
			t.Errorf("%s: status %d", fail, g.status)
		}
		w.Heal(fail)
	}
}

func TestExportFailures(t *testing.T) {
	reasons := map[string]any{
		"token_refresh_failure": "token_refresh_failure", "scope_patient_missing": "scope_patient_missing",
		"resource_patient_failure": "resource_patient_failure", "resource_invalid_content": "resource_invalid_content",
		"tefca_no_documents_found": "tefca_no_documents_found", "suppressed_please_contact": "suppressed_please_contact",
		"unknown_reason": "moon_phase_unfavourable", "unknown_reason:hail": "hail", "no_reason": nil,
	}
	for spec, want := range reasons {
		t.Run(spec, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{}, spec)
			task := w.register(t, ready)["task_id"].(string)
			e := w.hook.wait(t, 1)[0].event(t)
			if e.Type != "patient.ehi_export_failed" || e.Data["failure_reason"] != want || e.Data["task_id"] != task {
				t.Errorf("event %+v", e)
			}
			if g := w.ask(t, "GET", "/bridge/fhir/ehi-export/"+task, ""); g.data(t)["status"] != "failed" {
				t.Errorf("answer %s", g.text)
			}
		})
	}
}

func TestExportTakesLong(t *testing.T) {
	w := newWorld(t, sandbox.Options{}, "timed-out=1", "stuck=1")
	w.register(t, 0)
	stuck := w.register(t, 1)["task_id"].(string)
	w.Advance(3 * time.Hour)
	time.Sleep(10 * time.Millisecond)
	if n := len(w.hook.all()); n != 0 {
		t.Fatalf("%d events after three hours", n)
	}
	w.Advance(time.Hour)
	if e := w.hook.wait(t, 1)[0].event(t); e.Data["failure_reason"] != "suppressed_please_contact" {
		t.Errorf("event %+v", e)
	}
	w.Advance(1000 * time.Hour)
	if g := w.ask(t, "GET", "/bridge/fhir/ehi-export/"+stuck, ""); g.data(t)["status"] != "pending" {
		t.Errorf("answer %s", g.text)
	}
}

func TestRevokedConnectionCanBeAccepted(t *testing.T) {
	w := newWorld(t, sandbox.Options{}, "revoked-accepted")
	w.register(t, revoked)
	if e := w.hook.wait(t, 1)[0].event(t); e.Data["failure_reason"] != "token_refresh_failure" {
		t.Errorf("event %+v", e)
	}
}

func TestAPIFailures(t *testing.T) {
	is := func(status int) func(*testing.T, got) {
		return func(t *testing.T, g got) {
			if g.status != status {
				t.Errorf("status %d, want %d: %s", g.status, status, g.text)
			}
		}
	}
	tests := map[string]func(*testing.T, got){
		"unauthorized": is(401), "not-found": is(404), "conflict": is(409), "server-error": is(500), "bad-gateway": is(502),
		"unavailable": is(503), "gateway-timeout": is(504), "answer": is(408), "answer:425": is(425), "created": is(201),
		"forbidden": func(t *testing.T, g got) {
			if g.status != 403 || len(g.text) != 23 {
				t.Errorf("status %d: %s", g.status, g.text)
			}
		},
		"rate-limit:7": func(t *testing.T, g got) {
			if g.status != 429 || g.header.Get("Retry-After") != "7" {
				t.Errorf("status %d, Retry-After %s", g.status, g.header.Get("Retry-After"))
			}
		},
		"retry-date:60": func(t *testing.T, g got) {
			at, err := http.ParseTime(g.header.Get("Retry-After"))
			if g.status != 429 || err != nil || time.Until(at) < 50*time.Second || time.Until(at) > time.Minute {
				t.Errorf("status %d, Retry-After %s", g.status, g.header.Get("Retry-After"))
			}
		},
		"rate-limit-bare": func(t *testing.T, g got) {
			if g.status != 429 || g.header.Get("Retry-After") != "" {
				t.Errorf("status %d, Retry-After %s", g.status, g.header.Get("Retry-After"))
			}
		},
		"success-false": func(t *testing.T, g got) {
			if g.status != 200 || !strings.HasPrefix(g.text, `{"success":false`) {
				t.Errorf("status %d: %s", g.status, g.text)
			}
		},
		"html-page": func(t *testing.T, g got) {
			if g.status != 200 || !strings.HasPrefix(g.header.Get("Content-Type"), "text/html") || !strings.HasPrefix(g.text, "<!DOCTYPE html>") {
				t.Errorf("status %d: %s", g.status, g.text)
			}
		},
		"truncated-json": func(t *testing.T, g got) {
			if g.status != 200 || json.Valid([]byte(g.text)) || !strings.HasPrefix(g.text, `{"success":true`) {
				t.Errorf("status %d: %s", g.status, g.text)
			}
		},
		"extra-fields": func(t *testing.T, g got) {
			if d := g.data(t); d["zodiac"] != "leo" || d["status"] != "authorized" {
				t.Errorf("answer %s", g.text)
			}
		},
		"unwrapped": func(t *testing.T, g got) {
			if !strings.HasPrefix(g.text, `{"org_connection_id"`) {
				t.Errorf("answer %s", g.text)
			}
		},
		"odd-status:missing": func(t *testing.T, g got) {
			if g.data(t)["status"] != "missing" {
				t.Errorf("answer %s", g.text)
			}
		},
		"odd-types": func(t *testing.T, g got) {
			if d := g.data(t); d["status"] != nil || d["scope"] != 7.0 {
				t.Errorf("answer %s", g.text)
			}
		},
	}
	for spec, check := range tests {
		t.Run(spec, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{}, spec+"=1")
			path := "/bridge/org_connection/" + w.info.Connections[ready].ID
			check(t, w.ask(t, "GET", path, ""))
			if g := w.ask(t, "GET", path, ""); g.data(t)["status"] != "authorized" {
				t.Errorf("it happened twice: %s", g.text)
			}
		})
	}
}

func TestAPIBreaksOff(t *testing.T) {
	w := newWorld(t, sandbox.Options{}, "reset-before=1", "reset-after=1", "latency:200ms=1")
	path := "/bridge/org_connection/" + w.info.Connections[ready].ID
	began := time.Now()
	if g, err := w.try(t, "GET", path, ""); err == nil {
		t.Errorf("reset-before: status %d", g.status)
	}
	if took := time.Since(began); took < 200*time.Millisecond {
		t.Errorf("latency: %s", took)
	}
	if g, err := w.try(t, "GET", path, ""); err == nil && (g.err == nil || g.length != 1000) {
		t.Errorf("reset-after: status %d, %v", g.status, g.err)
	}
	if g := w.ask(t, "GET", path, ""); g.status != 200 {
		t.Errorf("status %d", g.status)
	}
}

func TestFailureOfOneEndpoint(t *testing.T) {
	w := newWorld(t, sandbox.Options{}, "server-error@status=1")
	if g := w.ask(t, "GET", "/bridge/org_connection/"+w.info.Connections[ready].ID, ""); g.status != 200 {
		t.Errorf("connection: status %d", g.status)
	}
	if g := w.ask(t, "GET", "/bridge/fhir/ehi-export/x", ""); g.status != 500 {
		t.Errorf("status: status %d", g.status)
	}
}

func TestOtherTaskID(t *testing.T) {
	w := newWorld(t, sandbox.Options{Pending: time.Hour}, "other-task-id")
	if a, b := w.register(t, ready)["task_id"], w.register(t, ready)["task_id"]; a == b {
		t.Errorf("task %v twice", a)
	}
}

func TestConnections(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	get := func(n int) map[string]any {
		return w.ask(t, "GET", "/bridge/org_connection/"+w.info.Connections[n].ID, "").data(t)
	}
	d := get(ready)
	for _, name := range []string{"org_connection_id", "org_id", "catalog_brand_id", "catalog_portal_id", "catalog_endpoint_id", "platform_type", "api_mode", "status", "scope", "consent_expires_at"} {
		if text, _ := d[name].(string); text == "" {
			t.Errorf("%s is missing", name)
		}
	}
	if _, err := time.Parse(time.RFC3339, d["consent_expires_at"].(string)); err != nil {
		t.Error(err)
	}
	network := get(ofTEFCA)
	if network["platform_type"] != "tefca" || network["tefca_directory_id"] == nil || network["catalog_brand_id"] != nil || network["consent_expires_at"] != nil {
		t.Errorf("TEFCA: %v", network)
	}
	if a, b := get(revoked)["status"], get(refreshing)["status"]; a != "revoked" || b != "refreshing" {
		t.Errorf("statuses %v, %v", a, b)
	}
	for _, n := range []int{live, foreign} {
		if g := w.ask(t, "GET", "/bridge/org_connection/"+w.info.Connections[n].ID, ""); g.status != 404 {
			t.Errorf("connection %d: status %d", n, g.status)
		}
	}
}

func TestRevokeVault(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	body := `{"email":"dogbeaker@aol.com"}`
	if g := w.ask(t, "POST", "/bridge/vault_connection/revoke", body, keys(w.info.Live.PublicID, w.info.Live.PrivateKey)); g.status != 403 {
		t.Errorf("live keys: status %d", g.status)
	}
	if n := len(w.ask(t, "POST", "/bridge/vault_connection/revoke", body).data(t)["revoked"].([]any)); n != 1 {
		t.Errorf("%d revoked", n)
	}
	if g := w.ask(t, "GET", "/bridge/org_connection/"+w.info.Connections[ofTEFCA].ID, ""); g.data(t)["status"] != "revoked" {
		t.Errorf("answer %s", g.text)
	}
}

func TestOrganisationAndSupport(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	public := "?public_id=" + w.info.Test.PublicID
	if d := w.ask(t, "GET", "/bridge/org"+public, "", bare).data(t); d["id"] != w.info.OrgID || d["status"] != "active" {
		t.Errorf("organisation %v", d)
	}
	if g := w.ask(t, "GET", "/bridge/org?public_id=x", "", bare); g.status != 400 {
		t.Errorf("status %d", g.status)
	}
	g := w.ask(t, "POST", "/support/request"+public, `{"email":"a@b.invalid","body":"help"}`, bare)
	if g.text != `{"success":true}` {
		t.Errorf("answer %s", g.text)
	}
	if e := w.hook.wait(t, 1)[0].event(t); e.Type != "patient.request_support" {
		t.Errorf("event %+v", e)
	}
}

func TestCatalogue(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	query := "?api_mode=test&public_id=" + w.info.Test.PublicID
	c := w.ask(t, "GET", "/bridge/org_connection/"+w.info.Connections[ready].ID, "").data(t)
	if d := w.ask(t, "GET", "/bridge/catalog"+query+"&brand_id="+c["catalog_brand_id"].(string), "", bare).data(t); d["name"] != "FooClinic (Sandbox)" {
		t.Errorf("brand %v", d)
	}
	if d := w.ask(t, "GET", "/bridge/catalog"+query+"&portal_id="+c["catalog_portal_id"].(string), "", bare).data(t); d["endpoint_ids"] == nil {
		t.Errorf("portal %v", d)
	}
	if g := w.ask(t, "GET", "/bridge/catalog"+query+"&brand_id=x", "", bare); g.status != 404 {
		t.Errorf("status %d", g.status)
	}
	var names []string
	after := ""
	for {
		var d struct {
			Data struct {
				Hits struct {
					Total struct{ Value int }
					Hits  []struct {
						Source struct{ Name string } `json:"_source"`
						Sort   json.RawMessage
					}
				}
			}
		}
		g := w.ask(t, "POST", "/bridge/catalog/search"+query, `{"query":"sandbox"`+after+`}`, bare)
		if err := json.Unmarshal([]byte(g.text), &d); err != nil {
			t.Fatal(err)
		}
		hits := d.Data.Hits.Hits
		if len(hits) == 0 {
			break
		}
		for _, h := range hits {
			names = append(names, h.Source.Name)
		}
		after = `,"searchAfter":` + string(hits[len(hits)-1].Sort)
	}
	if len(names) != 3 || names[0] == names[2] {
		t.Errorf("search finds %v", names)
	}
	var urls map[string]string
	if err := json.Unmarshal([]byte(w.ask(t, "GET", "/bridge/catalog/export", "").text), &urls); err != nil {
		t.Fatal(err)
	}
	if g := w.ask(t, "GET", urls["brands.json"], "", bare); g.status != 200 || !strings.Contains(g.text, "FooClinic") {
		t.Errorf("brands.json: status %d", g.status)
	}
	w.Advance(61 * time.Minute)
	if g := w.ask(t, "GET", urls["brands.json"], "", bare); g.status != 403 {
		t.Errorf("after an hour: status %d", g.status)
	}
}

var errShort = io.ErrUnexpectedEOF

func isShort(err error) bool {
	return errors.Is(err, errShort) || err != nil && strings.Contains(err.Error(), "reset")
}

func itoa(n int) string { return strconv.Itoa(n) }
