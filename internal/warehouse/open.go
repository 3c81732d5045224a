package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// openForReading opens the warehouse at path so that nothing in it can change.
// settings are DuckDB's, beside ours. If another process is writing, it waits as
// long as wait says and then returns ErrBusy; onWait (may be nil) is told who
// that is.
//
// It takes no lock and makes no file, except to bring back a state that a dead
// import left: then the folder must be writable.
//
// The caller must not have the file open: closing a descriptor of it drops
// DuckDB's lock, so a second opening in one process is refused where we can see
// it.
func openForReading(ctx context.Context, path string, settings map[string]string, wait time.Duration, onWait func(holder string)) (*conn, error) {
	p, err := locate(ctx, path)
	if err != nil {
		return nil, err
	}
	pat := newPatience(ctx, wait, onWait)
	var c *conn
	err = pat.retry(func() (err error) {
		c, err = p.tryReading(settings)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (p place) tryReading(settings map[string]string) (*conn, error) {
	if err := p.recoverForReading(); err != nil {
		return nil, err
	}
	if err := p.sniff(); err != nil {
		return nil, err
	}
	all := map[string]string{}
	for k, v := range settings {
		all[k] = v
	}
	all["access_mode"] = "READ_ONLY"
	c, err := openDuck(p.path, all)
	if errors.Is(err, ErrDamaged) {
		if there, _ := exists(p.journal()); there {
			return nil, &BusyError{Path: p.path, Err: err} // an import has begun and died meanwhile: recover
		}
	}
	return c, err
}

// recoverForReading recovers if there is a journal and the process that made it
// is dead; if it lives, the error is a BusyError.
func (p place) recoverForReading() error {
	there, err := exists(p.journal())
	if err != nil || !there {
		return err
	}
	lock, err := p.tryLock()
	if errors.Is(err, ErrReadOnly) {
		return &FileError{Path: p.path, Kind: ErrReadOnly, Err: err,
			Detail: "an import was interrupted (or runs as another user), and its journal must be applied before the warehouse can be read",
			Advice: "run this once as a user who may write to the folder"}
	}
	if err != nil {
		return err
	}
	_, err = p.recoverAlone(false)
	return errors.Join(err, p.releaseLock(lock))
}

// recoverAlone recovers a database that this process does not have open, under
// our lock.
func (p place) recoverAlone(back bool) (string, error) {
	db, err := p.openFile()
	if err != nil {
		return "", err
	}
	defer db.Close()
	if err := p.tryDatabase(db); err != nil {
		return "", err
	}
	return p.recover(db, back)
}

// openFile opens the database file itself for reading and writing.
func (p place) openFile() (*os.File, error) {
	if err := p.notOpenHere(); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(p.path, os.O_RDWR|noFollow, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, p.missing()
	}
	if err != nil {
		return nil, fmt.Errorf("open warehouse: %w", diskError(p.path, err))
	}
	return f, nil
}

// missing is the error for a database that is not there.
func (p place) missing() error {
	if there, _ := exists(p.journal()); there {
		return &FileError{Path: p.path, Kind: ErrMissing, Detail: "but the journal of an import into it is there",
			Advice: "put the database back beside its journal, or remove " + p.journal()}
	}
	return &FileError{Path: p.path, Kind: ErrMissing}
}

// sniff checks that the file is one for DuckDB, before DuckDB sees it.
func (p place) sniff() error {
	if err := p.notOpenHere(); err != nil {
		return err
	}
	f, err := os.OpenFile(p.path, os.O_RDONLY|noFollow, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return p.missing()
	}
	if errors.Is(err, fs.ErrPermission) {
		return &FileError{Path: p.path, Kind: ErrNoAccess, Err: err}
	}
	if err != nil {
		return fmt.Errorf("open warehouse: %w", err)
	}
	defer f.Close()
	return checkDuckDB(p.path, f)
}

// notOpenHere returns an error if this process has the file open, where the
// system shows that: opening and closing it again would drop DuckDB's lock.
func (p place) notOpenHere() error {
	there, err := os.Stat(p.path)
	if err != nil {
		return nil
	}
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil
	}
	for _, n := range names {
		if st, err := os.Stat("/proc/self/fd/" + n.Name()); err == nil && os.SameFile(there, st) {
			return fmt.Errorf("open warehouse: %s is already open in this process", p.path)
		}
	}
	return nil
}
