package export_test

import (
	"bytes"
	"errors"
	"syscall"
	"testing"

	"github.com/fhirwh/fhirwh/internal/export"
)

// A full disk ends the download with the room that is missing, and it goes on
// when there is room.
func TestDownloadDiskFull(t *testing.T) {
	small := tmpfs(t, "6m")
	large := bytes.Clone(nineMiB())
	for i := range large { // bytes that do not compress
		large[i] ^= byte(i * i >> 7)
	}
	copy(large, `{"resourceType":"Binary"`)
	r := newRig(t, object(large, etag))
	r.dir = small
	_, err := r.download()
	var full *export.DiskFullError
	if !errors.As(err, &full) || !errors.Is(err, export.ErrDiskFull) || full.Path != r.target().Part || full.Need == 0 || full.Free < 0 {
		t.Fatalf("got %v", err)
	}
	r.wantDiscreet(err)
	wantHint(t, err)
	check(t, syscall.Mount("", small, "", syscall.MS_REMOUNT, "size=64m"))
	if got := r.want(large); got.Resumed != 1 {
		t.Errorf("resumed %d times", got.Resumed)
	}
}

// tmpfs is a file system of that size; the test is skipped where none can be
// made.
func tmpfs(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size+",mode=0700"); err != nil {
		t.Skip("no right to mount:", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, 0) })
	return dir
}
