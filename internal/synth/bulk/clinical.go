package bulk

import "strconv"

func (p *patient) encounter(b []byte, i int) []byte {
	v, c := p.visit(i), pick(p.r, visitTypes)
	d, o := p.doctors[v.doctor], p.clinics[v.doctor]
	b = cat(b, `{"resourceType":"Encounter","id":"`, v.id, `"`)
	if p.prefixed && v.doctor == 0 {
		b = cat(b, `,"identifier":[{"use":"official","system":"`, home, `","value":"`, v.id, `"}]`)
	}
	b = cat(b, `,"status":"finished","class":{"system":"`, hl7, `v3-ActCode","code":"`, pick(p.r, []string{"AMB", "AMB", "AMB", "EMER", "IMP", "VR"}), `"},"type":[`)
	b = c.concept(b)
	b = append(b, ']')
	b = cat(p.ref(cat(b, `,"subject":`), "Patient", p.id), `,"display":"`, p.given, ` `, p.family, `"},"participant":[{"type":[`)
	b = code{hl7 + "v3-ParticipationType", "PPRF", "primary performer"}.concept(b)
	b = append(b, ']')
	b = p.period(b, "period", v.start, v.end)
	b = cat(p.by(cat(b, `,"individual":`), d), `}]`)
	b = p.period(b, "period", v.start, v.end)
	if p.r.IntN(3) == 0 {
		b = append(pick(p.r, disorders).bare(cat(b, `,"reasonCode":[`)), ']')
	}
	if p.prefixed && v.doctor < 2 {
		b = cat(p.at(cat(b, `,"location":[{"location":`), "Location", o), `}]`)
	}
	return append(p.at(cat(b, `,"serviceProvider":`), "Organization", o), '}')
}

func (p *patient) observation(b []byte, i int) []byte {
	v := p.visit(p.r.IntN(len(p.visits)))
	b = cat(b, `{"resourceType":"Observation","id":"`, p.observations[i], `"`)
	b = p.meta(b, "observation-lab")
	switch n := p.r.IntN(100); {
	case n < 8:
		return p.pressure(b, v)
	case n < 10:
		return p.survey(b, v)
	case n < 16:
		b = p.observed(b, "social-history", code{loinc, "72166-2", "Tobacco smoking status"}, v)
		return append(pick(p.r, smoking).concept(cat(b, `,"valueCodeableConcept":`)), '}')
	}
	m := &measures[p.r.IntN(len(measures))]
	category := "laboratory"
	if m.vital {
		category = "vital-signs"
	}
	b = p.observed(b, category, m.code, v)
	b = appendDecimal(cat(b, `,"valueQuantity":{"value":`), p.r, m.low, m.high)
	return cat(b, `,"unit":"`, m.unit, `","system":"http://unitsofmeasure.org","code":"`, m.unit, `"}}`)
}

// observed appends what all Observations have in common.
func (p *patient) observed(b []byte, category string, c code, v *visit) []byte {
	b = cat(b, `,"status":"final","category":[{"coding":[{"system":"`, hl7, `observation-category","code":"`, category, `","display":"`, category, `"}]}],"code":`)
	b = c.concept(b)
	b = p.subject(b, "subject")
	b = p.during(b, "encounter", v)
	b = p.time(b, "effectiveDateTime", v.start)
	b = appendInstant(cat(b, `,"issued":"`), v.start, p.zone)
	return append(b, '"')
}

func (p *patient) pressure(b []byte, v *visit) []byte {
	b = p.observed(b, "vital-signs", code{loinc, "85354-9", "Blood pressure panel with all children optional"}, v)
	b = code{loinc, "8462-4", "Diastolic blood pressure"}.concept(cat(b, `,"component":[{"code":`))
	b = appendInt(cat(b, `,"valueQuantity":{"value":`), 60+p.r.IntN(40))
	b = cat(b, `,"unit":"mm[Hg]","system":"http://unitsofmeasure.org","code":"mm[Hg]"}},{"code":`)
	b = code{loinc, "8480-6", "Systolic blood pressure"}.concept(b)
	b = appendInt(cat(b, `,"valueQuantity":{"value":`), 95+p.r.IntN(70))
	return cat(b, `,"unit":"mm[Hg]","system":"http://unitsofmeasure.org","code":"mm[Hg]"}}]}`)
}

