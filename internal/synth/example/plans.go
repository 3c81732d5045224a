package example

import "github.com/samply/golang-fhir-models/fhir-models/fhir"

func (c *chart) goals() {
	for _, g := range []struct{ key, text, code, display, measure, unit, start, due, achieved string }{
		{"a1c", "Hemoglobin A1c below 7 %", "4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "<7.0", "%", "2018-04-03", "2018-10-03", "achieved"},
		{"weight", "Lose 10 kg", "29463-7", "Body weight", "89.0", "kg", "2020-09-15", "2021-09", "achieved"},
		{"bp", "Blood pressure below 130/80", "8480-6", "Systolic blood pressure", "<130", "mm[Hg]", "2017-03-14", "", "in-progress"},
	} {
		goal := fhir.Goal{
			LifecycleStatus:   fhir.GoalLifecycleStatusActive,
			AchievementStatus: new(concept("", hl7("goal-achievement", g.achieved, ""))),
			Description:       concept(g.text),
			Subject:           subject(),
			StartDate:         &g.start,
			Target: []fhir.GoalTarget{{Measure: new(concept("", loinc(g.code, g.display))),
				DetailQuantity: quantity(g.measure, g.unit), DueDate: optional(g.due)}},
			ExpressedBy: new(doctor("pcp")),
		}
		if g.key == "weight" {
			goal.LifecycleStatus = fhir.GoalLifecycleStatusCompleted
		}
		c.add(g.key, goal)
	}
}

func (c *chart) carePlans() {
	longitudinal := []fhir.CodeableConcept{
		concept("", coding("http://hl7.org/fhir/us/core/CodeSystem/careplan-category", "assess-plan", "Assessment and Plan of Treatment")),
		concept("Longitudinal", snomed("38717003", "")),
	}
	c.add("diabetes", fhir.CarePlan{
		Text:      &fhir.Narrative{Status: fhir.NarrativeStatusGenerated, Div: `<div xmlns="http://www.w3.org/1999/xhtml"><h1>Diabetes care plan</h1><p>A1c &lt; 7 %, eye &amp; foot exam every year.</p></div>`},
		Status:    fhir.RequestStatusActive,
		Intent:    fhir.CarePlanIntentPlan,
		Category:  longitudinal,
		Title:     new("Diabetes care plan"),
		Subject:   subject(),
		Period:    period("2018-04-03", ""),
		CareTeam:  []fhir.Reference{ref("CareTeam", "team", "")},
		Addresses: []fhir.Reference{ref("Condition", "t2dm", "Type 2 diabetes mellitus")},
		Goal:      []fhir.Reference{ref("Goal", "a1c", ""), ref("Goal", "weight", "")},
		Activity: []fhir.CarePlanActivity{
			activity("Diabetes self-management education", fhir.CarePlanActivityStatusCompleted, "2018-05-01"),
			activity("Retinal exam every year", fhir.CarePlanActivityStatusScheduled, "2025-09-16"),
			activity("Walk 30 minutes a day", fhir.CarePlanActivityStatusInProgress, "2018-04"),
			{Reference: new(ref("Appointment", "2025-10", "Office Visit"))},
		},
	})
	c.add("discharge", fhir.CarePlan{
		Status:      fhir.RequestStatusCompleted,
		Intent:      fhir.CarePlanIntentOrder,
		Category:    []fhir.CodeableConcept{concept("Discharge instructions")},
		Description: new("No lifting over 5 kg for 4 weeks. Call for fever > 38.3 C or spreading redness."),
		Subject:     subject(),
		Encounter:   during("2022-stay"),
		Period:      period("2022-02-11", "2022-03-11"),
	})
}

func activity(text string, status fhir.CarePlanActivityStatus, start string) fhir.CarePlanActivity {
	return fhir.CarePlanActivity{Detail: &fhir.CarePlanActivityDetail{
		Code: new(concept(text)), Status: status, ScheduledPeriod: period(start, "")}}
}

func (c *chart) careTeam() {
	c.add("team", fhir.CareTeam{
		Status:   new(fhir.CareTeamStatusActive),
		Category: []fhir.CodeableConcept{concept("Longitudinal care-coordination focused care team", loinc("LA28865-6", ""))},
		Name:     new("Diabetes care team"),
		Subject:  new(subject()),
		Period:   period("2018-04-03", ""),
		Participant: []fhir.CareTeamParticipant{
			{Role: []fhir.CodeableConcept{concept("Primary Care Provider", snomed("446050000", "Primary care provider"))}, Member: new(doctor("pcp"))},
			{Role: []fhir.CodeableConcept{concept("Diabetes Educator")}, Member: new(doctor("educator")), Period: period("2018-05-01", "2018-11")},
			{Role: []fhir.CodeableConcept{concept("Spouse")}, Member: new(ref("RelatedPerson", "spouse", "Anders Bergström"))},
			{Member: &fhir.Reference{Display: new("Larkfield Community Pharmacy")}},
		},
	}, set("/participant/3/role", `[{"text":""}]`))
}

func (c *chart) devices() {
	c.add("cpap", fhir.Device{
		UdiCarrier: []fhir.DeviceUdiCarrier{{DeviceIdentifier: new("00999999000017"), CarrierHRF: new("(01)00999999000017(11)190401(21)CP20481")}},
		Status:     new(fhir.FHIRDeviceStatusActive), DistinctIdentifier: new("CP20481"),
		Manufacturer: new("Breezeline Medical"), ManufactureDate: new("2019-04-01"), SerialNumber: new("CP20481"),
		DeviceName:  []fhir.DeviceDeviceName{{Name: "Breezeline Quiet 3", Type: fhir.DeviceNameTypeUserFriendlyName}},
		ModelNumber: new("BQ3"),
		Type:        new(concept("CPAP unit", snomed("702172008", "Home continuous positive airway pressure unit"))),
		Patient:     new(subject()),
	})
	c.add("meter", fhir.Device{
		Status:     new(fhir.FHIRDeviceStatusUnknown),
		DeviceName: []fhir.DeviceDeviceName{{Name: "glucose meter", Type: fhir.DeviceNameTypePatientReportedName}},
		Type:       new(concept("Blood glucose meter", snomed("337414009", "Blood glucose meter"))),
		Patient:    new(subject()),
	})
}

func (c *chart) appointments() {
	for _, a := range []struct {
		key, start, end, text, who string
		status                     fhir.AppointmentStatus
		minutes                    int
	}{
		{"2025-04", "2025-04-22T14:00:00Z", "2025-04-22T14:40:00Z", "Annual Exam", "pcp", fhir.AppointmentStatusFulfilled, 40},
		{"2023-11", "2023-11-14T15:00:00Z", "2023-11-14T15:20:00Z", "Office Visit", "pcp", fhir.AppointmentStatusCancelled, 20},
		{"2025-10", "2025-10-21T14:20:00Z", "2025-10-21T14:40:00Z", "Office Visit", "pcp", fhir.AppointmentStatusBooked, 20},
	} {
		c.add(a.key, fhir.Appointment{
			Status:          a.status,
			ServiceType:     []fhir.CodeableConcept{concept(a.text)},
			AppointmentType: new(concept(a.text)),
			Start:           &a.start, End: &a.end, MinutesDuration: &a.minutes,
			Participant: []fhir.AppointmentParticipant{
				{Actor: new(subject()), Status: fhir.ParticipationStatusAccepted},
				{Actor: new(doctor(a.who)), Status: fhir.ParticipationStatusAccepted},
				{Actor: new(place("clinic")), Status: fhir.ParticipationStatusAccepted},
			},
		})
	}
}

func (c *chart) consent() {
	c.add("exchange", fhir.Consent{
		Status:           fhir.ConsentStateActive,
		Scope:            concept("", hl7("consentscope", "patient-privacy", "Privacy Consent")),
		Category:         []fhir.CodeableConcept{concept("", loinc("59284-0", "Consent Document"))},
		Patient:          new(subject()),
		DateTime:         new("2017-03-14T14:48:00Z"),
		PolicyRule:       new(concept("", hl7("v3-ActCode", "OPTIN", "opt-in"))),
		SourceAttachment: &fhir.Attachment{ContentType: new("application/pdf"), Url: new(scanURL), Title: new("HIE consent, scanned")},
		Provision:        &fhir.ConsentProvision{Type: new(fhir.ConsentProvisionTypePermit), Period: period("2017-03-14", "")},
	})
}

func (c *chart) provenance() {
	for _, p := range []struct{ key, at, who, what, role string }{
		{"progress-2018", "2018-04-03T20:05:00Z", "pcp", "DocumentReference", "author"},
		{"discharge-2022", "2022-02-11T17:05:00Z", "surgeon", "DocumentReference", "author"},
		{"penicillin", "2017-03-14T15:22:40Z", "pcp", "AllergyIntolerance", "transmitter"},
	} {
		c.add(p.key, fhir.Provenance{
			Target:   []fhir.Reference{ref(p.what, p.key, "")},
			Recorded: p.at,
			Agent: []fhir.ProvenanceAgent{{
				Type:       new(concept("", hl7("provenance-participant-type", p.role, ""))),
				Who:        doctor(p.who),
				OnBehalfOf: new(ref("Organization", "health", "Larkfield Health")),
			}},
		})
	}
}

// unreached is what the source answers when a patient left a category out.
func (c *chart) unreached() {
	c.add("unreached", fhir.OperationOutcome{Issue: []fhir.OperationOutcomeIssue{{
		Severity:    fhir.IssueSeverityWarning,
		Code:        fhir.IssueTypeSuppressed,
		Details:     new(concept("", coding(epic+"2.657369", "59204", "Part of the search was left out: the client is not authorized for this category."))),
		Diagnostics: new("Observation?category=sexual-orientation&patient=" + id("Patient", "patient")),
	}}}, withoutID)
}
