package overview

import (
	"context"
	"slices"

	fhirsql "github.com/fhirwh/fhirwh/sql"
)

// A Chart is what is known of one person, in the order in which a clinician reads it. Dates
// are as precise as sent.
type Chart struct {
	Patient       Patient           `json:"patient"`
	Same          []Same            `json:"perhaps_the_same_person,omitempty"`
	Problems      []Problem         `json:"problems"`
	Medications   []Medication      `json:"medications"`
	Allergies     []Allergy         `json:"allergies"`
	Labs          []Measure         `json:"labs"`
	Vitals        []Measure         `json:"vitals"`
	Other         []Measure         `json:"other_observations"`
	Immunizations []Immunization    `json:"immunizations"`
	Encounters    []Encounter       `json:"encounters"`
	Procedures    []Procedure       `json:"procedures"`
	Counts        []Count           `json:"counts"`
	SQL           map[string]string `json:"sql"` // shows all rows of a view, by its name
}

// A Patient is who a chart is about.
type Patient struct {
	Person
	MRN         string   `json:"mrn,omitempty"`
	Deceased    bool     `json:"is_deceased"`
	DeathDate   string   `json:"death_date,omitempty"`
	Inactive    bool     `json:"is_inactive"` // the record is not in use
	ReplacedBy  string   `json:"replaced_by,omitempty"`
	Identifiers []string `json:"identifiers,omitempty"` // each with its type or system
	Address     string   `json:"address,omitempty"`
	Phone       string   `json:"phone,omitempty"`
	Email       string   `json:"email,omitempty"`
	Language    string   `json:"language,omitempty"`
	Doctor      string   `json:"general_practitioner,omitempty"`
	FirstDate   string   `json:"first_date,omitempty"` // of any fact
	LastDate    string   `json:"last_date,omitempty"`
}

// A Same is another id that may be the same person.
type Same struct {
	Source string `json:"source"`
	ID     string `json:"patient_id"`
	Why    string `json:"why"` // merged, identifier, name and birth date
}

// A Coding is what was found, as text and as a code.
type Coding struct {
	Name   string `json:"name"`
	System string `json:"code_system,omitempty"`
	Code   string `json:"code,omitempty"`
	Count  int64  `json:"count"` // how many rows are told in this one
}

// A Problem is a condition.
type Problem struct {
	Coding
	State        string `json:"state"` // active, unknown, past, refuted
	Status       string `json:"clinical_status,omitempty"`
	Verification string `json:"verification_status,omitempty"`
	Severity     string `json:"severity,omitempty"`
	Since        string `json:"since,omitempty"`
	Until        string `json:"until,omitempty"`
	Recorded     string `json:"recorded,omitempty"`
}

// A Medication is what a person takes or took.
type Medication struct {
	Coding
	State      string `json:"state"` // active, past
	Kind       string `json:"kind"`
	Status     string `json:"status,omitempty"`
	Dose       string `json:"dose,omitempty"`
	Reason     string `json:"reason,omitempty"`
	Prescriber string `json:"prescriber,omitempty"`
	Since      string `json:"since,omitempty"`
	Until      string `json:"until,omitempty"`
	Dispensed  string `json:"dispensed,omitempty"` // last time
}

// An Allergy is an allergy or intolerance.
type Allergy struct {
	Coding
	State        string   `json:"state"` // active, past, refuted
	Status       string   `json:"clinical_status,omitempty"`
	Verification string   `json:"verification_status,omitempty"`
	Type         string   `json:"type,omitempty"`
	Criticality  string   `json:"criticality,omitempty"`
	Severity     string   `json:"severity,omitempty"`
	Reactions    []string `json:"reactions,omitempty"`
	Since        string   `json:"since,omitempty"`
	Recorded     string   `json:"recorded,omitempty"`
}

// A Measure is the latest value of something that was measured.
type Measure struct {
	Coding
	Category string    `json:"category,omitempty"`
	Value    string    `json:"value,omitempty"` // with comparator and unit
	Number   *float64  `json:"number,omitempty"`
	Unit     string    `json:"unit,omitempty"`
	Absent   string    `json:"absent_reason,omitempty"`
	Flag     string    `json:"flag,omitempty"` // H, L, A, ...: not normal, as sent or by the range
	Low      *float64  `json:"reference_low,omitempty"`
	High     *float64  `json:"reference_high,omitempty"`
	Range    string    `json:"reference_text,omitempty"`
	Date     string    `json:"date,omitempty"`
	Trend    []float64 `json:"trend,omitempty"` // the last numbers in this unit, this one included
}

