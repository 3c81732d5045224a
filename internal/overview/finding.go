package overview

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	fhirsql "github.com/fhirwh/fhirwh/sql"
)

// A Finding is something missing or suspicious in a warehouse.
type Finding struct {
	Name  string `json:"finding"`        // of the SQL in sql/overview/findings
	Kind  string `json:"kind,omitempty"` // the view or table it is about, where it may be about several
	Count int64  `json:"count"`
	Text  string `json:"text"`            // what was counted; quotes no data but units
	More  string `json:"units,omitempty"` // the units that are meant
	SQL   string `json:"sql"`             // shows the rows that were counted
}

// A kind is a view of facts about people, with its names for what findings show.
type kind struct {
	view, id, date, text string
	past                 string // the date that cannot be in the future
	start, end           string
}

var kinds = []kind{
	{"observations", "observation_id", "effective_date", "display", "effective_date", "", ""},
	{"conditions", "condition_id", "coalesce(onset_date, recorded_date)", "display", "coalesce(onset_date, recorded_date)", "onset_date", "abatement_date"},
	{"medications", "medication_record_id", "coalesce(start_date, authored_date)", "medication", "authored_date", "start_date", "end_date"},
	{"allergies", "allergy_id", "coalesce(onset_date, recorded_date)", "substance", "coalesce(onset_date, recorded_date)", "", ""},
	{"immunizations", "immunization_id", "given_date", "vaccine", "given_date", "", ""},
	{"procedures", "procedure_id", "performed_date", "display", "performed_date", "performed_date", "performed_end_date"},
	{"encounters", "encounter_id", "start_date", "type", "", "start_date", "end_date"},
	{"diagnostic_reports", "diagnostic_report_id", "effective_date", "display", "effective_date", "", ""},
	{"documents", "document_id", "date", "type", "date", "", ""},
	{"goals", "goal_id", "start_date", "description", "", "start_date", "due_date"},
	{"care_plans", "care_plan_id", "start_date", "title", "", "start_date", "end_date"},
	{"devices", "device_id", "manufactured_date", "type", "manufactured_date", "manufactured_date", "expiration_date"},
	{"coverages", "coverage_id", "start_date", "type", "", "start_date", "end_date"},
	{"claims", "claim_id", "coalesce(service_start_date, created_date)", "type", "created_date", "service_start_date", "service_end_date"},
}

// factChecks are the columns of overview/facts that count what is suspicious.
var factChecks = []string{"no_patient", "absent_patient", "absent_encounter", "future", "early", "end_before_start", "before_birth"}

// texts say what a finding counts, in the order in which findings are told. %s is the
// view or table.
var texts = []struct{ name, text string }{
	{"old_views", "views and macros of another version of fhirwh: the next import brings them up to date"},
	{"rejects", "lines that are no FHIR resources"},
	{"unknown_type", "resources of types that R4 does not know"},
	{"no_id", "patients without an id"},
	{"repeated", "people who seem to be here more than once"},
	{"no_name", "patients without a name"},
	{"no_birth_date", "patients without a date of birth"},
	{"impossible_birth", "patients born in the future or before 1900"},
	{"death_before_birth", "patients who died before they were born"},
	{"no_patient", "%s that name no patient"},
	{"absent_patient", "%s of a patient who is not here"},
	{"absent_encounter", "%s of an encounter that is not here"},
	{"absent_medication", "%s rows that refer to a Medication that is not here"},
	{"future", "%s in the future"},
	{"early", "%s before 1900"},
	{"end_before_start", "%s that end before they start"},
	{"before_birth", "%s from before the patient was born"},
	{"no_unit", "amounts without a unit"},
	{"unknown_unit", "amounts in a unit that UCUM does not have"},
	{"variants", "contents of a resource that has another one, kept in the ledger"},
	{"extra", "%s rows with values that no column fits, kept in _extra"},
}

// find notes what is about the whole warehouse.
func (s *Summary) find(name string, n int64) { s.findIn("", name, n) }

// findIn notes what is about a view or table.
func (s *Summary) findIn(kind, name string, n int64) {
	if n == 0 || name == "no_patient" && kind == "devices" { // which nobody need have
		return
	}
	f := &Finding{Name: name, Kind: kind, Count: n, SQL: findingSQL(name, kind, s.AsOf)}
	f.Text = texts[position(name)].text
	if strings.Contains(f.Text, "%s") {
		f.Text = fmt.Sprintf(f.Text, kind)
	}
	s.Findings = append(s.Findings, f)
}

