package export

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	recordSuffix  = ".json"
	damagedSuffix = ".damaged"
	tempPrefix    = ".tmp-"
)

// tempAge is the age at which a temporary file has no writer any more.
const tempAge = time.Hour

// A shelf is a folder of records of one type, a JSON file each.
type shelf[T any] struct {
	land *Landing
	name string // of the folder
	id   func(*T) *string

	alike func(a, b string) bool // two ids stand for one record; nil: none do
}

func (l *Landing) connections() shelf[Connection] {
	return shelf[Connection]{l, connectionsDir, func(c *Connection) *string { return &c.ID }, nil}
}

func (l *Landing) exports() shelf[Export] {
	return shelf[Export]{l, exportsDir, func(x *Export) *string { return &x.TaskID }, sameTask}
}

func (l *Landing) events() shelf[Event] {
	return shelf[Event]{l, eventsDir, func(e *Event) *string { return &e.ID }, nil}
}

// A DamagedError names records that cannot be read. They were moved aside, with
// .damaged behind their names, unless the folder is only looked at.
type DamagedError struct{ Files []string }

func (e *DamagedError) Error() string {
	return "damaged records in the landing folder: " + strings.Join(e.Files, ", ")
}

// Hint says what to do.
func (e *DamagedError) Hint() string {
	return "fetch the connection again, or replay the event from the portal's delivery log; then remove the damaged file"
}

var errDamagedRecord = errors.New("damaged")

func (s shelf[T]) dir() string { return filepath.Join(s.land.dir, s.name) }

func (s shelf[T]) path(id string) string {
	return filepath.Join(s.dir(), safeName(id)+recordSuffix)
}

// read reads the record in a file. A file that is no record of that name is
// errDamagedRecord.
func (s shelf[T]) read(path string) (T, error) {
	var rec T
	b, err := os.ReadFile(path)
	if err != nil {
		return rec, fmt.Errorf("read record: %w", err)
	}
	if err := json.Unmarshal(b, &rec); err != nil {
		return rec, errDamagedRecord
	}
	if id := *s.id(&rec); id == "" || safeName(id)+recordSuffix != filepath.Base(path) {
		return rec, errDamagedRecord
	}
	return rec, nil
}

// get reads a record by its id.
func (s shelf[T]) get(id string) (T, bool, error) {
	id = s.known(id)
	rec, err := s.read(s.path(id))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return rec, false, nil
	case errors.Is(err, errDamagedRecord):
		return *new(T), false, s.setAside(filepath.Base(s.path(id)))
	}
	return rec, err == nil, err
}

// all reads every record, in no order. With the good ones it returns a
// [*DamagedError] for the others.
func (s shelf[T]) all() ([]T, error) {
	entries, err := s.entries()
	if err != nil {
		return nil, err
	}
	var (
		all     []T
		damaged []string
	)
	for _, e := range entries {
		rec, ok, err := s.readEntry(e.Name())
		if d, is := errors.AsType[*DamagedError](err); is {
			damaged = append(damaged, d.Files...)
		} else if err != nil {
			return nil, err
		}
		if ok {
			all = append(all, rec)
		}
	}
	if len(damaged) > 0 {
		slices.Sort(damaged)
		return all, &DamagedError{slices.Compact(damaged)}
	}
	return all, nil
}

// entries lists the folder; one that is missing is empty.
func (s shelf[T]) entries() ([]fs.DirEntry, error) {
	entries, err := os.ReadDir(s.dir())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read landing folder: %w", err)
	}
	return entries, nil
}

