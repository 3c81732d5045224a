package example

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/samply/golang-fhir-models/fhir-models/fhir"
)

func (c *chart) medicationRequests() {
	for _, o := range orders {
		c.add(o.key(), o.request(), o.contains()...)
	}
}

// contains puts the drug inside the order where the order says so. In real
// exports such fragments have ids like 1, whatever drug they are.
func (o order) contains() []edit {
	var edits []edit
	if fragment, ok := strings.CutPrefix(o.how, "#"); ok {
		edits = append(edits, contain(fragment, drugs[o.drug].medication()))
	}
	if o.how == "#med1" { // a fragment without id stays inside its parent
		edits = append(edits, contain("", fhir.Practitioner{Name: []fhir.HumanName{{Text: new("Urgent care, on duty")}}}))
	}
	return edits
}

func (o order) request() fhir.MedicationRequest {
	r := fhir.MedicationRequest{
		Identifier:        []fhir.Identifier{identifier(epic+"2.798268", o.number())},
		Status:            o.status,
		Intent:            "order",
		Category:          category(hl7("medicationrequest-category", "community", "Community")),
		Subject:           subject(),
		Encounter:         during(o.visit),
		AuthoredOn:        &o.from,
		Requester:         o.prescriber(),
		DosageInstruction: []fhir.Dosage{o.dosage()},
	}
	if o.inpatient() {
		r.Category = category(hl7("medicationrequest-category", "inpatient", "Inpatient"))
	} else {
		r.DispenseRequest = o.supply()
	}
	if o.reason != "" {
		r.ReasonReference = []fhir.Reference{ref("Condition", o.reason, "")}
	}
	r.MedicationCodeableConcept, r.MedicationReference = o.medication()
	return r
}

// number is the order's number in the EHR.
func (o order) number() string {
	for i := range orders {
		if orders[i].key() == o.key() {
			return strconv.Itoa(70412880 + 977*i)
		}
	}
	return ""
}

func (o order) prescriber() *fhir.Reference {
	if o.visit == "" {
		return new(doctor("gi"))
	}
	return new(doctor(visitOf(o.visit).who))
}

func (o order) medication() (fhir.CodeableConcept, fhir.Reference) {
	d := drugs[o.drug]
	fragment, contained := strings.CutPrefix(o.how, "#")
	switch {
	case contained:
		return fhir.CodeableConcept{}, fhir.Reference{Reference: new("#" + fragment)}
	case o.how == "concept":
		return d.concept(), fhir.Reference{}
	case o.how == "display":
		return fhir.CodeableConcept{}, fhir.Reference{Display: &d.name}
	}
	r := ref("Medication", o.drug, d.name)
	if o.how == "absolute" {
		r.Reference = new(base + "/" + *r.Reference)
	}
	return fhir.CodeableConcept{}, r
}

func (o order) dosage() fhir.Dosage {
	d := fhir.Dosage{
		Text:               new(o.sig),
		PatientInstruction: new(o.sig),
		Timing:             o.repeats(),
		AsNeededBoolean:    new(strings.HasPrefix(o.timing, "prn")),
		Route:              new(o.route()),
	}
	if number, unit, ok := strings.Cut(o.dose, " "); ok {
		for _, typ := range []string{"calculated", "ordered"} {
			d.DoseAndRate = append(d.DoseAndRate, fhir.DosageDoseAndRate{
				Type: new(concept(typ, hl7("dose-rate-type", typ, ""))), DoseQuantity: quantity(number, unit)})
		}
	}
	return d
}

func (o order) route() fhir.CodeableConcept {
	switch {
	case o.injected():
		return concept("Subcutaneous", snomed("34206005", "Subcutaneous route"))
	case o.inpatient():
		return concept("Intravenous", snomed("47625008", "Intravenous route"))
	case o.drug == "nicotine":
		return concept("Transdermal", snomed("45890007", "Transdermal route"))
	case o.drug == "strips":
		return concept("Does not apply")
	}
	return concept("Oral", snomed("26643006", "Oral route"))
}

// repeats is the timing: "2/1d" is twice a day.
func (o order) repeats() *fhir.Timing {
	t := &fhir.Timing{Repeat: &fhir.TimingRepeat{BoundsPeriod: period(o.from, o.to)}}
	count, every, ok := strings.Cut(strings.TrimPrefix(o.timing, "prn"), "/")
	if !ok {
		return t
	}
	unit := strings.TrimLeft(every, "0123456789")
	frequency, _ := strconv.Atoi(count)
	t.Repeat.Frequency = &frequency
	t.Repeat.Period = new(json.Number(strings.TrimSuffix(every, unit)))
	t.Repeat.PeriodUnit = &unit
	if o.timing == "2/1d" {
		t.Code = new(concept("2 times daily with meals"))
	}
	return t
}

func (o order) supply() *fhir.MedicationRequestDispenseRequest {
	number, unit, _ := strings.Cut(o.quantity, " ")
	refills, _ := strconv.Atoi(o.refills)
	s := &fhir.MedicationRequestDispenseRequest{
		ValidityPeriod:         period(o.from, o.to),
		NumberOfRepeatsAllowed: &refills,
		Quantity:               quantity(number, unit+"|"),
		ExpectedSupplyDuration: &fhir.Duration{Value: new(json.Number(o.days)), Unit: new("Day"),
			System: new("http://unitsofmeasure.org"), Code: new("d")},
	}
	return s
}

