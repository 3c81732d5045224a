package connect

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/export"
)

// TestBrowser opens the page in Chromium, with a widget of another origin that
// fires its events by itself.
func TestBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	chromium := browser(t)
	widget := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		http.ServeFile(w, r, "testdata/widget.js")
	}))
	defer widget.Close()

	var mu sync.Mutex
	stored := map[string]export.Connection{}
	s, err := New(Options{
		PublicID: "public_test_0123456789", ExternalID: "patient-42", KeepOpen: true,
		Script: widget.URL + "/widget.js", Style: widget.URL + "/widget.css",
		Verify: verifier([]export.Connection{epic(), {ID: tefcaID, APIMode: "test", Status: "authorized", PlatformType: "tefca"}}),
		Store: func(a Account) error {
			mu.Lock()
			defer mu.Unlock()
			stored[a.ID] = a.Connection
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	served := make(chan struct{})
	go func() {
		defer close(served)
		s.Serve(ctx)
	}()
	defer func() {
		cancel()
		<-served
	}()

	tab := openTab(ctx, t, chromium, s.URL())
	page := tab.waitFor("Connected: 2 health systems")
	mu.Lock()
	defer mu.Unlock()
	if len(stored) != 2 || stored[epicID].Status != "authorized" || stored[epicID].ExternalID != "patient-42" || stored[tefcaID].PlatformType != "tefca" {
		t.Errorf("stored %+v", stored)
	}
	for _, want := range []string{
		"Connected: 2 health systems", "confirmed by Fasten Connect", "Consent until 17 January 2027",
		"fhirwh fetch " + epicID + " " + tefcaID, `data-styled="7px"`, "The health system had an error",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	for _, bad := range []string{`data-inline="ran"`, `data-foreign="ran"`, `<b id="bold"`, "Loading Fasten Connect", "has lost its program"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if t.Failed() {
		t.Log(page)
	}
}

func browser(t *testing.T) string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("there is no Chromium")
	return ""
}
