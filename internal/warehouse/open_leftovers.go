package warehouse

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

const newInfix = ".new-"

func randomHex() string {
	b := make([]byte, 8)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// leftover is the end of the names that a dead import may leave beside a
// warehouse.
var leftover = regexp.MustCompile(`^` + regexp.QuoteMeta(newInfix) + `[0-9a-f]{16}(\.wal(\.checkpoint|\.recovery)?)?$`)

// removeLeftovers removes unfinished new warehouses and temporary files of
// imports that died: both hold patient data. Our lock says that none is alive.
func (w *writing) removeLeftovers() error {
	entries, err := os.ReadDir(w.dir())
	if err != nil {
		return fmt.Errorf("open warehouse: %w", diskError(w.dir(), err))
	}
	base := filepath.Base(w.path)
	for _, e := range entries {
		name := e.Name()
		if len(name) > len(base) && name[:len(base)] == base && leftover.MatchString(name[len(base):]) {
			if err := w.ops.Remove(filepath.Join(w.dir(), name)); err != nil {
				return fmt.Errorf("remove what a dead import left: %w", err)
			}
		}
	}
	return w.removeTemp()
}

// removeTemp removes DuckDB's temporary files, and their folder if that leaves it
// empty.
func (w *writing) removeTemp() error {
	files, err := filepath.Glob(filepath.Join(escapeGlob(w.temp()), "duckdb_temp_*"))
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := os.Remove(f); err != nil {
			return fmt.Errorf("remove temporary file: %w", err)
		}
	}
	_ = os.Remove(w.temp()) // not there, or not only ours
	return nil
}

var globMeta = regexp.MustCompile(`[\\*?\[]`)

func escapeGlob(path string) string { return globMeta.ReplaceAllString(path, `\$0`) }
