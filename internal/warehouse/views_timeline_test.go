package warehouse

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/parse"
)

// timelineOfViews says what timeline has, by way of the views that it is of.
const timelineOfViews = `
	select source, patient_id, coalesce(effective_date, make_timestamp(epoch_us(issued_at))::date) as date, null::date as end_date,
		'observations' as kind, observation_id as id, display as what, status, encounter_id
	from observations
	union all
	select source, patient_id, coalesce(start_date, authored_date), end_date, 'medications', medication_record_id, medication, status, encounter_id
	from medications
	union all
	select source, patient_id, coalesce(onset_date, recorded_date), abatement_date, 'conditions', condition_id, display, clinical_status, encounter_id
	from conditions
	union all
	select source, patient_id, start_date, end_date, 'encounters', encounter_id, coalesce(type, class), status, encounter_id
	from encounters
	union all
	select source, patient_id, performed_date, performed_end_date, 'procedures', procedure_id, display, status, encounter_id
	from procedures
	union all
	select source, patient_id, given_date, null, 'immunizations', immunization_id, vaccine, status, encounter_id
	from immunizations
	union all
	select source, patient_id, coalesce(onset_date, recorded_date), null, 'allergies', allergy_id, substance, clinical_status, encounter_id
	from allergies
	union all
	select source, patient_id, coalesce(effective_date, make_timestamp(epoch_us(issued_at))::date), null, 'diagnostic_reports',
		diagnostic_report_id, display, status, encounter_id
	from diagnostic_reports
	union all
	select source, patient_id, date, null, 'documents', document_id, coalesce(title, type), status, encounter_id
	from documents
	union all
	select source, patient_id, coalesce(start_date, due_date), due_date, 'goals', goal_id, description, lifecycle_status, null
	from goals
	union all
	select source, patient_id, start_date, end_date, 'care_plans', care_plan_id, coalesce(activity, title, category), status, encounter_id
	from care_plans
	union all
	select source, patient_id, manufactured_date, expiration_date, 'devices', device_id, coalesce(device_name, type), status, null
	from devices
	union all
	select source, patient_id, start_date, end_date, 'coverages', coverage_id, coalesce(payer, plan_name, type), status, null
	from coverages
	union all
	select source, patient_id, coalesce(service_start_date, created_date), service_end_date, 'claims', claim_id, coalesce(type, use), status, null
	from claims`

// ofViews are the views that timeline and patient_summary count; it is false of
// those without a date.
var ofViews = map[string]bool{
	"observations": true, "medications": true, "conditions": true, "encounters": true, "procedures": true, "immunizations": true,
	"allergies": true, "diagnostic_reports": true, "documents": true, "goals": true, "care_plans": true, "care_team": false,
	"devices": true, "coverages": true, "claims": true, "claim_lines": false,
}

// TestTimelineIsOfTheViews holds timeline and patient_summary, which read the typed
// tables, against the views that they are of, on every file at hand.
func TestTimelineIsOfTheViews(t *testing.T) {
	c := importAll(t)
	for _, view := range append(slices.Collect(maps.Keys(ofViews)), "patients", "timeline", "patient_summary") {
		if err := c.exec(t.Context(), fmt.Sprintf("create temp table %s as from main.%[1]s", view)); err != nil {
			t.Fatal(err)
		}
	}
	same(t, c, "select source, patient_id, date, end_date, kind, id, what, status, encounter_id from timeline where kind <> 'care_plans'",
		"from ("+timelineOfViews+") where date is not null and kind <> 'care_plans'")
	// a plan's category is its code in care_plans, its text in timeline
	same(t, c, "select source, patient_id, date, end_date, kind, id, status, encounter_id from timeline where kind = 'care_plans'",
		"select source, patient_id, start_date, end_date, 'care_plans', care_plan_id, status, encounter_id from care_plans where start_date is not null")
	for view := range ofViews {
		same(t, c, fmt.Sprintf("select source, patient_id, %s from patient_summary where %[1]s > 0", view),
			fmt.Sprintf("select source, patient_id, count(*) from %s where patient_id is not null group by all", view))
	}
	same(t, c, "select source, patient_id, first_date, last_date from patient_summary where first_date is not null or last_date is not null",
		"select source, patient_id, min(date), max(date) from timeline where patient_id is not null group by all")
	people := "select source, patient_id from patients where patient_id is not null"
	for view := range ofViews {
		people += " union select source, patient_id from " + view + " where patient_id is not null"
	}
	same(t, c, "select source, patient_id from patient_summary", people)
	same(t, c, "select source, patient_id, full_name, birth_date from patient_summary semi join patients using (source, patient_id)",
		"select source, patient_id, full_name, birth_date from patients where patient_id is not null")
}

