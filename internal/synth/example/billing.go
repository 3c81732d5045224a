package example

import "github.com/samply/golang-fhir-models/fhir-models/fhir"

func (c *chart) coverages() {
	c.add("prairie", fhir.Coverage{
		Meta: &fhir.Meta{VersionId: new("7"), LastUpdated: new("2025-01-02T06:15:20.117Z")},
		Identifier: []fhir.Identifier{
			typedIdentifier("Member Number", "https://prairiemutual.example/member", "PM204481993-01"),
		},
		Status:       fhir.FinancialResourceStatusCodesActive,
		Type:         new(concept("Preferred provider organization", hl7("v3-ActCode", "PPO", "preferred provider organization policy"))),
		Subscriber:   new(ref("RelatedPerson", "spouse", "Anders Bergström")),
		SubscriberId: new("PM204481993"),
		Beneficiary:  subject(),
		Relationship: new(concept("Spouse", hl7("subscriber-relationship", "spouse", "Spouse"))),
		Period:       period("2018-01-01", ""),
		Payor:        []fhir.Reference{ref("Organization", "payer", "Prairie Mutual Health Plan")},
		Class: []fhir.CoverageClass{
			{Type: concept("", hl7("coverage-class", "group", "Group")), Value: "88120", Name: new("Harrow Falls School District")},
			{Type: concept("", hl7("coverage-class", "plan", "Plan")), Value: "PPO-2500", Name: new("Prairie PPO 2500")},
		},
	}, set("/identifier/0/type/coding", `[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MB"}]`))
	c.add("former", fhir.Coverage{
		Status:      fhir.FinancialResourceStatusCodesCancelled,
		Beneficiary: subject(),
		Period:      period("2014-01-01", "2017-12-31"),
		Payor:       []fhir.Reference{{Display: new("Badger Valley HMO"), Identifier: new(identifier("urn:oid:2.16.840.1.113883.6.300", "39999"))}},
	})
}

// A charge is one line of a bill, in dollars; cpt or, if empty, a revenue code.
type charge struct{ cpt, text, revenue, modifier, date, billed, allowed, paid, patient string }

// A bill is a claim and what the payer made of it.
type bill struct {
	key, visit, kind, provider, created string
	diagnoses                           []string // keys of Conditions, principal first
	charges                             []charge
	billed, allowed, paid, patient      string
}

var bills = []bill{
	{"2018-dx", "2018-dx", "professional", "pcp", "2018-04-06", []string{"t2dm", "htn"}, []charge{
		{"99214", "Office visit, established, 25 min", "", "25", "2018-04-03", "214.00", "138.50", "108.50", "30.00"},
		{"83036", "Hemoglobin A1c", "", "", "2018-04-03", "42.00", "13.32", "13.32", "0.0"},
		{"90715", "Tdap vaccine", "", "", "2018-04-03", "71.00", "41.10", "41.10", "0.00"},
	}, "327.00", "192.92", "162.92", "30.00"},
	{"2019-ed", "2019-ed", "professional", "ed", "2019-02-20", []string{"ankle"}, []charge{
		{"99284", "Emergency department visit", "", "", "2019-02-09", "612.00", "248.75", "148.75", "100.00"},
		{"73610", "X-ray of ankle, 3 views", "", "RT", "2019-02-09", "187.00", "58.40", "46.72", "11.68"},
	}, "799.00", "307.15", "195.47", "111.68"},
	{"2022-stay", "2022-stay", "institutional", "surgeon", "2022-03-01", []string{"cholecystitis", "t2dm", "htn"}, []charge{
		{"", "Room and board, semi-private", "0120", "", "2022-02-08", "7440.00", "5210.00", "4168.00", "1042.00"},
		{"47562", "Laparoscopic cholecystectomy", "0360", "", "2022-02-09", "14850.00", "6920.00", "5536.00", "1384.00"},
		{"", "Pharmacy", "0250", "", "2022-02-08", "913.27", "402.50", "322.00", "80.50"},
		{"80048", "Basic metabolic panel", "0301", "", "2022-02-08", "96.00", "8.46", "8.46", "0.00"},
	}, "23299.27", "12540.96", "10034.46", "2506.50"},
	{"metformin", "2018-07", "pharmacy", "pcp", "2018-07-12", []string{"t2dm"}, []charge{
		{"", "metformin 1000 mg, 180 tablets", "", "", "2018-07-12", "24.10", "11.50", "1.50", "10.00"},
	}, "24.10", "11.50", "1.50", "10.00"},
}

