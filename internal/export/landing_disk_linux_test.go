package export

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fill writes to the file system of a landing folder until it is full.
func fill(t *testing.T, l *Landing) (free func()) {
	t.Helper()
	path := filepath.Join(filepath.Dir(l.Dir()), "filler")
	f, err := os.Create(path)
	must(t, err)
	defer f.Close()
	for chunk := make([]byte, 4096); err == nil; {
		_, err = f.Write(chunk)
	}
	if !isNoSpace(err) {
		t.Fatal(err)
	}
	return func() { must(t, os.Remove(path)) }
}

// onSmallDisk moves the landing folder of a test to a file system of its own. The
// test is skipped where none can be made.
func onSmallDisk(t *testing.T) *Landing {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m,mode=0700"); err != nil {
		t.Skip("no right to mount:", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, 0) })
	l, err := OpenLanding(filepath.Join(dir, "landing"))
	must(t, err)
	return l
}

// leftovers lists temporary files.
func leftovers(t *testing.T, l *Landing) (found []string) {
	t.Helper()
	must(t, filepath.WalkDir(l.Dir(), func(path string, _ fs.DirEntry, err error) error {
		if strings.HasPrefix(filepath.Base(path), tempPrefix) {
			found = append(found, path)
		}
		return err
	}))
	return found
}

func TestReceiverOnAFullDisk(t *testing.T) {
	r := newRig(t)
	r.landing = onSmallDisk(t)
	r.Intake.Landing = r.landing
	free := fill(t, r.landing)
	if w := r.do(r.request(PathWebhookTest, "w", body2)); w.Code != http.StatusServiceUnavailable || w.Body.String() != "not stored\n" {
		t.Errorf("answer %d %q", w.Code, w.Body)
	}
	if events, err := r.landing.Events(); len(events) != 0 || err != nil || leftovers(t, r.landing) != nil {
		t.Errorf("events %v, %v, leftovers %v", events, err, leftovers(t, r.landing))
	}
	free()
	if w := r.do(r.request(PathWebhookTest, "w", body2)); w.Code != http.StatusOK {
		t.Errorf("answer %d with room", w.Code)
	}
}

func TestWorkerOnAFullDisk(t *testing.T) {
	b := newBench(t)
	b.Landing = onSmallDisk(t)
	b.Landing.now = b.Now
	b.send("e", TypeExportSuccess, 0, links("t", "c", "a"))
	free := fill(t, b.Landing)
	if err := b.Drain(t.Context()); !isNoSpace(err) {
		t.Errorf("Drain = %v", err)
	}
	if e := b.event("e"); e.State != EventPending || leftovers(t, b.Landing) != nil {
		t.Errorf("event %s, leftovers %v", e.State, leftovers(t, b.Landing))
	}
	free()
	b.clock = b.clock.Add(time.Minute)

	b.Import = nil // the disk fills up before the import is recorded
	b.drain()
	b.expect("t", "landed a:landed")
	b.Import = b.importFiles
	b.answer = func([]string) error { free = fill(t, b.Landing); return nil }
	if err := b.Drain(t.Context()); !errors.Is(err, ErrBusy) {
		t.Errorf("Drain = %v", err)
	}
	b.expect("t", "landed a:landed")
	free()
	b.answer, b.clock = nil, b.clock.Add(time.Minute)
	b.drain()
	b.expect("t", "imported a:imported")
}
