package warehouse

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	fhirsql "github.com/fhirwh/fhirwh/sql"
)

const exampleExport = "../../testdata/example_export.jsonl"

// TestViewsOfTheExample holds every view of the example export against a file that
// a person can check by eye.
func TestViewsOfTheExample(t *testing.T) {
	c := importInto(t, "example", exampleExport)
	checkKeys(t, c)
	for _, v := range fhirsql.Views() {
		names, values := textsOf(t, c, "from "+v.Name+" order by all")
		var b strings.Builder
		w := csv.NewWriter(&b)
		if err := w.WriteAll(append([][]string{names}, values...)); err != nil {
			t.Fatal(err)
		}
		golden(t, v.Name+".csv", b.String())
	}
}

// TestViewsOfTraps holds the views of small files, each named for what is odd in
// it, against what they should say: of every row the columns that are not NULL.
func TestViewsOfTraps(t *testing.T) {
	files, err := filepath.Glob("../../testdata/traps/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files, error %v", err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".jsonl")
		t.Run(name, func(t *testing.T) {
			c := importInto(t, "trap", f)
			checkKeys(t, c)
			var b strings.Builder
			for _, v := range fhirsql.Views() {
				if v.Name == "codings" {
					continue // what they say of these files is in the other views
				}
				names, values := textsOf(t, c, "from "+v.Name+" order by all")
				for _, row := range values {
					b.WriteString(v.Name + "\n")
					for i, value := range row {
						if value != "" && names[i] != "source" && (value != "0" || v.Name != "patient_summary") {
							b.WriteString("    " + names[i] + ": " + strings.ReplaceAll(value, "\n", "\\n") + "\n")
						}
					}
				}
			}
			golden(t, "traps/"+name+".txt", b.String())
		})
	}
}

// TestViewsOfRealData counts keys where real exports are at hand.
func TestViewsOfRealData(t *testing.T) {
	for _, name := range []string{"epic-sandbox.jsonl", "synthea-mixed.jsonl.zst"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("..", "..", "..", "shared", "data", name)
			if _, err := os.Stat(path); err != nil {
				t.Skip("not at hand: ", path)
			}
			c := importInto(t, "real", path)
			checkKeys(t, c)
			for _, v := range fhirsql.Views() {
				textsOf(t, c, "from "+v.Name)
			}
		})
	}
}
