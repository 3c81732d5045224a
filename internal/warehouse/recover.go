package warehouse

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// What a recovery did, for people.
const (
	recoveredNothing = ""
	recoveredBack    = "an interrupted import was taken back"
	recoveredForward = "an import that was interrupted at its very end was completed"
	recoveredStale   = "the journal of an interrupted import was dropped: another program has written since"
)

// recover brings a database that a process left in the middle of a write to the
// state before that write, or after it if its header is there whole. It can
// itself be interrupted anywhere and run again.
//
// db is the database, open for reading and writing and locked against DuckDB;
// our own lock is held too. With back, it returns to the state before even if
// the write is complete, unless data of that state were cut off.
//
// An error means that nothing was changed, or that running it again goes on.
func (p place) recover(db *os.File, back bool) (outcome string, err error) {
	if err := p.ops.Remove(p.journalNew()); err != nil {
		return "", fmt.Errorf("recover: %w", diskError(p.journalNew(), err))
	}
	s, err := readJournal(p.journal())
	if errors.Is(err, fs.ErrNotExist) {
		return recoveredNothing, nil
	}
	if errors.Is(err, errJournal) {
		return "", p.refuse(err, "its journal is damaged")
	}
	if err != nil {
		return "", fmt.Errorf("recover: %w", diskError(p.journal(), err))
	}
	defer s.close()
	r := &recovery{place: p, db: db, saved: s}
	outcome, err = r.run(back)
	if err != nil {
		return "", fmt.Errorf("recover: %w", diskError(p.path, err))
	}
	return outcome, p.dropJournal()
}

// refuse keeps everything as it is.
func (p place) refuse(cause error, detail string) error {
	return &FileError{Path: p.path, Kind: ErrDamaged, Detail: detail, Err: cause,
		Advice: "nothing was changed; fhirwh repair sets the journal aside and looks at the file"}
}

// A recovery compares a database with the state that its journal saved.
type recovery struct {
	place
	db    *os.File
	saved *savedState
	size  int64   // of the database now
	now   *header // nil if the database has no valid header slot
	raw   []byte  // its headers
}

func (r *recovery) run(back bool) (string, error) {
	if err := r.look(); err != nil {
		return "", err
	}
	switch {
	case !r.sameBefore():
		if !r.movedOn() {
			return "", r.refuse(nil, "its journal belongs to another file or state")
		}
		return recoveredStale, nil
	case r.complete() && (!back || r.size < r.saved.size):
		return recoveredForward, r.forward()
	}
	return recoveredBack, r.back()
}