func (c *chart) claims() {
	for _, b := range bills[:3] {
		claim := fhir.Claim{
			Status:         fhir.FinancialResourceStatusCodesActive,
			Type:           concept("", hl7("claim-type", b.kind, "")),
			Use:            fhir.UseClaim,
			Patient:        subject(),
			BillablePeriod: period(visitOf(b.visit).start[:10], visitOf(b.visit).end[:10]),
			Created:        b.created,
			Provider:       doctor(b.provider),
			Priority:       concept("", hl7("processpriority", "normal", "")),
			Diagnosis:      b.diagnosis(),
			Insurance:      []fhir.ClaimInsurance{{Sequence: 1, Focal: true, Coverage: ref("Coverage", "prairie", "Prairie Mutual Health Plan")}},
			Total:          money(b.billed),
		}
		for i, ch := range b.charges {
			claim.Item = append(claim.Item, fhir.ClaimItem{
				Sequence: i + 1, DiagnosisSequence: []int{1}, Revenue: ch.revenueCode(), ProductOrService: ch.service(),
				Modifier: ch.modifiers(), ServicedDate: &ch.date, Quantity: quantity("1", ""), UnitPrice: money(ch.billed), Net: money(ch.billed),
				Encounter: []fhir.Reference{*during(b.visit)},
			})
		}
		c.add(b.key, claim)
	}
}

func (b bill) diagnosis() []fhir.ClaimDiagnosis {
	var list []fhir.ClaimDiagnosis
	for i, key := range b.diagnoses {
		d := fhir.ClaimDiagnosis{Sequence: i + 1, DiagnosisReference: ref("Condition", key, "")}
		if i == 0 {
			d.Type = []fhir.CodeableConcept{concept("", hl7("ex-diagnosistype", "principal", "Principal Diagnosis"))}
		}
		list = append(list, d)
	}
	return list
}

// codedDiagnosis is the same with codes, which payers send.
func (b bill) codedDiagnosis() []fhir.ExplanationOfBenefitDiagnosis {
	var list []fhir.ExplanationOfBenefitDiagnosis
	for i, key := range b.diagnoses {
		for _, p := range problems {
			if p.key == key {
				d := fhir.ExplanationOfBenefitDiagnosis{Sequence: i + 1, DiagnosisCodeableConcept: concept("", icd10(p.icd10, ""))}
				if i == 0 {
					d.Type = []fhir.CodeableConcept{concept("", hl7("ex-diagnosistype", "principal", "Principal Diagnosis"))}
				}
				list = append(list, d)
			}
		}
	}
	return list
}

func (ch charge) service() fhir.CodeableConcept {
	if ch.cpt == "" {
		return concept(ch.text)
	}
	return concept(ch.text, cpt(ch.cpt, ""))
}

func (ch charge) revenueCode() *fhir.CodeableConcept {
	if ch.revenue == "" {
		return nil
	}
	return new(concept("", coding("https://www.nubc.org/CodeSystem/RevenueCodes", ch.revenue, "")))
}

func (ch charge) modifiers() []fhir.CodeableConcept {
	if ch.modifier == "" {
		return nil
	}
	return []fhir.CodeableConcept{concept("", cpt(ch.modifier, ""))}
}

func (c *chart) explanations() {
	for _, b := range bills {
		c.add(b.key, b.explanation(), b.containedCoverage()...)
	}
}

