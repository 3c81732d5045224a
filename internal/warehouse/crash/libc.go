//go:build linux

package crash

/*
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int create_file(const char *path) {
	return open(path, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600);
}
*/
import "C"

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"unsafe"
)

// Libc changes files through the C library, where the shim sees it.
type Libc struct{}

// Create makes a new file, 0600.
func (Libc) Create(path string) (*os.File, error) {
	p := C.CString(path)
	defer C.free(unsafe.Pointer(p))
	fd, err := C.create_file(p)
	if fd < 0 {
		return nil, pathError("open", path, err)
	}
	return os.NewFile(uintptr(fd), path), nil
}

// WriteAt writes all of b.
func (Libc) WriteAt(f *os.File, b []byte, offset int64) error {
	for len(b) > 0 {
		n, err := C.pwrite(C.int(f.Fd()), unsafe.Pointer(&b[0]), C.size_t(len(b)), C.off_t(offset))
		if n < 0 {
			return pathError("write", f.Name(), err)
		}
		if n == 0 {
			return io.ErrShortWrite
		}
		b, offset = b[n:], offset+int64(n)
	}
	return nil
}

// Sync makes a file or folder durable.
func (Libc) Sync(f *os.File) error {
	if r, err := C.fsync(C.int(f.Fd())); r < 0 {
		return pathError("sync", f.Name(), err)
	}
	return nil
}

// Truncate sets the length of f.
func (Libc) Truncate(f *os.File, size int64) error {
	if r, err := C.ftruncate(C.int(f.Fd()), C.off_t(size)); r < 0 {
		return pathError("truncate", f.Name(), err)
	}
	return nil
}

// Rename gives a file another name, which it takes from its holder.
func (Libc) Rename(from, to string) error {
	a, b := C.CString(from), C.CString(to)
	defer C.free(unsafe.Pointer(a))
	defer C.free(unsafe.Pointer(b))
	if r, err := C.rename(a, b); r < 0 {
		return pathError("rename", from, err)
	}
	return nil
}

// Link gives a file a second name, which must be free.
func (Libc) Link(from, to string) error {
	a, b := C.CString(from), C.CString(to)
	defer C.free(unsafe.Pointer(a))
	defer C.free(unsafe.Pointer(b))
	if r, err := C.link(a, b); r < 0 {
		return pathError("link", from, err)
	}
	return nil
}

// Remove takes a name away. It is no error if it is not there.
func (Libc) Remove(path string) error {
	p := C.CString(path)
	defer C.free(unsafe.Pointer(p))
	if r, err := C.unlink(p); r < 0 && !errors.Is(err, fs.ErrNotExist) {
		return pathError("remove", path, err)
	}
	return nil
}

func pathError(op, path string, err error) error {
	return &fs.PathError{Op: op, Path: path, Err: err}
}