func (p *patient) survey(b []byte, v *visit) []byte {
	b = p.observed(b, "survey", code{loinc, "93025-5", "Protocol for Responding to and Assessing Patients' Assets, Risks, and Experiences [PRAPARE]"}, v)
	b = cat(b, `,"component":[`)
	for n := range 20 {
		if n > 0 {
			b = append(b, ',')
		}
		b = surveyItems[n%len(surveyItems)].concept(cat(b, `{"code":`))
		if n == 2 {
			b = appendWord(cat(b, `,"valueString":"`), p.r)
			b = cat(b, `"}`)
			continue
		}
		b = append(pick(p.r, surveyAnswers).concept(cat(b, `,"valueCodeableConcept":`)), '}')
	}
	return cat(b, `]}`)
}

func (p *patient) procedure(b []byte, i int) []byte {
	v := p.visit(p.r.IntN(len(p.visits)))
	b = cat(b, `{"resourceType":"Procedure","id":"`, uuid(p.r), `"`)
	b = p.meta(b, "procedure")
	b = pick(p.r, procedureCodes).concept(cat(b, `,"status":"completed","code":`))
	b = p.during(p.subject(b, "subject"), "encounter", v)
	b = p.period(b, "performedPeriod", v.start, v.start+p.r.Int64N(5400))
	b = p.at(cat(b, `,"location":`), "Location", p.clinics[v.doctor])
	if p.r.IntN(5) < 2 {
		b = p.reason(b)
	}
	return append(b, '}')
}

// reason appends a reference to one of the patient's conditions.
func (p *patient) reason(b []byte) []byte {
	c := pick(p.r, p.conditions)
	b = p.ref(cat(b, `,"reasonReference":[`), "Condition", c.id)
	return cat(b, `,"display":"`, c.code.display, `"}]`)
}

func (p *patient) medicationRequest(b []byte, i int) []byte {
	v := p.visit(p.r.IntN(len(p.visits)))
	b = cat(b, `{"resourceType":"MedicationRequest","id":"`, p.requests[i], `"`)
	b = p.meta(b, "medicationrequest")
	b = cat(b, `,"status":"`, pick(p.r, []string{"stopped", "stopped", "active", "completed"}), `","intent":"order","category":[`)
	b = code{hl7 + "medicationrequest-category", "community", "Community"}.concept(b)
	b = pick(p.r, drugCodes).concept(cat(b, `],"medicationCodeableConcept":`))
	b = p.during(p.subject(b, "subject"), "encounter", v)
	b = p.time(b, "authoredOn", v.start)
	b = p.reason(p.by(cat(b, `,"requester":`), p.doctors[v.doctor]))
	if p.r.IntN(100) < 28 {
		b = p.dosage(b)
	}
	return append(b, '}')
}

func (p *patient) dosage(b []byte) []byte {
	b = cat(b, `,"dosageInstruction":[{"sequence":1,"text":"Take as directed: `)
	b = appendWord(b, p.r)
	b = appendInt(cat(b, `","timing":{"repeat":{"frequency":`), 1+p.r.IntN(4))
	b = cat(b, `,"period":`, pick(p.r, []string{"1.0", "4.0", "6.0", "12.0"}), `,"periodUnit":"`, pick(p.r, []string{"d", "h"}))
	b = code{hl7 + "dose-rate-type", "ordered", "Ordered"}.bare(cat(b, `"}},"asNeededBoolean":false,"doseAndRate":[{"type":`))
	return cat(b, `,"doseQuantity":{"value":`, pick(p.r, []string{"1.0", "2.0", "0.5"}), `}}]}]`)
}

