package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/fhirwh/fhirwh/internal/overview"
)

// print writes a chart for a person, in the order in which a clinician reads it.
func (cmd *patientCmd) print(c *overview.Chart, asOf time.Time, p *page) error {
	cmd.printHeader(&c.Patient, asOf, p)
	for _, same := range c.Same {
		p.text("%s", sameText(same))
	}
	cmd.printProblems(c, p)
	cmd.printMedications(c, p)
	cmd.printAllergies(c, p)
	cmd.printMeasures("Laboratory, latest values", c.Labs, labsShown, c, p)
	cmd.printMeasures("Vital signs, latest values", c.Vitals, linesShown, c, p)
	cmd.printMeasures("Other observations, latest values", c.Other, otherShown, c, p)
	cmd.printImmunizations(c, p)
	cmd.printEncounters(c, p)
	cmd.printProcedures(c, p)
	printCounts(c, p)
	return p.end()
}

func (cmd *patientCmd) printHeader(who *overview.Patient, asOf time.Time, p *page) {
	switch {
	case !who.HasPatient:
		p.title("Patient " + who.ID)
		p.text("facts name this person, but no Patient is here")
	case who.Name == "":
		p.title("Patient without a name")
	default:
		p.title(who.Name)
	}
	inUse := ""
	if who.Inactive {
		inUse = "this record is not in use"
	}
	p.lines(
		strings.Join(nonEmpty(bornText(who, asOf), who.Gender), ", "),
		strings.Join(nonEmpty(prefixed("MRN", who.MRN), who.Source+"/"+who.ID), " · "),
		prefixed("facts of", span(who.FirstDate, who.LastDate)),
		prefixed("general practitioner:", who.Doctor),
		inUse,
	)
	if cmd.Identity {
		printIdentity(who, p)
	}
}

func printIdentity(who *overview.Patient, p *page) {
	p.lines(who.Address, prefixed("phone", who.Phone), prefixed("email", who.Email), prefixed("language", who.Language))
	for _, id := range who.Identifiers {
		p.text("id %s", id)
	}
}

func nonEmpty(parts ...string) []string {
	var all []string
	for _, part := range parts {
		if part != "" {
			all = append(all, part)
		}
	}
	return all
}

func prefixed(label, text string) string {
	if text == "" {
		return ""
	}
	return label + " " + text
}

// bornText says when somebody was born, how old they are, and whether they died.
func bornText(who *overview.Patient, asOf time.Time) string {
	if who.BirthDate == "" {
		if who.Deceased {
			return strings.TrimSpace("died " + who.DeathDate)
		}
		return ""
	}
	text := "born " + who.BirthDate
	if who.Deceased {
		text += strings.TrimRight(", died "+who.DeathDate, " ")
		if died, err := time.Parse(time.DateOnly, who.DeathDate); err == nil {
			text += ageText(who.BirthDate, died, " at %s")
		}
		return text
	}
	return text + ageText(who.BirthDate, asOf, " (%s)")
}

// ageText writes an age in years, of a child below two in months; "" before the birth.
func ageText(birth string, on time.Time, format string) string {
	layout, about := time.DateOnly[:min(len(birth), len(time.DateOnly))], ""
	if len(birth) < len(time.DateOnly) {
		about = "about "
	}
	born, err := time.Parse(layout, birth)
	if err != nil || on.Before(born) {
		return ""
	}
	months := (on.Year()-born.Year())*12 + int(on.Month()-born.Month())
	if on.Day() < born.Day() {
		months--
	}
	text := about + plural(int64(months/12), "year", "years")
	if months < 24 && about == "" {
		text = plural(int64(max(months, 0)), "month", "months")
	}
	return fmt.Sprintf(format, text)
}

func sameText(s overview.Same) string {
	id := s.Source + "/" + s.ID
	switch s.Why {
	case "merged":
		return "this record was merged with " + id
	case "identifier":
		return "perhaps the same person: " + id + " (same identifier)"
	}
	return "perhaps the same person: " + id + " (same name and birth date)"
}

// kindNames say what the counts of a chart count.
var kindNames = map[string][2]string{
	"diagnostic_reports": {"diagnostic report", "diagnostic reports"},
	"documents":          {"document", "documents"},
	"goals":              {"goal", "goals"},
	"care_plans":         {"care plan", "care plans"},
	"devices":            {"device", "devices"},
	"coverages":          {"insurance coverage", "insurance coverages"},
	"claims":             {"claim", "claims"},
}

// printCounts says what else there is, and how to see it.
func printCounts(c *overview.Chart, p *page) {
	if len(c.Counts) == 0 {
		if c.IsEmpty() {
			p.text("no facts about this person")
		}
		return
	}
	p.title("Also here")
	var parts []string
	for _, n := range c.Counts {
		names := kindNames[n.Kind]
		parts = append(parts, plural(n.Count, names[0], names[1]))
	}
	p.text("%s", strings.Join(parts, ", "))
	p.sql(c.SQL[c.Counts[0].Kind])
}
