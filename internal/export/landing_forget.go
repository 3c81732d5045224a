package export

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// An erasure keeps what was erased from coming back with an event that was on its
// way. It does not say of whom: the key is a hash of the connection's id.
type erasure struct {
	Key     string    `json:"key"`
	At      time.Time `json:"erased_at"`
	Revoked bool      `json:"revoked"` // the consent had ended: no export can follow
}

func (l *Landing) erasures() shelf[erasure] {
	return shelf[erasure]{l, erasedDir, func(e *erasure) *string { return &e.Key }, nil}
}

func erasureKey(connectionID string) string {
	sum := sha256.Sum256([]byte("erased " + validText(connectionID)))
	return hex.EncodeToString(sum[:])
}

// isErased reports whether an event of that date is about something erased since:
// an export of before or, where the consent has ended, any export.
func (l *Landing) isErased(connectionID string, date time.Time, kind string) (bool, error) {
	if connectionID == "" {
		return false, nil
	}
	e, ok, err := l.erasures().get(erasureKey(connectionID))
	return ok && (!date.After(e.At) || e.Revoked && kind != TypeConnected), err
}

// unerase lets a connection that was made anew have exports again.
func (l *Landing) unerase(connectionID string) error {
	if err := remove(l.erasures().path(erasureKey(connectionID))); err != nil {
		return fmt.Errorf("remove mark of erasure: %w", err)
	}
	return nil
}

// Forget removes what the folder has of a connection: files, downloads that are
// not complete, exports, the bodies of events and the connection itself. It
// returns how many files and records that were. Of an event its id stays, so that
// it is not taken for news when it comes again. A call that was interrupted is
// made good by another one.
//
// An import that began before may still bring the connection's files into a
// warehouse: forget first, then erase there.
func (l *Landing) Forget(connectionID string) (removed int, err error) {
	if connectionID == "" {
		return 0, errors.New("forget a connection: no id")
	}
	err = l.locked(func() error {
		f := forgetting{land: l, id: validText(connectionID), tasks: map[string]bool{}}
		err := f.run()
		removed = f.removed
		return err
	})
	if err != nil {
		return removed, fmt.Errorf("forget a connection: %w", err)
	}
	return removed, nil
}

// A forgetting is one call of Forget. Exports go after what only they lead to.
type forgetting struct {
	land    *Landing
	id      string
	tasks   map[string]bool
	removed int
}

func (f *forgetting) run() error {
	l := f.land
	exports, err := f.find()
	if err != nil {
		return err
	}
	for _, step := range []func() error{
		f.mark,
		f.events,
		func() error { return f.files(exports) },
		func() error {
			for _, x := range exports {
				if err := f.remove(l.exports().path(x.TaskID)); err != nil {
					return err
				}
			}
			return nil
		},
		func() error { return f.remove(l.connections().path(f.id)) },
		f.damaged,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	for _, dir := range []string{eventsDir, filesDir, partDir, exportsDir, connectionsDir} {
		if err := syncFolder(filepath.Join(l.dir, dir)); err != nil {
			return err
		}
	}
	return nil
}

// find returns the exports of the connection.
func (f *forgetting) find() ([]Export, error) {
	all, err := readable(f.land.exports())
	var found []Export
	for _, x := range all {
		if x.ConnectionID == f.id || x.Source() == f.id {
			found = append(found, x)
			f.tasks[x.TaskID] = true
		}
	}
	return found, err
}

// readable reads the records that are not damaged, and leaves the others alone.
func readable[T any](s shelf[T]) ([]T, error) {
	s.land = &Landing{dir: s.land.dir, lookOnly: true, now: s.land.now} // the lock is ours: none can be moved aside
	all, err := s.all()
	if errors.As(err, new(*DamagedError)) {
		err = nil
	}
	return all, err
}

// mark writes the erasure. One that says revoked keeps saying so.
func (f *forgetting) mark() error {
	s := f.land.erasures()
	e := erasure{Key: erasureKey(f.id), At: f.land.now().UTC()}
	if c, err := f.land.connections().read(f.land.connections().path(f.id)); err == nil {
		e.Revoked = IsRevoked(c.Status)
	} else if old, err := s.read(s.path(e.Key)); err == nil {
		e.Revoked = old.Revoked
	}
	return s.replace(s.path(e.Key), e)
}

// events takes the bodies and ids out of the events of the connection. Those that
// wait are not acted on, but for a revocation, which the worker strips itself.
func (f *forgetting) events() error {
	s := f.land.events()
	all, err := readable(s)
	if err != nil {
		return err
	}
	for _, e := range all {
		mine := e.ConnectionID == f.id || f.tasks[e.TaskID] || bytes.Contains(e.Body, []byte(f.id))
		waits := e.State == EventPending && e.Type == TypeRevoked // it may be what we are called for
		if !mine || waits || e.Reason == reasonErased {
			continue
		}
		e.strip(f.land.now())
		if err := s.replace(s.path(e.ID), e); err != nil {
			return err
		}
		f.removed++
	}
	return nil
}

const reasonErased = "erased"

// strip takes out of an event everything but what tells that it came.
func (e *Event) strip(now time.Time) {
	now = now.UTC()
	*e = Event{ID: e.ID, Type: e.Type, APIMode: e.APIMode, Received: e.Received, Signed: e.Signed,
		State: EventDone, Reason: reasonErased, Processed: cmp.Or(e.Processed, &now)}
}

// files removes the files of exports, whole and in part.
func (f *forgetting) files(exports []Export) error {
	for _, x := range exports {
		dir := filepath.Dir(f.land.FilePath(x.TaskID, ""))
		if err := f.removeAll(dir); err != nil {
			return err
		}
		prefix := safeName(x.TaskID) + "."
		parts, err := os.ReadDir(filepath.Join(f.land.dir, partDir))
		if err != nil {
			return err
		}
		for _, p := range parts {
			if strings.HasPrefix(p.Name(), prefix) {
				if err := f.remove(filepath.Join(f.land.dir, partDir, p.Name())); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (f *forgetting) removeAll(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	f.removed += len(entries)
	return errors.Join(err, os.RemoveAll(dir))
}

// damaged removes records that were moved aside, where they still show the
// connection.
func (f *forgetting) damaged() error {
	for _, dir := range []string{eventsDir, exportsDir, connectionsDir} {
		entries, err := os.ReadDir(filepath.Join(f.land.dir, dir))
		if err != nil {
			return err
		}
		for _, e := range entries {
			path := filepath.Join(f.land.dir, dir, e.Name())
			if !isSetAside(e.Name()) {
				continue
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if bytes.Contains(text, []byte(f.id)) || strings.HasPrefix(e.Name(), safeName(f.id)) {
				if err := f.remove(path); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (f *forgetting) remove(path string) error {
	if exists(path) {
		f.removed++
	}
	return remove(path)
}
