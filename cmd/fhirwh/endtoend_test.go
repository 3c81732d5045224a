package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/export"
)

// smallRows are the resources of the small export.
const smallRows = 21

// smallExport writes an export of a patient with twenty measurements.
func smallExport(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(`{"resourceType":"Patient","id":"p","name":[{"family":"Zyxcanary"}]}` + "\n")
	for i := 1; i < smallRows; i++ {
		fmt.Fprintf(&b, `{"resourceType":"Observation","id":"o%d","status":"final","code":{"text":"weight"},"subject":{"reference":"Patient/p"},"valueQuantity":{"value":%d.50}}`+"\n", i, 60+i)
	}
	path := filepath.Join(dir, "small.jsonl")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// rows counts the resources of a connection in the warehouse, of the types in the
// small export.
func (f *flow) rows(connection string) int {
	f.Helper()
	if _, err := os.Stat(f.db); err != nil {
		return 0
	}
	text := f.query(`select count(*) from (select _source from "Patient" union all select _source from "Observation") where _source = '%s'`, connection)
	n, err := strconv.Atoi(text)
	if err != nil {
		f.Fatalf("%v", err)
	}
	return n
}

// wantRows fails unless the small export of a connection is in the warehouse,
// each row once.
func (f *flow) wantRows(connection string) {
	f.Helper()
	if n := f.rows(connection); n != smallRows {
		f.Fatalf("%d rows of connection %s, want %d%s", n, connection, smallRows, f.log())
	}
}

// Scenario 1: from the registration to rows, in three processes.
func TestEndToEnd(t *testing.T) {
	f := newFlow(t, "--pending", "50ms")
	f.listen()
	id := f.connection("annegoodwin")
	f.want(exitOK, f.run("fetch", id))

	x := f.export(id)
	if x.State != export.ExportImported || len(x.Files) != 1 || x.TotalExpected == nil || x.Files[0].Resources != *x.TotalExpected {
		t.Errorf("the export is %+v", x)
	}
	if d := x.Differences(); len(d) > 0 {
		t.Errorf("other numbers than announced: %v", d)
	}
	if got := f.query(`select count(*) from "Observation" o join ledger.export_files f on f.file = o._file join ledger.exports e using (task_id) where e.task_id = '%s' and o._source = '%s'`, x.TaskID, id); got != "154" {
		t.Errorf("%s observations lead back to the export, want 154: two of the 156 are repeats", got)
	}
	if code := f.stop(f.hook); code != exitOK {
		t.Errorf("listen: exit code %d", code)
	}
}
