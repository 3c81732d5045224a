package sandbox_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/sandbox"
)

// links returns the links of an event, new and old.
func links(e event) (all []map[string]any, legacy string) {
	list, _ := e.Data["download_links"].([]any)
	for _, l := range list {
		m, _ := l.(map[string]any)
		all = append(all, m)
	}
	legacy, _ = e.Data["download_link"].(string)
	return all, legacy
}

func TestEventShape(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	w.register(t, ready)
	d := w.hook.wait(t, 1)[0]
	e := d.event(t)
	all, legacy := links(e)
	if len(all) != 1 || all[0]["url"] != legacy || all[0]["export_type"] != "jsonl" || all[0]["content_type"] != "application/fhir+ndjson" || !strings.HasPrefix(legacy, w.info.APIBaseURL+"/bridge/fhir/ehi-export/") {
		t.Errorf("links %v, %s", all, legacy)
	}
	if age := time.Since(e.Date); age > time.Minute || age < -time.Second || len(e.ID) != 36 || e.Data["org_connection_id"] != w.info.Connections[ready].ID {
		t.Errorf("event %+v", e)
	}
	if d.method != "POST" || d.header.Get("Content-Type") != "application/json" || d.header.Get("webhook-id") != e.ID {
		t.Errorf("%s with %v", d.method, d.header)
	}
	if d.body[len(d.body)-1] == '\n' || strings.Contains(string(d.body), `\u0026`) {
		t.Errorf("body %s", d.body)
	}
}

// host returns the host of a link, with its port.
func host(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return err.Error()
	}
	return u.Host
}

// eventChecks say what each failure makes of an event.
var eventChecks = map[string]func(w *world, e event, body string) bool{
	"legacy-link": func(w *world, e event, _ string) bool { all, one := links(e); return all == nil && one != "" },
	"object-link": func(w *world, e event, _ string) bool {
		m, _ := e.Data["download_link"].(map[string]any)
		return m["url"] != nil && e.Data["download_links"] == nil
	},
	"string-links": func(w *world, e event, _ string) bool {
		list, _ := e.Data["download_links"].([]any)
		text, _ := list[0].(string)
		return strings.HasPrefix(text, w.info.APIBaseURL)
	},
	"no-links": func(w *world, e event, _ string) bool {
		list, ok := e.Data["download_links"].([]any)
		return ok && len(list) == 0 && e.Data["download_link"] == ""
	},
	"several-types": func(w *world, e event, _ string) bool {
		all, one := links(e)
		return len(all) == 3 && all[0]["export_type"] == "fhir_bundle" && all[1]["export_type"] == "pdf" && all[2]["export_type"] == "jsonl" && all[2]["url"] == one
	},
	"duplicate-links": func(w *world, e event, _ string) bool {
		all, _ := links(e)
		return len(all) == 2 && all[0]["url"] == all[1]["url"]
	},
	"foreign-link": func(w *world, e event, _ string) bool {
		_, one := links(e)
		return host(one) == host(w.info.StorageURL)
	},
	"userinfo-link": func(w *world, e event, _ string) bool {
		_, one := links(e)
		return host(one) == host(w.info.StorageURL) && strings.HasPrefix(one, "http://"+host(w.info.APIBaseURL)+"@")
	},
	"lookalike-link": func(w *world, e event, _ string) bool {
		_, one := links(e)
		return strings.HasPrefix(host(one), "127.0.0.1.evil.test")
	},
	"query-lookalike-link": func(w *world, e event, _ string) bool {
		_, one := links(e)
		return host(one) == "evil.test" && strings.HasSuffix(one, "?"+host(w.info.APIBaseURL))
	},
	"http-link": func(w *world, e event, _ string) bool {
		_, one := links(e)
		return strings.HasPrefix(one, "http://api.connect.fastenhealth.com/v1/")
	},
	"traversal-link": func(w *world, e event, _ string) bool {
		_, one := links(e)
		return strings.Contains(one, "/download/..%2f..%2f")
	},
	"wrong-stats": func(w *world, e event, _ string) bool {
		s := e.Data["stats"].(map[string]any)
		return s["total_resources"] == 12.0 && s["total_by_resource_type"].(map[string]any)["Patient"] == 217.0
	},
	"missing-fields": func(w *world, e event, _ string) bool {
		return e.Data["org_connection_id"] == nil && e.Data["task_id"] == nil && e.Data["org_id"] == nil && e.Data["download_links"] != nil
	},
	"wrong-org": func(w *world, e event, _ string) bool {
		return e.Data["org_id"] != w.info.OrgID && e.Data["org_id"] != ""
	},
	"wrong-mode": func(w *world, e event, _ string) bool { return e.APIMode == "live" },
	"no-id":      func(w *world, e event, _ string) bool { return e.ID == "" && e.Data != nil },
	"flat-payload": func(w *world, e event, body string) bool {
		return e.Data == nil && e.Type == "" && strings.HasPrefix(body, `{"download_links":`)
	},
	"non-ascii": func(w *world, e event, body string) bool { return strings.Contains(body, "wörld ☃ <&>") },
	"trailing-newline": func(w *world, e event, body string) bool {
		return strings.HasSuffix(body, "}\n") && json.Valid([]byte(body))
	},
	"big-event:2": func(w *world, e event, body string) bool { return len(body) > 2<<20 && len(body) < 3<<20 },
	"big-event":   func(w *world, e event, body string) bool { return len(body) > 10<<20 },
}

