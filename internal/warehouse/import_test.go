package warehouse

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/parse"
)

// importLines writes the lines to a file of that name and imports it.
func importLines(t *testing.T, db, name string, lines ...string) *Summary {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return importFile(t, db, path)
}

func importFile(t *testing.T, db, path string) *Summary {
	t.Helper()
	s, err := Import(t.Context(), db, testOptions(path))
	if err != nil {
		t.Fatalf("import %s: %v", filepath.Base(path), err)
	}
	return s
}

func testOptions(path string) ImportOptions {
	return ImportOptions{Sources: []parse.Source{{Label: "default", Path: path}}, Version: "test", MaxRejects: -1, Wait: time.Second}
}

// ask runs a query on the warehouse and returns its rows, values joined by |.
func ask(t *testing.T, db, sql string) string {
	t.Helper()
	c, err := openForReading(t.Context(), db, nil, time.Second, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	r, err := c.query(t.Context(), "select columns(*)::varchar from ("+sql+")")
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer r.close()
	var all []string
	for r.next() {
		values := make([]string, len(r.vecs))
		for i, v := range r.vecs {
			values[i] = "NULL"
			if isValid(v, r.row) {
				values[i] = string(stringAt(v, r.row))
			}
		}
		all = append(all, strings.Join(values, "|"))
	}
	if err := r.close(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "\n")
}

func expect(t *testing.T, db, sql, want string) {
	t.Helper()
	if got := ask(t, db, sql); got != want {
		t.Errorf("%s\ngot  %s\nwant %s", sql, got, want)
	}
}

func newDB(t *testing.T) string { return filepath.Join(t.TempDir(), "w.duckdb") }

func TestImportTypesValues(t *testing.T) {
	db := newDB(t)
	s := importLines(t, db, "a.jsonl",
		`{"resourceType":"Patient","id":"p","birthDate":"1970-05","active":true,"name":[{"family":"Ünal","given":["A","B"]}],"multipleBirthInteger":2}`,
		``,
		`{"resourceType":"Observation","id":"o","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"718-7"}],"text":"A text that is longer than twelve bytes"},"valueQuantity":{"value":13.50,"unit":"g/dL"}}`,
		`{"resourceType":"Nonsense","id":"n","x":1}`,
		`not json`)
	if s.Rejected != 1 || s.Total.New != 3 || s.Resources != 3 {
		t.Errorf("summary: %+v", s)
	}
	expect(t, db, "select id, birthDate, active, name[1].family, name[1].given, multipleBirthInteger, _source, _file, _line, _entry from Patient",
		"p|1970-05|true|Ünal|[A, B]|2|default|1|1|NULL")
	expect(t, db, "select valueQuantity.value, code.text, _line, _extra from Observation",
		`13.5|A text that is longer than twelve bytes|3|{"/valueQuantity/value":{"$number":"13.50"}}`)
	expect(t, db, `select id, "resourceType", _extra from Unknown`,
		`n|Nonsense|{"":{"resourceType":"Nonsense","id":"n","x":{"$number":"1"}}}`)
	expect(t, db, "select line, reason, raw::varchar from ledger.rejects", "5|not JSON|not json")
}

func TestImportGrowsTables(t *testing.T) {
	db := newDB(t)
	importLines(t, db, "a.jsonl", `{"resourceType":"Patient","id":"a","gender":"male"}`)
	importLines(t, db, "b.jsonl", `{"resourceType":"Patient","id":"b","photo":[{"title":"x","_title":{"extension":[{"url":"u","valueDecimal":1.5}]}}],"contact":[{"name":{"family":"F","_family":{"id":"1"}}}]}`)
	expect(t, db, "select id, gender, photo[1]._title.extension[1].valueDecimal, contact[1].name._family.id from Patient order by id",
		"a|male|NULL|NULL\nb|NULL|1.5|1")
}

func TestImportIntoTheSameWarehouseAgain(t *testing.T) {
	steps := []struct {
		name, line      string
		current, others string
		counts          Counts
	}{
		{"first", `{"resourceType":"Patient","id":"p","gender":"male"}`, "male", "", Counts{New: 1}},
		{"same content, other spelling", `{"id":"p", "resourceType":"Patient","gender":"m\u0061le"}`, "male", "", Counts{Unchanged: 1}},
		{"other content, no time", `{"resourceType":"Patient","id":"p","gender":"female"}`, "female", "male", Counts{Changed: 1, Unordered: 1}},
		{"dated", `{"resourceType":"Patient","id":"p","gender":"other","meta":{"lastUpdated":"2020-01-01T00:00:00Z"}}`, "other", "female male", Counts{Changed: 1, Unordered: 1}},
		{"later", `{"resourceType":"Patient","id":"p","gender":"unknown","meta":{"lastUpdated":"2021-01-01T00:00:00Z"}}`, "unknown", "female male", Counts{Changed: 1}},
		{"earlier", `{"resourceType":"Patient","id":"p","gender":"x","meta":{"lastUpdated":"2019-01-01T00:00:00Z"}}`, "unknown", "female male", Counts{Superseded: 1}},
		{"a variant comes back", `{"resourceType":"Patient","id":"p","gender":"male"}`, "male", "female unknown", Counts{Changed: 1, Unordered: 1}},
	}
	db := newDB(t)
	for i, s := range steps {
		sum := importLines(t, db, fmt.Sprintf("%d.jsonl", i), s.line)
		if sum.Total != s.counts {
			t.Errorf("%s: counts %+v, want %+v", s.name, sum.Total, s.counts)
		}
		if got := ask(t, db, "select gender from Patient"); got != s.current {
			t.Errorf("%s: current is %q, want %q", s.name, got, s.current)
		}
		if got := ask(t, db, "select coalesce(string_agg(resource->>'$.gender', ' ' order by resource->>'$.gender'), '') from ledger.variants"); got != s.others {
			t.Errorf("%s: variants are %q, want %q", s.name, got, s.others)
		}
	}
}

func TestImportSkipsAKnownFile(t *testing.T) {
	db, dir := newDB(t), t.TempDir()
	a := filepath.Join(dir, "a.jsonl")
	writeFile(t, a, `{"resourceType":"Patient","id":"p","gender":"male"}`)
	importFile(t, db, a)
	if s := importFile(t, db, a); s.Import != 0 || !s.Files[0].Skipped {
		t.Errorf("second import: %+v", s)
	}
	expect(t, db, "select count(*) from ledger.imports", "1")
	importLines(t, db, "b.jsonl", `{"resourceType":"Patient","id":"p","gender":"female"}`)
	if s := importFile(t, db, a); s.Files[0].Skipped || s.Total.Changed != 1 || s.Replaced != 1 {
		t.Errorf("after a replacement: %+v", s)
	}
	expect(t, db, "select gender from Patient", "male")
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestImportIsAllOrNothing(t *testing.T) {
	db := newDB(t)
	importLines(t, db, "a.jsonl", `{"resourceType":"Patient","id":"p"}`)
	before, err := os.ReadFile(db)
	if err != nil {
		t.Fatal(err)
	}
	for name, run := range map[string]func(path string) error{
		"too many rejects": func(path string) error {
			o := testOptions(path)
			o.MaxRejects = 0
			_, err := Import(t.Context(), db, o)
			return err
		},
		"cancelled": func(path string) error {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err := Import(ctx, db, testOptions(path))
			return err
		},
		"missing file": func(path string) error {
			_, err := Import(t.Context(), db, testOptions(path+"x"))
			return err
		},
	} {
		path := filepath.Join(t.TempDir(), "b.jsonl")
		writeFile(t, path, `{"resourceType":"Patient","id":"q"}`+"\nnot json\n")
		if err := run(path); err == nil {
			t.Errorf("%s: no error", name)
		}
		after, err := os.ReadFile(db)
		if err != nil || string(after) != string(before) {
			t.Errorf("%s: the file changed (%v)", name, err)
		}
		files, _ := filepath.Glob(db + ".*")
		if len(files) > 0 {
			t.Errorf("%s: left %v", name, files)
		}
	}
}

func TestImportKeepsResourcesWithoutID(t *testing.T) {
	db := newDB(t)
	lines := []string{
		`{"resourceType":"Composition","title":"a"}`,
		`{"title":"a","resourceType":"Composition"}`,
		`{"resourceType":"Composition","title":"b"}`,
	}
	if s := importLines(t, db, "a.jsonl", lines...); s.Total != (Counts{New: 2, Unchanged: 1}) {
		t.Errorf("first: %+v", s.Total)
	}
	if s := importLines(t, db, "b.jsonl", append(lines, `{"resourceType":"Composition","title":"c"}`)...); s.Total != (Counts{New: 1, Unchanged: 3}) {
		t.Errorf("again: %+v", s.Total)
	}
	expect(t, db, "select count(*), count(distinct _content), count(id) from Composition", "3|3|0")
}

func TestImportKeepsSourcesApart(t *testing.T) {
	db := newDB(t)
	path := filepath.Join(t.TempDir(), "a.jsonl")
	writeFile(t, path, `{"resourceType":"Patient","id":"1"}`)
	for _, label := range []string{"north", "a label longer than twelve bytes"} {
		o := testOptions(path)
		o.Sources[0].Label = label
		if s, err := Import(t.Context(), db, o); err != nil || s.Total.New != 1 {
			t.Errorf("%s: %+v %v", label, s, err)
		}
	}
	expect(t, db, "select _source, id from Patient order by 1", "a label longer than twelve bytes|1\nnorth|1")
}

func TestImportDropsAndRestoresIndexes(t *testing.T) {
	db := newDB(t)
	importLines(t, db, "a.jsonl", `{"resourceType":"Patient","id":"p"}`)
	c, err := openDuck(db, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.exec(t.Context(), "create index by_id on Patient(id)"); err != nil {
		t.Fatal(err)
	}
	c.close()
	s := importLines(t, db, "b.jsonl", `{"resourceType":"Patient","id":"q","name":[{"_family":{"id":"x"}}],"photo":[{"title":"t"}]}`)
	if len(s.DroppedIndexes) != 1 {
		t.Errorf("indexes: %v", s.DroppedIndexes)
	}
	expect(t, db, "select index_name from duckdb_indexes()", "by_id")
	expect(t, db, "select count(*) from Patient where id = 'q'", "1")
}

// The identities of a large import do not fit in memory: then DuckDB is asked.
// What comes out must be the same.
func TestImportWithoutIndexes(t *testing.T) {
	var lines []string
	for i := range 300 {
		lines = append(lines, fmt.Sprintf(`{"resourceType":"Patient","id":"p%d","gender":"%d"}`, i%120, i/120))
	}
	lines = append(lines, lines[:40]...)
	want := ""
	for _, limit := range []int{maxIndexed, 10} {
		db := newDB(t)
		path := filepath.Join(t.TempDir(), "a.jsonl")
		writeFile(t, path, strings.Join(lines, "\n"))
		o := testOptions(path)
		o.Parse.BlockSize = 1000
		if _, err := importWith(t.Context(), db, o, func(l *loader) { l.maxIndexed, l.window = limit, 2000 }); err != nil {
			t.Fatal(err)
		}
		got := ask(t, db, "select id, gender from Patient union all select id, resource->>'$.gender' || ' variant' from ledger.variants order by all")
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("limit %d:\n%s\nwant\n%s", limit, got, want)
		}
	}
}

// Real exports repeat contained resources as lines of their own, in front of
// their parents, under ids that mean nothing outside.
func TestImportRepeatedContainedResources(t *testing.T) {
	db := newDB(t)
	s := importLines(t, db, "a.jsonl",
		`{"resourceType":"Medication","id":"1","code":{"text":"A"}}`,
		`{"resourceType":"MedicationRequest","id":"m","contained":[{"resourceType":"Medication","id":"1","code":{"text":"A"}}]}`,
		`{"resourceType":"Medication","id":"1","code":{"text":"the real one"}}`,
		`{"resourceType":"Medication","id":"1","code":{"text":"B"}}`,
		`{"resourceType":"Coverage","id":"c","status":"active"}`,
		`{"resourceType":"Coverage","id":"c","contained":[{"id":"1","resourceType":"Medication","code":{"text":"B"}}]}`)
	if s.Total != (Counts{New: 3, Variants: 3}) {
		t.Errorf("counts: %+v", s.Total)
	}
	expect(t, db, "select code.text from Medication", "the real one")
	expect(t, db, "select resource->>'$.code.text' from ledger.variants where resource_type = 'Medication' order by line", "A\nB")
}
