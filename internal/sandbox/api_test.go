package sandbox_test

import (
	"net/http"
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
