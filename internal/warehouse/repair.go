package warehouse

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// A RepairReport is what [Repair] did to a warehouse.
type RepairReport struct {
	DB        string         `json:"db"`
	Recovered string         `json:"recovered,omitempty"` // what the journal of an interrupted import did
	Actions   []RepairAction `json:"actions"`
	Backup    string         `json:"backup,omitempty"` // holds the bytes that were changed; see UndoRepair
	Changed   bool           `json:"changed"`          // something was done
}

// A RepairAction is one thing that was done.
type RepairAction struct {
	What string `json:"what"`
	File string `json:"file,omitempty"` // where something was moved to
}

// Repair makes a warehouse open again that a crash or a failing disk has left
// broken: by the journal of the import that was interrupted; without one, by
// correcting checksums of half-written metadata, putting the good header in
// place of a broken one, and moving a write-ahead log aside that DuckDB cannot
// replay. It deletes nothing, and keeps the bytes that it overwrites.
//
// When it returns nil, DuckDB opens the file. Without a journal that says
// nothing about the data, so the caller should read all of them (verify) and
// import the last files again.
func Repair(ctx context.Context, path string, wait time.Duration, onWait func(holder string)) (*RepairReport, error) {
	p, err := locate(ctx, path)
	if err != nil {
		return nil, err
	}
	pat := newPatience(ctx, wait, onWait)
	lock, err := p.takeLock(pat)
	if err != nil {
		return nil, err
	}
	r := &repair{place: p, pat: pat, stamp: time.Now().UTC().Format("20060102T150405.000Z"),
		report: &RepairReport{DB: p.path, Actions: []RepairAction{}}}
	err = r.run(ctx)
	r.report.Changed = r.report.Recovered != "" || len(r.report.Actions) > 0
	return r.report, errors.Join(err, p.releaseLock(lock))
}

type repair struct {
	place
	pat    *patience
	stamp  string // ends the names of what is set aside
	report *RepairReport
}

func (r *repair) did(what, file string) {
	r.report.Actions = append(r.report.Actions, RepairAction{What: what, File: file})
}

func (r *repair) run(ctx context.Context) error {
	if err := r.file(); err != nil {
		return err
	}
	err := r.opens(ctx)
	if err == nil {
		return nil
	}
	if !errors.Is(err, ErrDamaged) {
		return err
	}
	if moved, err2 := r.setLogsAside(); err2 != nil || !moved {
		return errors.Join(err, err2)
	}
	return r.opens(ctx)
}

// file repairs the database file itself.
func (r *repair) file() (err error) {
	db, err := r.openFile()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := checkDuckDB(r.path, db); err != nil {
		return err
	}
	if err := r.lockDatabase(r.pat, db); err != nil {
		return err
	}
	if err := r.useJournal(db); err != nil {
		return err
	}
	return r.patch(db)
}

// useJournal recovers, and sets a journal aside that does not fit.
func (r *repair) useJournal(db *os.File) (err error) {
	r.report.Recovered, err = r.recover(db, false)
	var refused *FileError
	if !errors.As(err, &refused) || refused.Kind != ErrDamaged {
		return err
	}
	aside := r.journal() + ".aside-" + r.stamp
	if err := r.ops.Rename(r.journal(), aside); err != nil {
		return fmt.Errorf("set journal aside: %w", diskError(r.journal(), err))
	}
	r.did("set the journal aside: "+refused.Detail, aside)
	return r.syncDir()
}

// A patch is bytes to be written.
type patch struct {
	what   string
	offset int64
	bytes  []byte
}

// patch corrects what is wrong with headers and metadata, after it has saved
// what is there.
func (r *repair) patch(db *os.File) error {
	st, err := db.Stat()
	if err != nil {
		return err
	}
	patches, saved, err := findDamage(db, st.Size())
	if err != nil {
		return &FileError{Path: r.path, Kind: ErrDamaged, Detail: err.Error(), Err: err,
			Advice: "this cannot be repaired: restore the file from a copy, or import again into a new one"}
	}
	if len(patches) == 0 {
		return nil
	}
	backup := r.path + ".repair-" + r.stamp
	if err := r.saveParts(backup, saved, nil); err != nil {
		return fmt.Errorf("save what will be changed: %w", diskError(backup, err))
	}
	if err := r.syncDir(); err != nil {
		return fmt.Errorf("save what will be changed: %w", err)
	}
	r.report.Backup = backup
	for _, p := range patches {
		if err := r.ops.WriteAt(db, p.bytes, p.offset); err != nil {
			return fmt.Errorf("repair: %w", diskError(r.path, err))
		}
		r.did(p.what, "")
	}
	return diskError(r.path, r.ops.Sync(db))
}