func (p *patient) condition(b []byte, i int) []byte {
	c := &p.conditions[i]
	v := p.visit(c.visit)
	b = cat(b, `{"resourceType":"Condition","id":"`, c.id, `"`)
	b = p.meta(b, "condition-encounter-diagnosis")
	resolved := p.r.IntN(10) < 7
	status := "active"
	if resolved {
		status = "resolved"
	}
	b = cat(b, `,"clinicalStatus":{"coding":[{"system":"`, hl7, `condition-clinical","code":"`, status,
		`"}]},"verificationStatus":{"coding":[{"system":"`, hl7, `condition-ver-status","code":"confirmed"}]},"category":[`)
	b = code{hl7 + "condition-category", "encounter-diagnosis", "Encounter Diagnosis"}.bare(b)
	b = c.code.concept(cat(b, `],"code":`))
	b = p.during(p.subject(b, "subject"), "encounter", v)
	b = p.time(b, "onsetDateTime", v.start)
	if resolved {
		b = p.time(b, "abatementDateTime", v.start+86400*(1+p.r.Int64N(400)))
	}
	return append(p.time(b, "recordedDate", v.start), '}')
}

func (p *patient) immunization(b []byte, i int) []byte {
	v := p.visit(p.r.IntN(len(p.visits)))
	b = cat(b, `{"resourceType":"Immunization","id":"`, uuid(p.r), `"`)
	b = p.meta(b, "immunization")
	b = pick(p.r, vaccineCodes).concept(cat(b, `,"status":"completed","vaccineCode":`))
	b = p.during(p.subject(b, "patient"), "encounter", v)
	b = cat(p.time(b, "occurrenceDateTime", v.start), `,"primarySource":true`)
	return append(p.at(cat(b, `,"location":`), "Location", p.clinics[v.doctor]), '}')
}

func (p *patient) diagnosticReport(b []byte, i int) []byte {
	v := p.visit(p.r.IntN(len(p.visits)))
	b = cat(b, `{"resourceType":"DiagnosticReport","id":"`, uuid(p.r), `"`)
	b = p.meta(b, "diagnosticreport-lab")
	b = code{hl7 + "v2-0074", "LAB", "Laboratory"}.bare(cat(b, `,"status":"final","category":[`))
	b = pick(p.r, reportCodes).concept(cat(b, `],"code":`))
	b = p.during(p.subject(b, "subject"), "encounter", v)
	b = p.time(b, "effectiveDateTime", v.start)
	b = appendInstant(cat(b, `,"issued":"`), v.start, p.zone)
	b = cat(b, `"`)
	for n := range min(2+p.r.IntN(3), len(p.observations)) {
		open := `,`
		if n == 0 {
			open = `,"result":[`
		}
		b = p.ref(cat(b, open), "Observation", pick(p.r, p.observations))
		b = cat(b, `,"display":"`, pick(p.r, measures).display, `"}`)
	}
	if len(p.observations) > 0 {
		b = append(b, ']')
	}
	if !p.noNotes && p.r.IntN(10) < 2 {
		b = p.appendNote(cat(b, `,"presentedForm":[{"contentType":"text/plain; charset=utf-8","data":"`), 8)
		b = cat(b, `"}]`)
	}
	return append(b, '}')
}

func (p *patient) documentReference(b []byte, i int) []byte {
	v, id := p.visit(p.r.IntN(len(p.visits))), uuid(p.r)
	o := p.clinics[v.doctor]
	b = cat(b, `{"resourceType":"DocumentReference","id":"`, id, `"`)
	b = p.meta(b, "documentreference")
	b = cat(b, `,"identifier":[{"system":"urn:ietf:rfc:3986","value":"urn:uuid:`, uuid(p.r), `"}],"status":"`, pick(p.r, []string{"superseded", "superseded", "current"}),
		`","type":{"coding":[{"system":"http://loinc.org","code":"34117-2","display":"History and physical note"},{"system":"http://loinc.org","code":"51847-2","display":"Evaluation + Plan note"}]},"category":[`)
	b = code{"http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category", "clinical-note", "Clinical Note"}.bare(b)
	b = p.subject(append(b, ']'), "subject")
	b = appendInstant(cat(b, `,"date":"`), v.start, p.zone)
	b = p.by(cat(b, `","author":[`), p.doctors[v.doctor])
	b = p.at(cat(b, `],"custodian":`), "Organization", o)
	b = cat(b, `,"content":[{"attachment":{"contentType":"text/plain; charset=utf-8",`)
	if p.noNotes {
		b = cat(b, `"url":"Binary/`, id, `"`)
	} else {
		b = append(p.appendNote(cat(b, `"data":"`), 8+p.r.IntN(16)), '"')
	}
	b = cat(b, `},"format":{"system":"http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode","code":"urn:ihe:iti:xds:2017:mimeTypeSufficient","display":"mimeType Sufficient"}}],"context":{"encounter":[`)
	b = p.period(cat(p.ref(b, "Encounter", v.id), `}]`), "period", v.start, v.end)
	return cat(b, `}}`)
}

