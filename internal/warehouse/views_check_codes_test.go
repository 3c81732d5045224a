package warehouse_test

import "strings"

// shortNames of the systems that the data at hand have.
var shortNames = map[string]string{
	"loinc.org":                        "LOINC",
	"2.16.840.1.113883.6.1":            "LOINC",
	"snomed.info/sct":                  "SNOMED CT",
	"2.16.840.1.113883.6.96":           "SNOMED CT",
	"nlm.nih.gov/research/umls/rxnorm": "RxNorm",
	"hl7.org/fhir/sid/icd-10-cm":       "ICD-10-CM",
	"2.16.840.1.113883.6.90":           "ICD-10-CM",
	"hl7.org/fhir/sid/icd-10":          "ICD-10",
	"hl7.org/fhir/ValueSet/icd-10":     "ICD-10",
	"hl7.org/fhir/sid/icd-9-cm":        "ICD-9-CM",
	"2.16.840.1.113883.6.103":          "ICD-9-CM",
	"hl7.org/fhir/sid/ndc":             "NDC",
	"hl7.org/fhir/sid/cvx":             "CVX",
	"unitsofmeasure.org":               "UCUM",
	"2.16.840.1.113883.6.8":            "UCUM",
}

func system(uri string) string {
	key, _, _ := strings.Cut(uri, "|")
	key = strings.TrimRight(key, "/")
	for _, prefix := range []string{"https://", "http://", "www.", "urn:oid:"} {
		key = strings.TrimPrefix(key, prefix)
	}
	if name := shortNames[key]; name != "" {
		return name
	}
	host, _, _ := strings.Cut(key, "/")
	if host == "hl7.org" || strings.HasSuffix(host, ".hl7.org") {
		return key[strings.LastIndex(key, "/")+1:]
	}
	return uri
}

// pick is the coding that a view shows.
func pick(concept any, preferred ...string) any {
	codings := list(concept, "coding")
	for _, name := range preferred {
		for _, c := range codings {
			if text(c, "code") != "" && system(text(c, "system")) == name {
				return c
			}
		}
	}
	for _, c := range codings {
		if selected, _ := get(c, "userSelected").(bool); selected {
			return c
		}
	}
	for _, c := range codings {
		if text(c, "system") != "" {
			return c
		}
	}
	for _, c := range codings {
		if c != nil {
			return c
		}
	}
	return nil
}

func readable(concept any, preferred ...string) string {
	chosen := pick(concept, preferred...)
	s := first(text(concept, "text"), text(chosen, "display"))
	for _, c := range list(concept, "coding") {
		s = first(s, text(c, "display"))
	}
	return first(s, text(chosen, "code"))
}

func addCode(r row, systemColumn, code, display string, concept any, preferred ...string) {
	chosen := pick(concept, preferred...)
	r[systemColumn] = system(text(chosen, "system"))
	r[code] = text(chosen, "code")
	r[display] = readable(concept, preferred...)
}

func codeOf(concept any) string {
	s := text(pick(concept), "code")
	for _, c := range list(concept, "coding") {
		s = first(s, text(c, "code"))
	}
	return s
}

func has(concept any, code string) bool {
	for _, c := range list(concept, "coding") {
		if text(c, "code") == code {
			return true
		}
	}
	return false
}
