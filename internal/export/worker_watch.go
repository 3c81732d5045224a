package export

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A watch reads a folder of records again and again. Of records that are settled
// it remembers the file and the state, and reads them when the file is another.
type watch[T any] struct {
	shelf   shelf[T]
	state   func(*T) (state string, settled bool)
	settled map[string]settledRecord // by the name of the file
	scanned time.Time
	folder  time.Time // when the folder was changed, as of the scan
}

type settledRecord struct {
	file  fs.FileInfo // nil: to be read anew
	state string
}

// note enters the state of a record that was changed since the last scan. It
// returns whether it is settled.
func (w *watch[T]) note(rec *T) (settled bool) {
	name := filepath.Base(w.shelf.path(*w.shelf.id(rec)))
	state, settled := w.state(rec)
	delete(w.settled, name)
	if settled && state != "" {
		w.settled[name] = settledRecord{state: state}
	}
	return settled
}

// isUnchanged reports whether a scan would find what the last one found: every
// change of a record changes its folder. Times of folders are coarse, so a change
// shortly before a scan may hide one after it; and from time to time we look all
// the same.
func (w *watch[T]) isUnchanged() bool {
	st, err := os.Stat(w.shelf.dir())
	return err == nil && st.ModTime().Equal(w.folder) && w.scanned.Sub(w.folder) > time.Second && time.Since(w.scanned) < time.Minute
}

// scan returns the records that are not settled. With them it may return a
// [*DamagedError].
func (w *watch[T]) scan() ([]T, error) {
	start := time.Now()
	dir, err := os.Stat(w.shelf.dir())
	if err != nil {
		return nil, fmt.Errorf("read landing folder: %w", err)
	}
	entries, err := w.shelf.entries()
	if err != nil {
		return nil, err
	}
	var (
		open    []T
		damaged []string
		settled = make(map[string]settledRecord, len(entries))
	)
	for _, e := range entries {
		file, err := e.Info()
		if err != nil {
			continue // it went away
		}
		if old, ok := w.settled[e.Name()]; ok && isSameVersion(old.file, file) {
			settled[e.Name()] = old
			continue
		}
		rec, ok, err := w.shelf.readEntry(e.Name())
		if d, is := errors.AsType[*DamagedError](err); is {
			damaged = append(damaged, d.Files...)
		} else if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if state, done := w.state(&rec); done {
			settled[e.Name()] = settledRecord{file, state}
		} else {
			open = append(open, rec)
		}
	}
	w.settled, w.scanned, w.folder = settled, start, dir.ModTime()
	if len(damaged) > 0 {
		slices.Sort(damaged)
		return open, &DamagedError{slices.Compact(damaged)}
	}
	return open, nil
}

// states counts the settled records by state.
func (w *watch[T]) states() map[string]int {
	count := map[string]int{}
	for _, r := range w.settled {
		count[r.state]++
	}
	return count
}

// isSameVersion reports whether a file was not replaced between two looks.
func isSameVersion(a, b fs.FileInfo) bool {
	return a != nil && os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}
