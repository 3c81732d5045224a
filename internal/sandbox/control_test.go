package sandbox_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/sandbox"
)

// act sends a request to the control API, which takes no keys.
func (w *world) act(t *testing.T, action, query, body string) got {
	t.Helper()
	return w.ask(t, "POST", w.info.ControlURL+"/"+action+"?"+query, body, bare)
}

func TestControl(t *testing.T) {
	w := newWorld(t, sandbox.Options{Pending: time.Hour})
	id := w.info.Connections[ready].ID
	connection := func() got { return w.ask(t, "GET", "/bridge/org_connection/"+id, "") }

	w.act(t, "fail", "name=server-error=1&name=conflict=1", "")
	if a, b, c := connection().status, connection().status, connection().status; a != 500 || b != 409 || c != 200 {
		t.Errorf("fail: statuses %d, %d, %d", a, b, c)
	}
	if g := w.act(t, "fail", "name=conflict&name=nonsense", ""); g.status != 400 || len(w.Faults()) != 0 {
		t.Errorf("unknown failure: status %d, on are %v", g.status, w.Faults())
	}
	w.act(t, "fail", "name=conflict", "")
	w.act(t, "heal", "name=conflict", "")
	if g := connection(); g.status != 200 {
		t.Errorf("heal: status %d", g.status)
	}
	w.act(t, "status", "connection="+id+"&status=refreshing", "")
	if g := connection(); g.data(t)["status"] != "refreshing" {
		t.Errorf("status: %s", g.text)
	}
}

func TestControlOfEvents(t *testing.T) {
	w := newWorld(t, sandbox.Options{Pending: time.Hour})
	id := w.info.Connections[ready].ID
	w.act(t, "content", "connection="+id, "{}\n")
	w.register(t, ready)
	w.act(t, "clock", "advance=1h", "")
	e := w.hook.wait(t, 1)[0].event(t)
	_, link := links(e)
	if g := w.ask(t, "GET", w.signed(t, link), "", bare); g.text != "{}\n" {
		t.Errorf("content: %q", g.text)
	}
	if g := w.ask(t, "GET", w.info.ControlURL+"/event", "", bare); g.text != string(w.hook.all()[0].body) {
		t.Errorf("event: %s", g.text)
	}
	signed := delivered{header: http.Header{}, body: w.hook.all()[0].body}
	for line := range strings.Lines(w.ask(t, "GET", w.info.ControlURL+"/headers?id="+e.ID, "", bare).text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		signed.header.Set(name, value)
	}
	if err := verify(w.info.Test.WebhookSecret, signed, time.Now()); err != nil {
		t.Errorf("headers: %v", err)
	}
	w.act(t, "redeliver", "id="+e.ID, "")
	if again := w.hook.wait(t, 2)[1].event(t); again.ID != e.ID {
		t.Errorf("redelivered %+v", again)
	}
	w.act(t, "send-event", "type=webhook.test", "")
	w.act(t, "send-event", "mode=live&id=abc", `{"my":"own"}`)
	eventually(t, func() bool { return len(w.hook.all()) == 4 })
	for _, d := range w.hook.all()[2:] {
		if secret := map[bool]string{true: w.info.Live.WebhookSecret, false: w.info.Test.WebhookSecret}[string(d.body) == `{"my":"own"}`]; verify(secret, d, time.Now()) != nil {
			t.Errorf("signature of %s", d.body)
		}
	}
	if g := w.act(t, "connect", "patient=johndoe&external_id=x", ""); g.data(t)["external_id"] != "x" {
		t.Errorf("connect: %s", g.text)
	}
	w.act(t, "revoke", "connection="+id, "")
	if g := w.ask(t, "GET", "/bridge/org_connection/"+id, ""); g.data(t)["status"] != "revoked" {
		t.Errorf("revoke: %s", g.text)
	}
	w.hook.wait(t, 6)
}

func TestControlOfWebhooks(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	other := newHook(t)
	d := w.act(t, "webhook", "rotate=1&url="+url.QueryEscape(other.URL+"/mine"), "").data(t)
	if d["webhook_url"] != other.URL+"/mine" || !strings.Contains(d["webhook_secret"].(string), ",") {
		t.Errorf("webhook %v", d)
	}
	if d = w.act(t, "webhook", "drop-old=1&subscribe=webhook.test", "").data(t); strings.Contains(d["webhook_secret"].(string), ",") {
		t.Errorf("webhook %v", d)
	}
	w.register(t, ready)
	other.wait(t, 1)
	for _, query := range []string{"url=http://example.org", "mode=other&enable=1"} {
		if g := w.act(t, "webhook", query, ""); g.status != 400 {
			t.Errorf("%s: status %d", query, g.status)
		}
	}
}

func TestControlLooks(t *testing.T) {
	w := newWorld(t, sandbox.Options{}, "cut-body=2")
	w.fetch(t, ready)
	var d struct{ Data json.RawMessage }
	for _, what := range []string{"state", "log", "deliveries", "failures"} {
		g := w.ask(t, "GET", w.info.ControlURL+"/"+what, "", bare)
		if err := json.Unmarshal([]byte(g.text), &d); err != nil || g.status != 200 || len(d.Data) < 100 {
			t.Errorf("%s: status %d: %v", what, g.status, err)
		}
	}
	if !strings.Contains(string(d.Data), `{"name":"cut-body","left":1}`) {
		t.Errorf("failures %.200s", d.Data)
	}
	for _, what := range []string{"nothing", "event?id=none"} {
		if g := w.ask(t, "GET", w.info.ControlURL+"/"+what, "", bare); g.status != 404 {
			t.Errorf("%s: status %d", what, g.status)
		}
	}
	if g := w.ask(t, "POST", w.info.ControlURL+"/heal", "", bare, header("Origin", "http://127.0.0.1:1")); g.status != 403 {
		t.Errorf("a page: status %d", g.status)
	}
	for _, action := range []string{"clock?advance=-1h", "clock", "send-event", "send-event?type=no", "redeliver?id=no", "revoke?connection=no", "status?connection=no", "content?connection=no&file=none", "connect?patient=no"} {
		if g := w.ask(t, "POST", w.info.ControlURL+"/"+action, "", bare); g.status != 400 {
			t.Errorf("%s: status %d", action, g.status)
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", "192.0.2.1:80", "example.org:80", "[::]:0", "nonsense", "1:2:3"} {
		if _, err := sandbox.New(sandbox.Options{Addr: addr}); err == nil {
			t.Errorf("listens on %s", addr)
		}
		if _, err := sandbox.New(sandbox.Options{StorageAddr: addr}); err == nil {
			t.Errorf("stores on %s", addr)
		}
	}
	for _, addr := range []string{"", "0", ":0", "localhost:0", "127.0.0.2:0"} {
		if _, err := sandbox.New(sandbox.Options{Addr: addr}); err != nil {
			t.Errorf("%q: %v", addr, err)
		}
	}
	w := newWorld(t, sandbox.Options{})
	s, err := sandbox.New(sandbox.Options{StorageAddr: strings.TrimPrefix(w.site(), "http://")})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("two listen on one port: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("close what did not start: %v", err)
	}
}
