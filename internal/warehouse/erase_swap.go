package warehouse

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// erase makes the new file and puts it in the old one's place.
func (e *eraser) erase(path string) (err error) {
	if err := e.foldLogs(path); err != nil {
		return err
	}
	if err := e.begin(path); err != nil {
		return err
	}
	placed := false
	defer func() {
		if !placed {
			err = errors.Join(err, e.w.removeNew())
		}
		err = errors.Join(err, e.w.release())
	}()
	steps := []struct {
		name string
		do   func() error
	}{
		{"copied", e.copy}, {"checked", e.settle}, {"synced", e.syncNew}, {"alone", e.alone},
	}
	for _, s := range steps {
		if err := s.do(); err != nil {
			return err
		}
		e.between(s.name)
	}
	if err := e.w.ops.Rename(e.w.File, e.w.path); err != nil {
		return fmt.Errorf("put the new file in place: %w", diskError(e.w.path, bare(err)))
	}
	placed = true
	e.between("placed")
	return e.after()
}

// foldLogs brings what another program left in a write-ahead log into the file:
// a log beside a file that is swapped would belong to neither.
func (e *eraser) foldLogs(path string) error {
	p, err := locate(e.ctx, path)
	if err != nil {
		return err
	}
	if logs, err := wals(p.path); err != nil || len(logs) == 0 {
		return err
	}
	w, err := beginWriting(e.ctx, path, e.Wait, e.OnWait)
	if err != nil {
		return err
	}
	c, err := w.open(nil)
	if err == nil {
		err = c.exec(e.ctx, "checkpoint")
		c.close()
	}
	if err != nil {
		return errors.Join(err, w.abandon())
	}
	return w.finish()
}

// begin locks the warehouse against all others and checks it, as beginWriting
// does, but writes no journal.
func (e *eraser) begin(path string) error {
	p, err := locate(e.ctx, path)
	if err != nil {
		return err
	}
	e.w = &writing{place: p, wait: e.Wait, pat: newPatience(e.ctx, e.Wait, e.OnWait)}
	if e.w.lock, err = p.takeLock(e.w.pat); err != nil {
		return err
	}
	if err := e.beginLocked(); err != nil {
		return errors.Join(err, e.w.release())
	}
	return nil
}

func (e *eraser) beginLocked() (err error) {
	w := e.w
	if err := w.checkAround(); err != nil {
		return err
	}
	if err := w.removeLeftovers(); err != nil {
		return err
	}
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
	if err := w.noLogs(w.path); err != nil {
		return err
	}
	st, err := w.db.Stat()
	if err != nil {
		return err
	}
	if w.before, err = readRoot(w.db, st.Size(), true); err != nil {
		return &FileError{Path: w.path, Kind: ErrDamaged, Detail: err.Error(), Err: err}
	}
	if err := checkSpace(w.path, st.Size()); err != nil {
		return err
	}
	w.File = w.path + newInfix + randomHex()
	if err := os.Mkdir(w.temp(), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make folder for temporary files: %w", diskError(w.temp(), bare(err)))
	}
	return nil
}

// syncNew makes the new file durable, with the owner and mode of the old one.
func (e *eraser) syncNew() error {
	if logs, err := wals(e.w.File); err != nil || len(logs) > 0 {
		return errors.Join(err, errors.New("DuckDB left a write-ahead log beside the new file"))
	}
	if err := e.w.syncNew(); err != nil {
		return err
	}
	old, err := e.w.db.Stat()
	if err != nil {
		return err
	}
	if err := os.Chmod(e.w.File, old.Mode().Perm()); err != nil {
		return err
	}
	if uid, ok := ownerOf(old); ok && uid != os.Geteuid() {
		_ = os.Chown(e.w.File, uid, -1) // root works for the owner; others keep what they make
	}
	e.report.BytesAfter = fileSize(e.w.File)
	return nil
}

// alone takes the lock on the old file back, which DuckDB has dropped, and makes
// sure that nothing has happened to it since. While it is held, no program has
// the old file open in DuckDB.
func (e *eraser) alone() error {
	w := e.w
	if err := w.lockDatabase(w.pat, w.db); err != nil {
		return err
	}
	if err := w.unchanged(); err != nil {
		return err
	}
	if logs, err := wals(w.path); err != nil || len(logs) > 0 {
		return errors.Join(err, &BusyError{Path: w.path, Program: "a program that has just written to it"})
	}
	there, err := os.Lstat(w.path)
	if err != nil {
		return err
	}
	if held, err := w.db.Stat(); err != nil || !os.SameFile(held, there) {
		return errors.Join(err, &BusyError{Path: w.path, Program: "a program that has just replaced it"})
	}
	return nil
}

// after makes the swap durable, and empties the old file: a program that had
// begun to open it would go on with it. If another name leads to it, it is not
// only ours.
func (e *eraser) after() error {
	if err := e.w.syncDir(); err != nil {
		return fmt.Errorf("the erased warehouse is in place, but may be the old one again after a power cut: %w", diskError(e.w.path, err))
	}
	old, err := e.w.db.Stat()
	if err != nil {
		return err
	}
	if e.report.Links = linksOf(old) > 0; !e.report.Links {
		_ = e.w.ops.Truncate(e.w.db, 0)
	}
	e.between("emptied")
	return nil
}
