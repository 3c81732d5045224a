package sandbox_test

import (
	"bytes"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/sandbox"
)

// verify checks a request as a receiver does, with the secrets that it has.
func verify(secrets string, d delivered, now time.Time) error {
	id, timestamp := d.header.Get("webhook-id"), d.header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || id == "" {
		return errors.New("no id or no timestamp")
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > 5*time.Minute || age < -5*time.Minute {
		return errors.New("too old or too new")
	}
	for secret := range strings.SplitSeq(secrets, ",") {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil {
			return err
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + timestamp + "."))
		mac.Write(d.body)
		want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
		if slices.Contains(strings.Fields(d.header.Get("webhook-signature")), want) {
			return nil
		}
	}
	return errors.New("no signature fits")
}

func TestDeliveryFailures(t *testing.T) {
	signature := func(d delivered) string { return d.header.Get("webhook-signature") }
	tests := []struct {
		name  string
		valid bool
		is    func(d delivered) bool
	}{
		{"bad-signature", false, func(d delivered) bool { return strings.HasPrefix(signature(d), "v1,") }},
		{"first-invalid", true, func(d delivered) bool { return len(strings.Fields(signature(d))) == 2 }},
		{"v1a-only", false, func(d delivered) bool { return strings.HasPrefix(signature(d), "v1a,") }},
		{"hex-signature", false, func(d delivered) bool { return len(signature(d)) == 3+64 }},
		{"empty-entries", true, func(d delivered) bool { return strings.Contains(signature(d), "  ") }},
		{"missing-id", false, func(d delivered) bool { return d.header["Webhook-Id"] == nil }},
		{"missing-timestamp", false, func(d delivered) bool { return d.header["Webhook-Timestamp"] == nil }},
		{"missing-signature", false, func(d delivered) bool { return d.header["Webhook-Signature"] == nil }},
		{"other-webhook-id", true, func(d delivered) bool { return strings.HasPrefix(d.header.Get("webhook-id"), "msg_") }},
		{"extra-headers", true, func(d delivered) bool { return d.header.Get("svix-id") != "" }},
		{"old-timestamp", false, func(d delivered) bool { return age(d) > 5*time.Minute }},
		{"future-timestamp", false, func(d delivered) bool { return age(d) < -5*time.Minute }},
		{"limit-timestamp", true, func(d delivered) bool { return age(d) < -290*time.Second }},
		{"word-timestamp", false, func(d delivered) bool { return d.header.Get("webhook-timestamp") == "yesterday" }},
		{"changed-body", false, func(d delivered) bool { return d.body[0] == '{' }},
		{"chunked-event", true, func(d delivered) bool { return d.chunk }},
		{"get-event", true, func(d delivered) bool { return d.method == "GET" }},
		{"text-event", true, func(d delivered) bool { return d.header.Get("Content-Type") == "text/plain" }},
		{"slow-event:200ms", true, func(d delivered) bool { return age(d) < 5*time.Minute }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{}, tt.name+"=1")
			w.register(t, ready)
			d := w.hook.wait(t, 1)[0]
			if !tt.is(d) {
				t.Errorf("%s with %v: %s", d.method, d.header, d.body)
			}
			if err := verify(w.info.Test.WebhookSecret, d, time.Now()); (err == nil) != tt.valid {
				t.Errorf("verify: %v", err)
			}
			w.register(t, 1)
			if err := verify(w.info.Test.WebhookSecret, w.hook.wait(t, 2)[1], time.Now()); err != nil {
				t.Errorf("it happened twice: %v", err)
			}
		})
	}
}

// age is how long ago a request was signed.
func age(d delivered) time.Duration {
	seconds, _ := strconv.ParseInt(d.header.Get("webhook-timestamp"), 10, 64)
	return time.Since(time.Unix(seconds, 0))
}

// nthDelivery returns an entry of the delivery log, once it is there.
func nthDelivery(s *sandbox.Sandbox, n int) sandbox.Delivery {
	all := s.Deliveries()
	if n >= len(all) {
		return sandbox.Delivery{}
	}
	return all[n]
}

func TestOtherModeSecret(t *testing.T) {
	w := newWorld(t, sandbox.Options{}, "other-mode-secret=1")
	w.register(t, ready)
	d := w.hook.wait(t, 1)[0]
	if err := verify(w.info.Live.WebhookSecret, d, time.Now()); err != nil || verify(w.info.Test.WebhookSecret, d, time.Now()) == nil {
		t.Errorf("verify: %v", err)
	}
}

func TestGzipEvent(t *testing.T) {
	w := newWorld(t, sandbox.Options{}, "gzip-event=1")
	w.register(t, ready)
	d := w.hook.wait(t, 1)[0]
	r, err := gzip.NewReader(bytes.NewReader(d.body))
	if err != nil || d.header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("%v: %v", d.header, err)
	}
	if d.body, err = io.ReadAll(r); err != nil {
		t.Fatal(err)
	}
	if err := verify(w.info.Test.WebhookSecret, d, time.Now()); err != nil {
		t.Error(err)
	}
}

