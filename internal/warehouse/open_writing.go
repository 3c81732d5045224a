package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"time"
)

// A writing is one write to a warehouse: one opening of File in DuckDB, one
// transaction, one commit, which is the one checkpoint. It keeps out every other
// writer, and whatever happens before finish returns nil, the warehouse has the
// state before or, if the commit came through, the state after.
//
// The order is: beginWriting, open, commit, close the connections, finish; on
// any error close the connections, then abandon. From beginWriting on the caller
// must not open the database file other than through DuckDB: closing it would
// drop the lock.
type writing struct {
	place
	File      string // what DuckDB opens
	New       bool   // there is no warehouse yet: File has a temporary name
	Recovered string // what an earlier crash made necessary, for people; "" if nothing

	wait   time.Duration
	pat    *patience
	before *root    // the state before; nil if New
	lock   *os.File // our lock
	db     *os.File // the file, held open for its lock; nil if New
	placed bool     // New: it has its name
	ended  bool
}

// beginWriting locks the warehouse at path, brings it into order after a crash,
// checks it and writes its journal. It waits as openForReading does.
func beginWriting(ctx context.Context, path string, wait time.Duration, onWait func(holder string)) (*writing, error) {
	p, err := locate(ctx, path)
	if err != nil {
		return nil, err
	}
	w := &writing{place: p, wait: wait, pat: newPatience(ctx, wait, onWait)}
	if w.lock, err = p.takeLock(w.pat); err != nil {
		return nil, err
	}
	if err := w.begin(); err != nil {
		return nil, errors.Join(err, w.release())
	}
	return w, nil
}

func (w *writing) begin() error {
	if err := w.checkAround(); err != nil { // again, with the lock
		return err
	}
	if err := w.removeLeftovers(); err != nil {
		return err
	}
	there, err := exists(w.path)
	if err != nil {
		return fmt.Errorf("open warehouse: %w", err)
	}
	if there {
		err = w.beginExisting()
	} else {
		err = w.beginNew()
	}
	if err != nil {
		return err
	}
	if err := os.Mkdir(w.temp(), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make folder for temporary files: %w", diskError(w.temp(), err))
	}
	return nil
}

func (w *writing) beginExisting() (err error) {
	w.File = w.path
	if w.db, err = w.openFile(); err != nil {
		return err
	}
	if err := checkDuckDB(w.path, w.db); err != nil {
		return err
	}
	if err := w.lockDatabase(w.pat, w.db); err != nil {
		return err
	}
	if w.Recovered, err = w.recover(w.db, false); err != nil {
		return err
	}
	return w.saveState()
}

// saveState checks the present state and writes its journal.
func (w *writing) saveState() error {
	st, err := w.db.Stat()
	if err != nil {
		return err
	}
	w.before, err = readRoot(w.db, st.Size(), true)
	if err != nil {
		return &FileError{Path: w.path, Kind: ErrDamaged, Detail: err.Error(), Err: err}
	}
	return w.writeJournal(w.before)
}

func (w *writing) beginNew() error {
	if there, err := exists(w.journal()); err != nil || there {
		return errors.Join(err, w.missing())
	}
	if err := w.noLogs(w.path); err != nil {
		return err
	}
	w.New = true
	w.File = w.path + newInfix + randomHex()
	return nil
}

// noLogs refuses a place where a write-ahead log lies: DuckDB would replay it
// into whatever has that name.
func (w *writing) noLogs(path string) error {
	logs, err := wals(path)
	if err != nil {
		return err
	}
	if len(logs) > 0 {
		return &FileError{Path: logs[0], Kind: ErrUnsafe, Detail: "a write-ahead log without its database", Advice: "put the database back beside it, or move it away"}
	}
	return nil
}

// settings are those that DuckDB must be opened with.
func (w *writing) settings() map[string]string {
	return map[string]string{
		// Every commit is a checkpoint, at once: no write-ahead log is left for
		// another program to trip over, and there is exactly one checkpoint.
		"wal_autocheckpoint": "0KB",
		// Of a new file. Older ones would replay the log of another database.
		"storage_compatibility_version": "v1.4.0",
		"temp_directory":                w.temp(),
	}
}

