package warehouse

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The statements of these tests are what people, or text that they paste, may
// send: what DuckDB's settings stop, what they do not, and what ends the process.
// Each runs in a process of its own, past our check of statements: the fence
// alone must hold. OWN is the warehouse's own file, NEAR a file beside it.
func TestFence(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a process for each statement")
	}
	tests := []struct {
		sql  string
		want string // part of the error; "" if it may run
	}{
		{"select count(*) from t", ""},
		{"create temp table x as select 1", ""},
		{"set variable x = 1", ""},
		{"pragma database_size", ""},
		{"checkpoint", ""},
		{"vacuum", ""},
		{"select * from read_text('NEAR')", "LocalFileSystem"},
		{"select * from read_blob('NEAR')", "LocalFileSystem"},
		{"select * from read_csv('NEAR')", "LocalFileSystem"},
		{"from 'NEAR'", "LocalFileSystem"},
		{"select * from glob('*')", "LocalFileSystem"},
		{"from sniff_csv('NEAR')", "LocalFileSystem"},
		{"from parquet_metadata('NEAR')", "LocalFileSystem"},
		{"from read_duckdb('NEAR')", "LocalFileSystem"},
		{"from read_csv('https://example.org/x.csv')", "Permission Error"},
		{"from json_execute_serialized_sql(json_serialize_sql('select * from read_text(''NEAR'')'))", "LocalFileSystem"},
		{"from query('copy t to ''NEAR''')", "Expected a single SELECT"},
		{"copy t to 'NEAR'", "LocalFileSystem"},
		{"copy t to '/dev/stderr'", "LocalFileSystem"},
		{"copy (select 'EVIL') to 'OWN' (use_tmp_file false)", "LocalFileSystem"},
		{"copy (select 'EVIL') to 'OWN.wal' (use_tmp_file false)", "LocalFileSystem"},
		{"copy (select 'EVIL'::blob) to 'OWN.wal' (format blob)", "LocalFileSystem"},
		{"explain analyze copy (select 'EVIL') to 'OWN' (use_tmp_file false)", "LocalFileSystem"},
		{"export database 'NEAR.d'", "LocalFileSystem"},
		{"import database 'NEAR.d'", "LocalFileSystem"},
		{"attach 'NEAR.db' as x", "LocalFileSystem"},
		{"attach 'OWN' as x", "LocalFileSystem"},
		{"attach ':memory:' as x", "read-only mode"},
		{"attach 'NEAR' as x (type sqlite)", "Permission Error"},
		{"install httpfs", "Permission Error"},
		{"load httpfs", "Permission Error"},
		{"insert into t values (1)", "read-only mode"},
		{"update t set i = 0", "read-only mode"},
		{"delete from t", "read-only mode"},
		{"drop table t", "read-only mode"},
		{"create table x as select 1", "read-only mode"},
		{"set enable_external_access = true", "Cannot"},
		{"set disabled_filesystems = ''", "locked"},
		{"set lock_configuration = false", "locked"},
		{"reset lock_configuration", "locked"},
		{"set threads = 1", "locked"},
		{"set temp_directory = 'NEAR.d'", "locked"},
		{"pragma memory_limit = '1GB'", "locked"},
		{"set allowed_directories = ['/']", "locked"},
		{"select getenv('HOME')", "does not exist"},
		{"create secret (type s3)", "Error"},
		{"from enable_logging(storage = 'file', storage_path = 'NEAR.d')", "LocalFileSystem"},
		{"call enable_logging(storage = 'file', storage_path = 'NEAR.d')", "LocalFileSystem"},
		{"from enable_profiling(format = 'json', save_location = 'NEAR.json')", "LocalFileSystem"},
		{"select 1" + strings.Repeat("+1", 20000), "Max expression depth"},
	}
	for _, tt := range tests {
		t.Run(strings.ReplaceAll(tt.sql[:min(len(tt.sql), 60)], "/", ""), func(t *testing.T) {
			t.Parallel()
			path := fencedDatabase(t)
			near := filepath.Join(filepath.Dir(path), "near.csv")
			before := snapshot(t, filepath.Dir(path))
			got := runFenced(t, path, strings.NewReplacer("OWN", path, "NEAR", near).Replace(tt.sql))
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if after := snapshot(t, filepath.Dir(path)); after != before {
				t.Errorf("files changed:\n%swere:\n%s", after, before)
			}
		})
	}
}

func fencedDatabase(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "w.duckdb")
	c, err := openDuck(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.exec(t.Context(), "create table t as select range as i from range(10)"); err != nil {
		t.Fatal(err)
	}
	c.close()
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "near.csv"), []byte("a,b\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// snapshot lists the files of a folder with their content.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		fmt.Fprintf(&b, "%s %x %v\n", e.Name(), sha256.Sum256(content), err)
	}
	return b.String()
}

// runFenced runs a statement in a child process and returns what it said. A
// child that dies fails the test.
func runFenced(t *testing.T, path, sql string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestFenceChild$")
	cmd.Env = append(os.Environ(), "FENCE_DB="+path, "FENCE_SQL="+sql)
	cmd.Dir = filepath.Dir(path)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("the process died: %v\n%s", err, out)
	}
	_, said, _ := strings.Cut(string(out), "said: ")
	return said
}

func TestFenceChild(t *testing.T) {
	path := os.Getenv("FENCE_DB")
	if path == "" {
		t.Skip("only as a child of TestFence")
	}
	r, err := OpenReader(t.Context(), path, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.c.exec(t.Context(), os.Getenv("FENCE_SQL")); err != nil {
		fmt.Println("said:", err)
	}
	// What was set may take effect with the next statement, or at the end.
	if got := queryAll(t, r, "select count(*) from t"); got[0][0] != int64(10) {
		t.Errorf("the table has %v rows", got[0][0])
	}
	r.Close()
}

func TestFenceOpened(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "own.csv")
	if err := os.WriteFile(file, []byte("a\n1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := testReader(t, ReadOptions{AllowFiles: true})
	if got := queryAll(t, r, "select a from "+quoteText(file)); got[0][0] != int64(1) {
		t.Errorf("got %v", got)
	}
	if err := r.c.exec(t.Context(), "set lock_configuration = false"); err == nil {
		t.Error("settings are not locked")
	}
}

func TestSpill(t *testing.T) {
	const sorts = "select i from (select i, hash(i) as h, repeat('x', 20) as s from range(3000000) t(i) order by h, s) limit 1 offset 2900000"
	fenced := testReader(t, ReadOptions{MemoryLimit: 50 << 20})
	res, err := fenced.Query(t.Context(), sorts)
	if err == nil {
		for res.Next() {
		}
		err = res.Close()
	}
	if q, ok := errors.AsType[*QueryError](err); !ok || !strings.Contains(q.Advice, "--allow-spill") {
		t.Errorf("got %v", err)
	}
	queryAll(t, testReader(t, ReadOptions{MemoryLimit: 50 << 20, AllowSpill: true}), sorts)
}

func TestQueryEndsWithItsContext(t *testing.T) {
	r := testReader(t, ReadOptions{})
	deadline := errors.New("too slow")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 200*time.Millisecond, deadline)
	defer cancel()
	res, err := r.Query(ctx, "select count(*) from range(1000000) a, range(1000000) b where a.range + b.range < 0")
	if err == nil {
		for res.Next() {
		}
		err = res.Close()
	}
	if !errors.Is(err, deadline) {
		t.Errorf("got %v", err)
	}
	if got := queryAll(t, r, "select 1"); got[0][0] != int64(1) {
		t.Errorf("the reader is of no use afterwards: %v", got)
	}
}
