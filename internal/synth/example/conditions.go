package example

import "github.com/samply/golang-fhir-models/fhir-models/fhir"

// A problem is one Condition. Codes left empty are not sent.
type problem struct {
	key, text                      string
	snomed, icd10, icd9            string
	clinical, verification         string
	onset, abated, recorded, visit string
	list                           bool // on the problem list; else an encounter diagnosis
}

var problems = []problem{
	{"htn", "Essential hypertension", "59621000", "I10", "401.9", "active", "confirmed", "2009", "", "2017-03-14", "", true},
	{"prediabetes", "Prediabetes", "714628002", "R73.03", "790.29", "resolved", "confirmed", "2017-03-14", "2018-04-03", "2017-03-14", "2017", true},
	{"t2dm", "Type 2 diabetes mellitus without complication, without long-term current use of insulin", "44054006", "E11.9", "250.00", "active", "confirmed", "2018-04-03", "", "2018-04-03", "2018-dx", true},
	{"t1dm", "Type 1 diabetes mellitus without complication", "46635009", "E10.9", "250.01", "", "entered-in-error", "2018-04-03", "", "2018-04-03", "2018-dx", true},
	{"lipids", "Mixed hyperlipidemia", "267434003", "E78.2", "272.2", "active", "confirmed", "2017-03", "", "2017-03-20", "2017", true},
	{"obesity", "Class 2 obesity", "414916001", "E66.9", "278.00", "active", "confirmed", "2017-03-14", "", "2017-03-14", "2017", true},
	{"tobacco", "Tobacco dependence in remission", "", "F17.201", "", "active", "confirmed", "2018-05", "", "2018-07-10", "2018-07", true},
	{"osa", "Obstructive sleep apnea", "78275009", "G47.33", "327.23", "active", "confirmed", "2019-05", "", "2019-07-16", "2019-07", true},
	{"gerd", "GERD (gastroesophageal reflux disease)", "235595009", "K21.9", "530.81", "resolved", "confirmed", "2019", "2022-11", "2019-07-16", "2019-07", true},
	{"ankle", "Sprain of right ankle", "44465007", "S93.401A", "845.00", "resolved", "confirmed", "2019-02-09", "2019-03", "2019-02-09", "2019-ed", false},
	{"polyp", "Polyp of colon", "68496003", "K63.5", "211.3", "resolved", "confirmed", "2019-06-11", "2019-06-11", "2019-06-11", "2019-colonoscopy", false},
	{"sinusitis", "Acute sinusitis", "15805002", "J01.90", "461.9", "resolved", "confirmed", "2019-09-01", "2019-09-15", "2019-09-05", "2019-sinus", false},
	{"cough", "Cough due to ACE inhibitor", "", "", "", "resolved", "confirmed", "2021-03", "2021-06", "2021-05-11", "2021-05", false},
	{"cholecystitis", "Acute cholecystitis", "65275009", "K81.0", "575.0", "resolved", "confirmed", "2022-02-07", "2022-02-11", "2022-02-08", "2022-stay", false},
	{"palpitations", "Palpitations", "80313002", "R00.2", "785.1", "inactive", "unconfirmed", "", "", "2023-06-20", "", false},
}

func (c *chart) conditions() {
	for _, p := range problems {
		c.add(p.key, p.resource(), p.edits()...)
	}
}

func (p problem) resource() fhir.Condition {
	r := fhir.Condition{
		VerificationStatus: new(concept("", hl7("condition-ver-status", p.verification, ""))),
		Category:           category(hl7("condition-category", "encounter-diagnosis", "Encounter Diagnosis")),
		Code:               new(p.concept()),
		Subject:            subject(),
		Encounter:          during(p.visit),
		OnsetDateTime:      optional(p.onset),
		AbatementDateTime:  optional(p.abated),
		RecordedDate:       optional(p.recorded),
		Recorder:           new(doctor("pcp")),
	}
	if p.list {
		r.Category = category(hl7("condition-category", "problem-list-item", "Problem List Item"))
	}
	if p.clinical != "" {
		r.ClinicalStatus = new(concept("", hl7("condition-clinical", p.clinical, "")))
	}
	return r
}

