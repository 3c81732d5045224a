//go:build linux

package warehouse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/warehouse/crash"
)

// A rig is one workload made ready: the states before and after it, and the
// calls it makes.
type rig struct {
	workload
	library string
	dir     string            // of the reference run, whose paths are in the log
	files   map[string][]byte // before, by path in dir
	ops     []crash.Op
	before  string // content, by contentOf
	after   string
	root    *root // before; nil if there is no warehouse
}

const rigFile = "w.duckdb"

func (r *rig) path(dir string) string { return filepath.Join(dir, rigFile) }

func newRig(t *testing.T, w workload, library string) *rig {
	t.Helper()
	r := &rig{workload: w, library: library, dir: t.TempDir()}
	path := r.path(r.dir)
	if w.base != nil {
		if err := w.base(t.Context(), path); err != nil {
			t.Fatal(err)
		}
	}
	r.files = readAll(t, r.dir)
	if w.base != nil {
		f := bytes.NewReader(r.files[path])
		var err error
		if r.root, err = readRoot(f, f.Size(), true); err != nil {
			t.Fatal(err)
		}
	}
	if r.before = noWarehouse; r.root != nil {
		r.before = stateOf(t, path)
	}
	log := filepath.Join(t.TempDir(), "log")
	if out, err := r.child(r.dir, w.name, crash.Fault{Log: log, Data: true}); err != nil {
		t.Fatalf("without a fault: %v\n%s", err, out)
	}
	r.after = r.content(t.Context(), path)
	if r.before == r.after {
		t.Fatalf("the workload changes nothing: %s", r.after)
	}
	var err error
	if r.ops, err = crash.ReadLog(log, true); err != nil {
		t.Fatal(err)
	}
	return r
}

func readAll(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if files[path], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// child runs a workload, or childRecover, in dir under a fault.
func (r *rig) child(dir, workload string, f crash.Fault) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), f.Env(r.library, dir)...)
	cmd.Env = append(cmd.Env, childWorkload+"="+workload, childPath+"="+r.path(dir))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// stateOf is the content of a warehouse that nothing has happened to.
func stateOf(t *testing.T, path string) string {
	t.Helper()
	c, err := openForReading(t.Context(), path, nil, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	text, err := contentOf(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// lay empties dir and puts files of the reference run's folder there.
func (r *rig) lay(dir string, files map[string][]byte) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for path, content := range files {
		to := filepath.Join(dir, strings.TrimPrefix(path, r.dir))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(to, content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

const noWarehouse = "no warehouse"

// content is a text that is equal for equal content, or the error. It opens the
// warehouse, and leaves out reading it if the state before is there byte by byte.
func (r *rig) content(ctx context.Context, path string) string {
	c, err := openForReading(ctx, path, map[string]string{"threads": "1"}, 0, nil)
	if r.base == nil && errors.Is(err, ErrMissing) {
		return noWarehouse
	}
	if err != nil {
		return "error: " + err.Error() + cause(err)
	}
	defer c.close()
	if r.root != nil && r.checkBytes(path) == nil {
		return r.before
	}
	text, err := contentOf(ctx, c)
	if err != nil {
		return "error: " + err.Error() + cause(err)
	}
	return text
}

// cause is DuckDB's text behind an error.
func cause(err error) string {
	var raw *Error
	if errors.As(err, &raw) {
		return " <- " + raw.Text
	}
	return ""
}

// judge opens what a fault left in dir and says in a word what is there. must is
// the content it has to have, "" for either.
func (r *rig) judge(ctx context.Context, dir, must string) (string, error) {
	path := r.path(dir)
	got := r.content(ctx, path)
	state := "before"
	switch {
	case got == r.after:
		state = "after"
	case got != r.before:
		return "", fmt.Errorf("neither the state before nor the one after: %s", got)
	}
	if must != "" && got != must {
		return "", fmt.Errorf("the state %s", state)
	}
	if r.root != nil && state == "before" {
		return state, r.checkBytes(path)
	}
	return state, nil
}

// judgeLater makes a later write on what a fault left.
func (r *rig) judgeLater(ctx context.Context, dir string) error {
	path := r.path(dir)
	if err := r.again(ctx, path); err != nil {
		return fmt.Errorf("a later write: %w%s", err, cause(err))
	}
	if got := r.content(ctx, path); strings.HasPrefix(got, "error") || got == r.before || got == r.after {
		return fmt.Errorf("after a later write: %s", got)
	}
	return r.checkClean(path)
}

// checkBytes compares the file of the state before, byte by byte where the state
// lives.
func (r *rig) checkBytes(path string) error {
	now, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	was := r.files[r.path(r.dir)]
	if there, err := exists(path + ".journal"); err != nil || there {
		return errors.Join(err, errors.New("a journal is left"))
	}
	if len(now) < len(was) || !bytes.Equal(now[:headerSize], was[:headerSize]) {
		return errors.New("other headers")
	}
	for id := range r.root.blocks {
		at, size := r.root.at(id), int64(r.root.blockSize)
		if !r.root.freeList[id] && !bytes.Equal(now[at:at+size], was[at:at+size]) {
			return fmt.Errorf("block %d differs", id)
		}
	}
	for name, was := range r.files {
		if name == r.path(r.dir) {
			continue
		}
		beside := filepath.Join(filepath.Dir(path), filepath.Base(name))
		if now, err := os.ReadFile(beside); err != nil || !bytes.Equal(now, was) {
			return fmt.Errorf("%s is not as it was (error %v)", filepath.Base(name), err)
		}
	}
	return nil
}

// checkClean finds files that a finished write must not leave.
func (r *rig) checkClean(path string) error {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != rigFile {
			return fmt.Errorf("%s is left", e.Name())
		}
	}
	return nil
}

// A trial is one fault and what it must leave.
type trial struct {
	name  string
	later bool // make a later write too
	run   func(dir string) (must string, err error)
}

// runTrials makes the trials, several at a time, and reports the bad ones.
func (r *rig) runTrials(t *testing.T, trials []trial) {
	t.Helper()
	var mu sync.Mutex
	states := map[string]int{}
	queue := make(chan trial)
	var wg sync.WaitGroup
	for range 2 {
		dir := t.TempDir()
		wg.Go(func() {
			for tr := range queue {
				state, err := r.try(t.Context(), tr, filepath.Join(dir, "d"))
				if err != nil {
					state = "BAD"
					t.Errorf("%s: %v", tr.name, err)
				}
				mu.Lock()
				states[state]++
				mu.Unlock()
			}
		})
	}
	for i, tr := range trials {
		tr.later = i%6 == 0
		queue <- tr
	}
	close(queue)
	wg.Wait()
	t.Logf("%d runs: %v", len(trials), states)
}

func (r *rig) try(ctx context.Context, tr trial, dir string) (string, error) {
	must, err := tr.run(dir)
	if err != nil {
		return "", err
	}
	state, err := r.judge(ctx, dir, must)
	if err == nil && (tr.later || sweepAll()) {
		err = r.judgeLater(ctx, dir)
	}
	return state, err
}

// choose returns at most n of them, spread over all, or all in a full sweep.
func choose[T any](all []T, n int) []T {
	if sweepAll() || len(all) <= n {
		return all
	}
	var chosen []T
	for i := range n {
		chosen = append(chosen, all[i*len(all)/n])
	}
	return chosen
}