// findDamage returns what has to be written for DuckDB to read the headers and
// the metadata, and the state that holds what is there now.
func findDamage(db *os.File, size int64) ([]patch, *root, error) {
	h, err := readHeader(db)
	if err != nil {
		return nil, nil, err
	}
	r, err := readRootOf(db, size, h, false)
	if err != nil {
		return nil, nil, err
	}
	var patches []patch
	if old, at := h.other(); !old.valid {
		good := h.raw[h.active*slotSize:][:slotSize]
		patches = append(patches, patch{"replaced a half-written header by the other one", at, good})
	}
	saved := &root{header: h, size: size}
	for _, m := range r.meta {
		if summed(m.data) {
			continue
		}
		sum := binary.LittleEndian.AppendUint64(nil, checksum(m.data[8:]))
		patches = append(patches, patch{fmt.Sprintf("corrected the checksum of metadata block %d", m.id), h.at(m.id), sum})
		saved.meta = append(saved.meta, m)
	}
	return patches, saved, nil
}

// opens reports whether DuckDB opens the file. It changes nothing.
func (r *repair) opens(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	c, err := openDuck(r.path, map[string]string{"access_mode": "READ_ONLY"})
	if err != nil {
		return err
	}
	c.close()
	return nil
}

// setLogsAside renames the write-ahead logs. What they held in addition to the
// file is then missing from the warehouse.
func (r *repair) setLogsAside() (moved bool, err error) {
	for _, suffix := range walSuffixes {
		st, err := os.Lstat(r.path + suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return moved, err
		}
		aside := r.path + suffix + ".aside-" + r.stamp
		if err := r.ops.Rename(r.path+suffix, aside); err != nil {
			return moved, fmt.Errorf("set write-ahead log aside: %w", diskError(aside, err))
		}
		moved = true
		r.did(fmt.Sprintf("set a write-ahead log of %d bytes aside that DuckDB cannot replay", st.Size()), aside)
	}
	return moved, r.syncDir()
}

// UndoRepair writes the bytes back that a repair overwrote and kept in the file
// backup. Logs and journals that it set aside are renamed by hand.
func UndoRepair(ctx context.Context, path, backup string) error {
	p, err := locate(ctx, path)
	if err != nil {
		return err
	}
	s, err := readJournal(backup)
	if err != nil {
		return err
	}
	defer s.close()
	lock, err := p.tryLock()
	if err != nil {
		return err
	}
	return errors.Join(p.undo(&s.root), p.releaseLock(lock))
}

func (p place) undo(saved *root) (err error) {
	db, err := p.openFile()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := p.tryDatabase(db); err != nil {
		return err
	}
	h, err := readHeader(db)
	if err != nil {
		return err
	}
	if !h.from(saved.header) {
		return &FileError{Path: p.path, Kind: ErrUnsafe, Detail: "it has been written since, or the saved bytes are of another database",
			Advice: "nothing was changed"}
	}
	for _, m := range saved.meta {
		if err := p.ops.WriteAt(db, m.data, saved.at(m.id)); err != nil {
			return diskError(p.path, err)
		}
	}
	if err := p.ops.WriteAt(db, saved.raw, 0); err != nil {
		return diskError(p.path, err)
	}
	return diskError(p.path, p.ops.Sync(db))
}

// from reports whether h is what a repair makes of before: the same main header,
// and each slot one that was there.
func (h *header) from(before *header) bool {
	part := func(h *header, i int) string { return string(h.raw[i*slotSize:][:slotSize]) }
	one, two := part(before, 1), part(before, 2)
	same := part(h, 0) == part(before, 0)
	for i := 1; i <= 2; i++ {
		now := part(h, i)
		same = same && (now == one || now == two)
	}
	return same
}
