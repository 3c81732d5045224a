package overview

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/fhirwh/fhirwh/internal/warehouse"
)

func summarize(t *testing.T, r *warehouse.Reader) *Summary {
	t.Helper()
	s, err := Summarize(context.Background(), r, SummaryOptions{AsOf: today, Top: 3, Names: 10})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestEveryFindingIsFound holds what is found in a file in which everything is wrong once
// against what is wrong in it, and runs the SQL of each finding.
func TestEveryFindingIsFound(t *testing.T) {
	r := warehouseOf(t, "a", odd)
	s, err := Summarize(context.Background(), r, SummaryOptions{AsOf: today, OldViews: []string{"patients"}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{
		"old_views": 1, "rejects": 1, "unknown_type": 1, "no_id": 1, "repeated": 1, "no_name": 1, "no_birth_date": 1,
		"impossible_birth": 1, "death_before_birth": 1, "no_patient observations": 1, "absent_patient observations": 1,
		"absent_encounter observations": 1, "absent_encounter encounters": 1, "absent_medication MedicationRequest": 1,
		"future observations": 1, "early observations": 1, "end_before_start conditions": 1, "before_birth observations": 1,
		"no_unit": 1, "unknown_unit": 1, "variants": 1, "extra Group": 1, "extra Observation": 1,
	}
	sorts := map[string]bool{}
	for _, f := range s.Findings {
		name := f.Name
		if f.Kind != "" {
			name += " " + f.Kind
		}
		if want[name] != f.Count {
			t.Errorf("%s: got %d, want %d", name, f.Count, want[name])
		}
		delete(want, name)
		sorts[f.Name] = true
		if n := rowsOf(t, r, f.SQL); n != f.Count && f.Name != "old_views" {
			t.Errorf("%s: %d rows, counted %d\n%s", name, n, f.Count, f.SQL)
		}
	}
	for name := range want {
		t.Errorf("%s: not found", name)
	}
	for _, sort := range texts {
		if !sorts[sort.name] {
			t.Errorf("nothing in %s is %s", odd, sort.name)
		}
	}
}

// TestFindingsOfEveryView runs the SQL of each check of facts on each view, and of each
// check of types on each type, found or not.
func TestFindingsOfEveryView(t *testing.T) {
	r := warehouseOf(t, "a", example)
	s := summarize(t, r)
	found := map[string]int64{}
	for _, f := range s.Findings {
		found[f.Name+" "+f.Kind] = f.Count
	}
	for _, k := range kinds {
		for _, check := range factChecks {
			if check == "future" && k.past == "" || check == "end_before_start" && k.start == "" || check == "absent_encounter" && !hasEncounter[k.view] {
				continue
			}
			if check == "no_patient" && k.view == "devices" {
				continue
			}
			sql := findingSQL(check, k.view, today)
			if n := rowsOf(t, r, sql); n != found[check+" "+k.view] {
				t.Errorf("%s of %s: %d rows, counted %d\n%s", check, k.view, n, found[check+" "+k.view], sql)
			}
		}
	}
	for _, typ := range s.Types {
		if n := rowsOf(t, r, findingSQL("extra", typ.Name, today)); n != typ.Extra {
			t.Errorf("extra of %s: %d rows, counted %d", typ.Name, n, typ.Extra)
		}
	}
}

var hasEncounter = map[string]bool{
	"observations": true, "conditions": true, "medications": true, "allergies": true, "immunizations": true,
	"procedures": true, "encounters": true, "diagnostic_reports": true, "documents": true, "care_plans": true,
}

// TestFactsAreTheRowsOfTheViews counts the views in another way.
func TestFactsAreTheRowsOfTheViews(t *testing.T) {
	r := warehouseOf(t, "a", example, "b", odd)
	s := summarize(t, r)
	if len(s.Facts) != len(kinds) {
		t.Errorf("got %d kinds of facts, want %d", len(s.Facts), len(kinds))
	}
	for _, f := range s.Facts {
		if n := rowsOf(t, r, "select 1 from "+f.Kind); n != f.Count {
			t.Errorf("%s: got %d, want %d", f.Kind, f.Count, n)
		}
		if n := rowsOf(t, r, "select distinct source, patient_id from "+f.Kind+" where patient_id is not null"); n != f.Patients {
			t.Errorf("patients of %s: got %d, want %d", f.Kind, f.Patients, n)
		}
	}
	if s.Patients.Count != 6 || s.Patients.OnlyNamed != 1 || s.Patients.Genders["female"] != 3 {
		t.Errorf("patients: %+v", s.Patients)
	}
	if len(s.Patients.Names) != 6 { // one has no id
		t.Errorf("got %d names", len(s.Patients.Names))
	}
	resources := int64(0)
	for _, typ := range s.Types {
		resources += typ.Resources
	}
	if got := s.Sources[0].Resources + s.Sources[1].Resources; s.Sources[0].Name != "a" || s.Sources[1].Resources != 21 || got != resources {
		t.Errorf("sources %+v, but %d resources by type", s.Sources, resources)
	}
}

func TestDatesAndCodes(t *testing.T) {
	s := summarize(t, warehouseOf(t, "a", odd))
	if s.Facts[0].Kind != "observations" || s.Facts[0].FirstDate != "2020-03-01" || s.Facts[0].LastDate != "2020-04-01" {
		t.Errorf("dates out of bounds count: %+v", s.Facts[0])
	}
	if got := s.Facts[0].Years; len(got) != 1 || got[2020] != 4 {
		t.Errorf("years: %v", got)
	}
	if got := s.Facts[0].Codes; len(got) != 1 || got[0] != (Code{Text: "Glucose", Count: 2, Patients: 1}) {
		t.Errorf("codes: %+v", got)
	}
}

func TestSummaryOfLittle(t *testing.T) {
	tests := []struct{ name, content string }{
		{"nothing", ""},
		{"no patient", `{"resourceType":"Location","id":"l"}`},
		{"a patient alone", `{"resourceType":"Patient","id":"p"}`},
		{"a fact of nobody", `{"resourceType":"Observation","id":"o"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "some.jsonl")
			if err := os.WriteFile(file, []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			r := warehouseOf(t, "a", file)
			for _, f := range summarize(t, r).Findings {
				if n := rowsOf(t, r, f.SQL); n != f.Count {
					t.Errorf("%s: %d rows, counted %d", f.Name, n, f.Count)
				}
			}
		})
	}
}
