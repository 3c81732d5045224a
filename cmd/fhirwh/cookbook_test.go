package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite docs/cookbook.md")

const (
	cookbookPage = "../../docs/cookbook.md"
	cookbookHead = `# Cookbook

Questions that people ask of medical records, each as one statement that runs by hand in any DuckDB client. The answers
below are real: those of the example export and a second, small source, imported with

    fhirwh import larkfield=testdata/example_export.jsonl lakeside=testdata/cookbook_second_source.jsonl

This page is written by a test from [sql/cookbook](../sql/cookbook), which fails when an answer changes:
` + "`go test ./cmd/fhirwh -run Cookbook -update`" + ` rewrites it.
`
)

// TestCookbook asks every question of the cookbook and compares the answers with
// those on its page.
func TestCookbook(t *testing.T) {
	db := filepath.Join(t.TempDir(), "cookbook.duckdb")
	code, _, errOut := runIn(t, t.Context(), stdio{}, "import", "--db", db,
		"larkfield=../../testdata/example_export.jsonl", "lakeside=../../testdata/cookbook_second_source.jsonl")
	if code != exitOK {
		t.Fatalf("import: exit code %d: %s", code, errOut)
	}
	files, err := filepath.Glob("../../sql/cookbook/*.sql")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d questions, want at least 15: %v", len(files), err)
	}
	page := cookbookHead
	for _, file := range files {
		page += recipe(t, db, file)
	}
	if *update {
		if err := os.WriteFile(cookbookPage, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	old, err := os.ReadFile(cookbookPage)
	if err != nil {
		t.Fatal(err)
	}
	if at := firstDifference(string(old), page); at != "" {
		t.Errorf("%s is not what the questions answer; run with -update and look at the change\n%s", cookbookPage, at)
	}
}

// recipe returns the section of one question.
func recipe(t *testing.T, db, file string) string {
	t.Helper()
	sql, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	code, answer, errOut := runIn(t, t.Context(), stdio{}, "query", "--db", db, "--format", "table", "-f", file)
	if code != exitOK || strings.Count(answer, "\n") < 3 {
		t.Errorf("%s: exit code %d, want an answer with a row: %s%s", file, code, answer, errOut)
	}
	question, statement, ok := strings.Cut(strings.TrimPrefix(string(sql), "-- "), "\n")
	if !ok {
		t.Fatalf("%s: the first line is not the question", file)
	}
	answer = indent(answer)
	return fmt.Sprintf("\n## %s\n\n```sql\n%s```\n\n%s", question, statement, answer)
}

// indent makes text a block of code.
func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimRight("    "+line, " \n") + "\n")
	}
	return b.String()
}

// firstDifference returns the first line that differs, as old and new; "" if none
// does.
func firstDifference(old, new string) string {
	a, b := strings.Split(old, "\n"), strings.Split(new, "\n")
	for i := range max(len(a), len(b)) {
		x, y := lineAt(a, i), lineAt(b, i)
		if x != y {
			return fmt.Sprintf("line %d\n old %s\n new %s", i+1, x, y)
		}
	}
	return ""
}

func lineAt(lines []string, i int) string {
	if i >= len(lines) {
		return "(end)"
	}
	return lines[i]
}
