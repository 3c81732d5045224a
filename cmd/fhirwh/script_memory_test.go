package main

import (
	"bytes"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptMemory is the command "memory SIZE program args...": it runs a program
// that must succeed, say nothing on standard error, and whose largest process must
// not need more memory than that. Where the system does not count it as Linux
// does, the memory is not looked at.
func scriptMemory(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: memory SIZE program args...")
	}
	var most byteSize
	ts.Check(most.UnmarshalText([]byte(args[0])))
	var said bytes.Buffer
	// The script's own PATH, which has this program, is in the environment of sh.
	cmd := exec.Command("sh", append([]string{"-c", `PATH=$0; exec "$@"`, ts.Getenv("PATH")}, args[1:]...)...)
	cmd.Dir, cmd.Stderr = ts.Getenv("WORK"), &said
	if err := cmd.Run(); err != nil || said.Len() > 0 {
		ts.Fatalf("%s: %v, said %s", strings.Join(args[1:], " "), err, said.String())
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok || runtime.GOOS != "linux" {
		return
	}
	if got := byteSize(usage.Maxrss << 10); got > most {
		ts.Fatalf("%s: %s of memory, want at most %s", strings.Join(args[1:], " "), bytesText(int64(got)), bytesText(int64(most)))
	}
}
