package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/fhirwh/fhirwh/internal/overview"
	"github.com/fhirwh/fhirwh/internal/render"
)

// How many lines a list of a chart has without --all.
const (
	labsShown  = 20
	linesShown = 10
	otherShown = 5
)

// printList writes the first lines of a list. view is where the others are.
func (cmd *patientCmd) printList(title string, columns []column, rows [][]string, most int, sql string, p *page) {
	if len(rows) == 0 {
		return
	}
	p.title(title)
	shown := rows
	if !cmd.All && len(rows) > most+1 { // one more line takes no more room than to say so
		shown = rows[:most]
	}
	p.bare(columns, shown)
	if more := len(rows) - len(shown); more > 0 {
		p.text("… %d more: --all, or %s", more, sql)
	}
}

func none(title string, p *page) {
	p.title(title + ": none recorded")
}

func (cmd *patientCmd) printProblems(c *overview.Chart, p *page) {
	rows := map[string][][]string{}
	for _, x := range c.Problems {
		rows[x.State] = append(rows[x.State], []string{
			named(x.Coding), beginning(x.State, x.Since, x.Until, x.Recorded),
			strings.Join(nonEmpty(unless(x.Status, "active", "resolved"), unless(x.Verification, "confirmed", "refuted"), x.Severity), ", "),
		})
	}
	columns := []column{{wrap: true}, {whole: true}, {wrap: true, from: 60}}
	sql := c.SQL["conditions"]
	if len(rows["active"]) == 0 {
		none("Problems", p)
	}
	cmd.printList("Problems", columns, rows["active"], linesShown, sql, p)
	cmd.printList("Diagnoses without a status", columns, rows["unknown"], otherShown, sql, p)
	cmd.printList("Past problems", columns, rows["past"], otherShown, sql, p)
	cmd.printList("Refuted", columns, rows["refuted"], otherShown, sql, p)
}

func (cmd *patientCmd) printMedications(c *overview.Chart, p *page) {
	rows := map[string][][]string{}
	for _, x := range c.Medications {
		status := unless(x.Status, "active", "completed")
		if x.Kind == "dispense" || x.Kind == "administration" {
			status = strings.TrimSpace(map[string]string{"dispense": "dispensed", "administration": "given"}[x.Kind] + " " + times(x.Count))
		}
		rows[x.State] = append(rows[x.State], []string{firstOf(x.Name, unnamed), x.Dose, period(x.State, x.Since, x.Until), status})
	}
	columns := func(doseFrom int) []column {
		return []column{{wrap: true}, {wrap: true, from: doseFrom}, {whole: true}, {from: 80}}
	}
	if len(rows["active"]) == 0 {
		none("Medications", p)
	}
	cmd.printList("Medications", columns(60), rows["active"], linesShown, c.SQL["medications"], p)
	cmd.printList("Past medications", columns(100), rows["past"], otherShown, c.SQL["medications"], p)
}

func (cmd *patientCmd) printAllergies(c *overview.Chart, p *page) {
	rows := map[string][][]string{}
	for _, x := range c.Allergies {
		risk := ""
		if x.Criticality == "high" || x.Criticality == "low" {
			risk = x.Criticality + " risk"
		}
		rows[x.State] = append(rows[x.State], []string{
			x.Name, strings.Join(x.Reactions, ", "),
			strings.Join(nonEmpty(x.Severity, risk, unless(x.Verification, "confirmed", "refuted"), unless(x.Status, "active")), ", "),
			beginning(x.State, x.Since, "", x.Recorded),
		})
	}
	columns := []column{{wrap: true}, {wrap: true}, {wrap: true, from: 60}, {whole: true, from: 60}}
	if len(rows["active"]) == 0 {
		none("Allergies", p)
	}
	cmd.printList("Allergies", columns, rows["active"], linesShown, c.SQL["allergies"], p)
	cmd.printList("Past allergies", columns, rows["past"], otherShown, c.SQL["allergies"], p)
	cmd.printList("Refuted allergies", columns, rows["refuted"], otherShown, c.SQL["allergies"], p)
}

func (cmd *patientCmd) printMeasures(title string, all []overview.Measure, most int, c *overview.Chart, p *page) {
	var rows [][]string
	for _, m := range all {
		value := m.Value
		if value == "" {
			value = strings.TrimSpace("no value " + bracketed(m.Absent))
		}
		trend := ""
		if len(m.Trend) > 1 {
			trend = render.Trend(m.Trend)
		}
		rows = append(rows, []string{m.Name, value, m.Flag, rangeText(m), m.Date, trend})
	}
	columns := []column{{wrap: true}, {wrap: true}, {}, {wrap: true, from: 70}, {whole: true}, {from: 60}}
	cmd.printList(title, columns, rows, most, c.SQL["observations"], p)
}

