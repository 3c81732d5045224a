package warehouse

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/parse"
	"github.com/fhirwh/fhirwh/internal/schema"
	fhirsql "github.com/fhirwh/fhirwh/sql"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// viewKeys says what is unique in each view, "" if nothing is.
var viewKeys = map[string]string{
	"patients":           "source, patient_id",
	"observations":       "source, observation_id, component",
	"medications":        "source, kind, medication_record_id",
	"conditions":         "source, condition_id",
	"encounters":         "source, encounter_id",
	"procedures":         "source, procedure_id",
	"immunizations":      "source, immunization_id",
	"allergies":          "source, allergy_id",
	"diagnostic_reports": "source, diagnostic_report_id",
	"documents":          "source, kind, document_id, attachment",
	"goals":              "source, goal_id",
	"care_plans":         "source, care_plan_id, activity_number",
	"care_team":          "source, care_team_id, participant",
	"devices":            "source, device_id",
	"coverages":          "source, coverage_id",
	"claims":             "source, kind, claim_id",
	"claim_lines":        "source, kind, claim_id, line",
	"practitioners":      "source, practitioner_id",
	"organizations":      "source, organization_id",
	"locations":          "source, location_id",
	"timeline":           "", // none: see TestTimelineIsOfTheViews
	"patient_summary":    "source, patient_id",
}

// viewNames lists all views: those of sql/ and codings.
func viewNames() []string {
	var names []string
	for _, v := range fhirsql.Views() {
		names = append(names, v.Name)
	}
	return append(names, "codings")
}

// withTables opens a warehouse in memory that has tables and views and no
// row.
func withTables(t *testing.T) *conn {
	t.Helper()
	return withTablesIn(t, "")
}

