package warehouse

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/schema"
	fhirsql "github.com/fhirwh/fhirwh/sql"
)

// Every path of sql/paths.txt is one that FHIR has.
func TestOriginsAreElements(t *testing.T) {
	for _, view := range viewNames() {
		origins := fhirsql.Origins(view)
		if origins == nil {
			t.Errorf("sql/paths.txt has no %s", view)
		}
		for column, o := range origins {
			for _, path := range o.Paths {
				if full := fullPaths(fhirsql.Origin{Types: o.Types, Paths: []string{path}}); len(full) == 0 {
					t.Errorf("%s.%s: no %v has %s", view, column, o.Types, path)
				}
			}
			for _, full := range fullPaths(o) {
				if _, ok := elementsAtFull(full); !ok {
					t.Errorf("%s.%s: FHIR has no %s", view, column, full)
				}
			}
		}
	}
}

// elementsAtFull returns the elements along a path that begins with a type, none
// behind an extension, whose type is any.
func elementsAtFull(full string) (elements []*schema.Element, ok bool) {
	name, path, _ := strings.Cut(full, ".")
	t := schema.Lookup(name)
	for name := range strings.SplitSeq(path, ".") {
		if strings.HasPrefix(name, "extension(") {
			return elements, true
		}
		var e *schema.Element
		if t != nil {
			e = elementOrChoice(t, name)
		}
		if e == nil {
			return nil, false
		}
		elements, t = append(elements, e), e.Type
	}
	return elements, true
}

func TestOriginsOfCodings(t *testing.T) {
	origins := fhirsql.Origins("codings")
	columns := regexp.MustCompile(`comment on column codings\.(\w+)`).FindAllStringSubmatch(codingsView, -1)
	for _, m := range columns {
		if _, ok := origins[m[1]]; !ok {
			t.Errorf("paths.txt does not say where codings.%s comes from", m[1])
		}
	}
	if len(columns) != len(origins) {
		t.Errorf("%d origins for %d columns", len(origins), len(columns))
	}
}

// shownColumns are the columns with a star in sql/paths.txt whose path does not
// prove that they hold codes.
var shownColumns = map[string]string{
	"birth_date_precision": "year, month or day", "effective_precision": "year to second", "onset_precision": "year to second",
	"value_comparator": "a sign", "is_deceased": "yes or no", "member_type": "a resource type",
	"kind": "one of four", "value_type": "one of twelve",
	"resource_type": "a resource type", "path": "an element",
}

// Only codes and what stands for one may be shown: the paths of a starred column
// lead to nothing else.
func TestShownColumnsHoldCodes(t *testing.T) {
	for _, view := range viewNames() {
		for column, o := range fhirsql.Origins(view) {
			if !o.Coded || shownColumns[column] != "" {
				continue
			}
			if len(o.Paths) == 0 {
				t.Errorf("%s.%s: nothing says that it is a code", view, column)
			}
			for _, full := range fullPaths(o) {
				if !leadsToCode(full) {
					t.Errorf("%s.%s: %s may identify a person", view, column, full)
				}
			}
		}
	}
}

// leadsToCode reports whether the path ends in a code or a concept, and passes
// nothing that identifies a person. Of extensions US Core's four are coded.
func leadsToCode(full string) bool {
	name, _, _ := strings.Cut(full, ".")
	elements, _ := elementsAtFull(full)
	types := []*schema.Type{schema.Lookup(name)}
	for _, e := range elements {
		types = append(types, e.Type)
	}
	for _, t := range types[:max(1, len(types)-1)] {
		if t != nil && identifying[t.Name] {
			return false
		}
	}
	if len(elements) == 0 {
		return regexp.MustCompile(`^Patient\.extension\((birthsex|genderIdentity|race|ethnicity)\)`).MatchString(full)
	}
	last := elements[len(elements)-1]
	return slices.Contains([]string{"CodeableConcept", "Coding"}, last.Code) || isCoded(types[len(types)-2], last)
}

// neverShown are columns whose values identify a person, or may.
func TestNeverShown(t *testing.T) {
	for _, name := range []string{
		"patients.patient_id", "patients.mrn", "patients.identifiers", "patients.full_name", "patients.given_name", "patients.middle_names", "patients.family_name",
		"patients.birth_date", "patients.death_date", "patients.address_line", "patients.city", "patients.postal_code", "patients.phone", "patients.email",
		"patients.general_practitioner", "observations.note", "observations.value_text", "observations.performer", "conditions.note", "conditions.recorder",
		"conditions.onset_text", "medications.dose_text", "medications.prescriber", "medications.note", "documents.text", "documents.title", "documents.url", "documents.author",
		"diagnostic_reports.conclusion", "encounters.participants", "encounters.location", "care_team.name", "care_team.member_id", "devices.serial_number", "devices.udi",
		"coverages.subscriber_id", "coverages.member_id", "practitioners.npi", "practitioners.full_name", "goals.description", "care_plans.title", "codings.text", "codings.resource_id",
	} {
		view, column, _ := strings.Cut(name, ".")
		if o, ok := fhirsql.Origins(view)[column]; !ok || o.Coded {
			t.Errorf("%s: shown, or not there: %v", name, ok)
		}
	}
}

// In typed tables nothing is shown but codes, booleans, and the parts of Coding and
// Quantity that stand for one, and nothing within what identifies a person.
func TestCodedElements(t *testing.T) {
	allowed := regexp.MustCompile(`^(Coding\.(system|code|display)|(Quantity|Age|Count|Distance|Duration)\.(unit|system|code))$`)
	shown := 0
	for _, typ := range schema.Types() {
		for _, e := range typ.Elements {
			if !isCoded(typ, e) {
				continue
			}
			shown++
			name := typ.Name + "." + e.Name
			if e.Code != "code" && e.Code != "boolean" && !allowed.MatchString(name) {
				t.Errorf("%s of type %s is shown", name, e.Code)
			}
			if identifying[typ.Name] {
				t.Errorf("%s is shown", name)
			}
		}
	}
	if shown < 100 {
		t.Errorf("only %d elements are shown: the test looks at the wrong ones", shown)
	}
	if isCoded(schema.Lookup("Coding"), nil) {
		t.Error("what FHIR does not know is shown")
	}
}