// An Immunization is a vaccine that was given, or was not.
type Immunization struct {
	Coding
	State  string   `json:"state"` // given, not given
	Reason string   `json:"reason,omitempty"`
	Date   string   `json:"date,omitempty"` // the last one
	Dates  []string `json:"dates,omitempty"`
}

// An Encounter is a visit or stay.
type Encounter struct {
	ID     string `json:"encounter_id"`
	Date   string `json:"date,omitempty"`
	Until  string `json:"until,omitempty"` // if it ended on another day
	Class  string `json:"class,omitempty"`
	Status string `json:"status,omitempty"`
	Type   string `json:"type,omitempty"`
	Reason string `json:"reason,omitempty"`
	Place  string `json:"place,omitempty"`
	Who    string `json:"who,omitempty"`
}

// A Procedure is what was done to a person.
type Procedure struct {
	Coding
	Status string `json:"status,omitempty"`
	Reason string `json:"reason,omitempty"`
	Who    string `json:"who,omitempty"`
	Date   string `json:"date,omitempty"` // the last one
}

// A Count is how much a view has of a person.
type Count struct {
	Kind  string `json:"kind"` // the view
	Count int64  `json:"count"`
}

// ChartOf asks for all that is known of a person.
func ChartOf(ctx context.Context, a Asker, p Person) (*Chart, error) {
	c := newChart(p)
	read := map[string]func(row){
		"patient": c.readPatient, "same": c.readSame, "problems": c.readProblem, "medications": c.readMedication,
		"allergies": c.readAllergy, "observations": c.readMeasure, "immunizations": c.readImmunization,
		"encounters": c.readEncounter, "procedures": c.readProcedure, "counts": c.readCount,
	}
	who := params{"source": p.Source, "patient_id": p.ID}
	for _, name := range chartParts {
		if err := ask(ctx, a, "chart/"+name, who, read[name]); err != nil {
			return nil, err
		}
	}
	for _, view := range chartViews {
		c.SQL[view] = condense(bind(rewrite(fhirsql.Question("chart/all"), "conditions", view), who))
	}
	return c, nil
}

var (
	chartParts = []string{"patient", "same", "problems", "medications", "allergies", "observations", "immunizations", "encounters", "procedures", "counts"}
	chartViews = []string{
		"conditions", "medications", "allergies", "observations", "immunizations", "encounters", "procedures",
		"diagnostic_reports", "documents", "goals", "care_plans", "devices", "coverages", "claims",
	}
)

// newChart makes an empty chart, whose lists are empty and not null in JSON.
func newChart(p Person) *Chart {
	return &Chart{
		Patient: Patient{Person: p}, SQL: map[string]string{},
		Problems: []Problem{}, Medications: []Medication{}, Allergies: []Allergy{},
		Labs: []Measure{}, Vitals: []Measure{}, Other: []Measure{},
		Immunizations: []Immunization{}, Encounters: []Encounter{}, Procedures: []Procedure{}, Counts: []Count{},
	}
}

// span widens the dates of the chart by those of a row.
func (c *Chart) span(r row) {
	for _, date := range []string{r.text("first_date"), r.text("last_date")} {
		if date == "" {
			continue
		}
		p := &c.Patient
		if p.FirstDate == "" || date < p.FirstDate {
			p.FirstDate = date
		}
		p.LastDate = max(p.LastDate, date)
	}
}

// IsEmpty reports whether there is nothing but the patient.
func (c *Chart) IsEmpty() bool {
	return c.Patient.FirstDate == "" && len(c.Problems)+len(c.Medications)+len(c.Allergies)+len(c.Labs)+len(c.Vitals)+len(c.Other)+
		len(c.Immunizations)+len(c.Encounters)+len(c.Procedures) == 0 &&
		!slices.ContainsFunc(c.Counts, func(n Count) bool { return n.Count > 0 })
}
