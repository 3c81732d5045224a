package export

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// holds lists the files of a landing folder whose name or content has text in it.
func holds(t *testing.T, l *Landing, text string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(l.Dir(), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(l.Dir(), path)
		if strings.Contains(name, text) || bytes.Contains(content, []byte(text)) {
			found = append(found, name)
		}
		return nil
	})
	must(t, err)
	return found
}

// filled is a bench that knows two connections: gone-connection and c.
func filled(t *testing.T) *bench {
	b := newBench(t)
	const gone = `"org_connection_id":"gone-connection"`
	b.send("e1", TypeConnected, -9, gone+`,"connection_status":"authorized"`)
	b.send("e2", TypeExportSuccess, -8, links("gone-task", "gone-connection", "a", "b"))
	b.send("e3", TypeExportSuccess, -7, links("t", "c", "a"))
	b.send("e4", TypeConnected, -6, `"org_connection_id":"c"`)
	b.store.fail("b", errors.New("later"))
	b.drain()
	must(t, os.WriteFile(b.Landing.PartPath("gone-task", "b"), []byte("half"), 0o600))
	must(t, os.WriteFile(b.Landing.PartPath("gone-task", "b")+".state", []byte("{}"), 0o600))
	b.send("e5", TypeExportFailed, -5, `"task_id":"gone-task"`)                  // names the task alone
	b.send("e6", "patient.new", -4, `"about":"gone-connection"`)                 // of a type we do not know
	b.send("e7", TypeExportSuccess, -3, links("gone-task-2", "gone-connection")) // not acted on yet
	must(t, os.WriteFile(filepath.Join(b.Landing.Dir(), "exports", "x.json.damaged"), []byte(`{"org_connection_id":"gone-conn`+`ection"`), 0o600))
	return b
}

func TestForget(t *testing.T) {
	b := filled(t)
	if len(holds(t, b.Landing, "gone-")) < 5 {
		t.Fatalf("nothing to forget: %v", holds(t, b.Landing, "gone-"))
	}
	removed, err := b.Landing.Forget("gone-connection")
	must(t, err)
	// e1, e2, e5, e6, e7; a; part and state of b; export; connection; damaged record
	if removed != 11 {
		t.Errorf("removed %d", removed)
	}
	if left := holds(t, b.Landing, "gone-"); left != nil {
		t.Errorf("left %v", left)
	}
	events, err := b.Landing.Events()
	must(t, err)
	for _, e := range events {
		if bytes.Contains(e.Body, []byte("gone-")) {
			t.Errorf("event %s still has its body", e.ID)
		}
	}
	if again, err := b.Landing.Forget("gone-connection"); again != 0 || err != nil {
		t.Errorf("again: %d, %v", again, err)
	}
	b.expect("t", "imported a:imported")
	if _, ok, _ := b.Landing.Connection("c"); !ok {
		t.Error("the other connection was forgotten too")
	}
	asked := len(b.store.asked)
	b.send("e2", TypeExportSuccess, -8, links("gone-task", "gone-connection", "a")) // comes again
	b.send("late", TypeExportSuccess, -1, links("gone-task", "gone-connection", "a"))
	b.drain()
	b.expectEvent("late", EventDone, reasonErased)
	if left := holds(t, b.Landing, "gone-"); left != nil || len(b.store.asked) != asked {
		t.Errorf("what came late left %v", left)
	}
	if _, err := b.Landing.Forget(""); err == nil {
		t.Error("forgot a connection without id")
	}
}

func TestForgetThenFetchAgain(t *testing.T) {
	b := filled(t)
	_, err := b.Landing.Forget("gone-connection")
	must(t, err)
	must(t, b.Landing.UpdateExport("new", func(x *Export) { x.ConnectionID, x.State = "gone-connection", ExportPending }))
	b.send("n1", TypeExportSuccess, -1, links("new", "gone-connection", "a")) // by a clock that is behind ours
	b.send("n2", TypeExportSuccess, 1, links("newer", "gone-connection", "a"))
	b.drain()
	b.expect("new", "imported a:imported")
	b.expect("newer", "imported a:imported")
}

func TestForgetWhileDownloading(t *testing.T) {
	b := newBench(t)
	b.store.hold = make(chan struct{})
	b.send("e", TypeExportSuccess, -1, links("gone-task", "gone-connection", "a"))
	done := make(chan error, 1)
	go func() { done <- b.Drain(t.Context()) }()
	for {
		b.store.mu.Lock()
		asked := len(b.store.asked)
		b.store.mu.Unlock()
		if asked > 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	_, err := b.Landing.Forget("gone-connection")
	must(t, err)
	close(b.store.hold)
	must(t, <-done)
	if left := holds(t, b.Landing, "gone-"); left != nil || len(b.imports) != 0 {
		t.Errorf("left %v, imported %v", left, b.imports)
	}
}

func TestForgetIsMadeGood(t *testing.T) {
	b := filled(t)
	must(t, b.Landing.locked(func() error { // as far as a call that died
		f := forgetting{land: b.Landing, id: "gone-connection", tasks: map[string]bool{}}
		_, err := f.find()
		return errors.Join(err, f.mark(), f.events())
	}))
	_, err := b.Landing.Forget("gone-connection")
	must(t, err)
	if left := holds(t, b.Landing, "gone-"); left != nil {
		t.Errorf("left %v", left)
	}
}

func TestEraseOnRevoke(t *testing.T) {
	b := filled(t)
	var erased []string
	fail := ErrBusy
	b.EraseOnRevoke = func(_ context.Context, id string) error {
		_, err := b.Landing.Forget(id) // first, so that no import brings it back
		erased = append(erased, id)
		return errors.Join(err, fail)
	}
	b.send("r", TypeRevoked, 0, `"org_connection_id":"gone-connection"`)
	if err := b.Drain(t.Context()); !errors.Is(err, ErrBusy) {
		t.Errorf("Drain = %v", err)
	}
	if e := b.event("r"); e.State != EventPending {
		t.Errorf("a revocation that could not be done is %s", e.State)
	}
	b.clock, fail = b.clock.Add(time.Hour), nil
	b.drain()
	b.expectEvent("r", EventDone, reasonErased)
	if len(erased) != 2 || erased[0] != "gone-connection" {
		t.Errorf("erased %v", erased)
	}
	b.send("late", TypeExportSuccess, 120, links("gone-task-3", "gone-connection", "a")) // after the end of the consent
	b.drain()
	if left := holds(t, b.Landing, "gone-"); left != nil {
		t.Errorf("left %v", left)
	}
	b.send("again", TypeConnected, 130, `"org_connection_id":"gone-connection"`)
	b.send("new", TypeExportSuccess, 140, links("t9", "gone-connection", "a"))
	b.send("old", TypeRevoked, 1, `"org_connection_id":"gone-connection"`)
	b.drain()
	b.expect("t9", "imported a:imported")
	b.expectEvent("old", EventIgnored, "made again")
	if len(erased) != 2 {
		t.Errorf("erased %v", erased)
	}
}

func TestRevokedWithoutErase(t *testing.T) {
	b := filled(t)
	b.send("r", TypeRevoked, 0, `"org_connection_id":"gone-connection"`)
	b.drain()
	if x := b.export("gone-task"); len(x.Files) != 2 || len(holds(t, b.Landing, "gone-")) < 5 {
		t.Errorf("export %+v", x)
	}
}
