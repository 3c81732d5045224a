package shell

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A History is a file of what was typed, an entry a line. SQL may hold what
// identifies a patient, so nobody but its owner can read it.
type History struct {
	path string
}

// maxHistory is how many entries are kept; the file may hold as many again
// before it is cut.
const maxHistory = 1000

// OpenHistory returns the history in the file at path, which need not be there,
// and what is in it.
func OpenHistory(path string) (*History, []string, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, nil, fmt.Errorf("open history: %w", err)
	}
	h := &History{path: path}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return h, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("open history: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, nil, fmt.Errorf("open history: %w", err)
	}
	var entries []string
	for line := range strings.SplitSeq(string(text), "\n") {
		if line != "" && utf8.ValidString(line) && !strings.ContainsFunc(line, unicode.IsControl) {
			entries = append(entries, line)
		}
	}
	if len(entries) > 2*maxHistory {
		err = h.rewrite(entries[len(entries)-maxHistory:])
	}
	return h, entries[max(0, len(entries)-maxHistory):], err
}

// Add adds an entry, at once: several shells may share a file, and one may end
// suddenly.
func (h *History) Add(entry string) error {
	f, err := os.OpenFile(h.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	_, err = f.WriteString(entry + "\n")
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	return nil
}

// rewrite replaces the file by one with the entries.
func (h *History) rewrite(entries []string) error {
	f, err := os.CreateTemp(filepath.Dir(h.path), ".history-*") // mode 0600
	if err != nil {
		return fmt.Errorf("cut history: %w", err)
	}
	var b bytes.Buffer
	for _, entry := range entries {
		b.WriteString(entry + "\n")
	}
	_, err = f.Write(b.Bytes())
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), h.path)
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("cut history: %w", err)
	}
	return nil
}