// open opens the database for the write. settings are DuckDB's, beside those of
// w.settings. It waits for programs that open the file at this very moment.
func (w *writing) open(settings map[string]string) (*conn, error) {
	all := maps.Clone(settings)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, w.settings())
	var c *conn
	err := w.pat.retry(func() (err error) {
		c, err = openDuck(w.File, all)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := w.unchanged(); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// unchanged reports an error if the file is not the one that the journal is of:
// while DuckDB looks at a file before it locks it, our lock is gone for a moment.
func (w *writing) unchanged() error {
	if w.New {
		return nil
	}
	h, err := readHeader(w.db)
	if err != nil {
		return &FileError{Path: w.path, Kind: ErrDamaged, Detail: err.Error(), Err: err}
	}
	if string(h.raw) != string(w.before.raw) {
		return &BusyError{Path: w.path, Program: "a program that has just written to it"}
	}
	return nil
}

// finish makes the committed write final. DuckDB must be closed. If finish
// returns an error, it has done what abandon does.
func (w *writing) finish() error {
	if w.ended {
		return errors.New("finish: the write has ended")
	}
	err := w.complete()
	if err != nil {
		return errors.Join(fmt.Errorf("finish import: %w", err), w.abandon())
	}
	return w.release()
}

func (w *writing) complete() error {
	logs, err := wals(w.File)
	if err != nil {
		return err
	}
	if len(logs) > 0 {
		return errors.New("the commit was no checkpoint: a write-ahead log is left")
	}
	if w.New {
		return w.publish()
	}
	if err := w.checkWritten(); err != nil {
		return err
	}
	if err := w.ops.Sync(w.db); err != nil {
		return diskError(w.path, err)
	}
	if err := w.ops.Remove(w.journal()); err != nil {
		return diskError(w.journal(), err)
	}
	// If this fails and the power goes, the journal is there again beside a
	// complete write: recovery keeps that. The import is done in any case.
	_ = w.syncDir()
	return nil
}

// checkWritten checks that there was one checkpoint and that all metadata it
// wrote can be read. Another program may be reading by now; that does no harm.
func (w *writing) checkWritten() error {
	st, err := w.db.Stat()
	if err != nil {
		return err
	}
	after, err := readRoot(w.db, st.Size(), true)
	if err != nil {
		return &FileError{Path: w.path, Kind: ErrDamaged, Detail: err.Error(), Err: err}
	}
	if n := after.iteration - w.before.iteration; n != 1 {
		return fmt.Errorf("there were %d checkpoints, not 1", n)
	}
	return nil
}

// publish gives a new warehouse its name. A link, not a rename: it does not
// replace a file that another program made meanwhile.
func (w *writing) publish() (err error) {
	if err := w.syncNew(); err != nil {
		return diskError(w.File, err)
	}
	if err := w.noLogs(w.path); err != nil {
		return err
	}
	if err := w.putInPlace(); err != nil {
		return diskError(w.path, err)
	}
	return w.syncDir()
}

func (w *writing) syncNew() (err error) {
	f, err := os.OpenFile(w.File, os.O_RDWR|noFollow, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := f.Chmod(0o600); err != nil {
		return err
	}
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if _, err := readRoot(f, st.Size(), true); err != nil {
		return &FileError{Path: w.File, Kind: ErrDamaged, Detail: err.Error(), Err: err}
	}
	return w.ops.Sync(f)
}

func (w *writing) putInPlace() error {
	err := w.ops.Link(w.File, w.path)
	if err == nil {
		w.placed = true
		return w.ops.Remove(w.File)
	}
	there, err2 := exists(w.path)
	if err2 != nil {
		return err2
	}
	if there {
		return &FileError{Path: w.path, Kind: ErrExists}
	}
	err = w.ops.Rename(w.File, w.path) // a file system without links
	w.placed = err == nil
	return err
}

// abandon brings the state before the write back, as far as it is gone, and ends
// the write. DuckDB must be closed. After finish or abandon it does nothing.
//
// An error means that the state before is not back yet: the next opening goes
// on, or the write was complete and cannot be undone.
func (w *writing) abandon() error {
	if w.ended {
		return nil
	}
	var err error
	if w.New {
		err = w.removeNew()
	} else {
		err = w.takeBack()
	}
	return errors.Join(err, w.release())
}

func (w *writing) removeNew() error {
	errs := []error{w.ops.Remove(w.File)}
	for _, suffix := range walSuffixes {
		errs = append(errs, w.ops.Remove(w.File+suffix))
	}
	if w.placed {
		errs = append(errs, w.ops.Remove(w.path))
	}
	return errors.Join(errs...)
}

// takeBack recovers; another program may have opened the file since DuckDB
// closed it.
func (w *writing) takeBack() error {
	pat := newPatience(context.WithoutCancel(w.pat.ctx), w.wait, w.pat.onWait)
	if err := w.lockDatabase(pat, w.db); err != nil {
		return fmt.Errorf("take import back: %w", err)
	}
	outcome, err := w.recover(w.db, true)
	if err != nil {
		return fmt.Errorf("take import back: %w", err)
	}
	if outcome == recoveredForward || outcome == recoveredStale {
		return errors.New("the import was complete and could not be taken back: " + outcome)
	}
	return nil
}

func (w *writing) release() error {
	w.ended = true
	var errs []error
	if w.db != nil {
		errs = append(errs, w.db.Close())
	}
	errs = append(errs, w.removeTemp(), w.releaseLock(w.lock))
	return errors.Join(errs...)
}
