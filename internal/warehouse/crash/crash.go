//go:build linux

// Package crash breaks programs that write files, for tests: it kills them at
// any call, lets the disk be full or fail, and builds what a power cut could
// leave. It knows files and calls, and nothing of what is in them.
//
// The calls are seen by a library that is loaded before the C library. Go does
// not go that way, so a program's own Go code must change files through [Libc].
package crash

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

//go:embed shim/shim.c
var shim []byte

// Build compiles the library into dir and returns its path. The error is
// exec.ErrNotFound if there is no gcc.
func Build(dir string) (string, error) {
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		return "", err
	}
	source, library := filepath.Join(dir, "shim.c"), filepath.Join(dir, "shim.so")
	if err := os.WriteFile(source, shim, 0o600); err != nil {
		return "", err
	}
	out, err := exec.Command(gcc, "-shared", "-fPIC", "-O1", "-o", library, source).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("compile shim: %w\n%s", err, out)
	}
	return library, nil
}

// A Fault is what happens to a process. The zero Fault is nothing.
type Fault struct {
	Kill    int   // call at which it is killed, from 1
	Percent int   // if that is a write: the part that is done before
	Bytes   int   // the same in bytes, if greater than 0
	Full    int64 // the disk is full after this many bytes minus 1; 0: never
	EIO     int   // fsync that fails, from 1
	Log     string
	Data    bool // with the bytes written
}

// Env is the environment that brings the fault to a process which writes to dir.
func (f Fault) Env(library, dir string) []string {
	env := []string{"LD_PRELOAD=" + library, "CRASH_DIR=" + dir}
	set := func(name string, value int64) {
		env = append(env, name+"="+strconv.FormatInt(value, 10))
	}
	if f.Kill > 0 {
		set("CRASH_KILL", int64(f.Kill))
		set("CRASH_PERCENT", int64(f.Percent))
	}
	if f.Bytes > 0 {
		set("CRASH_BYTES", int64(f.Bytes))
	}
	if f.Full > 0 {
		set("CRASH_FULL", f.Full-1)
	}
	if f.EIO > 0 {
		set("CRASH_EIO", int64(f.EIO))
	}
	if f.Log != "" {
		env = append(env, "CRASH_LOG="+f.Log)
	}
	if f.Data {
		set("CRASH_DATA", 1)
	}
	return env
}

func (f Fault) String() string {
	switch {
	case f.Kill > 0 && f.Bytes > 0:
		return fmt.Sprintf("killed at call %d after %d bytes", f.Kill, f.Bytes)
	case f.Kill > 0:
		return fmt.Sprintf("killed at call %d after %d %%", f.Kill, f.Percent)
	case f.Full > 0:
		return fmt.Sprintf("disk full after %d bytes", f.Full-1)
	case f.EIO > 0:
		return fmt.Sprintf("fsync %d fails", f.EIO)
	}
	return "no fault"
}
