package warehouse

import (
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// catalogQueries list all that macros and views are, by name.
var catalogQueries = []string{
	`select 'view ' || view_name, sql, comment from duckdb_views()
	where database_name = current_database() and schema_name = 'main' and not internal and view_name <> 'codings'`,
	`select 'column ' || table_name || '.' || column_name, column_index, data_type, comment from duckdb_columns()
	where database_name = current_database() and schema_name = 'main' and table_name <> 'codings'
		and table_name in (select view_name from duckdb_views() where not internal and schema_name = 'main')`,
	`select function_type || ' ' || function_name, parameters, macro_definition, comment from duckdb_functions()
	where database_name = current_database() and not internal`,
}

// TestTemplate holds what the template has against what the scripts make, both as a
// file has them: DuckDB writes the SQL of a view in other words than it was given.
func TestTemplate(t *testing.T) {
	if *update {
		writeTemplate(t)
	}
	data, err := os.ReadFile(templatePath())
	if err != nil {
		t.Fatalf("sql/template is not of these scripts (go generate ./sql): %v", err)
	}
	scripted := catalogOf(t, func(c *conn) error {
		_, err := makeViews(t, c, "")
		return err
	})
	copied := catalogOf(t, func(c *conn) error {
		return copyDatabase(t.Context(), c, data, filepath.Join(t.TempDir(), "t.duckdb"))
	})
	if len(scripted) < 500 {
		t.Errorf("the scripts make %d things", len(scripted))
	}
	for name, want := range scripted {
		if got := copied[name]; got != want {
			t.Errorf("%s: the template has\n%s\nthe scripts make\n%s", name, got, want)
		}
	}
	for name := range copied {
		if _, there := scripted[name]; !there {
			t.Errorf("the template has %s, the scripts do not make it", name)
		}
	}
}

// catalogOf makes macros and views in a new file and says what is in it.
func catalogOf(t *testing.T, make func(c *conn) error) map[string]string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "w.duckdb")
	c := withTablesIn(t, path)
	if err := make(c); err != nil {
		t.Fatal(err)
	}
	c.close()
	c, err := openDuck(path, map[string]string{"access_mode": "READ_ONLY"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	catalog := map[string]string{}
	for _, sql := range catalogQueries {
		_, rows := textsOf(t, c, sql)
		for _, row := range rows {
			catalog[row[0]] = strings.Join(row[1:], "\n")
		}
	}
	return catalog
}

func TestViewsComeFromTheTemplate(t *testing.T) {
	temp := t.TempDir()
	c := withTables(t)
	for i, want := range []bool{true, false} {
		if changed, err := makeViews(t, c, temp); err != nil || changed != want {
			t.Fatalf("time %d: changed %v, error %v; want changed %v", i+1, changed, err, want)
		}
	}
	if _, attached := textsOf(t, c, "from duckdb_databases() where not internal"); len(attached) != 2 {
		t.Errorf("%d databases are open, not the warehouse and the template", len(attached))
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left over: %v, error %v", left, err)
	}
	if err := c.exec(t.Context(), "create or replace view goals as select 1 as mine; comment on view goals is 'x'; update ledger.views set hash = '1' where name = 'goals'"); err != nil {
		t.Fatal(err)
	}
	if _, err := makeViews(t, c, ""); err != nil {
		t.Fatal(err)
	}
	if err := c.exec(t.Context(), "select goal_id from goals"); err != nil {
		t.Error(err)
	}
}

const templateFolder = "../../sql/template"

func templatePath() string {
	return filepath.Join(templateFolder, scriptsHash(allScripts())+".db.gz")
}

// writeTemplate makes the template with the scripts, and removes older ones.
func writeTemplate(t *testing.T) {
	t.Helper()
	c := withTables(t)
	if _, err := makeViews(t, c, ""); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "template.duckdb")
	if err := moveViews(t.Context(), c, path); err != nil {
		t.Fatal(err)
	}
	plain, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(templateFolder); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(templateFolder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(templatePath(), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// moveViews leaves nothing in the database of c but what the scripts make, and
// copies that to a new file.
func moveViews(ctx context.Context, c *conn, path string) error {
	drop := []string{"drop view codings", "drop schema ledger cascade", "drop schema base cascade"}
	for _, name := range viewTables() {
		drop = append(drop, "drop table "+quoteName(name))
	}
	if err := c.exec(ctx, strings.Join(drop, "; ")); err != nil {
		return err
	}
	return c.exec(ctx, "attach "+quoteText(path)+" as template (storage_version 'v1.4.0', block_size 16384); "+
		"copy from database memory to template (schema); detach template")
}