// medicationLines are the drugs that orders refer to and that were in reach.
func (c *chart) medicationLines() {
	written := map[string]bool{}
	for _, o := range orders {
		if (o.how == "line" || o.how == "absolute") && !written[o.drug] {
			written[o.drug] = true
			c.addReached(o.drug, drugs[o.drug].medication())
		}
	}
}

// dispenses: which order, and when it was handed over.
var dispenses = []struct{ order, at string }{
	{"lisinopril10/2017-03-14", "2017-03-16T16:12:00-05:00"},
	{"lisinopril20/2018-04-03", "2018-04-05T17:40:00-05:00"},
	{"metformin500/2018-04-03", "2018-04-05T17:40:00-05:00"},
	{"metformin1000/2018-07-10", "2018-07-12T12:05:00-05:00"},
	{"metformin1000/2018-07-10", "2018-10-09T17:22:00-05:00"},
	{"atorvastatin40/2019-07-16", "2019-07-17T10:31:00-05:00"},
	{"doxycycline/2019-09-05", "2019-09-05T17:58:00-05:00"},
	{"semaglutide025/2020-09-15", "2020-09-21T15:09:00-05:00"},
	{"semaglutide025/2020-10-13", "2020-10-16T11:47:00-05:00"},
	{"losartan50/2021-05-11", "2021-05-11T13:20:00-05:00"},
	{"semaglutide1/2021-05-11", "2021-05-12T09:55:00-05:00"},
	{"oxycodone/2022-02-11", "2022-02-11T13:30:00-06:00"},
}

func (c *chart) medicationDispenses() {
	for _, d := range dispenses {
		o := orderOf(d.order)
		number, unit, _ := strings.Cut(o.quantity, " ")
		m := fhir.MedicationDispense{
			Status:                  "completed",
			Subject:                 new(subject()),
			Context:                 during(o.visit),
			AuthorizingPrescription: []fhir.Reference{ref("MedicationRequest", o.key(), "")},
			Performer:               []fhir.MedicationDispensePerformer{{Actor: fhir.Reference{Display: new("Larkfield Community Pharmacy")}}},
			Quantity:                quantity(number, unit+"|"),
			DaysSupply:              quantity(o.days, "Day|d"),
			WhenHandedOver:          &d.at,
			DosageInstruction:       []fhir.Dosage{{Text: new(o.sig)}},
		}
		if strings.HasPrefix(o.how, "#") {
			o.how = "concept"
		}
		m.MedicationCodeableConcept, m.MedicationReference = o.medication()
		c.add(d.order+"@"+d.at, m)
	}
}

// given are the doses of the stay of 2022.
var given = []struct{ order, at, end string }{
	{"ondansetron/2022-02-08", "2022-02-08T04:02:00Z", ""},
	{"ciprofloxacin/2022-02-08", "2022-02-08T09:30:00Z", "2022-02-08T10:30:00Z"},
	{"metronidazole/2022-02-08", "2022-02-08T10:35:00Z", "2022-02-08T11:35:00Z"},
	{"ciprofloxacin/2022-02-08", "2022-02-08T21:30:00Z", "2022-02-08T22:30:00Z"},
}

func (c *chart) medicationAdministrations() {
	for _, g := range given {
		o := orderOf(g.order)
		number, unit, _ := strings.Cut(o.dose, " ")
		m := fhir.MedicationAdministration{
			Status:            "completed",
			Category:          new(concept("Inpatient", hl7("medication-admin-category", "inpatient", "Inpatient"))),
			Subject:           subject(),
			Context:           during(o.visit),
			EffectiveDateTime: g.at,
			Request:           new(ref("MedicationRequest", o.key(), "")),
			Dosage:            &fhir.MedicationAdministrationDosage{Text: &o.sig, Route: new(o.route()), Dose: quantity(number, unit)},
		}
		if g.end != "" {
			m.EffectiveDateTime, m.EffectivePeriod = "", *period(g.at, g.end)
		}
		m.MedicationCodeableConcept, m.MedicationReference = o.medication()
		c.add(g.order+"@"+g.at, m)
	}
}

// medicationStatement is what the patient takes without a prescription.
func (c *chart) medicationStatement() {
	c.add("aspirin", fhir.MedicationStatement{
		Status:                    "stopped",
		MedicationCodeableConcept: concept("aspirin 81 MG tablet (OTC)", rxnorm("243670", "aspirin 81 MG Oral Tablet")),
		Subject:                   subject(),
		EffectivePeriod:           period("2018-07", "2021-11-09"),
		DateAsserted:              new("2021-11-09"),
		InformationSource:         new(subject()),
		Note:                      note("Stopped: no longer advised for primary prevention."),
		Dosage: []fhir.Dosage{
			{Sequence: new(1), Text: new("81 mg by mouth daily"), Timing: &fhir.Timing{Code: new(concept("Daily"))}},
		},
	})
}