// containedCoverage: this payer puts the coverage into the first two
// explanations, under the same fragment id and with different content.
func (b bill) containedCoverage() []edit {
	plan := map[string]string{"2018-dx": "Prairie PPO 1500", "2019-ed": "Prairie PPO 2500"}[b.key]
	if plan == "" {
		return nil
	}
	return []edit{
		contain("coverage", fhir.Coverage{Status: fhir.FinancialResourceStatusCodesActive, Type: new(concept(plan)),
			Beneficiary: subject(), Payor: []fhir.Reference{{Display: new("Prairie Mutual Health Plan")}}}),
		set("/insurance/0/coverage", `{"reference":"#coverage","display":"`+plan+`"}`),
	}
}

func (b bill) explanation() fhir.ExplanationOfBenefit {
	e := fhir.ExplanationOfBenefit{
		Meta: &fhir.Meta{VersionId: new("2"), LastUpdated: new(b.created + "T09:30:00.000+00:00"),
			Profile: []string{"http://hl7.org/fhir/us/carin-bb/StructureDefinition/C4BB-ExplanationOfBenefit-" + carin[b.kind]}},
		Status:         fhir.ExplanationOfBenefitStatusActive,
		Type:           concept("", hl7("claim-type", b.kind, "")),
		Use:            fhir.UseClaim,
		Patient:        subject(),
		BillablePeriod: period(visitOf(b.visit).start[:10], visitOf(b.visit).end[:10]),
		Created:        b.created,
		Insurer:        ref("Organization", "payer", "Prairie Mutual Health Plan"),
		Provider:       doctor(b.provider),
		Outcome:        fhir.ClaimProcessingCodesComplete,
		CareTeam:       []fhir.ExplanationOfBenefitCareTeam{{Sequence: 1, Provider: doctor(b.provider)}},
		Diagnosis:      b.codedDiagnosis(),
		Insurance:      []fhir.ExplanationOfBenefitInsurance{{Focal: true, Coverage: ref("Coverage", "prairie", "Prairie Mutual Health Plan")}},
		Total: []fhir.ExplanationOfBenefitTotal{total("submitted", b.billed), total("eligible", b.allowed),
			total("benefit", b.paid), total("memberliability", b.patient)},
		Payment: &fhir.ExplanationOfBenefitPayment{Date: &b.created, Amount: money(b.paid)},
	}
	for i, ch := range b.charges {
		e.Item = append(e.Item, fhir.ExplanationOfBenefitItem{
			Sequence: i + 1, DiagnosisSequence: []int{1}, Revenue: ch.revenueCode(), ProductOrService: ch.service(),
			Modifier: ch.modifiers(), ServicedDate: &ch.date, Quantity: quantity("1", ""), Net: money(ch.billed),
			LocationCodeableConcept: new(concept("", coding("https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set", b.placeOfService(), ""))),
			Adjudication: []fhir.ExplanationOfBenefitItemAdjudication{adjudication("submitted", ch.billed), adjudication("eligible", ch.allowed),
				adjudication("benefit", ch.paid), adjudication("memberliability", ch.patient)},
		})
	}
	return e
}

var carin = map[string]string{"professional": "Professional-NonClinician", "institutional": "Inpatient-Institutional", "pharmacy": "Pharmacy"}

func (b bill) placeOfService() string {
	return map[string]string{"2019-ed": "23", "2022-stay": "21", "metformin": "01"}[b.key] + map[bool]string{true: "11"}[b.key == "2018-dx"]
}

func total(category, amount string) fhir.ExplanationOfBenefitTotal {
	return fhir.ExplanationOfBenefitTotal{Category: adjudicated(category), Amount: *money(amount)}
}

func adjudication(category, amount string) fhir.ExplanationOfBenefitItemAdjudication {
	return fhir.ExplanationOfBenefitItemAdjudication{Category: adjudicated(category), Amount: money(amount)}
}

// adjudicated takes memberliability from the code system of CARIN, all else from HL7's.
func adjudicated(category string) fhir.CodeableConcept {
	if category == "memberliability" {
		return concept("", coding("http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBAdjudication", category, ""))
	}
	return concept("", hl7("adjudication", category, ""))
}
