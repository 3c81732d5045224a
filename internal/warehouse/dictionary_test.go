package warehouse

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const dictionaryHead = `# Data dictionary

Every view, its columns and what they mean, and the macros for SQL of your own. It is made from the comments in
[sql](../sql), which DuckDB keeps beside the views: ` + "`fhirwh describe patients`" + `, DuckDB's own UI and DBeaver show the same.
The typed tables bear FHIR's names, and FHIR's specification describes them; [sql/ledger.sql](../sql/ledger.sql) and
[sql/ledger_exports.sql](../sql/ledger_exports.sql) describe schema ` + "`ledger`" + `.

A test writes this page and fails when it is stale: ` + "`go test ./internal/warehouse -run Dictionary -update`" + `.
`

// TestDictionary compares docs/dictionary.md with the comments on views, columns
// and macros.
func TestDictionary(t *testing.T) {
	c := withTables(t)
	if _, err := makeViews(t, c, ""); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString(dictionaryHead)
	for _, name := range viewNames() {
		describeView(t, c, &b, name)
	}
	describeMacros(t, c, &b)
	path := filepath.Join("..", "..", "docs", "dictionary.md")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != b.String() {
		t.Errorf("%s is stale: go test ./internal/warehouse -run Dictionary -update", path)
	}
}

func describeView(t *testing.T, c *conn, b *strings.Builder, name string) {
	t.Helper()
	_, about := textsOf(t, c, "select comment from duckdb_views() where schema_name = 'main' and view_name = '"+name+"'")
	fmt.Fprintf(b, "\n## %s\n\n%s\n\n| Column | Type | Meaning |\n| --- | --- | --- |\n", name, cell(about[0][0]))
	_, columns := textsOf(t, c, "select column_name, data_type, comment from duckdb_columns() where schema_name = 'main' and table_name = '"+name+"' order by column_index")
	for _, col := range columns {
		fmt.Fprintf(b, "| %s | %s | %s |\n", col[0], cell(strings.ReplaceAll(col[1], `"`, "")), cell(col[2]))
	}
}

func describeMacros(t *testing.T, c *conn, b *strings.Builder) {
	t.Helper()
	b.WriteString("\n## Macros\n\n| Macro | Meaning |\n| --- | --- |\n")
	_, macros := textsOf(t, c, `select function_name || '(' || array_to_string(parameters, ', ') || ')', comment
		from duckdb_functions() where not internal and function_type like '%macro' order by function_name`)
	if len(macros) < 12 {
		t.Errorf("%d macros, want those of the reference at least", len(macros))
	}
	for _, m := range macros {
		fmt.Fprintf(b, "| `%s` | %s |\n", m[0], cell(m[1]))
	}
}

// cell makes text fit a cell of a table in Markdown.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;").Replace(text)
}
