package overview

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/warehouse"
)

var update = flag.Bool("update", false, "write the golden file")

func TestFind(t *testing.T) {
	r := warehouseOf(t, "north", odd, "https://south.example/fhir", example)
	const odalys = "https://south.example/fhir/eMxAeF6PYISvVd9firinvoE3"
	tests := []struct{ name, text, want string }{
		{"id", "p1", "north/p1"},
		{"with type", "Patient/p1", "north/p1"},
		{"absolute", "https://north.example/fhir/Patient/p1", "north/p1"},
		{"versioned", "Patient/p1/_history/3", "north/p1"},
		{"with source", "north/p1", "north/p1"},
		{"with a source that is a URL", odalys, odalys},
		{"with source and type", "https://south.example/fhir/Patient/eMxAeF6PYISvVd9firinvoE3", odalys},
		{"record number", "LH0048213", odalys},
		{"identifier with spaces before it", "A-17", "north/p1"},
		{"identifier with system", "urn:oid:1.2.3|A-17", "north/p1"},
		{"identifier in other case", "a-17", "north/p1"},
		{"part of a name", "dalys", odalys},
		{"without accents", "bergstrom odalys", odalys},
		{"with comma and white space", "  Bergström,  Odalys ", odalys},
		{"other writing", "山田 may", "north/p1"},
		{"former name", "ærøskøb", "north/p1"},
		{"an apostrophe", "o'brien", "north/p3"},
		{"named by facts alone", "gone", "north/gone"},
		{"several", "zoe lindqvist", "north/p2 north/p1"},
		{"nobody", "zoe nobody", ""},
		{"nothing", "  ", ""},
		{"separators", " , ", ""},
		{"SQL", "' or 1=1 --", ""},
		{"a pattern", "%", ""},
		{"NUL", "p1\x00", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			people, all, err := Find(context.Background(), r, tt.text, 10)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range people {
				got = append(got, p.Source+"/"+p.ID)
			}
			if all != int64(len(got)) || strings.Join(got, " ") != tt.want {
				t.Errorf("got %v of %d, want %s", got, all, tt.want)
			}
		})
	}
}

func TestEverybody(t *testing.T) {
	r := warehouseOf(t, "north", odd)
	people, all, err := Everybody(context.Background(), r, 2)
	if err != nil {
		t.Fatal(err)
	}
	want := []Person{
		{Source: "north", ID: "p2", Name: "Zoe LINDQVIST-山田", BirthDate: "1980-05-01", Gender: "female", HasPatient: true},
		{Source: "north", ID: "p3", Name: "Ned O'Brien", BirthDate: "1890-06-01", HasPatient: true},
	}
	slices.SortFunc(people, func(a, b Person) int { return strings.Compare(a.ID, b.ID) })
	if all != 5 || !slices.Equal(people, want) {
		t.Errorf("got %+v of %d", people, all)
	}
}