// A receiver that is down for three attempts gets the event at the fourth, with
// its id, and with a timestamp and a signature of that time.
func TestRetries(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	w.hook.answer = func(n int) int { return map[bool]int{true: 503, false: 204}[n < 3] }
	w.register(t, ready)
	got := w.hook.wait(t, 1)
	for n, wait := range []time.Duration{time.Minute, 15 * time.Minute, 2 * time.Hour} {
		eventually(t, func() bool { return len(nthDelivery(w.Sandbox, 0).Attempts) == n+1 })
		w.AdvanceAll(wait - 10*time.Second)
		time.Sleep(5 * time.Millisecond)
		if len(w.hook.all()) != n+1 {
			t.Fatalf("attempt %d comes early", n+2)
		}
		w.AdvanceAll(10 * time.Second)
		got = w.hook.wait(t, n+2)
	}
	for _, d := range got {
		seconds, _ := strconv.ParseInt(d.header.Get("webhook-timestamp"), 10, 64)
		if err := verify(w.info.Test.WebhookSecret, d, time.Unix(seconds, 0)); err != nil || !bytes.Equal(d.body, got[0].body) || d.header.Get("webhook-id") != got[0].header.Get("webhook-id") {
			t.Errorf("attempt differs: %v", err)
		}
	}
	if a, b := age(got[0]), age(got[3]); a-b < 2*time.Hour {
		t.Errorf("signed %s and %s ago", a, b)
	}
	eventually(t, func() bool { return nthDelivery(w.Sandbox, 0).State == "delivered" })
	if d := nthDelivery(w.Sandbox, 0); len(d.Attempts) != 4 || d.Attempts[0].Status != 503 || d.Attempts[3].Status != 204 {
		t.Errorf("log %+v", d)
	}
}

func TestGivesUp(t *testing.T) {
	w := newWorld(t, sandbox.Options{RetryWaits: []time.Duration{1, 1, 1, 1}})
	w.hook.answer = func(int) int { return 302 }
	w.register(t, ready)
	eventually(t, func() bool { return nthDelivery(w.Sandbox, 0).State == "failed" })
	if n := len(nthDelivery(w.Sandbox, 0).Attempts); n != 5 {
		t.Errorf("%d attempts", n)
	}
}

func TestDisables(t *testing.T) {
	w := newWorld(t, sandbox.Options{DisableAfter: 2, RetryWaits: []time.Duration{1, 1, 1, 1}})
	w.hook.answer = func(n int) int { return map[bool]int{true: 401, false: 200}[n < 2] }
	w.register(t, 0)
	eventually(t, func() bool { return nthDelivery(w.Sandbox, 0).State == "disabled" })
	w.register(t, 1)
	eventually(t, func() bool { d := w.Deliveries(); return len(d) == 2 && d[1].State == "disabled" })
	if err := w.Simulate("webhook.test"); err == nil {
		t.Error("the simulator uses a webhook that is switched off")
	}
	if n := len(w.hook.all()); n != 2 {
		t.Errorf("%d requests", n)
	}
	if err := w.EnableWebhook("test"); err != nil {
		t.Fatal(err)
	}
	w.register(t, 2)
	w.hook.wait(t, 3)
}

func TestTimeout(t *testing.T) {
	w := newWorld(t, sandbox.Options{WebhookTimeout: 20 * time.Millisecond})
	ended := make(chan struct{})
	defer close(ended)
	w.hook.answer = func(int) int { <-ended; return 200 }
	w.register(t, ready)
	eventually(t, func() bool { d := w.Deliveries(); return len(d) == 1 && len(d[0].Attempts) == 1 })
	if a := nthDelivery(w.Sandbox, 0).Attempts[0]; a.Status != 0 || a.Error == "" {
		t.Errorf("attempt %+v", a)
	}
}

func TestDuplicates(t *testing.T) {
	w := newWorld(t, sandbox.Options{}, "duplicate-events:4=1", "duplicate-later=1")
	w.register(t, ready)
	w.hook.wait(t, 5)
	w.Advance(2 * time.Hour)
	time.Sleep(10 * time.Millisecond)
	if n := len(w.hook.all()); n != 5 {
		t.Errorf("%d events at once", n)
	}
	w.Advance(time.Hour)
	for _, d := range w.hook.wait(t, 6) {
		if d.event(t).ID != w.hook.all()[0].event(t).ID {
			t.Error("a duplicate has another id")
		}
	}
}

