package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/parse"
	"github.com/fhirwh/fhirwh/internal/warehouse"
)

func TestSummary(t *testing.T) {
	sum := &warehouse.Summary{
		DB: "my.duckdb", Import: 1,
		Files: []warehouse.FileSummary{{Name: "/data/a.jsonl", Note: "end not verifiable"}, {Name: "/data/b.jsonl", Skipped: true}},
		Types: []warehouse.TypeSummary{
			{Type: "Observation", Counts: warehouse.Counts{New: 1200, Changed: 30, Unordered: 25}},
			{Type: "Patient", Counts: warehouse.Counts{New: 2, Variants: 1}},
		},
		Total:     warehouse.Counts{New: 1202, Changed: 30, Unordered: 25, Variants: 1},
		Resources: 1233, Bytes: 4 << 20, Elapsed: 2 * time.Second, DatabaseBytes: 1 << 20,
		Rejected: 3, Rejects: []warehouse.RejectSummary{{File: "/data/a.jsonl", Line: 7, Reason: "not JSON", Detail: "at byte 3"}},
		Deletes: 2, Replaced: 1, Warnings: parse.Warnings{UnknownElements: 4},
		DroppedIndexes: []string{"by_code"}, Recovered: "its changes were taken back",
	}
	const want = `an earlier import was interrupted: its changes were taken back
type           new  changed  variants
───────────  ─────  ───────  ────────
Observation  1,200       30         0
Patient          2        0         1
total        1,202       30         1
imported 1,233 resources from 1 file (4.00 MiB) in 2.0 s: 616 resources/s, 2.00 MiB/s; 1 file imported before skipped
my.duckdb has 1.00 MiB
/data/a.jsonl: end not verifiable
indexes made again: by_code
2 Bundle entries ask for deletions: kept, not applied
1 resource was taken back to the version of a file that was imported before
4 elements that R4 does not know: kept in _extra
3 lines are no FHIR resources; set aside:
  /data/a.jsonl:7: not JSON (at byte 3)
  and 2 more
hint: fhirwh rejects --import 1 lists all of them; with --to FILE it writes them for repair, with --replay FILE it takes them back
hint: 25 resources took the place of others without a later lastUpdated. If these are of another system, import them with --source LABEL
hint: now ask: fhirwh query --db my.duckdb "SELECT * FROM patients"
`
	var said bytes.Buffer
	if err := (stdio{err: &said}).printSummary(sum); err != nil {
		t.Fatal(err)
	}
	if said.String() != want {
		t.Errorf("said\n%s\nwant\n%s", said.String(), want)
	}
}

func TestFirstQuestion(t *testing.T) {
	tests := []struct {
		types []warehouse.TypeSummary
		want  string
	}{
		{[]warehouse.TypeSummary{{Type: "Observation", Counts: warehouse.Counts{New: 5}}, {Type: "Patient"}}, `"SELECT * FROM patients"`},
		{[]warehouse.TypeSummary{{Type: "Claim", Counts: warehouse.Counts{New: 2}}, {Type: "Observation", Counts: warehouse.Counts{New: 5}}}, `"SELECT * FROM Observation LIMIT 10"`},
		{[]warehouse.TypeSummary{{Type: "Group", Counts: warehouse.Counts{New: 5}}}, `'SELECT * FROM "Group"'`},
	}
	for _, tt := range tests {
		if got := firstQuestion(&warehouse.Summary{Types: tt.types}); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}
