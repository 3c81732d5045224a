package warehouse

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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
	if _, err := makeViews(t, c, ""); err != nil {
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
