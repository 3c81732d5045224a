package shell

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestHistory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "fhirwh", "history")
	h, entries, err := OpenHistory(path)
	if err != nil || entries != nil {
		t.Fatalf("got %v, %v", entries, err)
	}
	for _, entry := range []string{"select 1;", "select 2;"} {
		if err := h.Add(entry); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v, %v", info.Mode(), err)
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder has mode %v, %v", info.Mode(), err)
	}
	if _, entries, err = OpenHistory(path); err != nil || !slices.Equal(entries, []string{"select 1;", "select 2;"}) {
		t.Errorf("got %v, %v", entries, err)
	}
}

func TestHistoryIsMadePrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	if err := os.WriteFile(path, []byte("a\n\n\xff\n\x1b[2J\nb\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, entries, err := OpenHistory(path)
	if err != nil || !slices.Equal(entries, []string{"a", "b"}) {
		t.Errorf("got %q, %v", entries, err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}

func TestLongHistoryIsCut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	var b strings.Builder
	for i := range 2*maxHistory + 1 {
		fmt.Fprintf(&b, "select %d;\n", i)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	_, entries, err := OpenHistory(path)
	if err != nil || len(entries) != maxHistory || entries[maxHistory-1] != "select 2000;" {
		t.Errorf("got %d entries, %v", len(entries), err)
	}
	text, err := os.ReadFile(path)
	if n := strings.Count(string(text), "\n"); err != nil || n != maxHistory {
		t.Errorf("the file has %d lines, %v", n, err)
	}
}