func position(name string) int {
	for i, t := range texts {
		if t.name == name {
			return i
		}
	}
	panic("overview: no text for " + name)
}

// sortFindings puts them in the order of texts, and those of one text by view.
func (s *Summary) sortFindings() {
	slices.SortStableFunc(s.Findings, func(a, b *Finding) int {
		if n := position(a.Name) - position(b.Name); n != 0 {
			return n
		}
		return int(b.Count - a.Count)
	})
}

// findingSQL returns the SQL that shows what was counted, written for that view.
func findingSQL(name, kind, asOf string) string {
	if name == "absent_encounter" && kind == "encounters" {
		name = "absent_part_of"
	}
	sql := fhirsql.Question("overview/findings/" + name)
	values := params{"as_of": asOf}
	switch name {
	case "extra":
		sql = strings.ReplaceAll(sql, "from Observation", "from "+tableName(kind))
	case "absent_medication":
		sql = strings.ReplaceAll(sql, "from base.MedicationRequest", "from base."+kind)
	case "end_before_start":
		sql = rewrite(sql, "medications", kind)
	case "unknown_unit":
		return sql
	default:
		sql = rewrite(sql, "observations", kind)
	}
	if name == "future" {
		sql = strings.ReplaceAll(sql, viewNamed(kind).date+" >", viewNamed(kind).past+" >")
	}
	return condense(bind(sql, values))
}

// tableName quotes the types whose names are words of SQL. A person puts the statement
// between double quotes, so that the others are better without.
func tableName(resourceType string) string {
	switch resourceType {
	case "Binary", "Group":
		return `"` + resourceType + `"`
	}
	return resourceType
}

func viewNamed(view string) kind {
	for _, k := range kinds {
		if k.view == view {
			return k
		}
	}
	return kind{}
}

var words = regexp.MustCompile(`\w+`)

// rewrite puts the names of another view in SQL that was written for one.
func rewrite(sql, from, to string) string {
	a, b := viewNamed(from), viewNamed(to)
	if b.view == "" {
		return sql
	}
	names := map[string]string{a.view: b.view, a.id: b.id, a.text: b.text}
	if a.start != "" {
		names[a.start], names[a.end] = b.start, b.end
	} else {
		names[a.date] = b.date
	}
	var lines []string
	for line := range strings.Lines(sql) {
		if !strings.HasPrefix(line, "--") {
			line = words.ReplaceAllStringFunc(line, func(word string) string {
				if name, ok := names[word]; ok {
					return name
				}
				return word
			})
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "")
}

// checkUnits notes amounts without a unit, and those in units that nobody knows.
func (s *Summary) checkUnits(units map[string]int64) {
	s.find("no_unit", units[""])
	var unknown []string
	n := int64(0)
	for unit, count := range units {
		if unit != "" && !isUnit(unit) {
			unknown = append(unknown, unit)
			n += count
		}
	}
	if n == 0 {
		return
	}
	slices.SortFunc(unknown, func(a, b string) int {
		if units[a] != units[b] {
			return int(units[b] - units[a])
		}
		return strings.Compare(a, b)
	})
	s.find("unknown_unit", n)
	f := s.Findings[len(s.Findings)-1]
	f.SQL = condense(bind(f.SQL, params{"units": unknown}))
	f.More = strings.Join(unknown, ", ")
}

// checkExtra notes which tables have values that no column fits.
func (s *Summary) checkExtra() {
	for _, t := range s.Types {
		if t.Name == "Unknown" {
			s.find("unknown_type", t.Resources)
			continue
		}
		s.findIn(t.Name, "extra", t.Extra)
	}
}

// countLostMedications counts what refers to a Medication that is not here.
func (s *Summary) countLostMedications(ctx context.Context, a Asker, o SummaryOptions) error {
	var branches []string
	for _, table := range []string{"MedicationRequest", "MedicationDispense", "MedicationAdministration", "MedicationStatement"} {
		branches = append(branches, fmt.Sprintf("select '%s' as kind, count(*) as n from (%s)", table, findingSQL("absent_medication", table, o.AsOf)))
	}
	return askSQL(ctx, a, "overview/findings/absent_medication", strings.Join(branches, " union all "), func(r row) {
		s.findIn(r.text("kind"), "absent_medication", r.integer("n"))
	})
}
