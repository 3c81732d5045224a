package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"
)

// SaveOptions say what [Save] takes out of a warehouse, and how.
type SaveOptions struct {
	To      string // the folder to make
	Replace bool   // if it is there and an earlier save made it: swap it for the new one

	// Names are tables and views; none means all views of schema main, or with
	// Tables all its tables.
	Names  []string
	Tables bool

	// PartitionBy names a column: rows with one value of it share a folder
	// COLUMN=VALUE, as Hive lays out its data. "source" is _source of a typed
	// table. What has no such column is not split.
	PartitionBy string

	// Text writes rows as text to a file, whose name ends with Extension. Nil
	// means Parquet.
	Text      func(io.Writer) (RowWriter, error)
	Extension string

	MemoryLimit int64  // bytes of the whole process, about; 0 means 1 GiB
	Version     string // of fhirwh, for the manifest
	Wait        time.Duration
	OnWait      func(holder string)
	Progress    func(Progress)
}

// A RowWriter writes rows as text: Begin, Row for each row, End.
type RowWriter interface {
	Begin(columns []Column) error
	Row(values []any) error
	End() error
}

func (o *SaveOptions) extension() string {
	if o.Text == nil {
		return "parquet"
	}
	return o.Extension
}

// Save writes tables and views of the warehouse at path to a new folder: files
// sorted by source and patient, a manifest and a README. The folder appears
// under its name when all of it is on the disk; on an error nothing of it is
// left. The same warehouse and options give the same bytes each time.
//
// What has more data than a sort may hold in memory becomes several files, which
// follow each other in the order of the sort; text stays in one.
func Save(ctx context.Context, path string, o SaveOptions) (*Manifest, error) {
	return saveWith(ctx, path, o, func(*saver) {})
}

// saveWith is Save with a saver that the caller has adjusted.
func saveWith(ctx context.Context, path string, o SaveOptions, adjust func(*saver)) (*Manifest, error) {
	f, err := newFolder(ctx, o.To, o.Replace)
	if err != nil {
		return nil, saveError(o.To, err)
	}
	s := &saver{SaveOptions: o, ctx: ctx, folder: f}
	if err := s.open(path); err != nil {
		return nil, errors.Join(err, f.discard())
	}
	adjust(s)
	m, err := s.run()
	s.r.Close()
	if err == nil {
		err = f.publish()
	}
	if err != nil {
		return nil, errors.Join(saveError(o.To, err), f.discard())
	}
	f.close()
	return m, nil
}

// A saver is one save.
type saver struct {
	SaveOptions
	ctx    context.Context
	folder *folder
	r      *Reader
	count  int   // relations to save
	sorted int64 // bytes of data that one sort may hold
}

// open opens the warehouse behind the fence, through which SQL, that of a view of
// a user's among it, reaches nothing but the new folder.
func (s *saver) open(path string) error {
	limit := s.MemoryLimit
	if limit == 0 {
		limit = defaultMemory
	}
	if limit < leastMemory {
		return fmt.Errorf("a memory limit of %d MiB is too small to save with: give it at least %d MiB", limit/mib, leastMemory/mib)
	}
	s.sorted = limit / 8
	read := ReadOptions{ExportDir: s.folder.temp, MemoryLimit: limit * 5 / 8}
	settings := read.settings()
	settings["temp_directory"] = s.folder.spill()
	settings["threads"] = fmt.Sprint(min(int64(runtime.GOMAXPROCS(0)), limit/leastMemory)) // each holds rows in memory
	c, err := openForReading(s.ctx, path, settings, s.Wait, s.OnWait)
	if err != nil {
		return err
	}
	if err := fenceIn(s.ctx, c, read.fence()); err != nil {
		c.close()
		return err
	}
	s.r = &Reader{c: c, zone: time.UTC}
	return nil
}

func (s *saver) run() (*Manifest, error) {
	m, err := s.manifest()
	if err != nil {
		return nil, err
	}
	relations, err := s.relations()
	if err != nil {
		return nil, err
	}
	s.count = len(relations)
	for i, rel := range relations {
		s.report(i, rel.name)
		saved, err := s.save(rel)
		if err != nil {
			return nil, fmt.Errorf("save %s: %w", rel.name, err)
		}
		m.Tables = append(m.Tables, *saved)
	}
	return m, s.describe(m)
}

func (s *saver) report(i int, name string) {
	if s.Progress != nil {
		s.Progress(Progress{Stage: fmt.Sprintf("saving %s (%d of %d)", name, i+1, s.count)})
	}
}

// A SaveError says why a folder or file could not be written. Nothing of it was
// left.
type SaveError struct {
	Path   string // what was to be made
	Err    error
	Advice string // may be empty
}

func (e *SaveError) Error() string { return "save to " + e.Path + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *SaveError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *SaveError) Hint() string { return e.Advice }

// saveError adds what was to be made, and what to do, to an error.
func saveError(to string, err error) error {
	var done *SaveError
	if errors.As(err, &done) {
		return err
	}
	e := &SaveError{Path: to, Err: err}
	switch {
	case errors.Is(err, ErrDiskFull):
		e.Advice = "make room, or save elsewhere; nothing of it was left"
	case errors.Is(err, ErrReadOnly), errors.Is(err, ErrNoAccess):
		e.Advice = "check the permissions of the folder around it"
	case errors.Is(err, ErrMemory):
		e.Advice = "raise --memory-limit"
	default:
		e.Advice = Hint(err)
	}
	return e
}
