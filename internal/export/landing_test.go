package export

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func openLanding(t testing.TB) *Landing {
	t.Helper()
	l, err := OpenLanding(filepath.Join(t.TempDir(), "w.landing"))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestOpenLandingRefuses(t *testing.T) {
	tests := []struct {
		name string
		make func(dir string) error
		want string
	}{
		{"a folder that the group can read", func(dir string) error { return errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, 0o750)) }, "mode 0750"},
		{"a folder that others can enter", func(dir string) error { return errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, 0o701)) }, "mode 0701"},
		{"a folder in it that others can read", func(dir string) error {
			return errors.Join(os.MkdirAll(filepath.Join(dir, "events"), 0o700), os.Chmod(filepath.Join(dir, "events"), 0o755))
		}, "mode 0755"},
		{"a symbolic link to a folder", func(dir string) error {
			return errors.Join(os.Mkdir(dir+".real", 0o700), os.Symlink(dir+".real", dir))
		}, "symbolic link"},
		{"a symbolic link in it", func(dir string) error {
			return errors.Join(os.Mkdir(dir, 0o700), os.Symlink("/tmp", filepath.Join(dir, "files")))
		}, "symbolic link"},
		{"a file", func(dir string) error { return os.WriteFile(dir, nil, 0o600) }, "not a folder"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "landing")
			must(t, tt.make(dir))
			_, err := OpenLanding(dir)
			var e *LandingError
			if !errors.As(err, &e) || !strings.Contains(err.Error(), tt.want) || e.Hint() == "" {
				t.Errorf("OpenLanding = %v, want a LandingError about %q", err, tt.want)
			}
		})
	}
}

func TestOpenLandingOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a folder away")
	}
	dir := filepath.Join(t.TempDir(), "landing")
	must(t, os.Mkdir(dir, 0o700))
	must(t, os.Chown(dir, 12345, -1))
	if _, err := OpenLanding(dir); err == nil || !strings.Contains(err.Error(), "another user") {
		t.Errorf("OpenLanding = %v", err)
	}
}

func TestLandingIsPrivate(t *testing.T) {
	l := openLanding(t)
	_, err := l.StoreEvent(Event{ID: "1"})
	must(t, err)
	must(t, l.UpdateExport("t", func(*Export) {}))
	must(t, l.UpdateConnection("c", func(*Connection) {}))
	release, _, err := l.TryWork()
	must(t, err)
	release()
	err = filepath.WalkDir(l.Dir(), func(path string, d fs.DirEntry, err error) error {
		must(t, err)
		st, err := d.Info()
		must(t, err)
		if st.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, st.Mode())
		}
		if strings.HasPrefix(d.Name(), tempPrefix) {
			t.Errorf("%s was left", path)
		}
		return nil
	})
	must(t, err)
}

func TestLookLanding(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "landing")
	l, err := LookLanding(dir)
	must(t, err)
	exports, err := l.Exports()
	if len(exports) != 0 || err != nil {
		t.Errorf("Exports = %v, %v", exports, err)
	}
	if _, ok, err := l.Connection("c"); ok || err != nil {
		t.Errorf("Connection: %v, %v", ok, err)
	}
	if err := l.UpdateExport("t", func(*Export) {}); err == nil {
		t.Error("a folder for looking was changed")
	}
	if _, _, err := l.TryWork(); err == nil {
		t.Error("a folder for looking was worked on")
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("looking made the folder")
	}
}

// opaque are ids that would be bad names.
var opaque = []string{
	"16e39045-5382-42a0-b93d-b75268984c1f", "a", "A", ".", "..", "../../../etc/passwd", "a/b+c=d", `..\..\x`, "a\x00b", "\x1b[2J",
	strings.Repeat("x", 255), strings.Repeat("x", 254) + "y", strings.Repeat("ä", 5000), "a b", "CON", "-rf", "x\xff", "名前", "a_b", "a:b",
}

