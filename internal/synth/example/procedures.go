package example

import "github.com/samply/golang-fhir-models/fhir-models/fhir"

// A deed is one Procedure.
type deed struct {
	key, visit, start, end, who string
	text, snomed, cpt, pcs      string
	reason, site, note          string
}

var deeds = []deed{
	{"eye", "2018-eye", "2018-05-22T13:25:00Z", "", "eye", "Diabetic retinal exam", "134395001", "92004", "", "t2dm", "Both eyes", "No diabetic retinopathy. Recall in 12 months."},
	{"foot", "2018-07", "2018-07-10", "", "pcp", "Diabetic foot exam", "401191002", "", "", "t2dm", "", "Monofilament intact at 10/10 sites."},
	{"education", "2018-dsme", "2018-05-01T16:00:00Z", "2018-05-01T17:30:00Z", "educator", "Diabetes self-management training", "6143009", "", "", "t2dm", "", ""},
	{"splint", "2019-ed", "2019-02-10T00:40:00Z", "", "ed", "Application of ankle splint", "79321009", "", "", "ankle", "Right ankle", ""},
	{"colonoscopy-2019", "2019-colonoscopy", "2019-06-11T13:20:00Z", "2019-06-11T13:52:00Z", "gi", "Colonoscopy with snare polypectomy", "73761001", "45385", "0DBL8ZX", "polyp", "Descending colon", "Two polyps, 4 mm & 7 mm, removed."},
	{"cholecystectomy", "2022-stay", "2022-02-09T14:10:00Z", "2022-02-09T15:32:00Z", "surgeon", "Laparoscopic cholecystectomy", "45595009", "47562", "0FT44ZZ", "cholecystitis", "Gallbladder", ""},
	{"mammogram", "2023-mammogram", "2023-06-20T18:50:00Z", "", "", "Screening mammogram, bilateral", "24623002", "77067", "", "", "Both breasts", ""},
	{"colonoscopy-2024", "2024-colonoscopy", "2024-06-18T13:05:00Z", "2024-06-18T13:31:00Z", "gi", "Colonoscopy", "73761001", "45378", "", "", "", "Normal to the cecum."},
	{"eye-outside", "", "2021", "", "", "Retinal exam (outside, patient reported)", "", "", "", "", "", ""},
}

func (c *chart) procedures() {
	for _, d := range deeds {
		c.add(d.key, d.resource())
	}
	c.add("egd", fhir.Procedure{
		Status:       fhir.EventStatusNotDone,
		StatusReason: new(concept("Patient declined")),
		Code:         new(concept("Esophagogastroduodenoscopy", cpt("43235", ""))),
		Subject:      subject(),
	}, set("/_performedDateTime", `{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"not-applicable"}]}`))
}

func (d deed) resource() fhir.Procedure {
	var codings []fhir.Coding
	if d.snomed != "" {
		codings = append(codings, snomed(d.snomed, ""))
	}
	if d.cpt != "" {
		codings = append(codings, cpt(d.cpt, d.text))
	}
	if d.pcs != "" {
		codings = append(codings, coding("http://www.cms.gov/Medicare/Coding/ICD10", d.pcs, ""))
	}
	p := fhir.Procedure{
		Status:    fhir.EventStatusCompleted,
		Code:      new(concept(d.text, codings...)),
		Subject:   subject(),
		Encounter: during(d.visit),
	}
	if d.end == "" {
		p.PerformedDateTime = &d.start
	} else {
		p.PerformedPeriod = period(d.start, d.end)
	}
	if d.who != "" {
		p.Performer = []fhir.ProcedurePerformer{{Actor: doctor(d.who)}}
	}
	if d.reason != "" {
		p.ReasonReference = []fhir.Reference{ref("Condition", d.reason, "")}
	}
	if d.site != "" {
		p.BodySite = []fhir.CodeableConcept{concept(d.site)}
	}
	if d.note != "" {
		p.Note = note(d.note)
	}
	return p
}

// A picture is an ImagingStudy and the report about it.
type picture struct {
	key, visit, at, modality, modalityName, text, cpt, loinc, conclusion string
	series, instances                                                    int
}

var pictures = []picture{
	{"ankle", "2019-ed", "2019-02-09T23:31:00Z", "DX", "Digital Radiography", "XR ANKLE RIGHT 3 VIEWS", "73610", "", "Soft tissue swelling over the lateral malleolus. No fracture.", 1, 3},
	{"gallbladder", "2022-ed", "2022-02-08T05:12:00Z", "US", "Ultrasound", "US ABDOMEN LIMITED", "76705", "24558-9", "Gallstones with wall thickening of 5 mm and pericholecystic fluid, in keeping with acute cholecystitis.", 1, 24},
	{"breast", "2023-mammogram", "2023-06-20T18:50:00Z", "MG", "Mammography", "MAMMO SCREENING BILATERAL", "77067", "24606-6", "BI-RADS 1: negative. Routine screening in one year.", 2, 4},
}

func (p picture) code() fhir.CodeableConcept {
	codings := []fhir.Coding{cpt(p.cpt, "")}
	if p.loinc != "" {
		codings = append(codings, loinc(p.loinc, ""))
	}
	return concept(p.text, codings...)
}

func (c *chart) imaging() {
	uid := "2.25.30418823957110048213."
	for i, p := range pictures {
		study := uid + string(rune('1'+i))
		modality := coding("http://dicom.nema.org/resources/ontology/DCM", p.modality, p.modalityName)
		r := fhir.ImagingStudy{
			Identifier:        []fhir.Identifier{identifier("urn:dicom:uid", "urn:oid:"+study)},
			Status:            fhir.ImagingStudyStatusAvailable,
			Modality:          []fhir.Coding{modality},
			Subject:           subject(),
			Encounter:         during(p.visit),
			Started:           &p.at,
			NumberOfSeries:    &p.series,
			NumberOfInstances: &p.instances,
			ProcedureCode:     []fhir.CodeableConcept{p.code()},
			Description:       &p.text,
		}
		for n := range p.series {
			r.Series = append(r.Series, fhir.ImagingStudySeries{Uid: study + "." + string(rune('1'+n)), Number: new(n + 1),
				Modality: modality, NumberOfInstances: new(p.instances / p.series), Started: &p.at})
		}
		c.add(p.key, r)
	}
}
