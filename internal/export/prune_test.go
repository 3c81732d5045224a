package export

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestPrune(t *testing.T) {
	b := newBench(t)
	b.store.fail("w", errors.New("later"))
	b.send("e1", TypeExportSuccess, 0, links("old", "c", "a", "b"))
	b.drain()
	b.clock = b.clock.Add(20 * 24 * time.Hour)
	b.send("e2", TypeExportSuccess, 0, links("new", "c", "a"))
	b.drain()
	b.send("e3", TypeExportSuccess, 20*24*60, links("waits", "c", "w"))
	b.Import = nil
	b.send("e4", TypeExportSuccess, 20*24*60, links("landed", "c", "a"))
	b.drain()
	stray, part := b.Landing.PartPath("nobody", "x"), b.Landing.PartPath("waits", "w")
	for _, path := range []string{stray, stray + ".state", part, part + ".state"} {
		must(t, os.WriteFile(path, nil, 0o600))
		must(t, os.Chtimes(path, time.Time{}, b.clock.Add(-24*time.Hour)))
	}
	b.clock = b.clock.Add(15 * 24 * time.Hour)
	removed, err := b.Landing.Prune(30 * 24 * time.Hour)
	if removed != 2 || err != nil {
		t.Errorf("removed %d, %v", removed, err)
	}
	b.expect("old", "imported a:pruned b:pruned")
	b.expect("new", "imported a:imported")
	if x := b.export("old"); exists(b.Landing.Path(x.Files[0].Name)) || exists(filepath.Dir(b.Landing.Path(x.Files[0].Name))) || x.Files[0].Import == 0 {
		t.Errorf("export %+v", x)
	}
	removed, err = b.Landing.Prune(14 * 24 * time.Hour)
	if removed != 3 || err != nil {
		t.Errorf("removed %d, %v", removed, err)
	}
	b.expect("landed", "landed a:landed")
	if exists(stray) || exists(stray+".state") || !exists(part) || !exists(part+".state") {
		t.Error("parts: the stray one must go and the one that waits stay")
	}
	if removed, err := b.Landing.Prune(0); removed != 0 || err != nil {
		t.Errorf("again: %d, %v", removed, err)
	}
}

func TestPruneAfterACrash(t *testing.T) {
	b := newBench(t)
	b.send("e", TypeExportSuccess, 0, links("t", "c", "a"))
	b.drain()
	must(t, os.Remove(b.Landing.FilePath("t", "a"))) // removed, and then it died
	b.clock = b.clock.Add(time.Hour)
	if removed, err := b.Landing.Prune(time.Minute); removed != 0 || err != nil {
		t.Errorf("removed %d, %v", removed, err)
	}
	b.expect("t", "imported a:pruned")
}
