package warehouse

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/parse"
)

// TestExportRecords follows a row of a typed table to the export that brought it.
func TestExportRecords(t *testing.T) {
	dir := t.TempDir()
	db, file := filepath.Join(dir, "w.duckdb"), filepath.Join(dir, "one.jsonl")
	if err := os.WriteFile(file, []byte(`{"resourceType":"Patient","id":"p"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	landed := time.Date(2026, 1, 2, 3, 4, 5, 6789, time.UTC)
	total := int64(3)
	records := &ExportRecords{
		Connections: []ConnectionRecord{{ID: "conn", APIMode: "test", Status: "authorized", Updated: landed}},
		Exports: []ExportRecord{{TaskID: "task", ConnectionID: "conn", APIMode: "test", State: "landed", Total: &total,
			ByType: map[string]int64{"Patient": 1, "Observation": 2, "no word=1": 3}, Updated: landed}},
		Files:  []ExportFileRecord{{TaskID: "task", FileID: "f", State: "landed", Bytes: 35, Landed: &landed, Path: file}},
		Events: []EventRecord{{ID: "e", Type: "patient.ehi_export_success", APIMode: "test", Received: landed, Signed: true, State: "done", TaskID: "task"}},
	}
	options := ImportOptions{Sources: []parse.Source{{Path: file, Label: "conn"}}, MaxRejects: -1, Exports: records}
	if types := importRecords(t, db, options).Files[0].Types; types["Patient"] != 1 || len(types) != 1 {
		t.Errorf("types of the file: %v, want one Patient", types)
	}
	want := [][]any{{"conn", "task", "imported", "imported", "{Observation=2, Patient=1}", "2026-01-02 03:04:05.000006+00", "done"}}
	wantRows(t, db, want, `
		select p._source, e.task_id, f.state, e.state, e.stats_by_type::varchar, f.landed::varchar, v.state
		from "Patient" p join ledger.export_files f on f.file = p._file join ledger.exports e using (task_id)
		join ledger.connections c on c.org_connection_id = p._source join ledger.events v on v.task_id = e.task_id`)

	if sum := importRecords(t, db, options); sum.Import != 0 {
		t.Errorf("the same records and file again made import %d, want none", sum.Import)
	}
	records.Connections[0].Status = "revoked"
	if sum := importRecords(t, db, options); sum.Import == 0 {
		t.Error("other records were not copied: nothing was new")
	}
	wantRows(t, db, [][]any{{"revoked", int64(1)}}, "select status, count(*) from ledger.connections group by all")
	options.Exports = nil
	importRecords(t, db, options)
	wantRows(t, db, [][]any{{int64(1)}}, "select count(*) from ledger.events")
}

// TestLedgerOfLayout1 imports into a warehouse of the version before.
func TestLedgerOfLayout1(t *testing.T) {
	dir := t.TempDir()
	db, file := filepath.Join(dir, "w.duckdb"), filepath.Join(dir, "one.jsonl")
	if err := os.WriteFile(file, []byte(`{"resourceType":"Patient","id":"p"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	options := ImportOptions{Sources: []parse.Source{{Path: file, Label: "s"}}, MaxRejects: -1}
	importRecords(t, db, options)
	for _, name := range append([]string{"erasures"}, exportTables...) {
		if err := write(t, db, "drop table ledger."+name); err != nil {
			t.Fatal(err)
		}
	}
	if err := write(t, db, "update ledger.meta set layout = 1"); err != nil {
		t.Fatal(err)
	}
	wantRows(t, db, [][]any{{int64(1)}}, `select count(*) from patients`)
	options.Exports = &ExportRecords{Connections: []ConnectionRecord{{ID: "c", APIMode: "live", Status: "authorized"}}}
	importRecords(t, db, options)
	wantRows(t, db, [][]any{{"c", int64(layout)}}, "select org_connection_id, (select max(layout)::bigint from ledger.meta) from ledger.connections")
}

func importRecords(t *testing.T, db string, o ImportOptions) *Summary {
	t.Helper()
	sum, err := Import(t.Context(), db, o)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func wantRows(t *testing.T, db string, want [][]any, sql string) {
	t.Helper()
	r, err := OpenReader(t.Context(), db, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	res, err := r.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	var got [][]any
	for res.Next() {
		got = append(got, append([]any{}, res.Values()...))
	}
	if err := res.Close(); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s\n got %v\nwant %v", sql, got, want)
	}
}