func (p problem) concept() fhir.CodeableConcept {
	var codings []fhir.Coding
	if p.snomed != "" {
		codings = append(codings, snomed(p.snomed, ""))
	}
	if p.icd10 != "" {
		codings = append(codings, icd10(p.icd10, p.text))
	}
	if p.icd9 != "" {
		codings = append(codings, icd9(p.icd9, p.text))
	}
	return concept(p.text, codings...)
}

func (p problem) edits() []edit {
	switch p.key {
	case "ankle":
		return []edit{
			set("/severity", `{"coding":[{"system":"http://snomed.info/sct","code":"6736007","display":"Moderate"}],"text":"Moderate"}`),
			set("/bodySite", `[{"coding":[{"system":"http://snomed.info/sct","code":"6685009","display":"Structure of right ankle"}],"text":"Right ankle"}]`),
		}
	case "palpitations":
		return []edit{set("/onsetAge", `{"value":54,"unit":"years","system":"http://unitsofmeasure.org","code":"a"}`)}
	case "t2dm":
		return []edit{set("/note", `[{"authorString":"Halvorsen, Ingrid, MD","time":"2018-04-03T19:32:00Z","text":"A1c 8.1 % and 8.3 % two weeks apart."},{"text":""}]`)}
	case "lipids":
		return []edit{set("/recorder", `{"reference":"`+base+`/Practitioner/`+id("Practitioner", "pcp")+`","display":"Ingrid Halvorsen, MD"}`)}
	}
	return nil
}

func (c *chart) allergies() {
	active := new(concept("", hl7("allergyintolerance-clinical", "active", "Active")))
	confirmed := new(concept("", hl7("allergyintolerance-verification", "confirmed", "Confirmed")))
	unconfirmed := new(concept("", hl7("allergyintolerance-verification", "unconfirmed", "Unconfirmed")))
	c.add("penicillin", fhir.AllergyIntolerance{
		ClinicalStatus: active, VerificationStatus: confirmed,
		Type:        new(fhir.AllergyIntoleranceTypeAllergy),
		Category:    []fhir.AllergyIntoleranceCategory{fhir.AllergyIntoleranceCategoryMedication},
		Criticality: new(fhir.AllergyIntoleranceCriticalityHigh),
		Code: new(concept("PENICILLINS", coding("urn:oid:2.16.840.1.113883.6.162", "476", ""),
			snomed("764146007", "Penicillin"), rxnorm("70618", "penicillin"))),
		Patient:       subject(),
		OnsetDateTime: new("1975"),
		RecordedDate:  new("2017-03-14T15:22:40Z"),
		Recorder:      new(doctor("pcp")),
		Reaction: []fhir.AllergyIntoleranceReaction{{
			Manifestation: []fhir.CodeableConcept{concept("Hives", snomed("247472004", "Wheal")), concept("Facial swelling")},
			Description:   new("Hives and swelling of the face within an hour of a dose, at age 7"),
			Severity:      new(fhir.AllergyIntoleranceSeverityModerate),
		}},
	})
	c.add("lisinopril", fhir.AllergyIntolerance{
		ClinicalStatus: active, VerificationStatus: confirmed,
		Type:         new(fhir.AllergyIntoleranceTypeIntolerance),
		Category:     []fhir.AllergyIntoleranceCategory{fhir.AllergyIntoleranceCategoryMedication},
		Criticality:  new(fhir.AllergyIntoleranceCriticalityLow),
		Code:         new(concept("LISINOPRIL", rxnorm("29046", "lisinopril"))),
		Patient:      subject(),
		Encounter:    during("2021-05"),
		RecordedDate: new("2021-05-11T14:27:03Z"),
		Reaction: []fhir.AllergyIntoleranceReaction{{
			Manifestation: []fhir.CodeableConcept{concept("Cough", snomed("49727002", "Cough"))},
			Severity:      new(fhir.AllergyIntoleranceSeverityMild),
		}},
	})
	c.add("tape", fhir.AllergyIntolerance{
		ClinicalStatus: active, VerificationStatus: unconfirmed,
		Code:          new(concept("Adhesive tape")),
		Patient:       subject(),
		OnsetDateTime: new("2019-05"),
		Reaction:      []fhir.AllergyIntoleranceReaction{{Manifestation: []fhir.CodeableConcept{concept("Rash <24 h")}}},
	})
}