func TestIDsAreOpaque(t *testing.T) {
	l := openLanding(t)
	for i, id := range opaque {
		stored, err := l.StoreEvent(Event{ID: id, Reason: fmt.Sprint(i)})
		if !stored || err != nil {
			t.Errorf("%.20q: StoreEvent = %v, %v", id, stored, err)
		}
		must(t, l.UpdateExport(id, func(x *Export) { x.LastError = fmt.Sprint(i) }))
		must(t, l.UpdateConnection(id, func(c *Connection) { c.Scope = fmt.Sprint(i) }))
	}
	folded := map[string]string{}
	for i, id := range opaque {
		e, ok, err := l.Event(id)
		if !ok || err != nil || e.Reason != fmt.Sprint(i) {
			t.Errorf("%.20q: Event = %v, %v, %v", id, e.Reason, ok, err)
		}
		x, _, _ := l.Export(id)
		c, _, _ := l.Connection(id)
		if x.LastError != fmt.Sprint(i) || c.Scope != fmt.Sprint(i) || c.ID != e.ID || x.TaskID != e.ID {
			t.Errorf("%.20q: export %q, connection %q", id, x.LastError, c.Scope)
		}
		name := safeName(id)
		if len(name) > 100 || name != filepath.Base(name) || strings.HasPrefix(name, ".") || strings.ContainsFunc(name, notPrintable) {
			t.Errorf("%.20q: name %q", id, name)
		}
		if other, ok := folded[strings.ToLower(name)]; ok {
			t.Errorf("%.20q and %.20q have one name where case does not count", id, other)
		}
		folded[strings.ToLower(name)] = id
		for _, path := range []string{l.FilePath(id, id), l.PartPath(id, id)} {
			if rel, err := filepath.Rel(l.Dir(), path); err != nil || strings.HasPrefix(rel, "..") || len(filepath.Base(path)) > 240 {
				t.Errorf("%.20q: path %s", id, path)
			}
		}
	}
	all, err := l.Events()
	if len(all) != len(opaque) || err != nil {
		t.Errorf("%d events of %d, %v", len(all), len(opaque), err)
	}
}

func TestStoreEventOnce(t *testing.T) {
	l := openLanding(t)
	if _, err := l.StoreEvent(Event{}); err == nil {
		t.Error("an event without id was stored")
	}
	var stored atomic.Int32
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			again, err := OpenLanding(l.Dir()) // as another process
			if err != nil {
				t.Error(err)
				return
			}
			ok, err := again.StoreEvent(Event{ID: "e", Body: []byte("{}"), State: EventPending})
			if err != nil {
				t.Error(err)
			}
			if ok {
				stored.Add(1)
			}
		})
	}
	wg.Wait()
	if stored.Load() != 1 {
		t.Errorf("stored %d times", stored.Load())
	}
	must(t, l.UpdateEvent("e", func(e *Event) { e.State = EventDone }))
	if ok, _ := l.StoreEvent(Event{ID: "e", State: EventPending}); ok {
		t.Error("an event that is done was stored again")
	}
	if e, _, _ := l.Event("e"); e.State != EventDone || string(e.Body) != "{}" {
		t.Errorf("event %+v", e)
	}
	if err := l.UpdateEvent("other", func(*Event) {}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("change of an unknown event: %v", err)
	}
}

