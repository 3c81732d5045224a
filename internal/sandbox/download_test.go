package sandbox_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/sandbox"
)

func TestDownloadRedirects(t *testing.T) {
	tests := []struct {
		fail   string
		status int
	}{
		{"latency:1ms", 302}, {"redirect-301", 301}, {"redirect-303", 303}, {"redirect-307", 307}, {"redirect-308", 308},
		{"redirect-200", 200}, {"relative-location", 302}, {"redirect-chain", 302}, {"userinfo-location", 302},
	}
	for _, tt := range tests {
		t.Run(tt.fail, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{}, tt.fail)
			link := w.link(t)
			g := w.ask(t, "GET", link, "")
			if g.status != tt.status || g.text != "" {
				t.Errorf("status %d: %s", g.status, g.text)
			}
			base, err := url.Parse(link)
			if err != nil {
				t.Fatal(err)
			}
			hops := 0
			for ; g.header.Get("Location") != "" && hops < 5; hops++ {
				if base, err = base.Parse(g.header.Get("Location")); err != nil {
					t.Fatal(err)
				}
				if (base.User != nil) != (tt.fail == "userinfo-location") {
					t.Errorf("location for %v", base.User)
				}
				base.User = nil
				g = w.ask(t, "GET", base.String(), "", bare)
			}
			if g.status != 200 || g.text != string(exampleText(t)) {
				t.Errorf("in the end: status %d, %d bytes", g.status, len(g.text))
			}
			if want := map[bool]int{true: 3, false: 1}[tt.fail == "redirect-chain"]; hops != want {
				t.Errorf("%d hops", hops)
			}
			if relative := strings.HasPrefix(base.String(), w.info.StorageURL); relative == (tt.fail == "relative-location") {
				t.Errorf("the file came from %s", base.Host)
			}
		})
	}
}

func TestDownloadLeadsAstray(t *testing.T) {
	w := newWorld(t, sandbox.Options{}, "direct-body=1", "no-location=1", "redirect-loop=1")
	link := w.link(t)
	if g := w.ask(t, "GET", link, ""); g.status != 200 || g.text != string(exampleText(t)) {
		t.Errorf("direct-body: status %d", g.status)
	}
	if g := w.ask(t, "GET", link, ""); g.status != 302 || len(g.header.Values("Location")) != 0 {
		t.Errorf("no-location: status %d", g.status)
	}
	at := w.signed(t, link)
	for range 20 {
		g := w.ask(t, "GET", at, "", bare)
		if g.status != 302 {
			t.Fatalf("the loop ends with status %d", g.status)
		}
		at = w.info.StorageURL + g.header.Get("Location")
	}
}

func TestDownloadIsForWhoMay(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	link := w.link(t)
	if g := w.ask(t, "GET", link, "", bare); g.status != 401 {
		t.Errorf("no keys: status %d", g.status)
	}
	if g := w.ask(t, "GET", link, "", keys(w.info.Live.PublicID, w.info.Live.PrivateKey)); g.status != 404 {
		t.Errorf("other mode: status %d", g.status)
	}
	if g := w.ask(t, "GET", link+"x", ""); g.status != 404 {
		t.Errorf("other file: status %d", g.status)
	}
	w.Fail(fault(t, "rate-limit@download=1"))
	if g := w.ask(t, "GET", link, ""); g.status != 429 {
		t.Errorf("status %d", g.status)
	}
}

// The link's id is not the task's, but both lead to the file.
func TestDownloadByTask(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	link := w.link(t)
	task := w.register(t, ready)["task_id"].(string)
	if strings.Contains(link, task) {
		t.Errorf("the link has the task's id")
	}
	before, file, _ := strings.Cut(link, "/download/")
	if g := w.ask(t, "GET", before[:strings.LastIndex(before, "/")+1]+task+"/download/"+file, ""); g.status != 302 {
		t.Errorf("status %d", g.status)
	}
}

func TestRetention(t *testing.T) {
	w := newWorld(t, sandbox.Options{}, "missing-after-24h=1")
	link := w.link(t)
	if g := w.ask(t, "GET", link, ""); g.status != 404 {
		t.Errorf("missing-after-24h: status %d", g.status)
	}
	w.Advance(24*time.Hour - 5*time.Minute)
	at := w.signed(t, link)
	w.Advance(5 * time.Minute)
	if g := w.ask(t, "GET", link, ""); g.status != 404 {
		t.Errorf("after 24 hours: status %d", g.status)
	}
	if g := w.ask(t, "GET", at, "", bare); g.status != 404 || !strings.Contains(g.text, "<Code>NoSuchKey</Code>") {
		t.Errorf("signed URL: status %d: %s", g.status, g.text)
	}
	w.Fail(fault(t, "hidden-missing"))
	if g := w.ask(t, "GET", at, "", bare); g.status != 403 || !strings.Contains(g.text, "<Code>AccessDenied</Code>") {
		t.Errorf("hidden: status %d: %s", g.status, g.text)
	}
}

func TestHostNames(t *testing.T) {
	name := func(text string) string {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return u.Hostname()
	}
	for _, addr := range []string{"127.0.0.1:0", "localhost:0"} {
		w := newWorld(t, sandbox.Options{Addr: addr})
		at := w.signed(t, w.link(t))
		if name(at) == name(w.info.APIBaseURL) {
			t.Errorf("%s: API and storage are both %s", addr, name(at))
		}
		w.Fail(fault(t, "same-host"))
		at = w.signed(t, w.link(t))
		if g := w.ask(t, "GET", at, "", bare); name(at) != name(w.info.APIBaseURL) || g.status != 200 {
			t.Errorf("%s: status %d from %s", addr, g.status, name(at))
		}
	}
	w := newWorld(t, sandbox.Options{SameHost: true})
	if at := w.signed(t, w.link(t)); name(at) != name(w.info.APIBaseURL) || strings.HasPrefix(at, strings.TrimSuffix(w.info.APIBaseURL, "/v1")) {
		t.Errorf("storage at %s", at)
	}
}

// A cut body can be taken up where it broke, each time closer to the end.
