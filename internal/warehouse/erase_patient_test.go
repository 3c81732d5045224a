package warehouse

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// eraseCases are resources of one source and what becomes of them when patient p1
// is erased: "gone", "stays" (does not name p1), "still" (stays though it does) or
// "unclear".
var eraseCases = []struct{ name, want, resource string }{
	{"the patient", "gone", `{"resourceType":"Patient","id":"p1","identifier":[{"system":"urn:mrn","value":"77"}],"name":[{"text":"Ada"}]}`},
	{"another", "stays", `{"resourceType":"Patient","id":"p2","name":[{"text":"Bea"}]}`},
	{"one whose id begins the same", "stays", `{"resourceType":"Patient","id":"p10"}`},
	{"one that is linked", "still", `{"resourceType":"Patient","id":"p3","link":[{"other":{"reference":"Patient/p1"},"type":"seealso"}]}`},

	{"subject", "gone", `{"resourceType":"Observation","id":"o1","subject":{"reference":"Patient/p1"},"valueInteger":1}`},
	{"subject, absolute", "gone", `{"resourceType":"Observation","id":"o2","subject":{"reference":"https://x.example/fhir/Patient/p1"}}`},
	{"subject with version", "gone", `{"resourceType":"Observation","id":"o3","subject":{"reference":"Patient/p1/_history/2"}}`},
	{"subject by identifier", "gone", `{"resourceType":"Observation","id":"o4","subject":{"identifier":{"system":"urn:mrn","value":"77"}}}`},
	{"identifier of another system", "unclear", `{"resourceType":"Observation","id":"o5","subject":{"identifier":{"system":"urn:other","value":"77"}}}`},
	{"another id", "stays", `{"resourceType":"Observation","id":"o6","subject":{"reference":"Patient/p10"}}`},
	{"a longer path, whoever it is", "still", `{"resourceType":"Observation","id":"o7","subject":{"reference":"Patient/p1/x"}}`},
	{"performer of another's", "still", `{"resourceType":"Observation","id":"o8","subject":{"reference":"Patient/p2"},"performer":[{"reference":"Patient/p1"}]}`},
	{"performer of a group's", "still", `{"resourceType":"Observation","id":"o9","subject":{"reference":"Group/g2"},"performer":[{"reference":"Patient/p1"}]}`},
	{"extension of another's", "still", `{"resourceType":"Observation","id":"o10","subject":{"reference":"Patient/p2"},"extension":[{"url":"x","valueReference":{"reference":"Patient/p1"}}]}`},
	{"contained in another's", "still", `{"resourceType":"Observation","id":"o11","subject":{"reference":"Patient/p2"},"contained":[{"resourceType":"Specimen","id":"s","subject":{"reference":"Patient\/p1"}}]}`},
	{"words of another's", "still", `{"resourceType":"Observation","id":"o12","subject":{"reference":"Patient/p2"},"text":{"status":"generated","div":"<div>see Patient/p1.</div>"}}`},
	{"subject that is a list by mistake", "gone", `{"resourceType":"Observation","id":"o13","subject":[{"reference":"Patient/p1"}]}`},
	{"only an encounter", "gone", `{"resourceType":"Observation","id":"o14","encounter":{"reference":"Encounter/e1"}}`},
	{"only an encounter of another's", "stays", `{"resourceType":"Observation","id":"o15","encounter":{"reference":"Encounter/e2"}}`},
	{"only a result", "gone", `{"resourceType":"Observation","id":"o16"}`},
	{"a result of two", "stays", `{"resourceType":"Observation","id":"o17"}`},
	{"without id", "gone", `{"resourceType":"Observation","subject":{"reference":"Patient/p1"},"valueInteger":2}`},
	{"of nobody", "unclear", `{"resourceType":"Observation","id":"o18"}`},
	{"a report", "gone", `{"resourceType":"DiagnosticReport","id":"r1","subject":{"reference":"Patient/p1"},"result":[{"reference":"Observation/o16"},{"reference":"Observation/o17"}],"presentedForm":[{"url":"Binary/b1"}]}`},
	{"a report of another's", "stays", `{"resourceType":"DiagnosticReport","id":"r2","subject":{"reference":"Patient/p2"},"result":[{"reference":"Observation/o17"}]}`},
	{"encounter", "gone", `{"resourceType":"Encounter","id":"e1","subject":{"reference":"Patient/p1"}}`},
	{"encounter of another's", "stays", `{"resourceType":"Encounter","id":"e2","subject":{"reference":"Patient/p2"}}`},

	{"binary", "gone", `{"resourceType":"Binary","id":"b1","contentType":"text/plain","data":"eA=="}`},
	{"binary of two", "stays", `{"resourceType":"Binary","id":"b2","contentType":"text/plain","data":"eA=="}`},
	{"binary whose id is its URL", "gone", `{"resourceType":"Binary","id":"aHR0cHM6Ly94LmV4YW1wbGUvQmluYXJ5L2E/Yj1j","contentType":"text/plain","data":"eA=="}`},
	{"binary of nobody", "unclear", `{"resourceType":"Binary","id":"b4","contentType":"text/plain","data":"eA=="}`},
	{"document", "gone", `{"resourceType":"DocumentReference","id":"d1","subject":{"reference":"Patient/p1"},"content":[{"attachment":{"url":"https://x.example/Binary/b2"}},{"attachment":{"url":"https://x.example/Binary/a?b=c"}}]}`},
	{"document of another's", "stays", `{"resourceType":"DocumentReference","id":"d2","subject":{"reference":"Patient/p2"},"content":[{"attachment":{"url":"Binary/b2"}}]}`},

	{"appointment", "gone", `{"resourceType":"Appointment","id":"a1","participant":[{"actor":{"reference":"Patient/p1"}},{"actor":{"reference":"Practitioner/x"}}]}`},
	{"appointment of two", "still", `{"resourceType":"Appointment","id":"a2","participant":[{"actor":{"reference":"Patient/p1"}},{"actor":{"reference":"Patient/p2"}}]}`},
	{"group", "still", `{"resourceType":"Group","id":"g1","member":[{"entity":{"reference":"Patient/p2"}},{"entity":{"reference":"Patient/p1"}}]}`},
	{"list of the patient", "gone", `{"resourceType":"List","id":"l1","subject":{"reference":"Patient/p1"},"entry":[{"item":{"reference":"Patient/p2"}}]}`},
	{"list of others", "still", `{"resourceType":"List","id":"l2","entry":[{"item":{"reference":"Patient/p2"}},{"item":{"reference":"Patient/p1"}}]}`},
	{"account", "gone", `{"resourceType":"Account","id":"c1","subject":[{"reference":"Patient/p1"}]}`},
	{"account of two", "still", `{"resourceType":"Account","id":"c2","subject":[{"reference":"Patient/p1"},{"reference":"Patient/p2"}]}`},
	{"coverage that another pays", "gone", `{"resourceType":"Coverage","id":"k1","beneficiary":{"reference":"Patient/p1"},"subscriber":{"reference":"Patient/p2"}}`},
	{"coverage of another", "still", `{"resourceType":"Coverage","id":"k2","beneficiary":{"reference":"Patient/p2"},"subscriber":{"reference":"Patient/p1"}}`},
	{"relative", "gone", `{"resourceType":"RelatedPerson","id":"x1","patient":{"reference":"Patient/p1"},"name":[{"text":"Cy"}]}`},
	{"person", "gone", `{"resourceType":"Person","id":"x2","link":[{"target":{"reference":"Patient/p1"}}]}`},
	{"practitioner who is a patient", "still", `{"resourceType":"Practitioner","id":"x3","extension":[{"url":"x","valueReference":{"reference":"Patient/p1"}}]}`},
	{"task", "gone", `{"resourceType":"Task","id":"t1","for":{"reference":"Patient/p1"},"owner":{"reference":"Patient/p2"}}`},

	{"provenance", "gone", `{"resourceType":"Provenance","id":"v1","target":[{"reference":"Observation/o1"}]}`},
	{"provenance of the patient", "gone", `{"resourceType":"Provenance","id":"v2","target":[{"reference":"Patient/p1"}]}`},
	{"provenance of more", "stays", `{"resourceType":"Provenance","id":"v3","target":[{"reference":"Observation/o1"},{"reference":"Observation/o6"}]}`},
	{"provenance of what hangs on it", "gone", `{"resourceType":"Provenance","id":"v4","target":[{"reference":"Binary/b1"}]}`},
	{"outcome of a search", "gone", `{"resourceType":"OperationOutcome","id":"y1","issue":[{"severity":"error","code":"x","diagnostics":"Observation?category=x&patient=p1"}]}`},
	{"outcome of another search", "stays", `{"resourceType":"OperationOutcome","id":"y2","issue":[{"severity":"error","code":"x","diagnostics":"Observation?patient=p10"}]}`},
	{"a type of tomorrow", "gone", `{"resourceType":"Tomorrow","id":"z1","subject":{"reference":"Patient/p1"}}`},
	{"a type of tomorrow, of two", "still", `{"resourceType":"Tomorrow","id":"z2","subject":{"reference":"Patient/p1"},"x":{"reference":"Patient/p2"}}`},
	{"medication", "stays", `{"resourceType":"Medication","id":"m1"}`},
	{"request", "gone", `{"resourceType":"MedicationRequest","id":"q1","subject":{"reference":"Patient/p1"},"medicationReference":{"reference":"Medication/m1"}}`},
}

