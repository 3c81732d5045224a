package warehouse

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// write runs statements as an import would: one write, one transaction.
func write(t *testing.T, path string, statements ...string) error {
	t.Helper()
	return writeWith(t.Context(), path, statements...)
}

func writeWith(ctx context.Context, path string, statements ...string) error {
	w, err := beginWriting(ctx, path, 5*time.Second, nil)
	if err != nil {
		return err
	}
	if err := inOneTransaction(ctx, w, statements); err != nil {
		return errors.Join(err, w.abandon())
	}
	return w.finish()
}

func inOneTransaction(ctx context.Context, w *writing, statements []string) error {
	c, err := w.open(map[string]string{"threads": "2"})
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.exec(ctx, "begin"); err != nil {
		return err
	}
	for _, s := range statements {
		if err := c.exec(ctx, s); err != nil {
			return err
		}
	}
	return c.exec(ctx, "commit")
}

func readInt(t *testing.T, path, sql string) int64 {
	t.Helper()
	c, err := openForReading(t.Context(), path, nil, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	var n int64
	if err := c.value(t.Context(), &n, sql); err != nil {
		t.Fatal(err)
	}
	return n
}

// beside lists the files of the folder of path, without path itself.
func beside(t *testing.T, path string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.Name() != filepath.Base(path) {
			names = append(names, e.Name())
		}
	}
	return names
}

func TestWritingMakesAndChangesAWarehouse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.duckdb")
	if err := write(t, path, "create table t as select range i from range(1000)"); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v", st.Mode(), err)
	}
	if err := write(t, path, "insert into t values (1000)"); err != nil {
		t.Fatal(err)
	}
	if n := readInt(t, path, "select count(*) from t"); n != 1001 {
		t.Errorf("got %d rows", n)
	}
	if names := beside(t, path); len(names) > 0 {
		t.Errorf("left beside the warehouse: %v", names)
	}
}

func TestAbandonBringsTheStateBeforeBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.duckdb")
	bad := "select error('stop')"
	if err := write(t, path, "create table t(i int)", bad); err == nil {
		t.Fatal("no error")
	}
	if names := beside(t, path); len(names) > 0 {
		t.Fatalf("left of a warehouse that was not made: %v", names)
	}
	if err := write(t, path, "create table t as select range i from range(100000)"); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path)
	if err := write(t, path, "insert into t select i + 0.5 from t", bad); err == nil {
		t.Fatal("no error")
	}
	after, _ := os.ReadFile(path)
	if string(before) != string(after) {
		t.Error("the file differs")
	}
	if names := beside(t, path); len(names) > 0 {
		t.Errorf("left beside the warehouse: %v", names)
	}
}

func TestAbandonAfterTheCommit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.duckdb")
	if err := write(t, path, "create table t as select range i from range(100000)"); err != nil {
		t.Fatal(err)
	}
	w, err := beginWriting(t.Context(), path, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := inOneTransaction(t.Context(), w, []string{"alter table t add column j int", "delete from t where i > 5"}); err != nil {
		t.Fatal(err)
	}
	if err := w.abandon(); err != nil {
		t.Fatal(err)
	}
	if n := readInt(t, path, "select count(*) from t"); n != 100000 {
		t.Errorf("got %d rows", n)
	}
}

