package warehouse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// errLocked: another process has the lock.
var errLocked = errors.New("locked")

// A patience is how long one command waits for a warehouse that is in use.
type patience struct {
	ctx      context.Context
	deadline time.Time
	onWait   func(holder string) // may be nil
	told     string              // the holder that onWait was last called with
}

func newPatience(ctx context.Context, wait time.Duration, onWait func(holder string)) *patience {
	return &patience{ctx: ctx, deadline: time.Now().Add(wait), onWait: onWait}
}

// retry calls try until it returns something else than ErrBusy, or the time is
// over: then it returns that error. onWait is called when waiting begins and
// when the holder changes.
func (p *patience) retry(try func() error) error {
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 200*time.Millisecond) {
		if p.ctx.Err() != nil {
			return context.Cause(p.ctx)
		}
		err := try()
		var busy *BusyError
		if !errors.As(err, &busy) || !time.Now().Before(p.deadline) {
			return err
		}
		p.tell(busy)
		if err := p.sleep(min(pause, time.Until(p.deadline))); err != nil {
			return err
		}
	}
}

// tell calls onWait with a holder that is news. One without a name is none after
// another: that one has just let the lock go.
func (p *patience) tell(busy *BusyError) {
	holder := busy.Holder()
	isNamed := busy.PID != 0 || busy.Program != ""
	if p.onWait == nil || holder == p.told || !isNamed && p.told != "" {
		return
	}
	p.onWait(holder)
	p.told = holder
}

func (p *patience) sleep(d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-p.ctx.Done():
		return context.Cause(p.ctx)
	}
}

// takeLock takes our own lock on a warehouse, which keeps out other writers and
// every recovery. The lock is released by releaseLock.
func (p place) takeLock(pat *patience) (*os.File, error) {
	var f *os.File
	err := pat.retry(func() (err error) {
		f, err = p.tryLock()
		return err
	})
	return f, err
}

func (p place) tryLock() (*os.File, error) {
	f, err := os.OpenFile(p.lock(), os.O_CREATE|os.O_RDWR|noFollow, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock warehouse: %w", diskError(p.lock(), err))
	}
	if err := p.lockFile(f); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// lockFile locks f and writes who we are into it. The lock file is removed by
// its holder, so f may be a file that has gone: then the lock is worth nothing.
func (p place) lockFile(f *os.File) error {
	err := flock(f)
	if errors.Is(err, errLocked) {
		return p.busyBy(f)
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", p.lock(), err)
	}
	held, err := f.Stat()
	if err != nil {
		return err
	}
	if there, err := os.Lstat(p.lock()); err != nil || !os.SameFile(held, there) {
		return &BusyError{Path: p.path} // released a moment ago: try again
	}
	program, _ := os.Executable()
	text := fmt.Sprintf("%d %s\n", os.Getpid(), program)
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, _ = f.WriteAt([]byte(text), 0) // for people; a full disk is no reason to stop here
	return nil
}

// busyBy reads the holder from the lock file.
func (p place) busyBy(f *os.File) error {
	e := &BusyError{Path: p.path}
	buf := make([]byte, 4096)
	n, _ := f.ReadAt(buf, 0)
	line, _, whole := bytes.Cut(buf[:n], []byte("\n"))
	pid, program, ok := strings.Cut(string(line), " ")
	if number, err := strconv.Atoi(pid); whole && ok && err == nil {
		e.PID, e.Program = number, program
	}
	return e
}

// releaseLock removes the lock file and lets the lock go, in this order: a
// process that opened the file before it was removed finds out in lockFile.
func (p place) releaseLock(f *os.File) error {
	held, err := f.Stat()
	if there, err2 := os.Lstat(p.lock()); err == nil && err2 == nil && os.SameFile(held, there) {
		err = os.Remove(p.lock())
	}
	return errors.Join(err, f.Close())
}

// lockDatabase takes DuckDB's own lock on the open database file.
func (p place) lockDatabase(pat *patience, db *os.File) error {
	return pat.retry(func() error { return p.tryDatabase(db) })
}

func (p place) tryDatabase(db *os.File) error {
	pid, err := lockDatabase(db)
	if errors.Is(err, errLocked) {
		return &BusyError{Path: p.path, PID: pid, Program: programOf(pid)}
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", p.path, err)
	}
	return nil
}

// programOf returns the name of a running program where the system tells it.
func programOf(pid int) string {
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(name))
}

// checkSpace returns a SpaceError if fewer than need bytes are free in the file
// system of the warehouse at path.
func checkSpace(path string, need int64) error {
	free := FreeSpace(dirOf(path))
	if free < 0 || free >= need {
		return nil
	}
	return &SpaceError{Path: path, Need: need, Free: free}
}