// withTablesIn is withTables in a new file.
func withTablesIn(t *testing.T, path string) *conn {
	t.Helper()
	c, err := openDuck(path, map[string]string{"storage_compatibility_version": "v1.4.0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	if err := c.exec(t.Context(), fhirsql.Ledger); err != nil {
		t.Fatal(err)
	}
	tables := map[*schema.Type]*table{}
	for _, name := range viewTables() {
		tab := &table{fhir: schema.New(schema.Resource(name))}
		if err := tab.create(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		tables[tab.fhir.Type] = tab
	}
	if _, err := applyBase(t.Context(), c, tables); err != nil {
		t.Fatal(err)
	}
	return c
}

// makeViews makes the views of a warehouse from withTables. temp is a folder for the
// template; if it is "" the scripts make them.
func makeViews(t *testing.T, c *conn, temp string) (changed bool, err error) {
	t.Helper()
	tables, err := readTables(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return applyViews(t.Context(), c, tables, viewOptions{temp: temp})
}

// importInto imports files under a label into a new warehouse and opens it.
func importInto(t *testing.T, label string, files ...string) *conn {
	t.Helper()
	path := filepath.Join(t.TempDir(), "w.duckdb")
	o := ImportOptions{MaxRejects: -1, Version: "test"}
	for _, f := range files {
		o.Sources = append(o.Sources, parse.Source{Label: label, Path: f})
	}
	if _, err := Import(t.Context(), path, o); err != nil {
		t.Fatal(err)
	}
	c, err := openDuck(path, map[string]string{"access_mode": "READ_ONLY"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	return c
}

// textsOf runs a query and returns its column names and its values as text, "" for
// NULL. The result is whole before it is read: DuckDB can wait forever for the
// reader of a streamed UNION ALL (duckdb/duckdb issue 22215).
func textsOf(t *testing.T, c *conn, sql string) (names []string, values [][]string) {
	t.Helper()
	r, err := c.query(t.Context(), "with whole as materialized ("+sql+") select columns(*)::varchar from whole")
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer r.close()
	names = r.names
	for r.next() {
		row := make([]string, len(r.names))
		dst := make([]any, len(row))
		for i := range row {
			dst[i] = &row[i]
		}
		if err := r.scan(dst...); err != nil {
			t.Fatal(err)
		}
		values = append(values, row)
	}
	if err := r.close(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return names, values
}

// golden compares got with a file under testdata/golden/views, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("..", "..", "testdata", "golden", "views", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		g, w := lineAt(gotLines, i), lineAt(wantLines, i)
		if g != w {
			t.Fatalf("%s differs at line %d (go test -update rewrites it)\ngot  %s\nwant %s", path, i+1, g, w)
		}
	}
}

func lineAt(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(end)"
}

// TestCatalogue pins the name, type and meaning of every column of every view, as
// they are in a warehouse without any row.
func TestCatalogue(t *testing.T) {
	c := withTables(t)
	if changed, err := makeViews(t, c, ""); err != nil || !changed {
		t.Fatalf("applyViews: %v, %v", changed, err)
	}
	var b strings.Builder
	for _, name := range viewNames() {
		_, about := textsOf(t, c, "select comment from duckdb_views() where view_name = '"+name+"'")
		if len(about) != 1 || about[0][0] == "" {
			t.Fatalf("view %s has no comment", name)
		}
		b.WriteString(name + ": " + about[0][0] + "\n")
		_, columns := textsOf(t, c, "select column_name, data_type, comment from duckdb_columns() where schema_name = 'main' and table_name = '"+name+"' order by column_index")
		for _, col := range columns {
			if col[2] == "" {
				t.Errorf("column %s.%s has no comment", name, col[0])
			}
			b.WriteString("    " + col[0] + " " + col[1] + ": " + col[2] + "\n")
		}
		if _, rows := textsOf(t, c, "from "+name); len(rows) != 0 {
			t.Errorf("view %s of an empty warehouse has %d rows", name, len(rows))
		}
	}
	golden(t, "catalogue.txt", b.String())
}

func TestMacrosHaveComments(t *testing.T) {
	c := withTables(t)
	if _, err := makeViews(t, c, ""); err != nil {
		t.Fatal(err)
	}
	_, missing := textsOf(t, c, "select function_name from duckdb_functions() where not internal and function_type like '%macro' and comment is null")
	if len(missing) > 0 {
		t.Errorf("macros without comment: %v", missing)
	}
}

func TestScriptsAreListed(t *testing.T) {
	listed := map[string]int{}
	for _, s := range slices.Concat(fhirsql.Macros(), fhirsql.Readers(), fhirsql.Kept()) {
		listed[s.Kind+" "+s.Name]++
	}
	for folder, kind := range map[string]string{"macros": "macro", "kept": "kept", "views": "view"} {
		files, err := filepath.Glob(filepath.Join("..", "..", "sql", folder, "*.sql"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			name := kind + " " + strings.TrimSuffix(filepath.Base(f), ".sql")
			if listed[name] != 1 {
				t.Errorf("%s is listed %d times in sql/embed.go", name, listed[name])
			}
		}
	}
}

func TestNoViewIsNamedAsAResourceType(t *testing.T) {
	for _, name := range viewNames() {
		for _, r := range schema.Resources() {
			if strings.EqualFold(name, r.Name) {
				t.Errorf("view %s: DuckDB takes it for the table %s", name, r.Name)
			}
		}
	}
}

func TestApplyViewsAgain(t *testing.T) {
	c := withTables(t)
	for i, want := range []bool{true, false} {
		changed, err := makeViews(t, c, "")
		if err != nil || changed != want {
			t.Fatalf("time %d: changed %v, error %v; want changed %v", i+1, changed, err, want)
		}
	}
}

func TestApplyViewsReplacesOlderOnes(t *testing.T) {
	c := withTables(t)
	err := c.exec(t.Context(), `
		create view patients as select 1 as old; comment on view patients is 'older';
		create view gone as select 1 as old; comment on view gone is 'older';
		create macro gone_too(x) as x; comment on macro gone_too is 'older';
		insert into ledger.views values ('patients', '1'), ('gone', '1'), ('gone_too', '1'), ('long_gone', '1')`)
	if err != nil {
		t.Fatal(err)
	}
	if changed, err := makeViews(t, c, ""); err != nil || !changed {
		t.Fatalf("changed %v, error %v", changed, err)
	}
	if _, left := textsOf(t, c, "select name from ledger.views where name in ('gone', 'gone_too', 'long_gone')"); len(left) > 0 {
		t.Errorf("ledger.views still has %v", left)
	}
	if _, left := textsOf(t, c, "select view_name from duckdb_views() where view_name = 'gone'"); len(left) > 0 {
		t.Error("view gone is still there")
	}
	if err := c.exec(t.Context(), "select patient_id from patients"); err != nil {
		t.Error(err)
	}
}

func TestApplyViewsRefusesNamesOfTheUser(t *testing.T) {
	for name, sql := range map[string]string{
		"a table":                   `create table "Patients" (a integer)`,
		"a view":                    `create view patients as select 1 as a`,
		"a view in place of ours":   `create or replace view patients as select 1 as a; insert into ledger.views values ('patients', '1')`,
		"a macro":                   `create macro fhir_date(x) as x`,
		"a table with ledger entry": `create table patients (a integer); comment on table patients is 'mine'; insert into ledger.views values ('patients', '1')`,
	} {
		t.Run(name, func(t *testing.T) {
			c := withTables(t)
			if err := c.exec(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
			_, err := makeViews(t, c, "")
			var taken *NameTakenError
			if !errors.As(err, &taken) {
				t.Fatalf("got error %v, want a NameTakenError", err)
			}
			if !strings.Contains(sql, taken.Name) && taken.Name != "patients" {
				t.Errorf("error names %s", taken.Name)
			}
		})
	}
}

// checkKeys fails for each view that has several rows for one key.
func checkKeys(t *testing.T, c *conn) {
	t.Helper()
	for _, v := range fhirsql.Views() {
		key, known := viewKeys[v.Name]
		if !known {
			t.Errorf("view %s has no key in this test", v.Name)
		}
		if key == "" {
			continue
		}
		var rows, keys int64
		if err := c.value(context.Background(), &rows, "select count(*) from "+v.Name); err != nil {
			t.Fatal(err)
		}
		if err := c.value(context.Background(), &keys, "select count(*) from (select distinct "+key+" from "+v.Name+")"); err != nil {
			t.Fatal(err)
		}
		if rows != keys {
			t.Errorf("view %s has %d rows for %d keys", v.Name, rows, keys)
		}
	}
}
