package sandbox_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/sandbox"
)

func TestExportFailures(t *testing.T) {
	reasons := map[string]any{
		"token_refresh_failure": "token_refresh_failure", "scope_patient_missing": "scope_patient_missing",
		"resource_patient_failure": "resource_patient_failure", "resource_invalid_content": "resource_invalid_content",
		"tefca_no_documents_found": "tefca_no_documents_found", "suppressed_please_contact": "suppressed_please_contact",
		"unknown_reason": "other", "unknown_reason:hail": "hail", "no_reason": nil,
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

// is checks the status of an answer.
func is(status int) func(*testing.T, got) {
	return func(t *testing.T, g got) {
		t.Helper()
		if g.status != status {
			t.Errorf("status %d, want %d: %s", g.status, status, g.text)
		}
	}
}

// apiChecks say what each failure makes of an answer.
var apiChecks = map[string]func(*testing.T, got){
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
	"empty-fields": func(t *testing.T, g got) {
		if d := g.data(t); d["consent_expires_at"] != "" || d["scope"] != "" || d["status"] != "authorized" {
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

func TestAPIFailures(t *testing.T) {
	for spec, check := range apiChecks {
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