func TestReorder(t *testing.T) {
	w := newWorld(t, sandbox.Options{}, "reordered-events=1")
	first := w.register(t, 0)["task_id"]
	eventually(t, func() bool { return len(w.Deliveries()) == 1 })
	second := w.register(t, 1)["task_id"]
	got := w.hook.wait(t, 2)
	if a, b := got[0].event(t).Data["task_id"], got[1].event(t).Data["task_id"]; a != second || b != first {
		t.Errorf("tasks %v and %v come as %v and %v", first, second, a, b)
	}
	w.Fail(fault(t, "reordered-events=1"))
	w.register(t, 2) // nothing follows: it is sent all the same
	w.hook.wait(t, 3)
}

func TestRotation(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	old := w.info.Test.WebhookSecret
	if err := w.RotateSecret("test"); err != nil {
		t.Fatal(err)
	}
	both := w.Info().Test.WebhookSecret
	fresh, rest, _ := strings.Cut(both, ",")
	if rest != old || fresh == old {
		t.Fatalf("secrets %s, before %s", both, old)
	}
	w.register(t, 0)
	d := w.hook.wait(t, 1)[0]
	for _, secret := range []string{old, fresh, both} {
		if err := verify(secret, d, time.Now()); err != nil {
			t.Error(err)
		}
	}
	if err := w.DropOldSecrets("test"); err != nil {
		t.Fatal(err)
	}
	w.register(t, 1)
	d = w.hook.wait(t, 2)[1]
	if verify(fresh, d, time.Now()) != nil || verify(old, d, time.Now()) == nil {
		t.Error("the old secret is still in use")
	}
	if w.RotateSecret("other") == nil {
		t.Error("there is a third mode")
	}
}

func TestModesHaveTheirOwnWebhooks(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	if w.info.Test.WebhookURL != w.hook.URL+"/webhook/test" || w.info.Live.WebhookURL != w.hook.URL+"/webhook/live" {
		t.Errorf("webhooks %s, %s", w.info.Test.WebhookURL, w.info.Live.WebhookURL)
	}
	w.ask(t, "POST", "/bridge/fhir/ehi-export", `{"org_connection_id":"`+w.info.Connections[live].ID+`"}`, keys(w.info.Live.PublicID, w.info.Live.PrivateKey))
	d := w.hook.wait(t, 1)[0]
	if verify(w.info.Live.WebhookSecret, d, time.Now()) != nil || verify(w.info.Test.WebhookSecret, d, time.Now()) == nil || d.event(t).APIMode != "live" {
		t.Errorf("body %s", d.body)
	}
	for _, url := range []string{"https://example.org/x", "http://example.org", "ftp://127.0.0.1", "127.0.0.1:1", "http://10.0.0.1/"} {
		if _, err := sandbox.New(sandbox.Options{WebhookURL: url}); err == nil {
			t.Errorf("%s is taken for a webhook", url)
		}
	}
}

func TestSubscriptions(t *testing.T) {
	w := newWorld(t, sandbox.Options{Subscribe: []string{}})
	if _, err := w.Connect("johndoe", ""); err != nil {
		t.Fatal(err)
	}
	if d := w.Deliveries(); len(d) != 1 || d[0].State != "not subscribed" {
		t.Errorf("deliveries %+v", d)
	}
	w.register(t, ready)
	if e := w.hook.wait(t, 1)[0].event(t); e.Type != "patient.ehi_export_success" {
		t.Errorf("event %+v", e)
	}
}

func TestNoEndpoint(t *testing.T) {
	s, err := sandbox.New(sandbox.Options{Files: []string{exampleFile}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Connect("johndoe", ""); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return nthDelivery(s, 0).State == "no endpoint" })
	if body := nthDelivery(s, 0).Body; !strings.Contains(body, "patient.connection_success") {
		t.Errorf("body %s", body)
	}
}

func TestSimulator(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	types := []string{
		"webhook.test", "patient.ehi_export_success", "patient.ehi_export_failed", "patient.connection_success",
		"patient.authorization_revoked", "patient.request_health_system", "patient.request_support",
	}
	for n, typ := range types {
		if err := w.Simulate(typ); err != nil {
			t.Fatal(err)
		}
		d := w.hook.wait(t, n+1)[n]
		e := d.event(t)
		if e.Type != typ || verify(w.info.Test.WebhookSecret, d, time.Now()) != nil {
			t.Errorf("event %+v", e)
		}
		if all, one := links(e); typ == "patient.ehi_export_success" && (all != nil || one == "") {
			t.Errorf("the simulator knows the new links: %s", d.body)
		}
	}
	if w.Simulate("patient.born") == nil {
		t.Error("there is an event for everything")
	}
}

func TestDeliveryLogForgets(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	w.register(t, 0)
	w.hook.wait(t, 1)
	w.Advance(16 * 24 * time.Hour)
	w.register(t, 1)
	w.hook.wait(t, 2)
	if d := w.Deliveries(); len(d) != 1 {
		t.Errorf("%d deliveries are kept", len(d))
	}
}
