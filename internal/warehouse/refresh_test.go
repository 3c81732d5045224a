package warehouse

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/fhirwh/fhirwh/internal/parse"
)

// olderWarehouse imports the example, and then makes of the warehouse what an earlier
// version could have left: other views, one that we make no longer, one missing, a column
// without all that views read.
func olderWarehouse(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "w.duckdb")
	o := ImportOptions{Sources: []parse.Source{{Label: "example", Path: exampleExport}}, MaxRejects: -1, Version: "0.1.0"}
	if _, err := Import(t.Context(), path, o); err != nil {
		t.Fatal(err)
	}
	c, err := openDuck(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for _, sql := range []string{
		"create or replace view goals as select 1 as old",
		"comment on view goals is 'older'",
		"update ledger.views set hash = 'older' where name in ('goals', 'base.Goal')",
		"create view gone as select 1 as old",
		"comment on view gone is 'older'",
		"insert into ledger.views values ('gone', 'older')",
		"drop view timeline",
		"drop macro fhir_date",
		"drop view base.Observation",
		"alter table Patient drop column telecom",
		"alter table Patient add column telecom struct(system varchar)[]",
		"checkpoint",
	} {
		if err := c.exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	return path
}

func TestRefresh(t *testing.T) {
	path := olderWarehouse(t)
	older := func() (names []string, version string) {
		t.Helper()
		r, err := OpenReader(t.Context(), path, ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if names, err = r.OldViews(t.Context()); err != nil {
			t.Fatal(err)
		}
		if version, err = r.LastVersion(t.Context()); err != nil {
			t.Fatal(err)
		}
		return names, version
	}
	if old, version := older(); len(old) != 1 || old[0] != "goals" || version != "0.1.0" {
		t.Errorf("before: %v of version %q", old, version)
	}
	for i, want := range []bool{true, false} {
		sum, err := Refresh(t.Context(), path, ImportOptions{MaxRejects: -1, Version: "0.2.0"})
		if err != nil {
			t.Fatal(err)
		}
		if sum.Refreshed != want || (sum.Import == 2) != want {
			t.Errorf("time %d: refreshed %v by import %d", i+1, sum.Refreshed, sum.Import)
		}
	}
	if old, version := older(); len(old) > 0 || version != "0.2.0" {
		t.Errorf("afterwards: %v of version %q", old, version)
	}
	c, err := openDuck(path, map[string]string{"access_mode": "READ_ONLY"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for _, v := range viewNames() {
		if err := c.exec(t.Context(), "from "+v+" limit 1"); err != nil {
			t.Errorf("view %s: %v", v, err)
		}
	}
	if _, left := textsOf(t, c, "select view_name from duckdb_views() where view_name = 'gone'"); len(left) > 0 {
		t.Error("view gone is still there")
	}
	if _, rows := textsOf(t, c, "select import, version, files, resources from ledger.imports where import = 2"); len(rows) != 1 || rows[0][1] != "0.2.0" || rows[0][2] != "0" {
		t.Errorf("ledger.imports has %v", rows)
	}
}

// What a refresh cannot do leaves the warehouse as it was.
func TestRefreshFails(t *testing.T) {
	t.Run("no warehouse", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "w.duckdb")
		var missing *FileError
		if _, err := Refresh(t.Context(), path, ImportOptions{}); !errors.As(err, &missing) || !errors.Is(err, ErrMissing) {
			t.Errorf("got %v", err)
		}
		if left, _ := os.ReadDir(filepath.Dir(path)); len(left) > 0 {
			t.Errorf("made %v", left)
		}
	})
	t.Run("a macro of the user's", func(t *testing.T) {
		path := olderWarehouse(t)
		c, err := openDuck(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.exec(t.Context(), "create macro fhir_date(x) as x; checkpoint"); err != nil {
			t.Fatal(err)
		}
		c.close()
		var taken *NameTakenError
		if _, err := Refresh(t.Context(), path, ImportOptions{}); !errors.As(err, &taken) || taken.Name != "fhir_date" {
			t.Errorf("got %v", err)
		}
	})
}

// An import into a warehouse whose views are of this version makes none.
func TestImportMakesNoViewAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.duckdb")
	patient := filepath.Join(t.TempDir(), "p.json")
	for i, text := range []string{`{"resourceType":"Patient","id":"a"}`, `{"resourceType":"Patient","id":"b"}`} {
		if err := os.WriteFile(patient, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		sum, err := Import(t.Context(), path, ImportOptions{Sources: []parse.Source{{Label: "a", Path: patient}}, Version: "test"})
		if err != nil || sum.Refreshed != (i == 0) {
			t.Fatalf("import %d: %v, refreshed %v", i+1, err, sum.Refreshed)
		}
	}
}
