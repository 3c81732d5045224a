package example

import (
	"slices"
	"strings"

	"github.com/samply/golang-fhir-models/fhir-models/fhir"
)

// urine says whether a panel is measured in urine.
func (d draw) urine() bool { return d.panel == "ua" || d.panel == "acr" }

func (d draw) specimen() fhir.Reference {
	if d.urine() {
		return ref("Specimen", d.visit+"/urine", "")
	}
	return ref("Specimen", d.visit, "")
}

// specimens are one of blood a visit and one of urine; those of later years were
// out of reach, and references to them dangle.
func (c *chart) specimens() {
	seen := map[string]bool{}
	for _, d := range draws {
		key, typ, number := d.visit, concept("Blood", snomed("119297000", "Blood specimen")), "01"
		if d.urine() {
			key, typ, number = d.visit+"/urine", concept("Urine", snomed("122575003", "Urine specimen")), "02"
		}
		if seen[key] || d.at > "2019" {
			continue
		}
		seen[key] = true
		c.add(key, fhir.Specimen{
			AccessionIdentifier: new(identifier(epic+"2.798268.820", "L"+strings.ReplaceAll(d.at[2:10], "-", "")+number)),
			Status:              new(fhir.SpecimenStatusAvailable),
			Type:                &typ,
			Subject:             new(subject()),
			Collection:          &fhir.SpecimenCollection{CollectedDateTime: &d.at, Collector: &fhir.Reference{Display: new("Phlebotomist")}},
		})
	}
	c.add("polyps", fhir.Specimen{
		Status:     new(fhir.SpecimenStatusAvailable),
		Type:       new(concept("Colon polyp", snomed("119376003", "Tissue specimen"))),
		Subject:    new(subject()),
		Collection: &fhir.SpecimenCollection{CollectedDateTime: new("2019-06-11T13:44:00Z"), BodySite: new(concept("Descending colon"))},
		Container:  []fhir.SpecimenContainer{{Description: new("Formalin, 2 pieces")}},
	})
}

// orderedPanels are the draws whose order the export has too; the others' orders
// were out of reach, and references to them dangle.
var orderedPanels = []string{"2017/lipid", "2018-annual/a1c", "2020-09/lipid", "2022-ed/cbc", "2025-04/a1c"}

func (c *chart) serviceRequests() {
	for _, d := range draws {
		key := d.visit + "/" + d.panel
		if !slices.Contains(orderedPanels, key) {
			continue
		}
		c.add(key, fhir.ServiceRequest{
			Identifier: []fhir.Identifier{identifier(epic+"2.798268", "88"+strings.ReplaceAll(d.at[2:10], "-", ""))},
			Status:     fhir.RequestStatusCompleted,
			Intent:     fhir.RequestIntentOrder,
			Category:   []fhir.CodeableConcept{concept("Lab", snomed("108252007", "Laboratory procedure"))},
			Priority:   new(fhir.RequestPriorityRoutine),
			Code:       new(panels[d.panel]),
			Subject:    subject(),
			Encounter:  during(d.visit),
			AuthoredOn: new(visitOf(d.visit).start),
			Requester:  new(doctor(visitOf(d.visit).who)),
			ReasonCode: []fhir.CodeableConcept{concept(visitOf(d.visit).reason)},
		})
	}
}

// labReports are the panels with more than one result; for others this EHR writes
// no report.
func (c *chart) labReports() {
	for _, d := range draws {
		if strings.Count(d.values, "=") < 2 || d.panel == "other" {
			continue
		}
		var results []fhir.Reference
		for word := range strings.FieldsSeq(d.values) {
			name, _, _ := strings.Cut(word, "=")
			results = append(results, ref("Observation", d.key(name), analytes[name].name))
		}
		c.add(d.visit+"/"+d.panel, fhir.DiagnosticReport{
			BasedOn:           []fhir.Reference{ref("ServiceRequest", d.visit+"/"+d.panel, "")},
			Status:            fhir.DiagnosticReportStatusFinal,
			Category:          []fhir.CodeableConcept{concept("Lab", hl7("v2-0074", "LAB", "Laboratory"))},
			Code:              panels[d.panel],
			Subject:           new(subject()),
			Encounter:         during(d.visit),
			EffectiveDateTime: &d.at,
			Issued:            new(d.reported()),
			Performer:         []fhir.Reference{ref("Organization", "lab", "Larkfield Regional Laboratory")},
			Specimen:          []fhir.Reference{d.specimen()},
			Result:            results,
		})
	}
}

func (c *chart) imagingReports() {
	for _, p := range pictures {
		c.add("imaging/"+p.key, fhir.DiagnosticReport{
			Status:             fhir.DiagnosticReportStatusFinal,
			Category:           []fhir.CodeableConcept{concept("Imaging", loinc("LP29684-5", "Radiology"))},
			Code:               p.code(),
			Subject:            new(subject()),
			Encounter:          during(p.visit),
			EffectiveDateTime:  &p.at,
			Issued:             new(p.at[:11] + "23:58:00Z"),
			ResultsInterpreter: []fhir.Reference{{Display: new("Samir Haddad-Nyquist, MD")}},
			ImagingStudy:       []fhir.Reference{ref("ImagingStudy", p.key, p.text)},
			Conclusion:         &p.conclusion,
			PresentedForm:      []fhir.Attachment{attachment("text/html", "report/"+p.key, p.text)},
		})
	}
}

// pathology is the report on the polyps of 2019, with its text inside.
func (c *chart) pathology() {
	c.add("pathology", fhir.DiagnosticReport{
		Status:            fhir.DiagnosticReportStatusAmended,
		Category:          []fhir.CodeableConcept{concept("Pathology", hl7("v2-0074", "SP", "Surgical Pathology"))},
		Code:              concept("Surgical pathology", loinc("11529-5", "Surgical pathology study")),
		Subject:           new(subject()),
		Encounter:         during("2019-colonoscopy"),
		EffectiveDateTime: new("2019-06-11T13:44:00Z"),
		Issued:            new("2019-06-14T20:26:31Z"),
		Performer:         []fhir.Reference{doctor("pathologist")},
		Specimen:          []fhir.Reference{ref("Specimen", "polyps", "")},
		Conclusion:        new("Tubular adenoma (7 mm); hyperplastic polyp (4 mm). No high-grade dysplasia."),
		ConclusionCode:    []fhir.CodeableConcept{concept("Tubular adenoma", snomed("444408007", "Tubular adenoma"))},
		PresentedForm: []fhir.Attachment{{ContentType: new("text/plain"), Title: new("Surgical pathology report"),
			Data: new(encoded("SURGICAL PATHOLOGY\n\nA. Colon, descending, polyp: tubular adenoma.\nB. Colon, descending, polyp: hyperplastic polyp.\n\nAmended 2019-06-14: size of A corrected to 7 mm.\n"))}},
	})
}
