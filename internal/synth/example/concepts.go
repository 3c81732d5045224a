package example

import (
	"encoding/json"
	"strings"

	"github.com/samply/golang-fhir-models/fhir-models/fhir"
)

// epic is the root of the identifiers that the imagined EHR gives out.
const epic = "urn:oid:1.2.840.114350.1.13.999.2.7."

// base is the FHIR endpoint of the imagined health system.
const base = "https://fhir.larkfield.example/interconnect/api/FHIR/R4"

func coding(system, code, display string) fhir.Coding {
	c := fhir.Coding{}
	if system != "" {
		c.System = &system
	}
	if code != "" {
		c.Code = &code
	}
	if display != "" {
		c.Display = &display
	}
	return c
}

func loinc(code, display string) fhir.Coding  { return coding("http://loinc.org", code, display) }
func snomed(code, display string) fhir.Coding { return coding("http://snomed.info/sct", code, display) }
func icd10(code, display string) fhir.Coding {
	return coding("http://hl7.org/fhir/sid/icd-10-cm", code, display)
}
func icd9(code, display string) fhir.Coding {
	return coding("http://hl7.org/fhir/sid/icd-9-cm", code, display)
}
func cpt(code, display string) fhir.Coding {
	return coding("http://www.ama-assn.org/go/cpt", code, display)
}
func rxnorm(code, display string) fhir.Coding {
	return coding("http://www.nlm.nih.gov/research/umls/rxnorm", code, display)
}
func ndc(code string) fhir.Coding { return coding("http://hl7.org/fhir/sid/ndc", code, "") }

// hl7 is a code of an HL7 code system, such as condition-clinical.
func hl7(system, code, display string) fhir.Coding {
	return coding("http://terminology.hl7.org/CodeSystem/"+system, code, display)
}

// local is a code of the EHR's own.
func local(branch, code, display string) fhir.Coding { return coding(epic+branch, code, display) }

// concept makes a CodeableConcept; empty text is left out.
func concept(text string, codings ...fhir.Coding) fhir.CodeableConcept {
	c := fhir.CodeableConcept{Coding: codings}
	if text != "" {
		c.Text = &text
	}
	return c
}

// category is a concept whose text is its only coding's display.
func category(c fhir.Coding) []fhir.CodeableConcept {
	return []fhir.CodeableConcept{concept(*c.Display, c)}
}

// optional is nil for empty text.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// quantity keeps the digits of value and takes a comparator in front of it. A
// unit that is no UCUM code comes with one behind a bar: `%|%`, `mg/dL`, `lb|[lb_av]`.
func quantity(value, unit string) *fhir.Quantity {
	q := &fhir.Quantity{}
	digits := strings.TrimLeft(value, "<>=")
	switch strings.TrimSuffix(value, digits) {
	case "<":
		q.Comparator = new(fhir.QuantityComparatorLessThan)
	case ">":
		q.Comparator = new(fhir.QuantityComparatorGreaterThan)
	}
	q.Value = new(json.Number(digits))
	name, code, two := strings.Cut(unit, "|")
	if !two {
		code = name
	}
	if name != "" {
		q.Unit = &name
	}
	if code != "" {
		q.System, q.Code = new("http://unitsofmeasure.org"), &code
	}
	return q
}

func period(start, end string) *fhir.Period {
	return &fhir.Period{Start: optional(start), End: optional(end)}
}

func money(value string) *fhir.Money {
	return &fhir.Money{Value: new(json.Number(value)), Currency: new("USD")}
}

func identifier(system, value string) fhir.Identifier {
	return fhir.Identifier{Use: new(fhir.IdentifierUseUsual), System: &system, Value: &value}
}

func typedIdentifier(typ, system, value string) fhir.Identifier {
	i := identifier(system, value)
	i.Type = new(concept(typ))
	return i
}

func note(text string) []fhir.Annotation { return []fhir.Annotation{{Text: text}} }
