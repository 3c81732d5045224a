package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// A SnapshotReport says what [Snapshot] left.
type SnapshotReport struct {
	File       string     `json:"file"`
	Bytes      int64      `json:"bytes"`
	Imports    int64      `json:"imports"`
	LastImport *time.Time `json:"last_import"`
	Replaced   bool       `json:"replaced,omitempty"` // there was an older one
}

// Snapshot leaves a copy of the warehouse at path in the file to, which DuckDB
// opens like the warehouse itself: programs that keep the copy open do not hold up
// imports. It appears under its name, and takes the place of an older one, when it
// is complete; a program that has the older one open goes on reading that.
//
// It refuses to replace what is no copy of this warehouse: a file that has an
// import which the warehouse does not have, or is no warehouse at all.
func Snapshot(ctx context.Context, path, to string, wait time.Duration, onWait func(holder string)) (*SnapshotReport, error) {
	from, err := locate(ctx, path)
	if err != nil {
		return nil, err
	}
	target, err := locate(ctx, to)
	if err != nil {
		return nil, snapshotError(to, err)
	}
	s := &copying{ctx: ctx, from: from, target: target, pat: newPatience(ctx, wait, onWait)}
	if err := s.notItself(); err != nil {
		return nil, snapshotError(to, err)
	}
	report, err := s.locked()
	if err != nil {
		return nil, snapshotError(to, err)
	}
	return report, nil
}

// snapshotError adds what was to be made to errors that do not name a warehouse.
func snapshotError(to string, err error) error {
	var busy *BusyError
	if errors.As(err, &busy) {
		return err
	}
	return saveError(to, err)
}

// A copying is one snapshot being made.
type copying struct {
	ctx    context.Context
	from   place
	target place
	pat    *patience
	temp   string // the copy until it has its name
}

// notItself refuses the warehouse as its own copy, under whatever name, and the
// names of the files beside it.
func (s *copying) notItself() error {
	refused := &FileError{Path: s.target.path, Kind: ErrUnsafe, Detail: "it is the warehouse itself or a file that belongs to it", Advice: "name another file"}
	for _, name := range s.from.besides() {
		if s.target.path == name {
			return refused
		}
	}
	one, err := os.Stat(s.from.path)
	if err != nil {
		return nil // said better later
	}
	if other, err := os.Stat(s.target.path); err == nil && os.SameFile(one, other) {
		return refused
	}
	return nil
}

// besides are the warehouse and the files beside it that are ours or DuckDB's.
func (p place) besides() []string {
	names := []string{p.path, p.lock(), p.journal(), p.journalNew(), p.temp()}
	for _, suffix := range walSuffixes {
		names = append(names, p.path+suffix)
	}
	return names
}

// locked does the work with the locks of both places held: nobody writes to the
// warehouse, and nobody imports into the copy that is to go.
func (s *copying) locked() (report *SnapshotReport, err error) {
	lock, err := s.from.takeLock(s.pat)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.from.releaseLock(lock)) }()
	other, err := s.target.takeLock(s.pat)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.target.releaseLock(other)) }()
	if err := (&writing{place: s.target}).removeLeftovers(); err != nil {
		return nil, err
	}
	s.temp = s.target.path + newInfix + randomHex()
	report, err = s.run()
	if err != nil {
		return nil, errors.Join(err, s.discard())
	}
	return report, nil
}

func (s *copying) discard() error {
	errs := []error{s.target.ops.Remove(s.temp)}
	for _, suffix := range walSuffixes {
		errs = append(errs, s.target.ops.Remove(s.temp+suffix))
	}
	return errors.Join(errs...)
}

func (s *copying) run() (*SnapshotReport, error) {
	if err := s.copy(); err != nil {
		return nil, err
	}
	if err := s.foldLog(); err != nil {
		return nil, err
	}
	report, err := s.check()
	if err != nil {
		return nil, err
	}
	if err := (&writing{place: s.target}).noLogs(s.target.path); err != nil {
		return nil, err
	}
	if err := s.target.ops.Rename(s.temp, s.target.path); err != nil {
		return nil, diskError(s.target.path, bare(err))
	}
	return report, s.target.syncDir()
}

// copy copies the file, with the write-ahead log that another program left.
func (s *copying) copy() error {
	if err := s.pat.retry(s.recoverFirst); err != nil {
		return err
	}
	db, err := s.openUnwritten()
	if err != nil {
		return err
	}
	defer db.Close()
	if err := checkDuckDB(s.from.path, db); err != nil {
		return err
	}
	st, err := db.Stat()
	if err != nil {
		return err
	}
	if err := checkSpace(s.target.path, st.Size()); err != nil {
		return err
	}
	if err := s.copyFile(db, s.temp); err != nil {
		return err
	}
	logs, err := wals(s.from.path)
	if err != nil {
		return err
	}
	for _, log := range logs {
		if err := s.copyLog(log); err != nil {
			return err
		}
	}
	return nil
}

// recoverFirst brings back the state before an import that died.
func (s *copying) recoverFirst() error {
	there, err := exists(s.from.journal())
	if err == nil && there {
		_, err = s.from.recoverAlone(false)
	}
	return err
}

// openUnwritten opens the warehouse under a lock that lets programs read it and
// none write it.
func (s *copying) openUnwritten() (*os.File, error) {
	if err := s.from.notOpenHere(); err != nil {
		return nil, err
	}
	db, err := os.OpenFile(s.from.path, os.O_RDONLY|noFollow, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, s.from.missing()
	}
	if err != nil {
		return nil, fmt.Errorf("open warehouse: %w", diskError(s.from.path, err))
	}
	if err := s.pat.retry(func() error { return s.from.tryShared(db) }); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func (p place) tryShared(db *os.File) error {
	pid, err := shareDatabase(db)
	if errors.Is(err, errLocked) {
		return &BusyError{Path: p.path, PID: pid, Program: programOf(pid)}
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", p.path, err)
	}
	return nil
}

func (s *copying) copyLog(log string) error {
	f, err := os.OpenFile(log, os.O_RDONLY|noFollow, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	return s.copyFile(f, s.temp+log[len(s.from.path):])
}

// copyFile copies to a new file. The system does it where it can (os.File.ReadFrom):
// without reading the bytes, or without copying them at all.
func (s *copying) copyFile(from *os.File, to string) (err error) {
	f, err := s.target.ops.Create(to)
	if err != nil {
		return diskError(to, bare(err))
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	const piece = 64 * mib
	for {
		if s.ctx.Err() != nil {
			return context.Cause(s.ctx)
		}
		_, err := io.CopyN(f, from, piece)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return diskError(to, bare(err))
		}
	}
}

// foldLog lets DuckDB bring the log into the copy.
func (s *copying) foldLog() error {
	logs, err := wals(s.temp)
	if err != nil || len(logs) == 0 {
		return err
	}
	c, err := openDuck(s.temp, map[string]string{"memory_limit": "512MiB"})
	if err != nil {
		return err
	}
	err = c.exec(s.ctx, "checkpoint")
	c.close()
	if err != nil {
		return err
	}
	if logs, err = wals(s.temp); err == nil && len(logs) > 0 {
		err = errors.New("DuckDB left a write-ahead log beside the copy")
	}
	return err
}
