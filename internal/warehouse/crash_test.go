//go:build linux

package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/fhirwh/fhirwh/internal/warehouse/crash"
)

// The crash tests run a write in a child process and break it: killed at a call
// that changes a file, a full disk, an fsync that fails, a power cut. Then the
// warehouse must open, and have the state before the write or after it; after
// it, if the child said that it was done.
//
// go test runs a choice of points; all of them, and every workload, run with
//
//	FHIRWH_SWEEP=all go test ./internal/warehouse -run Crash -timeout 60m -v

// A workload is a write that the crash tests break.
type workload struct {
	name  string
	base  func(ctx context.Context, path string) error // makes the warehouse before; nil: there is none
	run   func(ctx context.Context, path string) error // the write
	again func(ctx context.Context, path string) error // a later one, on either state
	rare  bool                                         // only in a full sweep
}

func sweepAll() bool { return os.Getenv("FHIRWH_SWEEP") == "all" }

// The child of a crash test is this test binary with these in its environment.
const (
	childWorkload = "FHIRWH_CRASH_WORKLOAD" // name of the workload, or childRecover
	childPath     = "FHIRWH_CRASH_PATH"
	childRecover  = "recover"     // only open the warehouse for reading
	childRead     = "hold, read"  // open it for reading until standard input ends
	childWrite    = "hold, write" // the same for writing
	childOther    = "hold, other" // open it as another program does, for writing
)

func TestMain(m *testing.M) {
	if name := os.Getenv(childWorkload); name != "" {
		os.Exit(runChild(name, os.Getenv(childPath)))
	}
	os.Exit(m.Run())
}

func runChild(name, path string) int {
	syscall.Umask(0o077)
	ctx := withFileOps(context.Background(), crash.Libc{})
	err := errors.New("no such workload")
	switch name {
	case childRecover:
		var c *conn
		if c, err = openForReading(ctx, path, nil, 0, nil); err == nil {
			c.close()
		}
	case childRead, childWrite, childOther:
		err = hold(ctx, name, path)
	}
	for _, w := range workloads {
		if w.name == name {
			err = w.run(ctx, path)
		}
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// hold opens the warehouse and says so, and closes it when standard input ends.
func hold(ctx context.Context, how, path string) error {
	switch how {
	case childWrite:
		w, err := beginWriting(ctx, path, 0, nil)
		if err != nil {
			return err
		}
		defer w.abandon()
	case childOther:
		c, err := openDuck(path, nil)
		if err != nil {
			return err
		}
		defer c.close()
	default:
		c, err := openForReading(ctx, path, nil, 0, nil)
		if err != nil {
			return err
		}
		defer c.close()
	}
	fmt.Println("held")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// TestCrash breaks each workload in each way.
func TestCrash(t *testing.T) {
	eachRig(t, func(t *testing.T, r *rig) {
		t.Run("trace", r.testTrace)
		t.Run("metadata", r.testMetadata)
		t.Run("killed", r.testKilled)
		t.Run("killed, from the log", r.testKilledReplay)
		t.Run("power cut", r.testPowerCut)
		t.Run("disk full", r.testDiskFull)
		t.Run("fsync fails", r.testSyncFails)
		t.Run("recovery killed", r.testRecoveryKilled)
		t.Run("repair", r.testRepair)
	})
}

// eachRig runs test for the workloads, with the calls of each.
func eachRig(t *testing.T, test func(t *testing.T, r *rig)) {
	library, err := crash.Build(t.TempDir())
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("needs gcc")
	}
	if err != nil {
		t.Fatal(err)
	}
	writeCrashSources(t)
	for _, w := range workloads {
		if w.rare && !sweepAll() {
			continue
		}
		t.Run(w.name, func(t *testing.T) { test(t, newRig(t, w, library)) })
	}
}
