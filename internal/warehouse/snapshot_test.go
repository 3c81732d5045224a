package warehouse

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestSnapshot(t *testing.T) {
	db := newDB(t)
	importLines(t, db, "a.jsonl", `{"resourceType":"Patient","id":"p"}`)
	to := filepath.Join(t.TempDir(), "copy.duckdb")
	report, err := Snapshot(t.Context(), db, to, time.Second, nil)
	if err != nil {
		t.Fatal(err)
	}
	if report.Imports != 1 || report.Replaced || report.LastImport == nil || report.Bytes != fileSize(db) {
		t.Errorf("got %+v", report)
	}
	expect(t, to, "select patient_id from patients", "p")
	if st, err := os.Stat(to); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
}

// A program that has the old copy open goes on reading it.
func TestSnapshotSwaps(t *testing.T) {
	db := newDB(t)
	importLines(t, db, "a.jsonl", `{"resourceType":"Patient","id":"p"}`)
	to := filepath.Join(t.TempDir(), "copy.duckdb")
	if _, err := Snapshot(t.Context(), db, to, time.Second, nil); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link.duckdb") // the same file for a reader in this process
	if err := os.Link(to, link); err != nil {
		t.Fatal(err)
	}
	importLines(t, db, "b.jsonl", `{"resourceType":"Patient","id":"q"}`)
	report, err := Snapshot(t.Context(), db, to, time.Second, nil)
	if err != nil || !report.Replaced || report.Imports != 2 {
		t.Fatalf("got %+v, %v", report, err)
	}
	expect(t, to, "select count(*) from patients", "2")
	expect(t, link, "select count(*) from patients", "1")
	if left := beside(t, to); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

// What another program has committed and not brought into the file is in the copy.
func TestSnapshotTakesTheLogAlong(t *testing.T) {
	db := newDB(t)
	importLines(t, db, "a.jsonl", `{"resourceType":"Patient","id":"p"}`)
	crashed := withLog(t, db, "create table own as select 42 as answer")
	to := filepath.Join(t.TempDir(), "copy.duckdb")
	if _, err := Snapshot(t.Context(), crashed, to, time.Second, nil); err != nil {
		t.Fatal(err)
	}
	if left := beside(t, to); len(left) != 0 {
		t.Errorf("left %v", left)
	}
	expect(t, to, "select answer from own", "42")
	if there, _ := exists(crashed + ".wal"); !there {
		t.Error("the log of the warehouse is gone")
	}
}

// withLog copies a database as a program leaves it that is killed after it has
// committed a statement.
func withLog(t *testing.T, db, sql string) string {
	t.Helper()
	crashed := filepath.Join(t.TempDir(), "w.duckdb")
	c, err := openDuck(db, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if err := c.exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", ".wal"} {
		content, err := os.ReadFile(db + suffix)
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, crashed+suffix, string(content))
	}
	return crashed
}

func TestSnapshotRefuses(t *testing.T) {
	dir := t.TempDir()
	db := filepath.Join(dir, "w.duckdb")
	importLines(t, db, "a.jsonl", `{"resourceType":"Patient","id":"p"}`)
	in := func(name string) string { return filepath.Join(dir, name) }
	importLines(t, in("other.duckdb"), "b.jsonl", `{"resourceType":"Patient","id":"p"}`)
	if err := errors.Join(os.Symlink("w.duckdb", in("link")), os.Link(db, in("hard")), os.Symlink("nowhere", in("dangling")), os.Mkdir(in("folder"), 0o700)); err != nil {
		t.Fatal(err)
	}
	writeFile(t, in("text"), "not a database")
	writeFile(t, in("empty"), "")
	c, err := openDuck(in("plain.duckdb"), nil)
	if err != nil {
		t.Fatal(err)
	}
	c.close()
	tests := []struct{ name, to, says string }{
		{"the warehouse", "w.duckdb", "the warehouse itself"},
		{"a symlink to it", "link", "the warehouse itself"},
		{"a hard link to it", "hard", "the warehouse itself"},
		{"its log", "w.duckdb.wal", "belongs to it"},
		{"its lock", "w.duckdb.lock", "belongs to it"},
		{"a symlink to nowhere", "dangling", "leads nowhere"},
		{"a folder", "folder", "folder"},
		{"no parent", "no/copy.duckdb", "does not exist"},
		{"a text", "text", "no copy of a warehouse"},
		{"an empty file", "empty", "no copy of a warehouse"},
		{"a database of others", "plain.duckdb", "no copy of a warehouse"},
		{"another warehouse", "other.duckdb", "it is another warehouse"},
		{"a name that DuckDB cannot have", "ledger.duckdb", "not a possible name"},
	}
	before := snapshot(t, dir)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Snapshot(t.Context(), db, in(tt.to), 0, nil)
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v", err)
			}
			if after := snapshot(t, dir); after != before {
				t.Errorf("before\n%s\nafter\n%s", before, after)
			}
		})
	}
	if _, err := Snapshot(t.Context(), in("missing.duckdb"), in("copy.duckdb"), 0, nil); !errors.Is(err, ErrMissing) {
		t.Errorf("no warehouse: %v", err)
	}
	if after := snapshot(t, dir); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
}