// chartOf returns the chart of whom text means.
func chartOf(t *testing.T, r *warehouse.Reader, text string) *Chart {
	t.Helper()
	people, all, err := Find(context.Background(), r, text, 2)
	if err != nil || all != 1 {
		t.Fatalf("%d people, error %v", all, err)
	}
	c, err := ChartOf(context.Background(), r, people[0])
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestChartOfTheExample compares with testdata/example_chart.json what a person has checked
// by eye. go test -update writes it.
func TestChartOfTheExample(t *testing.T) {
	r := warehouseOf(t, "default", example)
	c := chartOf(t, r, "odalys")
	got, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", "example_chart.json")
	if *update {
		if err := os.WriteFile(file, append(got, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got)+"\n" != string(want) {
		t.Errorf("the chart is another one: go test -update, then look at the difference")
	}
	for view, sql := range c.SQL {
		if n := rowsOf(t, r, sql); n != rowsOf(t, r, "select 1 from "+view+" where patient_id = 'eMxAeF6PYISvVd9firinvoE3'") {
			t.Errorf("%s: %d rows by %s", view, n, sql)
		}
	}
}

func TestSamePerson(t *testing.T) {
	r := warehouseOf(t, "north", odd, "south", odd)
	want := []Same{{"north", "p2", "name and birth date"}, {"south", "p1", "identifier"}, {"south", "p2", "name and birth date"}}
	people, _, err := Find(context.Background(), r, "north/p1", 2)
	if err != nil {
		t.Fatal(err)
	}
	c, err := ChartOf(context.Background(), r, people[0])
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(c.Same, want) {
		t.Errorf("got %v", c.Same)
	}
	if c.Patient.Inactive || !chartOf(t, r, "north/p2").Patient.Inactive {
		t.Error("records in use are mixed up")
	}
}

func TestChartOfSomebodyNamedByFacts(t *testing.T) {
	c := chartOf(t, warehouseOf(t, "north", odd), "Patient/gone")
	if c.Patient.HasPatient || len(c.Other) != 1 || c.Other[0].Value != "5.4 mmol/L" || c.Patient.LastDate != "2020-03-01" || c.IsEmpty() {
		t.Errorf("got %+v", c)
	}
	if c := chartOf(t, warehouseOf(t, "north", odd), "p4"); !c.IsEmpty() || !c.Patient.HasPatient {
		t.Errorf("nothing is known of p4: %+v", c)
	}
}

// values writes what a chart tells in the order in which it does.
func values(c *Chart) map[string][]string {
	all := map[string][]string{}
	for _, x := range c.Problems {
		all["problems"] = append(all["problems"], strings.Join([]string{x.Name, x.State, x.Since, x.Until}, "|"))
	}
	for _, x := range c.Medications {
		all["medications"] = append(all["medications"], strings.Join([]string{x.Name, x.State, x.Kind, x.Dose, x.Since, x.Until}, "|"))
	}
	for _, x := range c.Labs {
		all["labs"] = append(all["labs"], strings.Join([]string{x.Name, x.Value, x.Flag, x.Absent, x.Date}, "|"))
	}
	for _, x := range c.Vitals {
		all["vitals"] = append(all["vitals"], strings.Join([]string{x.Name, x.Value, x.Date}, "|"))
	}
	for _, x := range c.Immunizations {
		all["immunizations"] = append(all["immunizations"], strings.Join([]string{x.Name, x.State, x.Reason, strings.Join(x.Dates, " ")}, "|"))
	}
	for _, x := range c.Procedures {
		all["procedures"] = append(all["procedures"], strings.Join([]string{x.Name, x.Status, x.Date}, "|"))
	}
	return all
}

// TestChartOfTraps reads testdata/chart.jsonl, whose every line is a trap.
func TestChartOfTraps(t *testing.T) {
	c := chartOf(t, warehouseOf(t, "north", "testdata/chart.jsonl"), "p")
	want := map[string][]string{
		"problems": {
			"Asthma|active|1999|", "Gout|active|2020-02|",
			"Headache|unknown||", "Cough|past|2020-01-01|2020-02-01", "Ulcer|refuted||",
		},
		"medications": {
			"Aspirin|active|request|100 mg, oral|2019-01-01|", "Paracetamol|past|dispense||2021-05-05|", "Ibuprofen|past|statement||2018-01-01|2018-02-01",
		},
		"labs": {
			"HBA1C|7.1 %|H||2022-01-01", "Culture|||unknown|2021-03-03", "CRP|< 5 mg/L|||2021-01-01", "Potassium|3.1 mmol/L|L||2021-01-01",
		},
		"vitals":        {"Blood pressure|121/79 mm[Hg]|2022-01-01", "Diastolic alone|80 mm[Hg]|2021-06-01"},
		"immunizations": {"Flu|given||2020-10-01 2021-10-01", "Flu|not given|ill|2022-10-01"},
		"procedures":    {"Appendectomy|completed|2001-01-01", "Biopsy|not-done|2005-01-01"},
	}
	got := values(c)
	for part, lines := range want {
		if !slices.Equal(got[part], lines) {
			t.Errorf("%s:\ngot  %q\nwant %q", part, got[part], lines)
		}
	}
	if got := c.Labs[0].Trend; !slices.Equal(got, []float64{6, 7.1}) {
		t.Errorf("values in another unit are no part of a trend: %v", got)
	}
}
