package main

import (
	"io"
	"os"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// scriptHeld waits until another program has a database open, and keeps it so: a
// program that was started in the background needs longer on a busy machine.
func scriptHeld(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: held DATABASE")
	}
	f, err := os.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	held := 0
	for end := time.Now().Add(patience); held < 10; time.Sleep(20 * time.Millisecond) {
		// A read lock of another process is in the way of a write lock.
		lock := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart}
		ts.Check(unix.FcntlFlock(f.Fd(), unix.F_GETLK, &lock))
		if held++; lock.Type == unix.F_UNLCK {
			held = 0
		}
		if time.Now().After(end) {
			ts.Fatalf("nobody has %s open", args[0])
		}
	}
}
