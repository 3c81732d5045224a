package example

import "github.com/samply/golang-fhir-models/fhir-models/fhir"

// A shot is one Immunization; status "not-done" has a reason instead of a lot.
type shot struct{ date, visit, cvx, name, maker, lot, expires, dose, refused string }

var shots = []shot{
	{"1997", "", "09", "Td (adult)", "", "", "", "", ""},
	{"2017-10", "", "150", "Influenza, injectable, quadrivalent, pf", "", "", "", "", ""},
	{"2018-04-03", "2018-dx", "115", "Tdap", "Sanofi Pasteur", "C5590AA", "2019-11-30", "0.5", ""},
	{"2018-05-01", "2018-dsme", "187", "Zoster recombinant", "GlaxoSmithKline", "LH7742", "2019-08-31", "0.5", ""},
	{"2018-10-02", "2018-nurse", "187", "Zoster recombinant", "GlaxoSmithKline", "LH8019", "2020-01-31", "0.5", ""},
	{"2018-10-02", "2018-nurse", "33", "Pneumococcal polysaccharide PPV23", "Merck & Co., Inc.", "R014487", "2019-12-15", "0.5", ""},
	{"2018-10-02", "2018-nurse", "150", "Influenza, injectable, quadrivalent, pf", "Seqirus", "P100041", "2019-06-30", "0.5", ""},
	{"2018-10-02", "2018-nurse", "189", "HepB-CpG", "", "", "", "", "PATOBJ Patient objection"},
	{"2019-10-22", "", "150", "Influenza, injectable, quadrivalent, pf", "", "", "", "", ""},
	{"2020-09-15", "2020-09", "150", "Influenza, injectable, quadrivalent, pf", "", "", "", "", "OSTOCK Out of stock"},
	{"2021-03-25", "", "208", "COVID-19, mRNA, LNP-S, PF, 30 mcg/0.3 mL dose", "Pfizer-BioNTech", "EN6203", "", "0.3", ""},
	{"2021-04-15", "", "208", "COVID-19, mRNA, LNP-S, PF, 30 mcg/0.3 mL dose", "Pfizer-BioNTech", "EW0158", "", "0.3", ""},
	{"2021-11-09", "2021-11", "208", "COVID-19, mRNA, LNP-S, PF, 30 mcg/0.3 mL dose", "Pfizer-BioNTech", "FF8839", "2022-02-28", "0.3", ""},
	{"2021-11-09", "2021-11", "150", "Influenza, injectable, quadrivalent, pf", "Seqirus", "P100388", "2022-06-30", "0.5", ""},
	{"2022-11-08", "2022-11", "216", "Pneumococcal conjugate PCV20", "Pfizer", "GK2271", "2024-03-31", "0.5", ""},
	{"2024-10-15", "2024-10", "140", "Influenza, seasonal, injectable, preservative free", "Seqirus", "395102", "2025-06-30", "0.5", ""},
}

func (c *chart) immunizations() {
	for _, s := range shots {
		c.add(s.cvx+"/"+s.date, s.resource(), s.edits()...)
	}
}

func (s shot) resource() fhir.Immunization {
	i := fhir.Immunization{
		Status:             fhir.ImmunizationStatusCodesCompleted,
		VaccineCode:        concept(s.name, coding("http://hl7.org/fhir/sid/cvx", s.cvx, "")),
		Patient:            subject(),
		Encounter:          during(s.visit),
		OccurrenceDateTime: s.date,
		PrimarySource:      new(s.lot != ""),
	}
	if s.refused != "" {
		i.Status = fhir.ImmunizationStatusCodesNotDone
		i.StatusReason = new(concept(s.refused[7:], hl7("v3-ActReason", s.refused[:6], s.refused[7:])))
		return i
	}
	if s.maker != "" {
		i.Manufacturer = &fhir.Reference{Display: &s.maker}
		i.LotNumber, i.ExpirationDate = &s.lot, optional(s.expires)
		i.DoseQuantity = quantity(s.dose, "mL")
		i.Site = new(concept("Left deltoid", hl7("v3-ActSite", "LA", "left arm")))
		i.Route = new(concept("Intramuscular", hl7("v3-RouteOfAdministration", "IM", "Injection, intramuscular")))
	}
	return i
}

// edits: the first zoster dose has its series, a shot reported by the state's
// registry says so.
func (s shot) edits() []edit {
	switch {
	case s.cvx == "187" && s.date == "2018-05-01":
		return []edit{set("/protocolApplied", `[{"series":"2-dose series","doseNumberPositiveInt":1,"seriesDosesPositiveInt":2}]`)}
	case s.cvx == "187":
		return []edit{set("/protocolApplied", `[{"series":"2-dose series","doseNumberString":"2 of 2"}]`)}
	case s.visit == "" && s.lot != "":
		return []edit{set("/primarySource", "false"), set("/reportOrigin", `{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/immunization-origin","code":"record","display":"Written Record"}],"text":"State immunization registry"}`)}
	case s.date == "1997":
		return []edit{set("/_occurrenceDateTime", `{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-estimated","valueBoolean":true}]}`)}
	}
	return nil
}
