package export

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestWorkerImportsTogether(t *testing.T) {
	b := newBench(t)
	for i := range 7 {
		b.send(fmt.Sprint("e", i), TypeExportSuccess, i, links(fmt.Sprint("t", i), "c", fmt.Sprint("f", i)))
	}
	b.drain()
	if len(b.imports) != 1 || len(b.imports[0]) != 7 {
		t.Errorf("imports %v", b.imports)
	}
}

func TestWorkerImportFailures(t *testing.T) {
	b := newBench(t)
	b.answer = func(ids []string) error {
		if slices.Contains(ids, "bad") {
			return errors.New("cannot read it")
		}
		return nil
	}
	b.send("e1", TypeExportSuccess, 0, links("t1", "c", "good"))
	b.send("e2", TypeExportSuccess, 0, links("t2", "c", "bad"))
	b.send("e3", TypeExportSuccess, 0, links("t3", "c", "fine", "bad"))
	b.drain()
	b.expect("t1", "imported good:imported")
	b.expect("t2", "landed bad:landed")
	b.expect("t3", "landed fine:imported bad:landed")
	for _, task := range []string{"t2", "t3"} {
		if x := b.export(task); x.Attempts != 1 || x.NextAttempt == nil || x.LastError != "cannot read it" {
			t.Errorf("export %+v", x)
		}
	}
	calls := len(b.imports)
	b.send("e4", TypeExportSuccess, 0, links("t4", "c", "new"))
	b.clock = b.clock.Add(time.Hour)
	b.drain()
	later := b.imports[calls:]
	slices.SortFunc(later, slices.Compare)
	if got := fmt.Sprint(later); got != "[[bad] [bad] [new]]" {
		t.Errorf("then imported %s", got)
	}
	b.answer = nil
	b.clock = b.clock.Add(time.Hour)
	b.drain()
	b.expect("t3", "imported fine:imported bad:imported")
	if x := b.export("t3"); x.Attempts != 0 || x.LastError != "" || x.NextAttempt != nil {
		t.Errorf("export %+v", x)
	}
}

func TestWorkerBusyWarehouse(t *testing.T) {
	b := newBench(t)
	b.answer = func([]string) error { return fmt.Errorf("locked by duckdb: %w", ErrBusy) }
	b.send("e1", TypeExportSuccess, 0, links("t1", "c", "a"))
	b.send("e2", TypeExportSuccess, 0, links("t2", "c", "b"))
	if err := b.Drain(t.Context()); !errors.Is(err, ErrBusy) {
		t.Errorf("Drain = %v", err)
	}
	if x := b.export("t1"); x.State != ExportLanded || x.Attempts != 0 || x.LastError != "" || len(b.imports) != 1 {
		t.Errorf("export %+v, imports %v", x, b.imports)
	}
	b.answer = nil
	b.clock = b.clock.Add(busyWait)
	b.drain()
	b.expect("t2", "imported b:imported")
}

func TestWorkerImportThatSaysNothing(t *testing.T) {
	b := newBench(t)
	b.Import = func(context.Context, []LandedFile) ([]ImportedFile, error) { return nil, nil }
	b.send("e", TypeExportSuccess, 0, links("t", "c", "a"))
	b.drain()
	if x := b.export("t"); x.State != ExportLanded || x.LastError != errNotNamed.Error() {
		t.Errorf("export %+v", x)
	}
}

func TestWorkerWithoutImport(t *testing.T) {
	b := newBench(t)
	b.Import = nil
	b.send("e", TypeExportSuccess, 0, links("t", "c", "a"))
	b.drain()
	b.expect("t", "landed a:landed")
}

func TestDifferences(t *testing.T) {
	total := int64(12)
	now := time.Unix(1, 0)
	x := Export{State: ExportImported, TotalExpected: &total, Expected: map[string]int64{"Patient": 1, "Observation": 2, "Device": 1}, Files: []ExportFile{
		{FileID: "a", SHA256: "1", Imported: &now, Resources: 4, ByType: map[string]int64{"Patient": 1, "Observation": 3}},
		{FileID: "b", SHA256: "1", Imported: &now, Resources: 4, ByType: map[string]int64{"Patient": 1, "Observation": 3}},
		{FileID: "c", SHA256: "2", Imported: &now, Resources: 1, ByType: map[string]int64{"Goal": 1}},
		{FileID: "d", SHA256: "3", State: FileSkipped},
	}}
	if got := fmt.Sprint(x.Differences()); got != "[{ 12 5} {Device 1 0} {Goal 0 1} {Observation 2 3}]" {
		t.Errorf("differences %s", got)
	}
	x.State = ExportLanded
	if got := x.Differences(); got != nil {
		t.Errorf("before the import: %v", got)
	}
}
