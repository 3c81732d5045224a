package example_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/synth/example"
)

var update = flag.Bool("update", false, "rewrite testdata/example_export.jsonl")

const golden = "../../../testdata/example_export.jsonl"

// export is the example as the generator writes it.
func export(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := example.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A resource is one line, decoded.
type resource struct {
	line string
	body map[string]any
}

func (r resource) text(name string) string {
	s, _ := r.body[name].(string)
	return s
}

func resources(t *testing.T) []resource {
	t.Helper()
	var list []resource
	for line := range strings.Lines(string(export(t))) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" {
			continue
		}
		r := resource{line: line}
		if err := json.Unmarshal([]byte(line), &r.body); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		list = append(list, r)
	}
	return list
}

func TestExampleIsInTestdata(t *testing.T) {
	got := export(t)
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("testdata/example_export.jsonl is not what the generator writes; run with -update")
	}
}

func TestEveryLineIsAResource(t *testing.T) {
	all := resources(t)
	for _, r := range all {
		if r.text("resourceType") == "" {
			t.Errorf("no resourceType: %s", r.line)
		}
	}
	if len(all) < 250 || len(all) > 400 {
		t.Errorf("%d resources, want 250 to 400", len(all))
	}
	if size := len(export(t)); size > 1<<20 {
		t.Errorf("%d bytes, want at most 1 MiB", size)
	}
}

func TestCountsByType(t *testing.T) {
	counts := map[string]int{}
	for _, r := range resources(t) {
		counts[r.text("resourceType")]++
	}
	if len(counts) < 20 {
		t.Errorf("%d types, want at least 20", len(counts))
	}
	for typ, want := range map[string]int{
		"Patient": 1, "Encounter": 29, "Condition": 15, "AllergyIntolerance": 3, "Immunization": 16,
		"MedicationRequest": 21, "MedicationDispense": 12, "MedicationAdministration": 4, "MedicationStatement": 1,
		"Procedure": 10, "DocumentReference": 11, "Binary": 12, "ExplanationOfBenefit": 4, "Claim": 3, "Coverage": 4,
		"CarePlan": 2, "CareTeam": 1, "Goal": 3, "QuestionnaireResponse": 2, "FamilyMemberHistory": 2, "ImagingStudy": 3,
	} {
		if counts[typ] != want {
			t.Errorf("%d %s, want %d", counts[typ], typ, want)
		}
	}
}

// TestNoMemberTwice holds because the reader rejects such lines by default.
func TestNoMemberTwice(t *testing.T) {
	for _, r := range resources(t) {
		d := json.NewDecoder(strings.NewReader(r.line))
		if _, err := d.Token(); err != nil {
			t.Fatal(err)
		}
		if name := repeated(t, d); name != "" {
			t.Errorf("member %q twice: %s", name, r.line)
		}
	}
}

// repeated reads an object behind its brace and gives a name that occurs twice in
// one object.
func repeated(t *testing.T, d *json.Decoder) (found string) {
	t.Helper()
	seen := map[string]bool{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		if seen[name.(string)] {
			found = name.(string)
		}
		seen[name.(string)] = true
		if inner := skip(t, d); inner != "" {
			found = inner
		}
	}
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	return found
}

func skip(t *testing.T, d *json.Decoder) (found string) {
	t.Helper()
	v, err := d.Token()
	if err != nil {
		t.Fatal(err)
	}
	switch v {
	case json.Delim('{'):
		return repeated(t, d)
	case json.Delim('['):
		for d.More() {
			if inner := skip(t, d); inner != "" {
				found = inner
			}
		}
		if _, err := d.Token(); err != nil {
			t.Fatal(err)
		}
	}
	return found
}
