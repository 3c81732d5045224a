package warehouse_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// factsOf returns the rows of timeline that a resource has, each as kind, patient_id, id
// and date; none of a type that this test leaves out.
func factsOf(r object, all sent) []string {
	name := text(r, "resourceType")
	if r["status"] == "entered-in-error" || has(r["verificationStatus"], "entered-in-error") {
		return nil
	}
	switch name {
	case "Observation":
		return several("observations", r, "subject", len(observationRows(r, all)),
			text(r, "effectiveDateTime"), text(r, "effectiveInstant"), text(r, "effectivePeriod", "start"),
			text(r, "effectiveTiming", "event", 0), "|", text(r, "issued"))
	case "MedicationRequest", "MedicationDispense", "MedicationAdministration", "MedicationStatement":
		for _, m := range medicationRows(r, all) {
			return several("medications", r, "subject", 1, m["start_date"], "|", m["authored_date"])
		}
	case "Condition":
		return several("conditions", r, "subject", 1, text(r, "onsetDateTime"), text(r, "onsetPeriod", "start"), "|", text(r, "recordedDate"))
	case "Encounter":
		return several("encounters", r, "subject", 1, text(r, "period", "start"))
	case "Procedure":
		return several("procedures", r, "subject", 1, text(r, "performedDateTime"), text(r, "performedPeriod", "start"))
	case "Immunization":
		return several("immunizations", r, "patient", 1, text(r, "occurrenceDateTime"))
	case "AllergyIntolerance":
		return several("allergies", r, "patient", 1, text(r, "onsetDateTime"), text(r, "onsetPeriod", "start"), "|", text(r, "recordedDate"))
	case "DiagnosticReport":
		effective := []string{text(r, "effectiveDateTime"), text(r, "effectivePeriod", "start")}
		return append(several("diagnostic_reports", r, "subject", 1, append(effective, "|", text(r, "issued"))...),
			several("documents", r, "subject", len(list(r, "presentedForm")), append([]string{text(r, "issued")}, effective...)...)...)
	case "DocumentReference":
		if r["docStatus"] != "entered-in-error" {
			return several("documents", r, "subject", len(list(r, "content")), text(r, "date"))
		}
	}
	return nil
}

// several returns n rows. dates are, up to "|", the texts of which the first counts, and
// behind it one to take where that is no date.
func several(kind string, r object, subject string, n int, dates ...string) []string {
	before, after, _ := strings.Cut(strings.Join(dates, "\n"), "|")
	date := first(day(first(strings.Split(before, "\n")...)), day(strings.TrimSpace(after)))
	if date == "" {
		return nil
	}
	var rows []string
	for range n {
		rows = append(rows, strings.Join([]string{kind, idOf(r[subject], "Patient"), text(r, "id"), date}, " "))
	}
	return rows
}

// checkTimeline counts the rows of timeline against the JSON.
func checkTimeline(t *testing.T, reader *warehouse.Reader, all sent) {
	want, types := map[string]int64{}, map[string]bool{}
	for _, r := range all {
		for _, fact := range factsOf(r, all) {
			want[fact]++
			kind, _, _ := strings.Cut(fact, " ")
			types[kind] = true
		}
	}
	res, err := reader.Query(t.Context(), `with whole as materialized (from timeline)
		select concat_ws(' ', kind, coalesce(patient_id, ''), id, date), count(*) from whole group by 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	found := 0
	for res.Next() {
		values := res.Values()
		fact := fmt.Sprint(values[0])
		if n, known := want[fact]; known {
			found++
			if fmt.Sprint(values[1]) != fmt.Sprint(n) {
				t.Errorf("timeline has %v times %s, want %d", values[1], fact, n)
			}
		}
	}
	if err := res.Close(); err != nil {
		t.Fatal(err)
	}
	if found != len(want) {
		t.Errorf("timeline: found %d of %d facts", found, len(want))
	}
	t.Logf("timeline: %d facts of %d kinds", found, len(types))
}
