package export

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"
)

func isNotThere(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// startDownloads downloads the files of exports, of a few exports at once.
func (s *shift) startDownloads(ctx context.Context) {
	if s.Client == nil {
		return
	}
	now := s.now()
	for _, x := range s.open {
		if len(s.busy) >= downloadsAtOnce || ctx.Err() != nil {
			return
		}
		if s.busy[x.TaskID] || !x.has(FileWaiting) || !x.isDue(now) {
			continue
		}
		s.busy[x.TaskID] = true
		x := *x
		s.group.Go(func() {
			s.results <- result{taskID: x.TaskID, changed: s.downloadAll(ctx, x)}
		})
	}
}

// downloadAll downloads the files of an export that wait, one after the other,
// and returns the export as it is then.
func (w *Worker) downloadAll(ctx context.Context, x Export) []Export {
	latest := x
	for _, f := range x.Files {
		if f.State != FileWaiting || ctx.Err() != nil {
			continue
		}
		got, err := w.download(ctx, x, f)
		if ctx.Err() != nil && err != nil {
			break // parked: it is no failure of the download
		}
		changed, found, recordErr := w.recordDownload(x, f, got, err)
		if recordErr != nil {
			logTo(w.Log, slog.LevelError, "download not recorded", append(exportAttrs(x), slog.String("error", errorText(recordErr)))...)
			latest.Attempts++ // in memory alone: the next look at the folder may be too soon
			w.putOffExport(&latest, recordErr)
			break
		}
		if !found {
			return []Export{{TaskID: x.TaskID}} // nothing is to be done about it
		}
		latest = changed
	}
	return []Export{latest}
}

func (w *Worker) download(ctx context.Context, x Export, f ExportFile) (Downloaded, error) {
	final := w.Landing.FilePath(x.TaskID, f.FileID)
	if err := makeTaskFolder(filepath.Dir(final)); err != nil {
		return Downloaded{}, err
	}
	to := Target{Final: final, Part: w.Landing.PartPath(x.TaskID, f.FileID), MaxBytes: w.MaxBytes, NotEmpty: x.announces(f)}
	if w.Progress != nil {
		to.Progress = func(bytes, total int64) { w.Progress(x, f, bytes, total) }
	}
	start := time.Now()
	got, err := w.Client.Download(ctx, f.Link, to)
	if err != nil {
		return got, err
	}
	attrs := append(exportAttrs(x), withText(nil, "file", f.FileID)...)
	logTo(w.Log, slog.LevelInfo, "downloaded", append(attrs,
		slog.Int64("bytes", got.Bytes), slog.Int("resumed", got.Resumed), slog.Duration("took", time.Since(start)))...)
	if got.CutOff {
		logTo(w.Log, slog.LevelWarn, "the last line of the file is cut off", attrs...)
	}
	return got, nil
}

// announces reports whether there must be something in a file: it is the only one
// of an export whose event announces resources.
func (x *Export) announces(f ExportFile) bool {
	others := slices.ContainsFunc(x.Files, func(o ExportFile) bool { return o.FileID != f.FileID && o.State != FileSkipped })
	return !others && x.TotalExpected != nil && *x.TotalExpected > 0
}

func makeTaskFolder(dir string) error {
	err := os.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return errors.Join(err, syncFolder(filepath.Dir(dir)))
}

// recordDownload enters the end of a download. found is false if the export, or
// the file, was forgotten meanwhile: then nothing of it stays.
func (w *Worker) recordDownload(x Export, f ExportFile, got Downloaded, err error) (changed Export, found bool, recordErr error) {
	now := w.now().UTC()
	known := false
	changed, found, recordErr = w.Landing.changeExport(x.TaskID, false, func(x *Export) bool {
		file := x.file(f.FileID)
		known = file != nil
		if !known || file.State != FileWaiting {
			return false
		}
		w.enterDownload(x, file, got, err, now)
		return true
	})
	if recordErr != nil {
		return changed, found, recordErr
	}
	if !found || !known {
		w.discardFile(x.TaskID, f.FileID)
	}
	if err != nil && found {
		w.tellFailure(changed, f, err)
	}
	w.Metrics.add(downloadsTotal(downloadOutcome(err)), 1)
	w.Metrics.add(downloadBytesTotal, got.Bytes)
	return changed, found, nil
}

func downloadOutcome(err error) string {
	switch {
	case err == nil:
		return outcomeOK
	case errors.As(err, new(*GoneError)):
		return outcomeGone
	case errors.As(err, new(*ForeignHostError)):
		return outcomeRefused
	}
	return outcomeRetry
}

// enterDownload changes the record of an export after a download.
func (w *Worker) enterDownload(x *Export, f *ExportFile, got Downloaded, err error, now time.Time) {
	switch downloadOutcome(err) {
	case outcomeOK:
		f.State, f.Name = FileLanded, fileName(x.TaskID, f.FileID)
		f.Bytes, f.SHA256, f.Landed = got.Bytes, got.SHA256, &now
		if !x.has(FileWaiting) {
			x.tryNow()
		}
	case outcomeGone:
		f.State = FileExpired
		x.LastError = errorText(err)
	case outcomeRefused:
		x.dropFile(f.FileID) // so that an event with a better link can bring it
		x.LastError = errorText(err)
	default:
		x.Attempts++
		w.putOffExport(x, err)
		if x.Finished != nil && now.Sub(*x.Finished) > goneAfter {
			f.State, x.NextAttempt = FileExpired, nil
		}
	}
	x.settle()
}

func (x *Export) dropFile(fileID string) {
	kept := x.Files[:0]
	for _, f := range x.Files {
		if f.FileID != fileID {
			kept = append(kept, f)
		}
	}
	x.Files = kept
}

// putOffExport sets when to try again after the failure that was counted last.
func (w *Worker) putOffExport(x *Export, err error) {
	next := w.now().UTC().Add(putOff(x.Attempts))
	x.NextAttempt, x.LastError = &next, errorText(err)
}

// tellFailure logs a download that failed, and refuses the event that sent us
// elsewhere.
func (w *Worker) tellFailure(x Export, f ExportFile, err error) {
	attrs := append(exportAttrs(x), withText(nil, "file", f.FileID)...)
	attrs = append(attrs, slog.String("outcome", downloadOutcome(err)), slog.String("error", errorText(err)))
	if x.NextAttempt != nil {
		attrs = append(attrs, slog.Time("next", *x.NextAttempt))
	}
	logTo(w.Log, slog.LevelWarn, "download failed", attrs...)
	if downloadOutcome(err) != outcomeRefused || x.EventID == "" {
		return
	}
	refused := w.Landing.UpdateEvent(x.EventID, func(e *Event) { e.State, e.Reason = EventRefused, errorText(err) })
	if refused != nil && !isNotThere(refused) {
		logTo(w.Log, slog.LevelError, "event not refused", append(exportAttrs(x), slog.String("error", errorText(refused)))...)
	}
}

// discardFile removes what a download left of an export that was forgotten.
func (w *Worker) discardFile(taskID, fileID string) {
	final, part := w.Landing.FilePath(taskID, fileID), w.Landing.PartPath(taskID, fileID)
	err := errors.Join(remove(final), remove(part), removeState(part))
	_ = os.Remove(filepath.Dir(final)) // unless it holds others
	if err != nil {
		logTo(w.Log, slog.LevelError, "file of a forgotten export not removed", slog.String("error", errorText(err)))
	}
}