func (r *recovery) look() error {
	st, err := r.db.Stat()
	if err != nil {
		return err
	}
	r.size, r.raw = st.Size(), make([]byte, headerSize)
	if _, err := r.db.ReadAt(r.raw, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	r.now, _ = parseHeader(r.raw)
	return nil
}

// sameBefore reports whether the headers of the state before the write are
// there: the write does not touch them.
func (r *recovery) sameBefore() bool {
	active := r.saved.active * slotSize
	return bytes.Equal(r.raw[:slotSize], r.saved.raw[:slotSize]) &&
		bytes.Equal(r.raw[active:][:slotSize], r.saved.raw[active:][:slotSize])
}

// movedOn reports whether another program has written the same database twice
// or more since the journal was made: it is whole and newer.
func (r *recovery) movedOn() bool {
	if r.now == nil || !bytes.Equal(r.raw[:slotSize], r.saved.raw[:slotSize]) {
		return false
	}
	before := parseSlot(r.raw[r.saved.active*slotSize:])
	if !before.valid || before.iteration <= r.saved.iteration {
		return false
	}
	_, err := readRoot(r.db, r.size, true)
	return err == nil
}

// complete reports whether the write is there whole: its header, which was
// written last, and the metadata it leads to.
func (r *recovery) complete() bool {
	if r.now == nil || r.now.active == r.saved.active || r.now.iteration != r.saved.iteration+1 {
		return false
	}
	_, err := readRootOf(r.db, r.size, r.now, true)
	return err == nil
}

// forward makes the complete write durable: its header may be in memory only.
// Of the logs it removes those that led to it, and keeps one that another
// program has begun on top of it.
func (r *recovery) forward() error {
	if err := r.ops.Sync(r.db); err != nil {
		return err
	}
	logs, err := wals(r.path)
	if err != nil {
		return err
	}
	for _, log := range logs {
		if iteration, ok := logIteration(log); ok && iteration > r.saved.iteration {
			continue
		}
		if err := r.ops.Remove(log); err != nil {
			return err
		}
	}
	return r.syncDir()
}

// back restores the state before. The other header slot comes first and is made
// durable: while it leads to the new state, that state must stay whole.
func (r *recovery) back() error {
	if r.size < r.saved.size {
		return r.refuse(nil, "it is shorter than before the interrupted import")
	}
	changed, err := r.changedBlocks()
	if err != nil {
		return err
	}
	if _, at := r.saved.other(); !bytes.Equal(r.raw[at:][:slotSize], r.saved.raw[at:][:slotSize]) {
		if err := r.ops.WriteAt(r.db, r.saved.raw[at:][:slotSize], at); err != nil {
			return err
		}
		if err := r.ops.Sync(r.db); err != nil {
			return err
		}
	}
	for _, m := range changed {
		if err := r.ops.WriteAt(r.db, m.data, r.saved.at(m.id)); err != nil {
			return err
		}
	}
	if r.size > r.saved.size {
		if err := r.ops.Truncate(r.db, r.saved.size); err != nil {
			return err
		}
	}
	if err := r.ops.Sync(r.db); err != nil {
		return err
	}
	return r.restoreLogs()
}

// changedBlocks returns the saved metadata blocks that are not in the file as
// they were. A block that is whole but has other bytes where the saved state
// lives means that the journal is of another file: of two copies that went
// different ways, say, whose headers can be equal.
func (r *recovery) changedBlocks() ([]metaBlock, error) {
	var changed []metaBlock
	now := make([]byte, r.saved.blockSize)
	for _, m := range r.saved.meta {
		if _, err := r.db.ReadAt(now, r.saved.at(m.id)); err != nil {
			return nil, err
		}
		if bytes.Equal(now, m.data) {
			continue
		}
		if summed(now) && !sameLive(m, now, r.saved.subSize()) {
			return nil, r.refuse(&blockError{m.id, "is of another state"}, "its journal belongs to another file or state")
		}
		changed = append(changed, m)
	}
	return changed, nil
}

// sameLive compares the sub-blocks of m that are in use with those of now.
func sameLive(m metaBlock, now []byte, size int) bool {
	for i := range subBlocks {
		at := 8 + i*size
		if m.free>>i&1 == 0 && !bytes.Equal(m.data[at:at+size], now[at:at+size]) {
			return false
		}
	}
	return true
}

// restoreLogs puts back the write-ahead logs of the saved state and removes
// others.
func (r *recovery) restoreLogs() error {
	saved := map[string]*io.SectionReader{}
	for _, log := range r.saved.logs {
		saved[log.suffix] = log.bytes
	}
	for _, suffix := range walSuffixes {
		var err error
		if content := saved[suffix]; content != nil {
			err = r.restoreLog(r.path+suffix, content)
		} else {
			err = r.ops.Remove(r.path + suffix)
		}
		if err != nil {
			return err
		}
	}
	return r.syncDir()
}

// restoreLog writes the log under the name of an unfinished journal, which the
// next recovery removes, and renames it.
func (r *recovery) restoreLog(path string, content *io.SectionReader) error {
	if err := r.ops.Remove(r.journalNew()); err != nil {
		return err
	}
	f, err := r.ops.Create(r.journalNew())
	if err != nil {
		return err
	}
	defer f.Close()
	w := io.NewOffsetWriter(writerAt{r.ops, f}, 0)
	if _, err := io.Copy(w, io.NewSectionReader(content, 0, content.Size())); err != nil {
		return err
	}
	if err := r.ops.Sync(f); err != nil {
		return err
	}
	return r.ops.Rename(r.journalNew(), path)
}

// writerAt is a file as io.WriterAt through fileOps.
type writerAt struct {
	ops fileOps
	f   *os.File
}

func (w writerAt) WriteAt(b []byte, offset int64) (int, error) {
	if err := w.ops.WriteAt(w.f, b, offset); err != nil {
		return 0, err
	}
	return len(b), nil
}
