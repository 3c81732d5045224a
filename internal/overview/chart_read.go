package overview

import "strings"

func readCoding(r row) Coding {
	return Coding{Name: r.text("name"), System: r.text("code_system"), Code: r.text("code"), Count: r.integer("n")}
}

func (c *Chart) readPatient(r row) {
	p := &c.Patient
	p.HasPatient = true
	p.Name, p.BirthDate, p.Gender = r.text("full_name"), r.text("birth_date"), r.text("gender")
	p.MRN, p.Identifiers = r.text("mrn"), r.texts("identifiers")
	p.Deceased, p.DeathDate = r.boolean("is_deceased"), r.text("death_date")
	p.Inactive, p.ReplacedBy = r.value("active") == false, r.text("replaced_by")
	p.Address, p.Phone, p.Email = r.text("address"), r.text("phone"), r.text("email")
	p.Language, p.Doctor = r.text("language"), r.text("general_practitioner")
}

func (c *Chart) readSame(r row) {
	c.Same = append(c.Same, Same{Source: r.text("source"), ID: r.text("patient_id"), Why: r.text("why")})
}

func (c *Chart) readProblem(r row) {
	c.span(r)
	c.Problems = append(c.Problems, Problem{
		Coding: readCoding(r), State: r.text("state"), Status: r.text("clinical_status"),
		Verification: r.text("verification_status"), Severity: r.text("severity"),
		Since: r.text("since"), Until: r.text("until"), Recorded: r.text("recorded"),
	})
}

func (c *Chart) readMedication(r row) {
	c.span(r)
	c.Medications = append(c.Medications, Medication{
		Coding: readCoding(r), State: r.text("state"), Kind: r.text("kind"), Status: r.text("status"), Dose: r.text("dose"),
		Reason: r.text("reason"), Prescriber: r.text("prescriber"),
		Since: r.text("since"), Until: r.text("until"), Dispensed: r.text("dispensed"),
	})
}

func (c *Chart) readAllergy(r row) {
	c.span(r)
	c.Allergies = append(c.Allergies, Allergy{
		Coding: readCoding(r), State: r.text("state"), Status: r.text("clinical_status"),
		Verification: r.text("verification_status"), Type: r.text("type"), Criticality: r.text("criticality"),
		Severity: r.text("severity"), Reactions: r.texts("reactions"), Since: r.text("since"), Recorded: r.text("recorded"),
	})
}

func (c *Chart) readMeasure(r row) {
	c.span(r)
	m := Measure{
		Coding: readCoding(r), Category: r.text("category"), Value: r.text("value"), Number: r.number("number"), Unit: r.text("unit"),
		Absent: r.text("absent_reason"), Flag: flagOf(r), Low: r.number("low"), High: r.number("high"), Range: r.text("range"),
		Date: r.text("date"), Trend: r.numbers("earlier"),
	}
	switch r.text("section") {
	case "labs":
		c.Labs = append(c.Labs, m)
	case "vitals":
		c.Vitals = append(c.Vitals, m)
	default:
		c.Other = append(c.Other, m)
	}
}

// flagOf returns what is not normal about a value: its interpretation, else how it lies to
// the range.
func flagOf(r row) string {
	number, low, high := r.number("number"), r.number("low"), r.number("high")
	switch sent := strings.ToUpper(r.text("interpretation")); {
	case sent == "N", sent == "NEG", sent == "NR", sent == "ND", sent == "WR", sent == "S":
		return ""
	case sent != "":
		return sent
	case number == nil, r.text("comparator") != "":
		return ""
	case low != nil && *number < *low:
		return "L"
	case high != nil && *number > *high:
		return "H"
	}
	return ""
}

func (c *Chart) readImmunization(r row) {
	c.span(r)
	c.Immunizations = append(c.Immunizations, Immunization{
		Coding: readCoding(r), State: r.text("state"), Reason: r.text("reason"), Date: r.text("date"), Dates: r.texts("dates"),
	})
}

func (c *Chart) readEncounter(r row) {
	c.span(r)
	c.Encounters = append(c.Encounters, Encounter{
		ID: r.text("id"), Date: r.text("date"), Until: r.text("until"), Class: r.text("class"), Status: r.text("status"),
		Type: r.text("type"), Reason: r.text("reason"), Place: r.text("place"), Who: r.text("who"),
	})
}

func (c *Chart) readProcedure(r row) {
	c.span(r)
	c.Procedures = append(c.Procedures, Procedure{
		Coding: readCoding(r), Status: r.text("status"), Reason: r.text("reason"), Who: r.text("who"), Date: r.text("date"),
	})
}

func (c *Chart) readCount(r row) {
	if n := r.integer("n"); n > 0 {
		c.span(r)
		c.Counts = append(c.Counts, Count{Kind: r.text("kind"), Count: n})
	}
}
