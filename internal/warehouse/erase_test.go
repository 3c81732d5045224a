package warehouse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func erase(t *testing.T, db string, o EraseOptions) *EraseReport {
	t.Helper()
	o.Version, o.Wait = "test", time.Second
	r, err := Erase(t.Context(), db, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEraseSource(t *testing.T) {
	db := newDB(t)
	importLabelled(t, db, "north", `{"resourceType":"Patient","id":"p","name":[{"text":"Ada"}]}`, `{"resourceType":"Patient","id":"p","gender":"male"}`, `not json`,
		`{"resourceType":"Bundle","id":"b","type":"batch","entry":[{"fullUrl":"urn:uuid:x","resource":{"resourceType":"Goal","id":"g"}}]}`)
	file := filepath.Join(t.TempDir(), "south.jsonl")
	writeFile(t, file, `{"resourceType":"Patient","id":"p","name":[{"text":"Bea"}]}`+"\n"+`{"resourceType":"Goal","id":"g"}`+"\n"+`x`+"\n")
	south := testOptions(file)
	south.Sources[0].Label = "south"
	if _, err := Import(t.Context(), db, south); err != nil {
		t.Fatal(err)
	}
	dry := erase(t, db, EraseOptions{Source: "north", DryRun: true})
	expect(t, db, "select count(*) from Patient", "2")
	report := erase(t, db, EraseOptions{Source: "north"})
	want := "[{Bundle 1 0 0} {Goal 1 1 0} {Patient 1 1 0} {ledger.bundle_entries 1 0 0} {ledger.files 1 1 0} {ledger.rejects 1 1 0} {ledger.variants 1 0 0}]"
	for _, r := range []*EraseReport{dry, report} {
		if got := fmt.Sprint(r.Tables); got != want || r.Rows != 7 {
			t.Errorf("dry run %t: %d rows: %s", r.DryRun, r.Rows, got)
		}
	}
	expect(t, db, "select full_name from patients", "Bea")
	expect(t, db, "select string_agg(name, ' ') from ledger.names", "Bea")
	expect(t, db, "select count(*) from ledger.imports", "2")
	if r := verify(t, db, VerifyOptions{}); !r.OK() {
		t.Error(reportText(r))
	}

	erase(t, db, EraseOptions{Source: "south"})
	expect(t, db, "select (select count(*) from Patient) + (select count(*) from ledger.names) + (select count(*) from ledger.files)", "0")
	s, err := Import(t.Context(), db, south)
	if err != nil || s.Total.New != 2 || s.Files[0].Skipped {
		t.Errorf("the file again: %+v, %v", s, err)
	}
	if r := verify(t, db, VerifyOptions{}); !r.OK() {
		t.Error(reportText(r))
	}
}

// A file that was imported once is skipped, and what was erased does not come back.
func TestEraseAndImportAgain(t *testing.T) {
	db, file := newDB(t), filepath.Join(t.TempDir(), "a.jsonl")
	writeFile(t, file, `{"resourceType":"Patient","id":"p"}`+"\n"+`{"resourceType":"Patient","id":"q"}`+"\n")
	importFile(t, db, file)
	if r := erase(t, db, EraseOptions{Patient: "p"}); r.Files != 1 {
		t.Errorf("%d files are said to stay", r.Files)
	}
	if s := importFile(t, db, file); !s.Files[0].Skipped {
		t.Error("the file was read again")
	}
	expect(t, db, "select id from Patient", "q")
	importLines(t, db, "b.jsonl", `{"resourceType":"Patient","id":"p"}`)
	expect(t, db, "select count(*) from Patient", "2")
	if r := verify(t, db, VerifyOptions{}); !r.OK() {
		t.Error(reportText(r))
	}
}

// Everything that is not erased is as it was: order and content of resources,
// and whatever the user has made.
func TestEraseKeepsTheRest(t *testing.T) {
	db := exampleDB(t)
	importLabelled(t, db, "other", `{"resourceType":"Patient","id":"zz"}`)
	err := write(t, db,
		"create sequence numbers start 5",
		"select nextval('numbers')",
		"create type mood as enum ('a', 'b')",
		"create schema own",
		"create table own.z(i integer primary key, twice integer generated always as (i * 2), m mood, k integer default nextval('numbers'))",
		"insert into own.z(i, m) values (1, 'a'), (2, null)",
		"create table own.a(i integer references own.z(i), c varchar check (length(c) < 5))",
		"insert into own.a values (1, 'x')",
		"create view own.v as select full_name, z.* from own.z join patients on true",
		"comment on view own.v is 'mine'",
		"comment on column own.z.m is 'how'",
		`create index ix on "Patient"(id)`,
		"create macro own.twice(x) as x * 2",
		"create macro rows_of(n) as table select * from own.z where i = n",
		"create table own.gone as select 1 as x",
		"create view own.dangling as select x from own.gone",
		"drop table own.gone")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(db, 0o640); err != nil {
		t.Fatal(err)
	}
	dump := func() string {
		var b bytes.Buffer
		if _, err := Dump(t.Context(), db, DumpOptions{Variants: true, Source: "default"}, &b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	before := dump()
	r := erase(t, db, EraseOptions{Source: "other"})
	if dump() != before {
		t.Error("the resources that stay differ")
	}
	if got := strings.Join(r.OwnTables, " "); got != "own.a own.z" {
		t.Errorf("tables of the user's: %s", got)
	}
	expect(t, db, "select string_agg((i, twice, m, k)::varchar, ' ' order by i) from own.z", "(1, 2, a, 6) (2, 4, NULL, 7)")
	expect(t, db, "select own.twice(21), (select count(*) from own.v), (select count(*) from rows_of(1)), (select c from own.a)", "42|2|1|x")
	expect(t, db, "select (select comment from duckdb_views() where view_name = 'v'), (select comment from duckdb_columns() where table_name = 'z' and column_name = 'm'), (select count(*) from duckdb_indexes() where index_name = 'ix'), (select count(*) from duckdb_views() where view_name = 'dangling'), (select last_value from duckdb_sequences())",
		"mine|how|1|1|8")
	st, err := os.Stat(db)
	if err != nil || st.Mode().Perm() != 0o640 || r.BytesAfter != st.Size() {
		t.Errorf("mode %v, %v, %d bytes reported", st.Mode(), err, r.BytesAfter)
	}
	if raw, err := os.ReadFile(db); err != nil || raw[12] != 67 {
		t.Errorf("storage version %d, %v", raw[12], err)
	}
	importLines(t, db, "c.jsonl", `{"resourceType":"Patient","id":"new"}`)
	if r := verify(t, db, VerifyOptions{}); !r.OK() {
		t.Error(reportText(r))
	}
}

// markers are texts of a patient, one for each place that a text may be in.
var markers = []string{"mrkname", "mrkvalue", "mrkextra", "mrkcontained", "mrkvariant", "mrkreject", "mrkurl", "mrkattachment", "mrkid"}

// Of what was erased no byte is in any file. Compression would hide it: both files
// are written without.
func TestEraseIsConclusive(t *testing.T) {
	for name, o := range map[string]EraseOptions{"patient": {Patient: "mrkid", Source: "one"}, "source": {Source: "one"}} {
		t.Run(name, func(t *testing.T) {
			db := uncompressed(t, markedDB(t))
			if missing := notIn(t, db, markers); len(missing) > 0 {
				t.Fatalf("the test would prove nothing: %v are not in the file", missing)
			}
			// what a killed program left
			writeFile(t, db+newInfix+strings.Repeat("a", 16), "mrkname")
			if err := os.Mkdir(db+".tmp", 0o700); err != nil {
				t.Fatal(err)
			}
			writeFile(t, db+".tmp/duckdb_temp_storage-0.tmp", "mrkname")
			_, err := eraseWith(t.Context(), db, o, func(e *eraser) { e.settings["force_compression"] = "uncompressed" })
			if err != nil {
				t.Fatal(err)
			}
			if missing := notIn(t, db, markers); len(missing) != len(markers) {
				t.Errorf("still there are all but %v", missing)
			}
			if missing := notIn(t, db, []string{"stayname", "stayvalue"}); len(missing) > 0 {
				t.Errorf("gone are %v", missing)
			}
			if left := beside(t, db); len(left) != 0 {
				t.Errorf("left %v", left)
			}
		})
	}
}

// markedDB is a warehouse with the markers.
func markedDB(t *testing.T) string {
	db := newDB(t)
	lines := []string{
		`{"resourceType":"Patient","id":"mrkid","name":[{"text":"mrkname"}],"unknownElement":"mrkextra"}`,
		`{"resourceType":"Patient","id":"stay","name":[{"text":"stayname"}]}`,
		`{"resourceType":"Observation","id":"o1","subject":{"reference":"Patient/mrkid"},"valueString":"mrkvalue","contained":[{"resourceType":"Specimen","id":"mrkcontained"}]}`,
		`{"resourceType":"Observation","id":"o1","subject":{"reference":"Patient/mrkid"},"valueString":"mrkvariant"}`,
		`{"resourceType":"Observation","id":"o2","subject":{"reference":"Patient/stay"},"valueString":"stayvalue"}`,
		`{"resourceType":"Condition","code":{"text":"mrkreject"},"subject":{"reference":"Patient/mrkid"}`,
		`{"resourceType":"Bundle","id":"b","type":"collection","entry":[{"fullUrl":"https://x.example/mrkurl/Patient/mrkid","resource":{"resourceType":"Patient","id":"mrkid","name":[{"text":"mrkname"}],"unknownElement":"mrkextra"}}]}`,
		`{"resourceType":"DocumentReference","id":"d","subject":{"reference":"Patient/mrkid"},"content":[{"attachment":{"url":"Binary/n"}}]}`,
		`{"resourceType":"Binary","id":"n","contentType":"text/plain","data":"mrkattachment"}`,
	}
	importLabelled(t, db, "one", lines...)
	importLabelled(t, db, "two", `{"resourceType":"Patient","id":"stay","name":[{"text":"stayname"}]}`, `{"resourceType":"Observation","id":"o2","valueString":"stayvalue"}`)
	return db
}

// uncompressed copies a database into a new one without compression.
func uncompressed(t *testing.T, db string) string {
	t.Helper()
	to := newDB(t)
	c, err := openDuck("", map[string]string{"force_compression": "uncompressed"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if err := c.exec(t.Context(), fmt.Sprintf("attach '%s' as a (read_only); attach '%s' as b (storage_version 'v1.4.0'); copy from database a to b", db, to)); err != nil {
		t.Fatal(err)
	}
	return to
}

// notIn returns the texts that neither the file nor any beside it has.
func notIn(t *testing.T, db string, texts []string) []string {
	t.Helper()
	files := tree(t, filepath.Dir(db))
	var missing []string
	for _, text := range texts {
		found := false
		for _, content := range files {
			found = found || strings.Contains(content, text)
		}
		if !found {
			missing = append(missing, text)
		}
	}
	return missing
}

// What another program left in a write-ahead log counts.
func TestEraseFoldsALog(t *testing.T) {
	db := newDB(t)
	importLines(t, db, "a.jsonl", `{"resourceType":"Patient","id":"p"}`, `{"resourceType":"Patient","id":"q"}`)
	crashed := withLog(t, db, "create table own as select 42 as answer")
	erase(t, crashed, EraseOptions{Patient: "p"})
	expect(t, crashed, "select answer, (select count(*) from Patient) from own", "42|1")
	if left := beside(t, crashed); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

// The old file lives on under another name, and the report says so.
func TestEraseSparesOtherNames(t *testing.T) {
	db := newDB(t)
	importLines(t, db, "a.jsonl", `{"resourceType":"Patient","id":"p"}`)
	backup := filepath.Join(t.TempDir(), "backup.duckdb")
	if err := os.Link(db, backup); err != nil {
		t.Fatal(err)
	}
	writeFile(t, db+".repair-20260101", "")
	r := erase(t, db, EraseOptions{Patient: "p"})
	if !r.Links || len(r.Beside) != 1 {
		t.Errorf("links %t, beside %v", r.Links, r.Beside)
	}
	expect(t, backup, "select count(*) from Patient", "1")
}

func TestEraseLeavesTheOldOnErrors(t *testing.T) {
	full := errors.New("full")
	cancelled := errors.New("cancelled")
	ctx, cancel := context.WithCancelCause(t.Context())
	for name, adjust := range map[string]func(e *eraser){
		"rename":  func(e *eraser) { e.ctx = withFileOps(e.ctx, failing{osFiles{}, "rename", full}) },
		"sync":    func(e *eraser) { e.ctx = withFileOps(e.ctx, failing{osFiles{}, "sync", full}) },
		"a count": func(e *eraser) { e.between = func(step string) { e.plan.table("Patient").before++ } },
		"written meanwhile": func(e *eraser) {
			e.between = func(step string) {
				if step == "synced" {
					writeFile(t, e.w.path+".wal", "x")
				}
			}
		},
		"interrupt": func(e *eraser) { e.ctx, e.Progress = ctx, func(Progress) { cancel(cancelled) } },
	} {
		t.Run(name, func(t *testing.T) {
			db := newDB(t)
			importLines(t, db, "a.jsonl", `{"resourceType":"Patient","id":"p"}`)
			before, err := os.ReadFile(db)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := eraseWith(t.Context(), db, EraseOptions{Patient: "p"}, adjust); err == nil {
				t.Error("no error")
			}
			os.Remove(db + ".wal")
			if after, err := os.ReadFile(db); err != nil || !bytes.Equal(before, after) {
				t.Errorf("the warehouse changed, %v", err)
			}
			if left := beside(t, db); len(left) != 0 {
				t.Errorf("left %v", left)
			}
		})
	}
}

// A failing is files of which one call fails.
type failing struct {
	fileOps
	call string
	err  error
}

func (f failing) Rename(from, to string) error {
	if f.call == "rename" {
		return f.err
	}
	return f.fileOps.Rename(from, to)
}

func (f failing) Sync(file *os.File) error {
	if f.call == "sync" {
		return f.err
	}
	return f.fileOps.Sync(file)
}

func TestEraseOnAFullDisk(t *testing.T) {
	source := newDB(t)
	importLines(t, source, "a.jsonl", `{"resourceType":"Patient","id":"p"}`)
	dir := mounted(t, fmt.Sprintf("size=%d", fileSize(source)*5/4), 0)
	db := filepath.Join(dir, "w.duckdb")
	content, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, db, string(content))
	_, err = Erase(t.Context(), db, EraseOptions{Patient: "p"})
	if !errors.Is(err, ErrDiskFull) || !strings.Contains(Hint(err), "as much room again") {
		t.Errorf("got %v, hint %q", err, Hint(err))
	}
	expect(t, db, "select count(*) from Patient", "1")
	if left := beside(t, db); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}
