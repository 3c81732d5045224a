package warehouse

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// fileOps is every change that this package itself makes to files on the disk;
// DuckDB makes its own. The crash tests put in its place what goes the way of
// DuckDB's calls, so that one counter stops the process at any of them.
type fileOps interface {
	Create(path string) (*os.File, error) // a new file, 0600
	WriteAt(f *os.File, b []byte, offset int64) error
	Sync(f *os.File) error
	Truncate(f *os.File, size int64) error
	Rename(from, to string) error
	Link(from, to string) error
	Remove(path string) error // no error if it is not there
}

type osFiles struct{}

func (osFiles) Create(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR|noFollow, 0o600)
}

func (osFiles) WriteAt(f *os.File, b []byte, offset int64) error {
	_, err := f.WriteAt(b, offset)
	return err
}

func (osFiles) Sync(f *os.File) error                 { return f.Sync() }
func (osFiles) Truncate(f *os.File, size int64) error { return f.Truncate(size) }
func (osFiles) Rename(from, to string) error          { return os.Rename(from, to) }
func (osFiles) Link(from, to string) error            { return os.Link(from, to) }

func (osFiles) Remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

type fileOpsKey struct{}

// withFileOps lets everything that is called with the context change files
// through ops. It is here so that a crash test can run a whole import.
func withFileOps(ctx context.Context, ops fileOps) context.Context {
	return context.WithValue(ctx, fileOpsKey{}, ops)
}

func fileOpsOf(ctx context.Context) fileOps {
	if ops, ok := ctx.Value(fileOpsKey{}).(fileOps); ok {
		return ops
	}
	return osFiles{}
}

// walSuffixes are the names beside a database file that DuckDB looks for when it
// opens it.
var walSuffixes = []string{".wal", ".wal.checkpoint", ".wal.recovery"}

// A place is a database file, which need not exist, and the files beside it.
type place struct {
	path string // absolute, without symlinks
	ops  fileOps
}

func (p place) dir() string        { return filepath.Dir(p.path) }
func (p place) lock() string       { return p.path + ".lock" }
func (p place) journal() string    { return p.path + ".journal" }
func (p place) journalNew() string { return p.path + ".journal-new" }
func (p place) temp() string       { return p.path + ".tmp" }

// syncDir makes the names in the folder durable.
func (p place) syncDir() error {
	d, err := os.Open(p.dir())
	if err != nil {
		return err
	}
	defer d.Close()
	err = p.ops.Sync(d)
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil // a file system that cannot
	}
	return err
}

// wals returns the write-ahead logs that lie beside the file at path.
func wals(path string) ([]string, error) {
	var found []string
	for _, suffix := range walSuffixes {
		_, err := os.Lstat(path + suffix)
		switch {
		case err == nil:
			found = append(found, path+suffix)
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	return found, nil
}

func exists(path string) (bool, error) {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// diskError gives an error of the file system its kind: a full disk, or a place
// that cannot be written.
func diskError(path string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return &SpaceError{Path: path, Free: FreeSpace(filepath.Dir(path)), Err: err}
	case errors.Is(err, syscall.EROFS):
		return &FileError{Path: path, Kind: ErrReadOnly, Detail: "read-only file system", Err: err}
	case errors.Is(err, fs.ErrPermission):
		return &FileError{Path: path, Kind: ErrReadOnly, Detail: "permission denied", Err: err}
	case errors.Is(err, syscall.EIO):
		return &FileError{Path: path, Kind: ErrDisk, Err: err}
	}
	return err
}
