package warehouse

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// exampleDB is a warehouse of the example export.
func exampleDB(t *testing.T) string {
	t.Helper()
	db := newDB(t)
	importFile(t, db, "../../testdata/example_export.jsonl")
	return db
}

func save(t *testing.T, db string, o SaveOptions) *Manifest {
	t.Helper()
	o.Version = "test"
	m, err := Save(t.Context(), db, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// tree returns path and content of every file below dir.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		files[filepath.ToSlash(name)] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestSave(t *testing.T) {
	db := exampleDB(t)
	dir := filepath.Join(t.TempDir(), "it's saved")
	m := save(t, db, SaveOptions{To: dir})
	if len(m.Tables) < len(viewSortKeys) {
		t.Errorf("%d views were saved", len(m.Tables))
	}
	sameRows(t, db, func(table SavedTable) string {
		return fmt.Sprintf("read_parquet(%s)", quoteText(filepath.Join(dir, table.Files[0].Name)))
	}, m.Tables...)
	files := tree(t, dir)
	var written Manifest
	if err := json.Unmarshal([]byte(files[manifestName]), &written); err != nil || written.LastImport == nil {
		t.Errorf("manifest: %v, %v", written.LastImport, err)
	}
	checkFiles(t, m, files)
	for _, word := range []string{"pandas", "arrow", "spark", "`observations.parquet`", "2 files"} {
		if strings.Contains(files[readmeName], word) == (word == "2 files") {
			t.Errorf("README and %q:\n%s", word, files[readmeName])
		}
	}
	checkModes(t, dir)
	again := filepath.Join(t.TempDir(), "again")
	save(t, db, SaveOptions{To: again})
	for name, content := range tree(t, again) {
		if content != files[name] {
			t.Errorf("%s differs the second time", name)
		}
	}
}

// sameRows compares what was saved with the warehouse. saved gives the SQL that
// reads a table back.
func sameRows(t *testing.T, db string, saved func(SavedTable) string, tables ...SavedTable) {
	t.Helper()
	r, err := OpenReader(t.Context(), db, ReadOptions{AllowFiles: true})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, table := range tables {
		var columns []string
		for _, c := range table.Columns {
			columns = append(columns, quoteName(c.Name)+"::varchar")
		}
		list := strings.Join(columns, ", ")
		err := r.c.exec(t.Context(), fmt.Sprintf("create or replace temp table a as select %s from %s; create or replace temp table b as select %s from %s",
			list, table.Name, list, saved(table)))
		if err != nil {
			t.Fatal(err)
		}
		got := queryAll(t, r, "select (select count(*) from b), (select count(*) from (from a except all from b)), (select count(*) from (from b except all from a))")
		if want := []any{table.Rows, int64(0), int64(0)}; !slices.Equal(got[0], want) {
			t.Errorf("%s: %v rows, missing, too many; want %v", table.Name, got[0], want)
		}
	}
}

func checkFiles(t *testing.T, m *Manifest, files map[string]string) {
	t.Helper()
	named := []string{manifestName, readmeName}
	for _, table := range m.Tables {
		rows := int64(0)
		for _, f := range table.Files {
			named = append(named, f.Name)
			rows += f.Rows
			sum := sha256.Sum256([]byte(files[f.Name]))
			if f.SHA256 != hex.EncodeToString(sum[:]) || f.Bytes != int64(len(files[f.Name])) {
				t.Errorf("%s: hash or length differ from the manifest", f.Name)
			}
		}
		if rows != table.Rows || len(table.Columns) == 0 {
			t.Errorf("%s: %d rows in files, %d in all", table.Name, rows, table.Rows)
		}
	}
	for name := range files {
		if !slices.Contains(named, name) {
			t.Errorf("%s is not in the manifest", name)
		}
	}
}

func checkModes(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestSaveSorts(t *testing.T) {
	db := newDB(t)
	importLines(t, db, "a.jsonl",
		`{"resourceType":"Observation","id":"b","subject":{"reference":"Patient/2"},"valueInteger":1}`,
		`{"resourceType":"Observation","id":"c","subject":{"reference":"Patient/1"},"valueInteger":2}`,
		`{"resourceType":"Observation","subject":{"reference":"Patient/1"},"valueInteger":3}`,
		`{"resourceType":"Observation","subject":{"reference":"Patient/1"},"valueInteger":4}`,
		`{"resourceType":"Observation","id":"a","subject":{"reference":"Patient/1"},"valueInteger":5}`)
	for _, name := range []string{"observations", "Observation"} {
		dir := filepath.Join(t.TempDir(), "out")
		save(t, db, SaveOptions{To: dir, Names: []string{name}})
		r := testReader(t, ReadOptions{AllowFiles: true})
		column := map[string]string{"observations": "observation_id", "Observation": "id"}[name]
		got := fmt.Sprint(queryAll(t, r, fmt.Sprintf("select %s from read_parquet('%s/*.parquet')", column, dir)))
		if got != "[[a] [c] [<nil>] [<nil>] [b]]" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// Every view of ours is sorted by keys that it has.
func TestSaveKnowsTheKeysOfEveryView(t *testing.T) {
	c := withTables(t)
	if _, err := applyViews(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	s := &saver{ctx: t.Context(), r: &Reader{c: c}}
	all, err := s.catalog()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, rel := range all {
		keys, known := viewSortKeys[rel.name]
		if !known || rel.schema != "main" {
			continue
		}
		seen++
		if err := s.readColumns(rel); err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			if rel.column(k) == "" {
				t.Errorf("%s has no column %s", rel.name, k)
			}
		}
	}
	if seen != len(viewSortKeys) {
		t.Errorf("%d of %d views were found", seen, len(viewSortKeys))
	}
}

func TestSaveSplits(t *testing.T) {
	db := newDB(t)
	importLabelled(t, db, "north/1 ä=%", `{"resourceType":"Patient","id":"p","gender":"female"}`, `{"resourceType":"Patient","id":"q"}`)
	importLabelled(t, db, "..", `{"resourceType":"Patient","id":"p","gender":"male"}`)
	tests := []struct{ name, by, want string }{
		{"source", "source", "patients/source=%2E.,patients/source=north%2F1%20%C3%A4%3D%25"},
		{"Patient", "source", "Patient/_source=%2E.,Patient/_source=north%2F1%20%C3%A4%3D%25"},
		{"gender", "GENDER", "patients/gender=female,patients/gender=male,patients/gender=__HIVE_DEFAULT_PARTITION__"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "out")
			names := []string{"patients", "organizations"}
			if tt.name == "Patient" {
				names = []string{"Patient", "Organization"}
			}
			m := save(t, db, SaveOptions{To: dir, Names: names, PartitionBy: tt.by})
			i := slices.IndexFunc(m.Tables, func(t SavedTable) bool { return strings.HasPrefix(strings.ToLower(t.Name), "patient") })
			var folders []string
			for _, f := range m.Tables[i].Files {
				folders = append(folders, strings.TrimSuffix(f.Name, "/part-0000.parquet"))
			}
			if got := strings.Join(folders, ","); got != tt.want {
				t.Errorf("got %s", got)
			}
			sameRows(t, db, func(table SavedTable) string {
				glob := filepath.Join(dir, table.Name, "**/*.parquet")
				return fmt.Sprintf("read_parquet(%s, hive_partitioning = true, hive_types_autocast = false)", quoteText(glob))
			}, m.Tables[i])
			checkFiles(t, m, tree(t, dir))
		})
	}
}

func importLabelled(t *testing.T, db, label string, lines ...string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.jsonl")
	writeFile(t, path, strings.Join(lines, "\n")+"\n")
	o := testOptions(path)
	o.Sources[0].Label = label
	if _, err := Import(t.Context(), db, o); err != nil {
		t.Fatal(err)
	}
}

// What is too much for one sort becomes files that follow each other.
func TestSaveInParts(t *testing.T) {
	db := newDB(t)
	var lines []string
	for i := range 60 {
		lines = append(lines, fmt.Sprintf(`{"resourceType":"Condition","id":"c%02d","subject":{"reference":"Patient/%02d"},"note":[{"text":"%s"}]}`, 59-i, i%7, strings.Repeat("n", 2000)))
	}
	importLines(t, db, "a.jsonl", lines...)
	dir := filepath.Join(t.TempDir(), "out")
	small := func(s *saver) { s.sorted = 20000 }
	m, err := saveWith(t.Context(), db, SaveOptions{To: dir, Names: []string{"conditions"}}, small)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(m.Tables[0].Files); n < 4 || n > 7 {
		t.Errorf("%d files", n)
	}
	sameRows(t, db, func(SavedTable) string { return fmt.Sprintf("read_parquet('%s/conditions/*.parquet')", dir) }, m.Tables...)
	r := testReader(t, ReadOptions{AllowFiles: true})
	var ids []string
	for _, row := range queryAll(t, r, fmt.Sprintf("select patient_id || condition_id from read_parquet('%s/conditions/*.parquet')", dir)) {
		ids = append(ids, row[0].(string))
	}
	if len(ids) != 60 || !slices.IsSorted(ids) {
		t.Errorf("got %v", ids)
	}
	text := filepath.Join(t.TempDir(), "out")
	m, err = saveWith(t.Context(), db, SaveOptions{To: text, Names: []string{"conditions"}, Text: newLineWriter, Extension: "txt"}, small)
	if err != nil || len(m.Tables[0].Files) != 1 {
		t.Fatalf("text: %v, %v", m, err)
	}
	if n := strings.Count(tree(t, text)["conditions.txt"], "\n"); n != 61 {
		t.Errorf("%d lines", n)
	}
}

// A lineWriter writes rows as Go prints them.
type lineWriter struct{ out io.Writer }

func newLineWriter(out io.Writer) (RowWriter, error) { return lineWriter{out}, nil }

func (w lineWriter) Begin(columns []Column) error { return w.Row([]any{len(columns)}) }
func (w lineWriter) End() error                   { return nil }
func (w lineWriter) Row(values []any) error {
	_, err := fmt.Fprintln(w.out, values...)
	return err
}

func TestSaveReplaces(t *testing.T) {
	db := newDB(t)
	importLines(t, db, "a.jsonl", `{"resourceType":"Patient","id":"p"}`)
	dir := filepath.Join(t.TempDir(), "out")
	save(t, db, SaveOptions{To: dir, Names: []string{"patients", "goals"}})
	importLines(t, db, "b.jsonl", `{"resourceType":"Patient","id":"q"}`)
	m := save(t, db, SaveOptions{To: dir, Names: []string{"patients"}, Replace: true})
	if m.Tables[0].Rows != 2 {
		t.Errorf("%d rows", m.Tables[0].Rows)
	}
	files := tree(t, dir)
	if len(files) != 3 {
		t.Errorf("%d files", len(files))
	}
	checkFiles(t, m, files)
	if left := beside(t, dir); len(left) != 0 {
		t.Errorf("left %v", left)
	}
	writeFile(t, filepath.Join(dir, "mine.txt"), "x")
	if _, err := Save(t.Context(), db, SaveOptions{To: dir, Replace: true}); err == nil || !strings.Contains(err.Error(), "mine.txt") {
		t.Errorf("a folder with something of the user's: %v", err)
	}
	if got := tree(t, dir); len(got) != 4 {
		t.Errorf("%d files are left", len(got))
	}
}

func TestSaveSwapsInSteps(t *testing.T) {
	dir := t.TempDir()
	f := &folder{ctx: t.Context(), ops: osFiles{}, target: filepath.Join(dir, "out"), temp: filepath.Join(dir, "new")}
	for _, d := range []string{f.target, f.temp} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	writeFile(t, filepath.Join(f.temp, "x"), "")
	if err := f.swapInSteps(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(f.target, "x")); err != nil || len(tree(t, dir)) != 1 {
		t.Errorf("%v, %v", err, tree(t, dir))
	}
}

func TestSaveRefuses(t *testing.T) {
	db := newDB(t)
	importLines(t, db, "a.jsonl", `{"resourceType":"Patient","id":"p","gender":""}`)
	if err := write(t, db, "create view own as select * from read_text('/etc/hostname')"); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		o    SaveOptions
		says string
	}{
		{"a folder that is there", SaveOptions{To: "there"}, "the folder is there"},
		{"a folder that is not ours", SaveOptions{To: "there", Replace: true}, "was not made by fhirwh save"},
		{"a file", SaveOptions{To: "file"}, "no folder"},
		{"a symlink", SaveOptions{To: "link", Replace: true}, "no folder"},
		{"no parent", SaveOptions{To: "a/b"}, "/a does not exist"},
		{"a file as parent", SaveOptions{To: "file/b"}, "not a directory"},
		{"nothing", SaveOptions{}, "not a possible name"},
		{"no such view", SaveOptions{To: "out", Names: []string{"patient"}, PartitionBy: "x"}, "no column x"},
		{"no such name", SaveOptions{To: "out", Names: []string{"patiens"}}, "there is no table or view patiens"},
		{"split by a list", SaveOptions{To: "out", Names: []string{"patients"}, PartitionBy: "race_codes"}, "no way to split"},
		{"split by empty text", SaveOptions{To: "out", Names: []string{"Patient"}, PartitionBy: "gender"}, "empty texts"},
		{"a view that reads files", SaveOptions{To: "out"}, "own"},
		{"too little memory", SaveOptions{To: "out", MemoryLimit: 1}, "memory limit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Chdir(dir)
			writeFile(t, "file", "x")
			if err := errors.Join(os.Mkdir("there", 0o700), os.Symlink("there", "link")); err != nil {
				t.Fatal(err)
			}
			writeFile(t, "there/x", "x")
			_, err := Save(t.Context(), db, tt.o)
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v", err)
			}
			entries, _ := os.ReadDir(dir)
			if len(entries) != 3 || len(tree(t, "there")) != 1 {
				t.Errorf("there is now %v", entries)
			}
		})
	}
}