func TestEventFailures(t *testing.T) {
	for spec, is := range eventChecks {
		t.Run(spec, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{}, spec+"=1")
			w.register(t, ready)
			d := w.hook.wait(t, 1)[0]
			if !is(w, d.event(t), string(d.body)) {
				t.Errorf("body %.2000s", d.body)
			}
			if err := verify(w.info.Test.WebhookSecret, d, time.Now()); err != nil {
				t.Errorf("signature: %v", err)
			}
			w.register(t, 1) // and once only
			if d := w.hook.wait(t, 2)[1]; is(w, d.event(t), string(d.body)) {
				t.Errorf("it happened twice: %.2000s", d.body)
			}
		})
	}
}

func TestInvalidJSON(t *testing.T) {
	w := newWorld(t, sandbox.Options{}, "invalid-json")
	w.register(t, ready)
	d := w.hook.wait(t, 1)[0]
	if json.Valid(d.body) || verify(w.info.Test.WebhookSecret, d, time.Now()) != nil {
		t.Errorf("body %s", d.body)
	}
}

func TestTwoFiles(t *testing.T) {
	w := newWorld(t, sandbox.Options{}, "two-files=1")
	w.register(t, ready)
	all, _ := links(w.hook.wait(t, 1)[0].event(t))
	var text string
	for _, l := range all {
		half := w.ask(t, "GET", w.signed(t, l["url"].(string)), "", bare).text
		if !strings.HasSuffix(half, "}\n") || len(half) < 10000 {
			t.Errorf("half a file of %d bytes", len(half))
		}
		text += half
	}
	if len(all) != 2 || text != string(exampleText(t)) {
		t.Errorf("%d files, %d bytes", len(all), len(text))
	}
}

func TestExtraEvents(t *testing.T) {
	w := newWorld(t, sandbox.Options{}, "unknown-event=1", "second-event=1")
	w.register(t, ready)
	got := map[string]int{}
	files := map[any]bool{}
	for _, d := range w.hook.wait(t, 3) {
		e := d.event(t)
		got[e.Type]++
		if e.Data["task_id"] != nil {
			files[e.Data["download_link"]] = true
		}
	}
	if got["patient.ehi_export_success"] != 2 || got["patient.mood_changed"] != 1 || len(files) != 1 {
		t.Errorf("events %v for %d files", got, len(files))
	}
}

func TestNoWebhook(t *testing.T) {
	w := newWorld(t, sandbox.Options{}, "no-webhook=1")
	task := w.register(t, ready)["task_id"].(string)
	eventually(t, func() bool {
		return w.ask(t, "GET", "/bridge/fhir/ehi-export/"+task, "").data(t)["status"] == "success"
	})
	if d := w.Deliveries(); len(d) != 1 || d[0].State != "never sent" || len(w.hook.all()) != 0 {
		t.Errorf("deliveries %+v", d)
	}
	w.register(t, ready) // a repeat brings it
	w.hook.wait(t, 1)
}

// A task may end at once; its registration is still answered as that of a new
// one, whichever of the two comes first.
func TestNewTaskIsPending(t *testing.T) {
	w := newWorld(t, sandbox.Options{Repeat: sandbox.RepeatUntilTerminal})
	for n := range 300 {
		if status := w.register(t, ready)["status"]; status != "pending" {
			t.Fatalf("registration %d was answered %v", n, status)
		}
	}
}

func TestEarlyEvent(t *testing.T) {
	w := newWorld(t, sandbox.Options{Pending: time.Hour}, "early-event=1")
	if status := w.register(t, ready)["status"]; status != "success" || len(w.hook.all()) != 1 {
		t.Errorf("answered %v after %d events", status, len(w.hook.all()))
	}
}

func TestLateEvent(t *testing.T) {
	w := newWorld(t, sandbox.Options{}, "late-event=1")
	task := w.register(t, ready)["task_id"].(string)
	eventually(t, func() bool {
		return w.ask(t, "GET", "/bridge/fhir/ehi-export/"+task, "").data(t)["status"] == "success"
	})
	w.Advance(24*time.Hour + 30*time.Minute)
	time.Sleep(10 * time.Millisecond)
	if n := len(w.hook.all()); n != 0 {
		t.Fatalf("%d events after 24 hours and a half", n)
	}
	w.Advance(time.Hour)
	_, link := links(w.hook.wait(t, 1)[0].event(t))
	if g := w.ask(t, "GET", link, ""); g.status != 404 {
		t.Errorf("status %d", g.status)
	}
}

func TestConnectionEvents(t *testing.T) {
	w := newWorld(t, sandbox.Options{}, "bad-signature", "flat-payload") // which are not for these
	c, err := w.Connect("johndoe", "patient-42")
	if err != nil {
		t.Fatal(err)
	}
	d := w.hook.wait(t, 1)[0]
	e := d.event(t)
	if e.Type != "patient.connection_success" || e.Data["org_connection_id"] != c.ID || e.Data["external_id"] != "patient-42" || e.Data["connection_status"] != "authorized" || e.Data["brand_id"] == nil {
		t.Errorf("event %+v", e)
	}
	if err := verify(w.info.Test.WebhookSecret, d, time.Now()); err != nil {
		t.Error(err)
	}
	if err := w.Revoke(c.ID); err != nil {
		t.Fatal(err)
	}
	if e := w.hook.wait(t, 2)[1].event(t); e.Type != "patient.authorization_revoked" || e.Data["connection_status"] != "revoked" || e.Data["org_connection_id"] != c.ID {
		t.Errorf("event %+v", e)
	}
	if _, err := w.Connect("nobody", ""); err == nil {
		t.Error("nobody can connect")
	}
	if err := w.Revoke("nothing"); err == nil {
		t.Error("nothing can be revoked")
	}
}