// readEntry reads the record in a file of the folder. ok is false for files that
// are none and for one that went away meanwhile; the error is a [*DamagedError]
// for a damaged one, also where it was moved aside before.
func (s shelf[T]) readEntry(name string) (rec T, ok bool, err error) {
	if isSetAside(name) {
		return rec, false, &DamagedError{[]string{s.name + "/" + name}}
	}
	if !isRecord(name) {
		return rec, false, nil
	}
	rec, err = s.read(filepath.Join(s.dir(), name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return rec, false, nil
	case errors.Is(err, errDamagedRecord):
		return *new(T), false, s.setAside(name)
	}
	return rec, err == nil, err
}

func isRecord(name string) bool {
	return strings.HasSuffix(name, recordSuffix) && !strings.HasPrefix(name, tempPrefix)
}

func isSetAside(name string) bool { return strings.Contains(name, recordSuffix+damagedSuffix) }

// setAside gives a damaged record another name and returns the error that names
// it.
func (s shelf[T]) setAside(name string) error {
	if s.land.lookOnly {
		return &DamagedError{[]string{s.name + "/" + name}}
	}
	to := name + damagedSuffix
	err := s.land.locked(func() error {
		if _, err := s.read(filepath.Join(s.dir(), name)); !errors.Is(err, errDamagedRecord) {
			return errAgain // somebody replaced or removed it
		}
		for n := 2; exists(filepath.Join(s.dir(), to)); n++ {
			to = name + damagedSuffix + "-" + strconv.Itoa(n)
		}
		if err := os.Rename(filepath.Join(s.dir(), name), filepath.Join(s.dir(), to)); err != nil {
			return err
		}
		return syncFolder(s.dir())
	})
	switch {
	case errors.Is(err, errAgain):
		return nil
	case err != nil:
		return fmt.Errorf("move damaged record aside: %w", err)
	}
	return &DamagedError{[]string{s.name + "/" + to}}
}

// errAgain: what was to be repaired is good by now.
var errAgain = errors.New("changed meanwhile")

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// change reads a record, lets fn change it and, if fn returns true, replaces it.
// Where there is none, fn gets a new one if make is true; else found is false.
func (s shelf[T]) change(id string, make bool, fn func(*T) bool) (rec T, found bool, err error) {
	err = s.land.locked(func() error {
		id = s.known(id)
		rec, err = s.read(s.path(id))
		switch {
		case errors.Is(err, fs.ErrNotExist) && !make:
			return nil
		case errors.Is(err, fs.ErrNotExist):
			*s.id(&rec) = validText(id)
		case err != nil:
			return err
		}
		found = true
		if !fn(&rec) {
			return nil
		}
		return s.replace(s.path(id), rec)
	})
	if errors.Is(err, errDamagedRecord) {
		err = s.setAside(filepath.Base(s.path(id)))
		if err == nil {
			return s.change(id, make, fn)
		}
	}
	return rec, found && err == nil, err
}

func (s shelf[T]) replace(path string, rec T) error {
	temp, err := s.writeTemp(rec)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		os.Remove(temp)
		return fmt.Errorf("write record: %w", err)
	}
	return syncFolder(s.dir())
}

// create writes a record unless there is one of its id. When it returns without
// error the record is on disk, whoever wrote it.
func (s shelf[T]) create(rec T) (created bool, err error) {
	id := s.id(&rec)
	*id = validText(*id)
	path := s.path(*id)
	if exists(path) {
		return false, syncFolder(s.dir())
	}
	temp, err := s.writeTemp(rec)
	if err != nil {
		return false, err
	}
	defer os.Remove(temp)
	err = os.Link(temp, path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return false, fmt.Errorf("write record: %w", err)
	}
	return err == nil, syncFolder(s.dir())
}

// writeTemp writes a record to a file of a name of its own, on disk when it
// returns.
func (s shelf[T]) writeTemp(rec T) (path string, err error) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(rec); err != nil {
		return "", fmt.Errorf("write record: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(s.dir(), tempName()), os.O_CREATE|os.O_EXCL|os.O_WRONLY|noFollow, 0o600)
	if err != nil {
		return "", fmt.Errorf("write record: %w", err)
	}
	_, err = f.Write(text.Bytes())
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		os.Remove(f.Name())
		return "", fmt.Errorf("write record: %w", err)
	}
	return f.Name(), nil
}

func tempName() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails
	return tempPrefix + hex.EncodeToString(b[:])
}

// removeOldTemps removes temporary files whose writers died. Those of a writer
// that is alive are younger.
func (l *Landing) removeOldTemps() error {
	for _, name := range []string{eventsDir, connectionsDir, exportsDir, erasedDir} {
		dir := filepath.Join(l.dir, name)
		entries, err := os.ReadDir(dir)
		if err != nil {
			return fmt.Errorf("read landing folder: %w", err)
		}
		for _, e := range entries {
			if !strings.HasPrefix(e.Name(), tempPrefix) {
				continue
			}
			if st, err := e.Info(); err == nil && l.now().Sub(st.ModTime()) > tempAge {
				os.Remove(filepath.Join(dir, e.Name())) // the next start tries again
			}
		}
	}
	return nil
}