func TestErasePatient(t *testing.T) {
	db := newDB(t)
	var lines []string
	for _, c := range eraseCases {
		lines = append(lines, c.resource)
	}
	importLines(t, db, "a.jsonl", lines...)
	importLabelled(t, db, "other", lines...)
	left := func() []string { return strings.Fields(ask(t, db, leftSQL(t, db))) }
	before := left()
	report, err := Erase(t.Context(), db, EraseOptions{Patient: "p1", Source: "default", Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	after := left()
	still, unclear := int64(0), int64(0)
	for i, c := range eraseCases {
		key := fmt.Sprintf("default:%d", i+1)
		if gone := !slices.Contains(after, key); gone != (c.want == "gone") || !slices.Contains(before, key) {
			t.Errorf("%s: gone is %t, want it %s", c.name, gone, c.want)
		}
		if !slices.Contains(after, fmt.Sprintf("other:%d", i+1)) {
			t.Errorf("%s: gone from the other source", c.name)
		}
		switch c.want {
		case "still":
			still++
		case "unclear":
			unclear++
		}
	}
	sum := func(counts []NamedIn) (n int64) {
		for _, c := range counts {
			n += c.Rows
		}
		return n
	}
	if sum(report.StillNames) != still || sum(report.Unclear) != unclear {
		t.Errorf("still %v, want %d; unclear %v, want %d", report.StillNames, still, report.Unclear, unclear)
	}
	if report.Rows != int64(len(before)-len(after)) || !slices.Equal(report.OtherSources, []string{"other"}) {
		t.Errorf("%d rows, other sources %v", report.Rows, report.OtherSources)
	}
	expect(t, db, "select count(*) from ledger.names where source = 'default' and name in ('Ada', 'Cy')", "0")
	if r := verify(t, db, VerifyOptions{}); !r.OK() {
		t.Error(reportText(r))
	}
}

// leftSQL selects source and line of all resources.
func leftSQL(t *testing.T, db string) string {
	var selects []string
	for _, name := range strings.Fields(ask(t, db, "select table_name from duckdb_tables() where schema_name = 'main'")) {
		selects = append(selects, "select _source || ':' || _line from "+quoteName(name))
	}
	return strings.Join(selects, " union all ")
}

// References of a Bundle are urns, and what it brought goes with it.
func TestErasePatientOfABundle(t *testing.T) {
	bundle := func(id, link string, entries ...string) string {
		return fmt.Sprintf(`{"resourceType":"Bundle","id":"%s","type":"collection","link":[{"relation":"self","url":"%s"}],"entry":[%s]}`, id, link, strings.Join(entries, ","))
	}
	entry := func(url, resource string) string { return fmt.Sprintf(`{"fullUrl":"%s","resource":%s}`, url, resource) }
	patient := func(id string) string { return entry("urn:uuid:u-"+id, `{"resourceType":"Patient","id":"`+id+`"}`) }
	observation := func(id, of string) string {
		return entry("urn:uuid:"+id, `{"resourceType":"Observation","id":"`+id+`","subject":{"reference":"urn:uuid:`+of+`"}}`)
	}
	organization := entry("urn:uuid:org", `{"resourceType":"Organization","id":"org"}`)
	db := newDB(t)
	importLines(t, db, "a.jsonl",
		bundle("alone", "", patient("p1"), observation("o1", "u-p1"), organization),
		bundle("shared", "", patient("p2"), observation("o2", "u-p2"), observation("o3", "u-p1")),
		bundle("found nothing", "https://x.example/Goal?patient=p1"),
		bundle("of others", "https://x.example/Goal?patient=p2", observation("o4", "p2")),
		bundle("tail", "", observation("o5", "p1")))
	report, err := Erase(t.Context(), db, EraseOptions{Patient: "p1"})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, db, `select string_agg(id, ' ' order by id) from "Bundle"`, "of others shared")
	expect(t, db, `select string_agg(id, ' ' order by id) from "Observation"`, "o2 o4")
	expect(t, db, "select string_agg(resource_id, ' ' order by resource_id) from ledger.bundle_entries", "o2 o4 org p2")
	if got := fmt.Sprint(report.StillNames); got != "[{Bundle 1}]" {
		t.Errorf("still names: %s", got)
	}
	if r := verify(t, db, VerifyOptions{}); !r.OK() {
		t.Error(reportText(r))
	}
}

func TestErasePatientFromTheLedger(t *testing.T) {
	db := newDB(t)
	importLines(t, db, "a.jsonl",
		`{"resourceType":"Patient","id":"p1","gender":"female"}`,
		`{"resourceType":"Patient","id":"p1","gender":"male"}`,
		`{"resourceType":"Observation","id":"o1","subject":{"reference":"Patient/p2"}}`,
		`{"resourceType":"Observation","id":"o1","subject":{"reference":"Patient/p1"},"valueInteger":1}`,
		`{"resourceType":"Observation","id":"o1","subject":{"reference":"Patient/p2"},"valueInteger":2}`,
		`{"resourceType":"Appointment","id":"a1","participant":[{"actor":{"reference":"Patient/p1"}},{"actor":{"reference":"Patient/p2"}}]}`,
		`{"resourceType":"Appointment","id":"a1","participant":[{"actor":{"reference":"Patient/p2"}}]}`,
		`{"resourceType":"Condition","subject":{"reference":"Patient/p1"}`,
		`{"resourceType":"Condition","subject":{"reference":"Patient/p10"}`,
		`{"resourceType":"Patient","id" : "p1",`,
		`{"resourceType":"Practitioner","id":"p1",`)
	expect(t, db, "select count(*) from ledger.variants", "4")
	report, err := Erase(t.Context(), db, EraseOptions{Patient: "p1"})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, db, "select string_agg(resource_type || ' ' || line, ', ' order by line) from ledger.variants", "Observation 3, Appointment 6")
	expect(t, db, "select string_agg(line::varchar || case when raw = ''::blob then ' emptied' else '' end, ', ' order by line) from ledger.rejects", "8 emptied, 9, 10 emptied, 11")
	if got := fmt.Sprint(report.StillNames); got != "[{ledger.variants 1}]" {
		t.Errorf("still names: %s", got)
	}
	if r := verify(t, db, VerifyOptions{}); !r.OK() {
		t.Error(reportText(r))
	}
}

