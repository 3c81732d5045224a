package sandbox_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/sandbox"
)

func writeFile(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// fetch registers an export of the n-th connection and returns what it brings.
func (w *world) fetch(t *testing.T, n int) string {
	t.Helper()
	before := len(w.hook.all())
	w.register(t, n)
	e := w.hook.wait(t, before+1)[before].event(t)
	return w.ask(t, "GET", w.signed(t, e.Data["download_link"].(string)), "", bare).text
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	a := writeFile(t, filepath.Join(dir, "a"), `{"resourceType":"Patient","id":"a"}`+"\n")
	b := writeFile(t, filepath.Join(dir, "b"), `{"id":"b","resourceType":"Patient"}`+"\n\nno JSON\n"+`{"resourceType":"Observation"}`)
	w := newWorld(t, sandbox.Options{Files: []string{a, b}})
	for n, want := range []string{`"a"`, `"b"`, `"a"`} {
		if got := w.fetch(t, n); !strings.Contains(got, want) {
			t.Errorf("connection %d exports %s", n, got)
		}
	}
	e := w.hook.all()[1].event(t)
	stats := e.Data["stats"].(map[string]any)
	if types := stats["total_by_resource_type"].(map[string]any); stats["total_resources"] != 2.0 || types["Patient"] != 1.0 || types["Observation"] != 1.0 {
		t.Errorf("stats %v", stats)
	}
	if _, err := sandbox.New(sandbox.Options{Files: []string{filepath.Join(dir, "none")}}); !os.IsNotExist(err) {
		t.Errorf("missing file: %v", err)
	}
}

// Two exports within a day have the same bytes, whatever happened to the chart.
func TestCache(t *testing.T) {
	file := writeFile(t, filepath.Join(t.TempDir(), "f"), "{}\n")
	w := newWorld(t, sandbox.Options{Files: []string{file}, Repeat: sandbox.RepeatUntilTerminal})
	if got := w.fetch(t, ready); got != "{}\n" {
		t.Errorf("first: %q", got)
	}
	writeFile(t, file, `{"new":1}`)
	w.Advance(23 * time.Hour)
	if got := w.fetch(t, ready); got != "{}\n" {
		t.Errorf("within a day: %q", got)
	}
	w.Advance(time.Hour)
	if got := w.fetch(t, ready); got != `{"new":1}` {
		t.Errorf("after a day: %q", got)
	}
	if err := w.SetContent(w.info.Connections[ready].ID, []byte("newer")); err != nil {
		t.Fatal(err)
	}
	w.Advance(24 * time.Hour)
	if got := w.fetch(t, ready); got != "newer" {
		t.Errorf("other content: %q", got)
	}
}

// A large file is not kept in memory.
func TestLargeFile(t *testing.T) {
	line := `{"resourceType":"Binary","data":"` + strings.Repeat("A", 3<<20) + `"}` + "\n"
	file := writeFile(t, filepath.Join(t.TempDir(), "f"), strings.Repeat(line, 8))
	w := newWorld(t, sandbox.Options{Files: []string{file}})
	if got := w.fetch(t, ready); got != strings.Repeat(line, 8) {
		t.Errorf("%d bytes", len(got))
	}
	if stats := w.hook.all()[0].event(t).Data["stats"].(map[string]any); stats["total_resources"] != 8.0 {
		t.Errorf("stats %v", stats)
	}
}

func TestUnreadableExport(t *testing.T) {
	file := writeFile(t, filepath.Join(t.TempDir(), "f"), "{}\n")
	w := newWorld(t, sandbox.Options{Files: []string{file}})
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	w.register(t, ready)
	if e := w.hook.wait(t, 1)[0].event(t); e.Data["failure_reason"] != "suppressed_please_contact" {
		t.Errorf("event %+v", e)
	}
}

func TestSameSeedSameIDs(t *testing.T) {
	one, two, three := newWorld(t, sandbox.Options{Seed: 7}), newWorld(t, sandbox.Options{Seed: 7}), newWorld(t, sandbox.Options{Seed: 8})
	if one.register(t, 0)["task_id"] != two.register(t, 0)["task_id"] || one.info.Connections[3].ID != two.info.Connections[3].ID || one.info.Test.PrivateKey != two.info.Test.PrivateKey {
		t.Error("two runs with a seed differ")
	}
	if one.info.Test.WebhookSecret == three.info.Test.WebhookSecret || one.info.Connections[3].ID == three.info.Connections[3].ID {
		t.Error("another seed gives the same")
	}
}
