package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/export"
)

// A terminal is asked, and only what it is asked for erases.
func TestEraseAsks(t *testing.T) {
	db := imported(t)
	for _, tt := range []struct {
		typed string
		code  int
		left  string
	}{
		{"", exitFailed, "2"}, {"b\n", exitFailed, "2"}, {"A\n", exitFailed, "2"}, {"a\n", exitOK, "1"},
	} {
		std := stdio{in: strings.NewReader(tt.typed), inTerminal: true}
		code, _, errOut := runIn(t, t.Context(), std, "erase", "--db", db, "--patient", "a")
		if code != tt.code || !strings.Contains(errOut, "type the id of the patient to erase it") {
			t.Errorf("typed %q: exit code %d, said %s", tt.typed, code, errOut)
		}
		if _, out, _ := runIn(t, t.Context(), stdio{}, "query", "--db", db, "SELECT count(*) AS n FROM Patient"); out != "n\n"+tt.left+"\n" {
			t.Errorf("typed %q: left %s", tt.typed, out)
		}
	}
}

// A source is a connection of the landing folder, which forgets it too, whether or
// not it ever reached the warehouse.
func TestEraseForgetsTheConnection(t *testing.T) {
	db := imported(t)
	landing, err := export.OpenLanding(db + ".landing")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"default", "never-fetched"} {
		if err := landing.UpdateConnection(id, func(c *export.Connection) { c.Status = "authorized" }); err != nil {
			t.Fatal(err)
		}
		code, _, errOut := runIn(t, t.Context(), stdio{}, "erase", "--db", db, "--source", id, "--yes")
		if code != exitOK || !strings.Contains(errOut, "the landing folder forgot 1 file or record") {
			t.Errorf("%s: exit code %d, said %s", id, code, errOut)
		}
		if _, known, err := landing.Connection(id); known || err != nil {
			t.Errorf("%s: known %t, %v", id, known, err)
		}
	}
	if _, out, _ := runIn(t, t.Context(), stdio{}, "query", "--db", db, "SELECT count(*) AS n FROM Patient"); out != "n\n0\n" {
		t.Errorf("left %s", out)
	}
	code, _, _ := runIn(t, t.Context(), stdio{}, "erase", "--db", filepath.Join(t.TempDir(), "none.duckdb"), "--source", "x", "--yes")
	if code != exitFailed {
		t.Errorf("no warehouse: exit code %d", code)
	}
}