func TestErasePatientNeedsToKnowWhose(t *testing.T) {
	db := newDB(t)
	importLabelled(t, db, "a", `{"resourceType":"Patient","id":"both"}`, `{"resourceType":"Patient","id":"one"}`)
	importLabelled(t, db, "b", `{"resourceType":"Patient","id":"both"}`, `{"resourceType":"Observation","id":"o","subject":{"reference":"Patient/absent"}}`)
	before := ask(t, db, "select count(*) from Patient")
	var many *ManySourcesError
	var none *NotThereError
	tests := []struct {
		name string
		o    EraseOptions
		want any
	}{
		{"in two sources", EraseOptions{Patient: "both"}, &many},
		{"in none", EraseOptions{Patient: "absent"}, &none},
		{"not in this one", EraseOptions{Patient: "one", Source: "b"}, &none},
		{"no such source", EraseOptions{Patient: "one", Source: "c"}, &none},
		{"nothing of the source", EraseOptions{Source: "c"}, &none},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, dry := range []bool{true, false} {
				tt.o.DryRun = dry
				if _, err := Erase(t.Context(), db, tt.o); !errors.As(err, tt.want) || tt.o.Patient != "" && strings.Contains(err.Error(), tt.o.Patient) {
					t.Errorf("dry run %t: %v", dry, err)
				}
			}
			expect(t, db, "select count(*) from Patient", before)
		})
	}
	for _, o := range []EraseOptions{{Patient: "one"}, {Patient: "absent", Source: "b"}, {Patient: "both", Source: "b"}} {
		if _, err := Erase(t.Context(), db, o); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
	}
	expect(t, db, "select (select string_agg(_source || id, ' ') from Patient) || (select count(*) from Observation)", "aboth0")
	if left := beside(t, db); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}
