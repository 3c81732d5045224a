package export

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// Connections returns the connections that are known, in the order in which we
// heard of them. Records that are damaged are left out and named in a
// [*DamagedError], which comes with the others.
func (l *Landing) Connections() ([]Connection, error) {
	all, err := l.connections().all()
	slices.SortFunc(all, func(a, b Connection) int {
		return cmp.Or(earlier(a.Connected, b.Connected), cmp.Compare(a.ID, b.ID))
	})
	return all, err
}

// Exports returns the exports that are known, in the order in which they were
// registered or came. Damaged records: see [Landing.Connections].
func (l *Landing) Exports() ([]Export, error) {
	all, err := l.exports().all()
	slices.SortFunc(all, compareExports)
	return all, err
}

func compareExports(a, b Export) int {
	return cmp.Or(earlier(a.began(), b.began()), cmp.Compare(a.TaskID, b.TaskID))
}

// began is when we first heard of an export, as far as its record says it.
func (x *Export) began() *time.Time {
	if x.Registered != nil {
		return x.Registered
	}
	return x.Finished
}

// Events returns the events that came, in this order. Damaged records: see
// [Landing.Connections].
func (l *Landing) Events() ([]Event, error) {
	all, err := l.events().all()
	slices.SortFunc(all, compareEvents)
	return all, err
}

func compareEvents(a, b Event) int {
	return cmp.Or(a.Received.Compare(b.Received), cmp.Compare(a.ID, b.ID))
}

// earlier compares times of which one may not be known: it sorts first.
func earlier(a, b *time.Time) int {
	if a == nil {
		a = &time.Time{}
	}
	if b == nil {
		b = &time.Time{}
	}
	return a.Compare(*b)
}

// Connection returns one connection; ok is false if it is not known.
func (l *Landing) Connection(id string) (c Connection, ok bool, err error) {
	return l.connections().get(id)
}

// Export returns one export; ok is false if it is not known. Its id may be written
// otherwise than taskID: see [SameID].
func (l *Landing) Export(taskID string) (x Export, ok bool, err error) {
	return l.exports().get(taskID)
}

// Event returns one event; ok is false if it is not known.
func (l *Landing) Event(id string) (e Event, ok bool, err error) { return l.events().get(id) }

// UpdateConnection changes the record of a connection, and makes it where it is
// missing: change gets the record as it is, with its id, and sets what is new.
// Nobody else changes it meanwhile, so change must be short and call no method of
// the Landing. Updated is set here. See [Connection.SetStatus] for the status.
func (l *Landing) UpdateConnection(id string, change func(*Connection)) error {
	_, _, err := l.connections().change(id, true, func(c *Connection) bool {
		change(c)
		c.ID, c.Updated = validText(id), l.now().UTC()
		return true
	})
	return err
}

// UpdateExport is [Landing.UpdateConnection] for an export, whose id keeps the
// spelling that came first.
func (l *Landing) UpdateExport(taskID string, change func(*Export)) error {
	_, _, err := l.changeExport(taskID, true, func(x *Export) bool {
		change(x)
		return true
	})
	return err
}

// changeExport changes an export if change returns true. Unless it may be made,
// one that is not there any more is left so: found is false.
func (l *Landing) changeExport(taskID string, make bool, change func(*Export) bool) (x Export, found bool, err error) {
	return l.exports().change(taskID, make, func(x *Export) bool {
		id := x.TaskID
		if !change(x) {
			return false
		}
		x.TaskID, x.Updated = id, l.now().UTC()
		return true
	})
}

// UpdateEvent changes an event that was stored. One that is not there is an error.
func (l *Landing) UpdateEvent(id string, change func(*Event)) error {
	_, found, err := l.events().change(id, false, func(e *Event) bool {
		change(e)
		e.ID = validText(id)
		return true
	})
	if err == nil && !found {
		return fmt.Errorf("change event: %w", os.ErrNotExist)
	}
	return err
}

// StoreEvent keeps an event, on disk when it returns. stored is false if one of
// that id is known, in whatever state: then nothing changes.
func (l *Landing) StoreEvent(e Event) (stored bool, err error) {
	if e.ID == "" {
		return false, errors.New("store event: it has no id")
	}
	return l.events().create(e)
}

// Source is what the resources of an export have as their source: the
// connection or, where no event named one, the task.
func (x *Export) Source() string {
	if x.ConnectionID != "" {
		return x.ConnectionID
	}
	return "task:" + x.TaskID
}
