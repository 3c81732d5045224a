package export

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Prune removes the originals of files that were imported longer than keep ago,
// and what downloads left that nobody will go on with. It returns how many files
// it removed. The records stay.
func (l *Landing) Prune(keep time.Duration) (removed int, err error) {
	exports, err := l.Exports()
	if err != nil && !errors.As(err, new(*DamagedError)) {
		return 0, err
	}
	limit := l.now().Add(-keep)
	for _, x := range exports {
		n, err := l.pruneExport(x, limit)
		removed += n
		if err != nil {
			return removed, fmt.Errorf("prune landing folder: %w", err)
		}
	}
	n, err := l.pruneParts(exports, limit)
	return removed + n, err
}

// pruneExport removes first and records then: a file that is gone and not marked
// is marked the next time.
func (l *Landing) pruneExport(x Export, limit time.Time) (removed int, err error) {
	old := func(f ExportFile) bool {
		return f.State == FileImported && f.Imported != nil && f.Imported.Before(limit)
	}
	any := false
	for _, f := range x.Files {
		if !old(f) {
			continue
		}
		any = true
		path := l.Path(f.Name)
		if exists(path) {
			removed++
		}
		if err := remove(path); err != nil {
			return removed, err
		}
		_ = os.Remove(filepath.Dir(path)) // if it holds no other
	}
	if !any {
		return 0, nil
	}
	if err := syncFolder(filepath.Join(l.dir, filesDir)); err != nil {
		return removed, err
	}
	_, _, err = l.changeExport(x.TaskID, false, func(x *Export) bool {
		for i := range x.Files {
			if old(x.Files[i]) {
				x.Files[i].State = FilePruned
			}
		}
		return true
	})
	return removed, err
}

// pruneParts removes parts of files that do not wait, once they are old.
func (l *Landing) pruneParts(exports []Export, limit time.Time) (removed int, err error) {
	waiting := map[string]bool{}
	for _, x := range exports {
		for _, f := range x.Files {
			if f.State == FileWaiting {
				waiting[filepath.Base(l.PartPath(x.TaskID, f.FileID))] = true
			}
		}
	}
	dir := filepath.Join(l.dir, partDir)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, fmt.Errorf("prune landing folder: %w", err)
	}
	for _, e := range entries {
		st, err := e.Info()
		if err != nil || isPartOf(e.Name(), waiting) || st.ModTime().After(limit) {
			continue
		}
		if err := remove(filepath.Join(dir, e.Name())); err != nil {
			return removed, fmt.Errorf("prune landing folder: %w", err)
		}
		removed++
	}
	return removed, nil
}

// isPartOf reports whether a file is one of the parts, or belongs to one: their
// names go on behind that of the part.
func isPartOf(name string, parts map[string]bool) bool {
	for stem := name; ; {
		if parts[stem] {
			return true
		}
		i := strings.LastIndexByte(stem, '.')
		if i < 0 {
			return false
		}
		stem = stem[:i]
	}
}

// prune prunes the folder from time to time.
func (s *shift) prune() {
	if s.Keep <= 0 || time.Since(s.pruned) < pruneEvery {
		return
	}
	s.pruned = time.Now()
	n, err := s.Landing.Prune(s.Keep)
	if err != nil {
		logTo(s.Log, slog.LevelError, "originals not pruned", slog.String("error", errorText(err)))
	} else if n > 0 {
		logTo(s.Log, slog.LevelInfo, "originals pruned", slog.Int("files", n))
	}
}