func TestSaveIsInterrupted(t *testing.T) {
	db := exampleDB(t)
	dir := t.TempDir()
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	_, err := Save(ctx, db, SaveOptions{To: filepath.Join(dir, "out"), Progress: func(p Progress) {
		if strings.Contains(p.Stage, "observations") {
			cancel(cause)
		}
	}})
	if !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

func TestSaveRemovesWhatADeadOneLeft(t *testing.T) {
	db := newDB(t)
	importLines(t, db, "a.jsonl", `{"resourceType":"Patient","id":"p"}`)
	dir := t.TempDir()
	for _, name := range []string{".out" + savingInfix + "1", ".other" + savingInfix + "1"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(dir, name, "patients.parquet"), "x")
	}
	alive, err := newFolder(t.Context(), filepath.Join(dir, "out"), false)
	if err != nil {
		t.Fatal(err)
	}
	save(t, db, SaveOptions{To: filepath.Join(dir, "out"), Names: []string{"patients"}})
	entries, _ := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != ".other"+savingInfix+"1 "+filepath.Base(alive.temp)+" out" {
		t.Errorf("there is now %s", got)
	}
	if err := alive.discard(); err != nil {
		t.Error(err)
	}
}

func TestSaveWithoutLedger(t *testing.T) {
	path := filepath.Join(t.TempDir(), "d.duckdb")
	c, err := openDuck(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = c.exec(t.Context(), `create table "a/b" as select 2::uhugeint as big, {'x': [1]} as s, 'ü' as "or""der"; create table empty(i int)`)
	c.close()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "out")
	m := save(t, path, SaveOptions{To: dir, Tables: true})
	if m.Tables[0].Files[0].Name != "a%2Fb.parquet" || m.Tables[0].Columns[0].Type != "VARCHAR" || m.Tables[1].Rows != 0 {
		t.Errorf("got %+v", m.Tables)
	}
	if bytes.Contains([]byte(tree(t, dir)[manifestName]), []byte("null,\n  \"format\"")) != (m.LastImport == nil) {
		t.Error("a last import")
	}
}