func TestUpdatesDoNotGetLost(t *testing.T) {
	l := openLanding(t)
	other, err := OpenLanding(l.Dir())
	must(t, err)
	var wg sync.WaitGroup
	for i := range 40 {
		landing := []*Landing{l, other}[i%2]
		wg.Go(func() {
			if err := landing.UpdateExport("t", func(x *Export) { x.Attempts++ }); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if x, _, _ := l.Export("t"); x.Attempts != 40 {
		t.Errorf("%d of 40 changes", x.Attempts)
	}
}

// An export has one record, however an event, a link or an answer writes its task.
func TestOneRecordForSpellingsOfATask(t *testing.T) {
	const plain, dashed = "c9c7a91b66b34fdca749bb8e9cfbf617", "C9C7A91B-66b3-4fdc-a749-bb8e9cfbf617"
	long := strings.Repeat("a", 64)
	l := openLanding(t)
	must(t, l.UpdateExport(dashed, func(x *Export) { x.Status = "success" }))
	must(t, l.UpdateExport(plain, func(x *Export) { x.APIMode = "test" }))
	must(t, l.UpdateExport(long+"-b", func(x *Export) { x.Status = "b" }))
	must(t, l.UpdateExport(long+"-c", func(x *Export) { x.Status = "c" }))
	for _, id := range []string{plain, dashed} {
		x, ok, err := l.Export(id)
		if err != nil || !ok || x.TaskID != dashed || x.Status != "success" || x.APIMode != "test" {
			t.Errorf("%s: %+v, %v", id, x, err)
		}
	}
	if x, _, err := l.Export(long + "C"); err != nil || x.Status != "c" {
		t.Errorf("a long id: %+v, %v", x, err)
	}
	if all, err := l.Exports(); len(all) != 3 || err != nil {
		t.Errorf("%d records, %v", len(all), err)
	}
	if _, ok, err := l.Export("c9c7"); ok || err != nil {
		t.Errorf("part of an id: found %v, %v", ok, err)
	}
}

func TestListsAreSorted(t *testing.T) {
	l := openLanding(t)
	when := func(n int) *time.Time { at := time.Unix(int64(n), 0); return &at }
	for _, id := range []string{"c", "a", "d", "b"} {
		n := map[string]int{"a": 2, "b": 1, "c": 2, "d": 3}[id]
		_, err := l.StoreEvent(Event{ID: id, Received: *when(n)})
		must(t, err)
		must(t, l.UpdateExport(id, func(x *Export) { x.Registered = when(n) }))
		must(t, l.UpdateConnection(id, func(c *Connection) { c.Connected = when(n) }))
	}
	must(t, l.UpdateExport("e", func(x *Export) { x.Finished = when(1) }))
	must(t, l.UpdateConnection("e", func(*Connection) {}))
	var order []string
	events, err := l.Events()
	must(t, err)
	for _, e := range events {
		order = append(order, e.ID)
	}
	exports, err := l.Exports()
	must(t, err)
	for _, x := range exports {
		order = append(order, x.TaskID)
	}
	connections, err := l.Connections()
	must(t, err)
	for _, c := range connections {
		order = append(order, c.ID)
	}
	if got := strings.Join(order, ""); got != "bacd"+"beacd"+"ebacd" {
		t.Errorf("order %s", got)
	}
}

func TestDamagedRecords(t *testing.T) {
	damage := map[string]func(t *testing.T, path string){
		"cut short":      func(t *testing.T, path string) { must(t, os.Truncate(path, 20)) },
		"empty":          func(t *testing.T, path string) { must(t, os.Truncate(path, 0)) },
		"of another id":  func(t *testing.T, path string) { must(t, os.WriteFile(path, []byte(`{"task_id":"other"}`), 0o600)) },
		"no JSON":        func(t *testing.T, path string) { must(t, os.WriteFile(path, []byte("\x00\x00\x00"), 0o600)) },
		"of other types": func(t *testing.T, path string) { must(t, os.WriteFile(path, []byte(`{"task_id":{}}`), 0o600)) },
	}
	for name, do := range damage {
		t.Run(name, func(t *testing.T) {
			l := openLanding(t)
			must(t, l.UpdateExport("good", func(*Export) {}))
			must(t, l.UpdateExport("bad", func(*Export) {}))
			path := l.exports().path("bad")
			do(t, path)
			look, err := LookLanding(l.Dir())
			must(t, err)
			file := "exports/" + filepath.Base(path)
			expectDamaged(t, "looking", look, file)
			expectDamaged(t, "first time", l, file+".damaged")
			expectDamaged(t, "second time", l, file+".damaged")
			must(t, l.UpdateExport("bad", func(x *Export) { x.State = ExportPending }))
			do(t, path)
			expectDamaged(t, "damaged again", l, file+".damaged", file+".damaged-2")
			if _, err := os.Stat(path); err == nil {
				t.Error("the damaged record is still there")
			}
		})
	}
}

func expectDamaged(t *testing.T, when string, l *Landing, files ...string) {
	t.Helper()
	exports, err := l.Exports()
	var e *DamagedError
	if !errors.As(err, &e) || !slices.Equal(e.Files, files) {
		t.Errorf("%s: %v, want %v", when, err, files)
	}
	if len(exports) != 1 || exports[0].TaskID != "good" {
		t.Errorf("%s: exports %v", when, exports)
	}
}

func TestDamagedRecordIsNotReplacedUnseen(t *testing.T) {
	l := openLanding(t)
	must(t, l.UpdateExport("t", func(*Export) {}))
	must(t, os.Truncate(l.exports().path("t"), 3))
	var e *DamagedError
	if err := l.UpdateExport("t", func(*Export) {}); !errors.As(err, &e) {
		t.Errorf("change of a damaged record: %v", err)
	}
	must(t, l.UpdateExport("t", func(*Export) {}))
	must(t, os.Truncate(l.exports().path("t"), 3))
	if _, ok, err := l.Export("t"); ok || !errors.As(err, &e) {
		t.Errorf("a damaged record was read: %v, %v", ok, err)
	}
}

func TestOldTemporaryFilesAreRemoved(t *testing.T) {
	l := openLanding(t)
	old, young := filepath.Join(l.Dir(), "events", tempPrefix+"old"), filepath.Join(l.Dir(), "exports", tempPrefix+"young")
	must(t, os.WriteFile(old, nil, 0o600))
	must(t, os.WriteFile(young, nil, 0o600))
	past := time.Now().Add(-2 * time.Hour)
	must(t, os.Chtimes(old, past, past))
	if _, err := l.Events(); err != nil {
		t.Error(err)
	}
	_, err := OpenLanding(l.Dir())
	must(t, err)
	if exists(old) || !exists(young) {
		t.Errorf("old there: %v, young there: %v", exists(old), exists(young))
	}
}

func TestOneWorker(t *testing.T) {
	l := openLanding(t)
	other, err := OpenLanding(l.Dir())
	must(t, err)
	release, ok, err := l.TryWork()
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	if _, ok, err := other.TryWork(); ok || err != nil {
		t.Errorf("a second worker: %v, %v", ok, err)
	}
	release()
	release, ok, err = other.TryWork()
	if !ok || err != nil {
		t.Fatal("after the first ended:", ok, err)
	}
	release()
}

func TestConnectionStatusByDate(t *testing.T) {
	now := time.Unix(1000, 0)
	var c Connection
	c.Learn(Connection{Status: "authorized", PlatformType: "epic"}, now)
	c.Learn(Connection{Status: "revoked", PlatformType: "old", BrandID: "b"}, now.Add(-time.Hour))
	if c.Status != "authorized" || c.Revoked != nil || c.PlatformType != "epic" || c.BrandID != "b" {
		t.Errorf("after an older revocation: %+v", c)
	}
	c.Learn(Connection{Status: "revoked", PlatformType: "new"}, now.Add(time.Hour))
	if c.Status != "revoked" || c.Revoked == nil || !c.Revoked.Equal(now.Add(time.Hour)) || c.PlatformType != "new" {
		t.Errorf("after a later revocation: %+v", c)
	}
	if c.SetStatus("authorized", now.Add(time.Hour)) {
		t.Error("at the same time a revocation counts")
	}
	if !c.SetStatus("authorized", now.Add(2*time.Hour)) || c.Revoked != nil {
		t.Errorf("after reconnecting: %+v", c)
	}
	if !c.Connected.Equal(now) {
		t.Errorf("connected %v", c.Connected)
	}
}