func TestOpeningRefuses(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good.duckdb")
	if err := write(t, good, "create table t(i int)"); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	newer := append([]byte{}, content...)
	newer[12] = 69
	older := append([]byte{}, content...)
	older[12] = 63
	tests := []struct {
		name    string
		file    string
		content []byte // nil: do not make the file
		want    error
		says    string
	}{
		{"missing", "no.duckdb", nil, ErrMissing, "no warehouse there"},
		{"folder missing", "no/no.duckdb", nil, ErrMissing, "folder does not exist"},
		{"empty", "empty", []byte{}, ErrNotDuckDB, "empty"},
		{"one byte", "one", []byte("x"), ErrNotDuckDB, ""},
		{"SQLite", "sqlite", append([]byte("SQLite format 3\x00"), make([]byte, 8000)...), ErrNotDuckDB, ""},
		{"text", "text", []byte(strings.Repeat("hello\n", 5000)), ErrNotDuckDB, ""},
		{"cut in the main header", "cut", content[:3000], ErrDamaged, "cut short"},
		{"cut in a slot", "cut2", content[:9000], ErrDamaged, ""},
		{"cut in the blocks", "cut3", content[:20000], ErrDamaged, ""},
		{"newer", "newer", newer, ErrTooNew, "storage version 69"},
		{"older", "older", older, ErrTooOld, "63"},
		{"named as the schema", "Ledger.duckdb", content, ErrName, "ledger"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(dir, tt.file)
			if tt.content != nil {
				if err := os.WriteFile(path, tt.content, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, err := openForReading(t.Context(), path, nil, 0, nil)
			checkRefusal(t, "reading", err, tt.want, tt.says)
			if tt.name == "missing" {
				return
			}
			_, err = beginWriting(t.Context(), path, 0, nil)
			checkRefusal(t, "writing", err, tt.want, tt.says)
			if got, _ := os.ReadFile(path); string(got) != string(tt.content) {
				t.Error("the file was changed")
			}
		})
	}
}

func checkRefusal(t *testing.T, what string, err, want error, says string) {
	t.Helper()
	if !errors.Is(err, want) || !strings.Contains(err.Error(), says) {
		t.Errorf("%s: got %v, want %v with %q", what, err, want, says)
		return
	}
	if Hint(err) == "" {
		t.Errorf("%s: no hint for %v", what, err)
	}
}

func TestOpeningFollowsNoPlantedSymlink(t *testing.T) {
	for _, suffix := range []string{".wal", ".wal.checkpoint", ".wal.recovery", ".tmp", ".lock", ".journal", ".journal-new"} {
		t.Run(suffix, func(t *testing.T) {
			dir := t.TempDir()
			path, victim := filepath.Join(dir, "w.duckdb"), filepath.Join(dir, "victim")
			if err := write(t, path, "create table t(i int)"); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(victim, []byte("victim"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(victim, path+suffix); err != nil {
				t.Fatal(err)
			}
			if err := write(t, path, "insert into t values (1)"); !errors.Is(err, ErrUnsafe) {
				t.Errorf("got %v", err)
			}
			if got, _ := os.ReadFile(victim); string(got) != "victim" {
				t.Errorf("victim has %q", got)
			}
		})
	}
}

func TestOpeningResolvesSymlinks(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "w.duckdb"), filepath.Join(t.TempDir(), "link.duckdb")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if err := write(t, link, "create table t(i int)"); !errors.Is(err, ErrMissing) {
		t.Errorf("a symlink that leads nowhere: got %v", err)
	}
	if err := write(t, path, "create table t(i int)"); err != nil {
		t.Fatal(err)
	}
	if err := write(t, link, "insert into t values (1)"); err != nil {
		t.Fatal(err)
	}
	if n := readInt(t, path, "select count(*) from t"); n != 1 {
		t.Errorf("got %d rows", n)
	}
	if st, err := os.Lstat(link); err != nil || st.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the symlink was replaced: %v", err)
	}
}

func TestOpeningRefusesAFolderOfEveryone(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := write(t, filepath.Join(dir, "w.duckdb"), "create table t(i int)"); !errors.Is(err, ErrUnsafe) {
		t.Errorf("got %v", err)
	}
}

// In a folder like /tmp any user can put a file beside the warehouse.
func TestOpeningRefusesFilesOfStrangers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "w.duckdb")
	if err := write(t, path, "create table t(i int)"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".wal", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path+".wal", 4711, 4711); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		mode os.FileMode
		want error
	}{{0o700, nil}, {0o777 | os.ModeSticky, ErrUnsafe}} {
		if err := os.Chmod(dir, tt.mode); err != nil {
			t.Fatal(err)
		}
		c, err := openForReading(t.Context(), path, nil, 0, nil)
		if err == nil {
			c.close()
		}
		if !errors.Is(err, tt.want) {
			t.Errorf("%v: got %v", tt.mode, err)
		}
	}
}

func TestOneProcessOpensOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.duckdb")
	if err := write(t, path, "create table t(i int)"); err != nil {
		t.Fatal(err)
	}
	c, err := openForReading(t.Context(), path, nil, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if _, err := openForReading(t.Context(), path, nil, 0, nil); err == nil {
		t.Error("a second opening that would drop the lock of the first")
	}
	if _, err := beginWriting(t.Context(), path, 0, nil); err == nil {
		t.Error("a write that would drop the lock of the reader")
	}
}

func TestPublishReplacesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.duckdb")
	for _, appears := range []string{"", ".wal"} {
		w, err := beginWriting(t.Context(), path, 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := inOneTransaction(t.Context(), w, []string{"create table t(i int)"}); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+appears, []byte("other"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := w.finish(); err == nil {
			t.Errorf("no error although %q appeared", path+appears)
		}
		if got, _ := os.ReadFile(path + appears); string(got) != "other" {
			t.Errorf("%q was replaced", path+appears)
		}
		if err := os.Remove(path + appears); err != nil {
			t.Fatal(err)
		}
		if names := beside(t, path); len(names) > 0 {
			t.Errorf("left: %v", names)
		}
	}
}

func TestBeginWritingRemovesWhatADeadImportLeft(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "w.duckdb")
	keep := []string{"w.duckdb.new-copy", "w.duckdb.new-0123456789abcdef.txt", "v.duckdb.new-0123456789abcdef"}
	for _, name := range append([]string{"w.duckdb.new-0123456789abcdef", "w.duckdb.new-0123456789abcdef.wal"}, keep...) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(path+".tmp", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".tmp/duckdb_temp_storage_DEFAULT-0.tmp", []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := write(t, path, "create table t(i int)"); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(beside(t, path), " "); got != "v.duckdb.new-0123456789abcdef w.duckdb.new-0123456789abcdef.txt w.duckdb.new-copy" {
		t.Errorf("left: %s", got)
	}
}
