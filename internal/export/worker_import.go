package export

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// A LandedFile is a file to be imported.
type LandedFile struct {
	TaskID       string
	FileID       string
	ConnectionID string
	Source       string // of its resources, see [Export.Source]
	EventID      string // that brought the link
	APIMode      string
	Path         string // of the original, zstd
	Bytes        int64  // unpacked
	SHA256       string // of these, hexadecimal
}

// An ImportedFile says what an import did with a file.
type ImportedFile struct {
	TaskID, FileID string
	Import         int              // its number in ledger.imports
	Resources      int64            // that were read
	ByType         map[string]int64 // of these, per resource type; may be nil
}

// errNotNamed: an import returned no error, and no word about the file.
var errNotNamed = errors.New("the import did not say what became of the file")

// startImport imports everything that has landed, in one go. A file that may have
// spoiled an import goes alone from then on.
func (s *shift) startImport(ctx context.Context) {
	now := s.now()
	if s.Import == nil || s.importing || now.Before(s.notBefore) || ctx.Err() != nil {
		return
	}
	together, alone := s.landed(now)
	if len(together)+len(alone) == 0 || s.settling(now) {
		return
	}
	s.importing = true
	s.group.Go(func() {
		var r result
		if len(together) > 0 {
			r = s.importAll(ctx, together)
		}
		for _, f := range alone {
			if r.busy || ctx.Err() != nil {
				break
			}
			one := s.importAll(ctx, []LandedFile{f})
			r = result{changed: append(r.changed, one.changed...), busy: one.busy}
		}
		s.results <- r
	})
}

// landed returns the files to import.
func (s *shift) landed(now time.Time) (together, alone []LandedFile) {
	for _, x := range s.open {
		if s.busy[x.TaskID] || !x.isDue(now) {
			continue
		}
		for _, f := range x.Files {
			if f.State != FileLanded || len(together)+len(alone) >= importAtOnce {
				continue
			}
			file := LandedFile{
				TaskID: x.TaskID, FileID: f.FileID, ConnectionID: x.ConnectionID, Source: x.Source(), EventID: x.EventID,
				APIMode: x.APIMode, Path: s.Landing.Path(f.Name), Bytes: f.Bytes, SHA256: f.SHA256,
			}
			if x.Attempts > 0 {
				alone = append(alone, file)
			} else {
				together = append(together, file)
			}
		}
	}
	return together, alone
}

// settling reports whether to wait a moment for downloads that run, so that what
// comes together is imported together.
func (s *shift) settling(now time.Time) bool {
	if len(s.busy) == 0 {
		return false
	}
	for _, x := range s.open {
		for _, f := range x.Files {
			if f.State == FileLanded && f.Landed != nil && now.Sub(*f.Landed) >= importSettle {
				return false
			}
		}
	}
	return true
}

// importAll imports files together and, if that fails, one by one.
func (w *Worker) importAll(ctx context.Context, files []LandedFile) result {
	start := time.Now()
	done, err := w.Import(ctx, files)
	var r result
	left := files
	for _, f := range done {
		if i := indexOfFile(left, f); i >= 0 {
			w.recordImport(&r, left[i], f)
			left = append(append([]LandedFile{}, left[:i]...), left[i+1:]...)
		}
	}
	if n := len(files) - len(left); n > 0 {
		w.tellImport(done, n, time.Since(start))
	}
	switch {
	case len(left) == 0 || ctx.Err() != nil:
		return r
	case errors.Is(err, ErrBusy):
		logTo(w.Log, slog.LevelInfo, "import waits: the warehouse is in use", slog.Int("files", len(left)))
		r.busy = true
		return r
	case err == nil:
		err = errNotNamed
	}
	if len(files) > 1 {
		return w.importEach(ctx, left, r)
	}
	w.Metrics.add(importsTotal(outcomeRetry), 1)
	w.putOffImport(&r, left[0], err)
	return r
}

// importEach imports files one by one, so that one that cannot be imported does
// not keep out the others.
func (w *Worker) importEach(ctx context.Context, files []LandedFile, r result) result {
	for _, f := range files {
		if ctx.Err() != nil || r.busy {
			return r
		}
		one := w.importAll(ctx, []LandedFile{f})
		r.changed = append(r.changed, one.changed...)
		r.busy = one.busy
	}
	return r
}

func indexOfFile(files []LandedFile, f ImportedFile) int {
	for i, l := range files {
		if l.TaskID == f.TaskID && l.FileID == f.FileID {
			return i
		}
	}
	return -1
}

// recordImport enters that a file was imported.
func (w *Worker) recordImport(r *result, f LandedFile, done ImportedFile) {
	now := w.now().UTC()
	w.recordFile(r, f, func(x *Export, file *ExportFile) {
		file.State, file.Imported = FileImported, &now
		file.Import, file.Resources, file.ByType = done.Import, done.Resources, done.ByType
		x.settle()
		if x.State == ExportImported {
			x.tryNow()
		}
	})
	if n := len(r.changed); n > 0 {
		w.tellDifferences(r.changed[n-1])
	}
}

// tellDifferences says that an import read other numbers than were announced.
// Which ones is in the record.
func (w *Worker) tellDifferences(x Export) {
	if d := x.Differences(); len(d) > 0 {
		logTo(w.Log, slog.LevelWarn, "other numbers of resources than the event announced",
			append(exportAttrs(x), slog.Int("differences", len(d)))...)
	}
}

// putOffImport enters that a file could not be imported.
func (w *Worker) putOffImport(r *result, f LandedFile, err error) {
	w.recordFile(r, f, func(x *Export, _ *ExportFile) {
		x.Attempts++
		w.putOffExport(x, err)
	})
	attrs := withText(nil, "task", f.TaskID, "connection", f.ConnectionID, "file", f.FileID)
	logTo(w.Log, slog.LevelError, "import failed", append(attrs, slog.String("error", errorText(err)))...)
}

// recordFile changes the record of a landed file and enters its export into r. If
// the record cannot be written, imports wait.
func (w *Worker) recordFile(r *result, f LandedFile, change func(*Export, *ExportFile)) {
	x, found, err := w.Landing.changeExport(f.TaskID, false, func(x *Export) bool {
		file := x.file(f.FileID)
		if file == nil || file.State != FileLanded {
			return false
		}
		change(x, file)
		return true
	})
	switch {
	case err != nil:
		r.busy = true
		logTo(w.Log, slog.LevelError, "import not recorded", slog.String("error", errorText(err)))
	case !found:
		r.changed = append(r.changed, Export{TaskID: f.TaskID}) // nothing is to be done about it
	default:
		r.changed = append(r.changed, x)
	}
}

// tellImport logs and counts an import of n files.
func (w *Worker) tellImport(done []ImportedFile, n int, took time.Duration) {
	var resources int64
	for _, f := range done {
		resources += f.Resources
	}
	w.Metrics.add(importsTotal(outcomeOK), 1)
	w.Metrics.add(importedFilesTotal, int64(n))
	w.Metrics.add(importedResourcesTotal, resources)
	logTo(w.Log, slog.LevelInfo, "imported", slog.Int("import", done[0].Import), slog.Int("files", n),
		slog.Int64("resources", resources), slog.Duration("took", took))
}
