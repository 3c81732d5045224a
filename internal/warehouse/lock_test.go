//go:build linux

package warehouse

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// holdIn lets another process hold the warehouse until the function it returns
// is called.
func holdIn(t *testing.T, how, path string) (pid int, release func()) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childWorkload+"="+how, childPath+"="+path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	release = sync.OnceFunc(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", how, err)
		}
	})
	t.Cleanup(release)
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
		t.Fatalf("%s: %q, %v", how, line, err)
	}
	return cmd.Process.Pid, release
}

func TestBusySaysWho(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.duckdb")
	if err := write(t, path, "create table t(i int)"); err != nil {
		t.Fatal(err)
	}
	reading := func(wait time.Duration, onWait func(string)) error {
		c, err := openForReading(t.Context(), path, nil, wait, onWait)
		if err == nil {
			c.close()
		}
		return err
	}
	writing := func(wait time.Duration, onWait func(string)) error {
		w, err := beginWriting(t.Context(), path, wait, onWait)
		if err == nil {
			err = w.abandon()
		}
		return err
	}
	tests := []struct {
		name string
		held string
		want func(time.Duration, func(string)) error
		busy bool
	}{
		{"a reader and a reader", childRead, reading, false},
		{"a reader and a writer", childRead, writing, true},
		{"a writer and a reader", childWrite, reading, true},
		{"a writer and a writer", childWrite, writing, true},
		{"another program and a reader", childOther, reading, true},
		{"another program and a writer", childOther, writing, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			pid, release := holdIn(t, tt.held, path)
			err := tt.want(0, nil)
			if !tt.busy {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var busy *BusyError
			if !errors.As(err, &busy) || busy.PID != pid || !strings.Contains(busy.Program, ".test") {
				t.Errorf("got %v (%+v), want process %d", err, busy, pid)
			}
			checkRefusal(t, tt.name, err, ErrBusy, "process")
			told := ""
			if err := tt.want(10*time.Second, func(holder string) { told = holder; go release() }); err != nil {
				t.Errorf("after a wait: %v", err)
			}
			if told != busy.Holder() {
				t.Errorf("waited for %q, not %q", told, busy.Holder())
			}
		})
	}
	if names := beside(t, path); len(names) > 0 {
		t.Errorf("left %v", names)
	}
}

// A holder that lets the lock go has taken its name away a moment before: then the
// one that was told is not replaced by none.
func TestWaitingTellsHolders(t *testing.T) {
	one, other, none := &BusyError{PID: 1, Program: "one"}, &BusyError{PID: 2, Program: "other"}, &BusyError{}
	tests := []struct {
		name    string
		holders []error
		told    string
	}{
		{"one", []error{one, one}, "one (process 1)"},
		{"one, released", []error{one, none}, "one (process 1)"},
		{"one, then another", []error{one, none, other}, "one (process 1), other (process 2)"},
		{"nobody knows who", []error{none, none}, "a process"},
		{"nobody knows, then one", []error{none, one}, "a process, one (process 1)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var told []string
			pat := newPatience(t.Context(), time.Minute, func(holder string) { told = append(told, holder) })
			err := pat.retry(func() error {
				if len(tt.holders) == 0 {
					return nil
				}
				busy := tt.holders[0]
				tt.holders = tt.holders[1:]
				return busy
			})
			if got := strings.Join(told, ", "); err != nil || got != tt.told {
				t.Errorf("told %q, want %q; error %v", got, tt.told, err)
			}
		})
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.duckdb")
	if err := write(t, path, "create table t(i int)"); err != nil {
		t.Fatal(err)
	}
	holdIn(t, childOther, path)
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	_, err := beginWriting(ctx, path, time.Minute, func(string) { cancel(stop) })
	if !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
	if _, err := openForReading(ctx, path, nil, time.Minute, nil); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}

// A lock file that a dead process left is no lock.
func TestDeadLockFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.duckdb")
	if err := os.WriteFile(path+".lock", []byte("1 init\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := write(t, path, "create table t(i int)"); err != nil {
		t.Fatal(err)
	}
	if names := beside(t, path); len(names) > 0 {
		t.Errorf("left %v", names)
	}
}

// Many writers, one after another: the lock file is removed and made again all
// the time, and no two hold it.
func TestOneWriterAtATime(t *testing.T) {
	p := place{path: filepath.Join(t.TempDir(), "w.duckdb"), ops: osFiles{}}
	var inside sync.Mutex
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				f, err := p.takeLock(newPatience(t.Context(), time.Minute, nil))
				if err != nil {
					t.Error(err)
					return
				}
				if !inside.TryLock() {
					t.Error("two hold the lock")
				} else {
					inside.Unlock()
				}
				if err := p.releaseLock(f); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func TestReaderOfAReadOnlyFolder(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write anywhere")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "w.duckdb")
	if err := write(t, path, "create table t(i int)"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o700) })
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if n := readInt(t, path, "select count(*) from t"); n != 0 {
		t.Errorf("got %d rows", n)
	}
	checkRefusal(t, "writing", write(t, path, "insert into t values (1)"), ErrReadOnly, "")
}

func TestCheckSpace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.duckdb")
	if err := checkSpace(path, 1); err != nil {
		t.Error(err)
	}
	err := checkSpace(path, 1<<60)
	checkRefusal(t, "space", err, ErrDiskFull, "1099511627776.0 MiB needed")
}
