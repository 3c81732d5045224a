//go:build linux

package warehouse

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// mounted is a small file system of its own, which only root can have.
func mounted(t *testing.T, options string, flags uintptr) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", flags, options); err != nil {
		t.Skipf("no file system to fill: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func TestSaveOnAFullDisk(t *testing.T) {
	db := exampleDB(t)
	text := func(o SaveOptions) SaveOptions { o.Text, o.Extension = newLineWriter, "txt"; return o }
	for name, o := range map[string]SaveOptions{
		"parquet": {}, "text": text(SaveOptions{}), "tables": {Names: []string{"Observation", "Condition"}},
	} {
		t.Run(name, func(t *testing.T) {
			if o.Names == nil {
				o.Names = []string{"observations", "conditions"}
			}
			dir := mounted(t, "size=32k", 0)
			o.To = filepath.Join(dir, "out")
			_, err := Save(t.Context(), db, o)
			checkDiskRefusal(t, dir, err, ErrDiskFull, "make room")
		})
	}
}

func checkDiskRefusal(t *testing.T, dir string, err, want error, advice string) {
	t.Helper()
	if !errors.Is(err, want) || !strings.Contains(Hint(err), advice) {
		t.Errorf("got %v, hint %q", err, Hint(err))
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

func TestSaveToAReadOnlyFolder(t *testing.T) {
	db := newDB(t)
	importLines(t, db, "a.jsonl", `{"resourceType":"Patient","id":"p"}`)
	dir := mounted(t, "", unix.MS_RDONLY)
	_, err := Save(t.Context(), db, SaveOptions{To: filepath.Join(dir, "out")})
	checkDiskRefusal(t, dir, err, ErrReadOnly, "permissions")
	_, err = Snapshot(t.Context(), db, filepath.Join(dir, "copy.duckdb"), 0, nil)
	checkDiskRefusal(t, dir, err, ErrReadOnly, "permissions")
}

func TestSnapshotOnAFullDisk(t *testing.T) {
	db := newDB(t)
	importLines(t, db, "a.jsonl", `{"resourceType":"Patient","id":"p"}`)
	dir := mounted(t, "size=200k", 0)
	_, err := Snapshot(t.Context(), db, filepath.Join(dir, "copy.duckdb"), 0, nil)
	checkDiskRefusal(t, dir, err, ErrDiskFull, "make room")
}