func (p *patient) medicationAdministration(b []byte, i int) []byte {
	v := p.visit(p.r.IntN(len(p.visits)))
	b = cat(b, `{"resourceType":"MedicationAdministration","id":"`, uuid(p.r), `","status":"completed","medicationCodeableConcept":`)
	b = pick(p.r, drugCodes).concept(b)
	b = p.during(p.subject(b, "subject"), "context", v)
	b = p.time(b, "effectiveDateTime", v.start)
	return append(p.reason(b), '}')
}

func (p *patient) allergyIntolerance(b []byte, i int) []byte {
	b = cat(b, `{"resourceType":"AllergyIntolerance","id":"`, uuid(p.r), `"`)
	b = p.meta(b, "allergyintolerance")
	b = cat(b, `,"clinicalStatus":{"coding":[{"system":"`, hl7, `allergyintolerance-clinical","code":"active"}]},"verificationStatus":{"coding":[{"system":"`,
		hl7, `allergyintolerance-verification","code":"confirmed"}]},"type":"allergy","category":["`, pick(p.r, []string{"food", "environment", "medication"}), `"],"criticality":"low","code":`)
	b = p.subject(pick(p.r, allergens).concept(b), "patient")
	b = p.time(b, "recordedDate", p.birth+86400*365)
	for n := range 1 + p.r.IntN(3) {
		open := `,`
		if n == 0 {
			open = `,"reaction":[`
		}
		b = pick(p.r, reactions).concept(cat(b, open, `{"manifestation":[`))
		b = cat(b, `],"severity":"`, pick(p.r, []string{"mild", "moderate", "severe"}), `"}`)
	}
	return cat(b, `]}`)
}

func (p *patient) imagingStudy(b []byte, i int) []byte {
	v, uid := p.visit(p.r.IntN(len(p.visits))), "2.25."+p.digits(30)
	b = cat(b, `{"resourceType":"ImagingStudy","id":"`, uuid(p.r), `","identifier":[{"use":"official","system":"urn:ietf:rfc:3986","value":"urn:oid:`, uid, `"}],"status":"available"`)
	b = p.during(p.subject(b, "subject"), "encounter", v)
	b = p.time(b, "started", v.start)
	b = code{snomed, "399208008", "Plain chest X-ray (procedure)"}.concept(cat(b, `,"numberOfSeries":1,"numberOfInstances":2,"procedureCode":[`))
	b = cat(b, `],"series":[{"uid":"`, uid, `.1","number":1,"modality":`)
	b = code{"http://dicom.nema.org/resources/ontology/DCM", "DX", "Digital Radiography"}.append(b)
	b = cat(b, `,"numberOfInstances":2,"bodySite":`)
	b = code{snomed, "51185008", "Thoracic structure (body structure)"}.append(b)
	b = cat(p.time(b, "started", v.start), `,"instance":[`)
	for n := range 2 {
		if n > 0 {
			b = append(b, ',')
		}
		b = cat(b, `{"uid":"`, uid, `.1.`, strconv.Itoa(n+1), `","sopClass":{"system":"urn:ietf:rfc:3986","code":"urn:oid:1.2.840.10008.5.1.4.1.1.1.1"},"number":`)
		b = cat(appendInt(b, n+1), `,"title":"Image of chest"}`)
	}
	return cat(b, `]}]}`)
}
