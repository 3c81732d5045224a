package schema_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/schema"
)

// at returns the element at the end of a path such as "Patient.name.family".
func at(t *testing.T, path string) *schema.Element {
	t.Helper()
	names := strings.Split(path, ".")
	typ := schema.Lookup(names[0])
	for i, name := range names[1:] {
		e := typ.Element(name)
		if e == nil {
			t.Fatalf("%s: %s has no element %s", path, typ.Name, name)
		}
		if i == len(names)-2 {
			return e
		}
		typ = e.Type
	}
	t.Fatalf("%s is no path of an element", path)
	return nil
}

var kinds = map[schema.Kind]string{
	schema.String: "String", schema.Boolean: "Boolean", schema.Integer: "Integer",
	schema.Decimal: "Decimal", schema.JSON: "JSON", schema.Struct: "Struct",
}

func TestElements(t *testing.T) {
	tests := []struct {
		path string
		want string // kind, [] for a list, code, name of the type, choice, minimum
	}{
		{"Patient.birthDate", "String date 0"},
		{"Patient._birthDate", "Struct Element Element 0"},
		{"Patient.name", "Struct[] HumanName HumanName 0"},
		{"Patient.name.given", "String[] string 0"},
		{"Patient.name._given", "Struct[] Element Element 0"},
		{"Patient.multipleBirthInteger", "Integer integer multipleBirth 0"},
		{"Patient.multipleBirthBoolean", "Boolean boolean multipleBirth 0"},
		{"Patient._multipleBirthBoolean", "Struct Element Element 0"},
		{"Patient.contained", "JSON[] Resource 0"},
		{"Patient.id", "String id 0"},
		{"Patient._id", "Struct Element Element 0"},
		{"Patient.meta.lastUpdated", "String instant 0"},
		{"Patient.text.div", "String xhtml 1"},
		{"Patient.contact", "Struct[] BackboneElement Patient.contact 0"},
		{"Patient.contact.id", "String string 0"},
		{"Observation.status", "String code 1"},
		{"Observation.valueQuantity.value", "Decimal decimal 0"},
		{"Observation.valueSampledData.dimensions", "Integer positiveInt 1"},
		{"Observation.referenceRange.low", "Struct Quantity Quantity 0"},
		{"Observation.component.referenceRange", "Struct[] BackboneElement Observation.referenceRange 0"},
		{"Observation.effectiveTiming.repeat", "Struct Element Timing.repeat 0"},
		{"Questionnaire.item.item", "Struct[] BackboneElement Questionnaire.item 0"},
		{"Bundle.entry.link", "Struct[] BackboneElement Bundle.link 0"},
		{"Bundle.entry.resource", "JSON Resource 0"},
		{"Bundle.entry.response.outcome", "JSON Resource 0"},
		{"Bundle.total", "Integer unsignedInt 0"},
		{"Parameters.parameter.resource", "JSON Resource 0"},
		{"Parameters.parameter.valueDosage", "Struct Dosage Dosage value 0"},
		{"Extension.url", "String uri 1"},
		{"Extension.valueMeta", "Struct Meta Meta value 0"},
		{"Condition.onsetAge.value", "Decimal decimal 0"},
		{"EvidenceVariable.characteristic.participantEffectiveTiming", "Struct Timing Timing participantEffective 0"},
		{"ExampleScenario.instance.resourceType", "String code 1"},
		{"DocumentManifest._source", "Struct Element Element 0"},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			if got := describe(at(t, tt.path)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func describe(e *schema.Element) string {
	words := []string{kinds[e.Kind], e.Code}
	if e.List {
		words[0] += "[]"
	}
	if e.Type != nil {
		words = append(words, e.Type.Name)
	}
	if e.Choice != "" {
		words = append(words, e.Choice)
	}
	return strings.Join(append(words, fmt.Sprint(e.Min)), " ")
}

func TestElementsThatAreNotR4(t *testing.T) {
	for _, path := range []string{
		"Patient.resourceType", "Patient.value[x]", "Observation.value", "Observation.valueReference",
		"HumanName._id", "Extension._url", "Narrative._div", "Patient._contained", "Patient._name",
		"Meta.project", "Binary.url", "ResearchStudy.whyStopped", "ResearchStudy.label", // Medplum's
	} {
		typ, name, _ := strings.Cut(path, ".")
		if schema.Lookup(typ).Element(name) != nil {
			t.Errorf("there is %s", path)
		}
	}
}

func TestResources(t *testing.T) {
	all := schema.Resources()
	if len(all) != 146 {
		t.Errorf("got %d resource types, want 146", len(all))
	}
	for _, typ := range all {
		if !typ.Resource || schema.Resource(typ.Name) != typ || schema.Lookup(typ.Name) != typ {
			t.Errorf("%s: Resource %t, not found by its name", typ.Name, typ.Resource)
		}
		if typ.Elements[0].Name != "id" || typ.Short == "" {
			t.Errorf("%s: first element %s, short %q", typ.Name, typ.Elements[0].Name, typ.Short)
		}
	}
	for _, name := range []string{"Resource", "DomainResource", "Quantity", "Observation.component", "Unknown", "SubscriptionStatus", "patient", ""} {
		if schema.Resource(name) != nil {
			t.Errorf("%q is a resource type", name)
		}
	}
}

func TestUnknown(t *testing.T) {
	u := schema.Unknown()
	if u != schema.Unknown() || !u.Resource || u.Element("id") == nil || u.Element("resourceType").Kind != schema.String {
		t.Errorf("got %+v", u)
	}
}

func TestTargets(t *testing.T) {
	tests := []struct{ path, want string }{
		{"Observation.subject", "Patient Group Device Location"},
		{"Observation.focus", ""}, // any
		{"CarePlan.instantiatesCanonical", "PlanDefinition Questionnaire Measure ActivityDefinition OperationDefinition"},
		{"MedicationRequest.medicationReference", "Medication"},
	}
	for _, tt := range tests {
		if got := strings.Join(at(t, tt.path).Targets, " "); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.path, got, tt.want)
		}
	}
}

func TestEveryElementIsWhole(t *testing.T) {
	for _, typ := range schema.Types() {
		names := map[string]bool{}
		for i, e := range typ.Elements {
			where := typ.Name + "." + e.Name
			if e.Index != i || typ.Element(e.Name) != e {
				t.Errorf("%s: index %d at %d", where, e.Index, i)
			}
			if e.Short == "" || e.Code == "" || (e.Kind == schema.Struct) != (e.Type != nil) {
				t.Errorf("%s: %+v", where, e)
			}
			if e.Of != nil && (e.Name != "_"+e.Of.Name || e.List != e.Of.List || typ.Elements[i-1] != e.Of) {
				t.Errorf("%s is of %s", where, e.Of.Name)
			}
			// DuckDB compares names without case.
			if lower := strings.ToLower(e.Name); names[lower] {
				t.Errorf("%s: another element has the name in other letters", where)
			} else {
				names[lower] = true
			}
		}
	}
}

func TestReserved(t *testing.T) {
	var got []string
	for _, typ := range schema.Resources() {
		for _, e := range typ.Elements {
			if schema.Reserved(e.Name) {
				got = append(got, typ.Name+"."+e.Name)
			}
		}
	}
	if want := []string{"CodeSystem._content", "DocumentManifest._source"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