// importAll imports every file at hand into one warehouse, each under its name.
func importAll(t *testing.T) *conn {
	t.Helper()
	files, err := filepath.Glob("../../testdata/traps/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files, error %v", err)
	}
	files = append(files, exampleExport)
	for _, name := range []string{"epic-sandbox.jsonl", "synthea-mixed.jsonl.zst"} {
		f := filepath.Join("..", "..", "..", "shared", "data", name)
		if _, err := os.Stat(f); err == nil {
			files = append(files, f)
		}
	}
	o := ImportOptions{MaxRejects: -1, Version: "test"}
	for _, f := range files {
		o.Sources = append(o.Sources, parse.Source{Label: filepath.Base(f), Path: f})
	}
	path := filepath.Join(t.TempDir(), "w.duckdb")
	if _, err := Import(t.Context(), path, o); err != nil {
		t.Fatal(err)
	}
	c, err := openDuck(path, map[string]string{"access_mode": "READ_ONLY"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	return c
}

// same fails if two queries do not give the same rows as often.
func same(t *testing.T, c *conn, got, want string) {
	t.Helper()
	_, rows := textsOf(t, c, fmt.Sprintf(`
		(select 'more', * from ((%s) except all (%s)))
		union all
		(select 'missing', * from ((%[2]s) except all (%[1]s)))
		order by all limit 4`, got, want))
	for _, row := range rows {
		t.Errorf("%s\n%s", strings.TrimSpace(got), strings.Join(row, " | "))
	}
}

// A filter on one patient reaches the scans: below it there is nothing but a table of
// resources and ledger.urns.
func TestPatientFilterReachesTheScans(t *testing.T) {
	c := importInto(t, "views", exampleExport)
	for view := range ofViews {
		checkFilter(t, c, view)
	}
	checkFilter(t, c, "timeline")
}

// A planned is an operator of a plan.
type planned struct {
	Name     string
	Info     map[string]any `json:"extra_info"`
	Children []planned
}

func checkFilter(t *testing.T, c *conn, view string) {
	t.Helper()
	r, err := c.query(t.Context(), "explain (format json) select * from "+view+" where patient_id = 'nobody'")
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	var key, plan string
	if !r.next() || r.scan(&key, &plan) != nil {
		t.Fatalf("no plan of %s: %v", view, r.close())
	}
	var roots []planned
	if err := json.Unmarshal([]byte(plan), &roots); err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, root := range roots {
		root.walk(func(p planned) {
			if !strings.Contains(fmt.Sprint(p.Info), "nobody") {
				return
			}
			found++
			var tables []string
			p.walk(func(below planned) {
				table, _ := below.Info["Table"].(string)
				switch {
				case strings.HasSuffix(table, ".urns"), below.Name == "PROJECTION", below.Name == "FILTER", below.Name == "HASH_JOIN":
				default:
					tables = append(tables, below.Name+" "+table)
				}
			})
			if len(tables) != 1 {
				t.Errorf("%s: the filter has below it %v", view, tables)
			}
		})
	}
	if found == 0 {
		t.Errorf("%s: no filter in the plan", view)
	}
}

func (p planned) walk(visit func(planned)) {
	visit(p)
	for _, child := range p.Children {
		child.walk(visit)
	}
}
