package doctor

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/export"
)

type keysAnswer struct{ err error }

func (k keysAnswer) CheckCredentials(context.Context) error { return k.err }

// TestExamine looks at one ailment at a time.
func TestExamine(t *testing.T) {
	serverTime := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", serverTime.Format(http.TimeFormat))
		if r.URL.Path == "/lost/healthz" {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer server.Close()
	dir := t.TempDir()
	loose := filepath.Join(dir, "loose.toml")
	if err := os.WriteFile(loose, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(loose, 0o644); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(dir, "broken.duckdb")
	if err := os.WriteFile(broken, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		change  func(*Patient)
		check   string
		state   string
		found   string
		advised bool
	}{
		{"all well", func(*Patient) {}, "keys accepted", OK, "test keys", false},
		{"no keys", func(p *Patient) { p.Client = nil }, "keys accepted", Skipped, "no keys", false},
		{"keys refused", func(p *Patient) { p.Client = keysAnswer{errors.New("refused")} }, "keys accepted", Failure, "refused", false},
		{"bad configuration", func(p *Patient) {
			p.ConfigErr = errors.Join(&export.ConfigError{What: "public id", Problem: "empty", Advice: "fill it"})
		}, "configuration", Failure, "empty", true},
		{"clock right", func(*Patient) {}, "clock", OK, "0s off", false},
		{"clock a minute off", func(p *Patient) { p.Now = at(serverTime.Add(time.Minute)) }, "clock", Warning, "1m0s off", true},
		{"clock ten minutes off", func(p *Patient) { p.Now = at(serverTime.Add(-10 * time.Minute)) }, "clock", Failure, "10m0s off", true},
		{"no webhook secret", func(*Patient) {}, "webhook secret", Warning, "none", true},
		{"webhook not told", func(*Patient) {}, "webhook reachable", Skipped, "not known", true},
		{"webhook answers", func(p *Patient) { p.WebhookURL = server.URL }, "webhook reachable", OK, "answers", false},
		{"webhook leads elsewhere", func(p *Patient) { p.WebhookURL = server.URL + "/lost" }, "webhook reachable", Failure, "404", true},
		{"webhook is down", func(p *Patient) { p.WebhookURL = "http://127.0.0.1:1" }, "webhook reachable", Failure, "no answer", true},
		{"loose file", func(p *Patient) { p.ConfigFile = loose }, "configuration file", Warning, "0644", true},
		{"no warehouse yet", func(*Patient) {}, "warehouse", OK, "not there yet", false},
		{"warehouse broken", func(p *Patient) { p.DB = broken }, "warehouse", Failure, "broken.duckdb", false},
		{"disk", func(*Patient) {}, "disk", "", "GiB free", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := Patient{Client: keysAnswer{}, DB: filepath.Join(dir, "w.duckdb"), Now: at(serverTime)}
			p.Config.APIBaseURL, p.Config.Credentials.Mode = server.URL, "test"
			tt.change(&p)
			c := find(t, Examine(t.Context(), p), tt.check)
			if tt.state != "" && c.State != tt.state || !strings.Contains(c.Found, tt.found) {
				t.Errorf("%+v, want %s with %q", c, tt.state, tt.found)
			}
			if tt.advised && c.Advice == "" {
				t.Errorf("%+v has no advice", c)
			}
		})
	}
}

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

func find(t *testing.T, checks []Check, name string) Check {
	t.Helper()
	for _, c := range checks {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no check %q in %+v", name, checks)
	return Check{}
}

func TestDeviceOf(t *testing.T) {
	mounts := "/dev/sda1 / ext4 rw 0 0\n/dev/mapper/crypt /home ext4 rw 0 0\ntmpfs /home/x/tmp tmpfs rw 0 0\n"
	for folder, want := range map[string]string{
		"/var/lib": "/dev/sda1", "/home": "/dev/mapper/crypt", "/home/x": "/dev/mapper/crypt", "/homes": "/dev/sda1", "/home/x/tmp/y": "tmpfs",
	} {
		if got := deviceOf(folder, mounts); got != want {
			t.Errorf("%s is on %s, want %s", folder, got, want)
		}
	}
}