// rangeText writes what is normal.
func rangeText(m overview.Measure) string {
	text := func(f *float64) string { return strconv.FormatFloat(*f, 'f', -1, 64) }
	switch {
	case m.Low != nil && m.High != nil:
		return text(m.Low) + " – " + text(m.High)
	case m.Low != nil:
		return "≥ " + text(m.Low)
	case m.High != nil:
		return "≤ " + text(m.High)
	}
	return m.Range
}

func (cmd *patientCmd) printImmunizations(c *overview.Chart, p *page) {
	rows := map[string][][]string{}
	for _, x := range c.Immunizations {
		rows[x.State] = append(rows[x.State], []string{x.Name, x.Date, firstOf(x.Reason, times(x.Count))})
	}
	columns := []column{{wrap: true}, {whole: true}, {wrap: true}}
	cmd.printList("Immunizations", columns, rows["given"], linesShown, c.SQL["immunizations"], p)
	cmd.printList("Immunizations not given", columns, rows["not given"], otherShown, c.SQL["immunizations"], p)
}

// classNames are those of HL7's ActCode that people meet.
var classNames = map[string]string{
	"AMB": "ambulatory", "EMER": "emergency", "IMP": "inpatient", "ACUTE": "inpatient", "NONAC": "inpatient", "OBSENC": "observation",
	"SS": "short stay", "VR": "virtual", "HH": "home", "FLD": "field", "PRENC": "before admission",
}

func (cmd *patientCmd) printEncounters(c *overview.Chart, p *page) {
	var rows [][]string
	for _, x := range c.Encounters {
		kind := firstOf(x.Type, classNames[x.Class], x.Class)
		if name := classNames[x.Class]; name != "" && name != "ambulatory" && x.Type != "" {
			kind += " (" + name + ")"
		}
		if status := unless(x.Status, "finished"); status != "" {
			kind += ", " + status
		}
		rows = append(rows, []string{span(x.Date, x.Until), kind, x.Reason, x.Place, x.Who})
	}
	columns := []column{{whole: true}, {wrap: true}, {wrap: true, from: 60}, {wrap: true, from: 100}, {wrap: true, from: 140}}
	cmd.printList("Encounters", columns, rows, linesShown, c.SQL["encounters"], p)
}

func (cmd *patientCmd) printProcedures(c *overview.Chart, p *page) {
	var rows [][]string
	for _, x := range c.Procedures {
		what := strings.Join(nonEmpty(named(x.Coding), unless(x.Status, "completed")), ", ")
		rows = append(rows, []string{x.Date, what, x.Reason, x.Who})
	}
	columns := []column{{whole: true}, {wrap: true}, {wrap: true, from: 100}, {wrap: true, from: 140}}
	cmd.printList("Procedures", columns, rows, linesShown, c.SQL["procedures"], p)
}

// named writes what something is, and how often it is here.
func named(x overview.Coding) string {
	return strings.TrimSpace(firstOf(x.Name, unnamed) + " " + times(x.Count))
}

const unnamed = "(without a name)"

func bracketed(text string) string {
	if text == "" {
		return ""
	}
	return "(" + text + ")"
}

func times(n int64) string {
	if n < 2 {
		return ""
	}
	return fmt.Sprintf("×%d", n)
}

// period writes from when to when something was.
func period(state, since, until string) string {
	if since != "" && (since[0] < '0' || since[0] > '9' || strings.Contains(since, " ")) {
		since = "onset " + since // no date: an age or a text
	}
	switch {
	case state == "active" && until != "":
		return strings.TrimSpace(since + " until " + until)
	case state == "active" && since != "" && !strings.HasPrefix(since, "onset "):
		return "since " + since
	case until == "":
		return since
	}
	return span(firstOf(since, "?"), until)
}

// beginning writes when something began, or else when it was recorded.
func beginning(state, since, until, recorded string) string {
	if since == "" && until == "" && recorded != "" {
		return "recorded " + recorded
	}
	return period(state, since, until)
}

// unless returns text if it is none of what goes without saying.
func unless(text string, plain ...string) string {
	for _, p := range plain {
		if text == p {
			return ""
		}
	}
	return text
}

// firstOf returns the first text that is not empty.
func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
