//go:build linux

package warehouse

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/warehouse/crash"
)

// critical reports whether call o is one on which the state of the warehouse
// hangs: not a write to a block that is free or new, or to a write-ahead log, and
// nothing that concerns temporary files.
func (r *rig) critical(o crash.Op) bool {
	if r.temporary(o) {
		return false
	}
	if o.Kind != 'W' {
		return true
	}
	if strings.HasSuffix(o.Path, ".wal") {
		return false
	}
	return o.Path != r.path(r.dir) || o.Offset < headerSize || r.inPlace(o)
}

// temporary reports whether o concerns temporary files.
func (r *rig) temporary(o crash.Op) bool { return strings.HasPrefix(o.Path, r.path(r.dir)+".tmp") }

// often leaves out most calls that concern temporary files: there are many, all
// alike.
func (r *rig) often(i int) bool { return !r.temporary(r.ops[i]) || i%25 == 0 }

// replay makes a call on a disk, unless it concerns temporary files, which would
// only cost time: that they are removed is tested elsewhere.
func (r *rig) replay(disk *crash.Disk, o crash.Op) {
	if !r.temporary(o) {
		disk.Do(o)
	}
}

// inPlace reports whether o overwrites a metadata block of the state before.
func (r *rig) inPlace(o crash.Op) bool {
	if r.root == nil || o.Kind != 'W' || o.Path != r.path(r.dir) {
		return false
	}
	for _, m := range r.root.meta {
		if o.Offset == r.root.at(m.id) {
			return true
		}
	}
	return false
}

// parts are how much of a write is done before the process dies, in per cent.
var parts = []int{2, 10, 30, 60, 90}

// kills are the points at which a process is killed: before each call, and in
// the middle of writes.
func (r *rig) kills() []crash.Fault {
	var faults []crash.Fault
	for i, o := range r.ops {
		if !r.often(i) {
			continue
		}
		n := i + 1
		faults = append(faults, crash.Fault{Kill: n})
		if o.Kind != 'W' {
			continue
		}
		if !r.critical(o) {
			faults = append(faults, crash.Fault{Kill: n, Percent: parts[i%len(parts)]})
			continue
		}
		for _, p := range parts {
			faults = append(faults, crash.Fault{Kill: n, Percent: p})
		}
		if o.Length == slotSize { // inside the fields of a header
			for _, b := range []int{4, 12, 20, 36, 50} {
				faults = append(faults, crash.Fault{Kill: n, Bytes: b})
			}
		}
	}
	return faults
}

// onlyCritical leaves out the points that matter little unless all shall run.
func (r *rig) onlyCritical(faults []crash.Fault) []crash.Fault {
	if sweepAll() {
		return faults
	}
	var kept []crash.Fault
	for _, f := range faults {
		if r.critical(r.ops[f.Kill-1]) {
			kept = append(kept, f)
		}
	}
	return kept
}

// faultTrial runs the workload under a fault. If it says that it is done, the
// state must be the one after.
func (r *rig) faultTrial(f crash.Fault) trial {
	return trial{name: f.String(), run: func(dir string) (string, error) {
		if err := r.lay(dir, r.files); err != nil {
			return "", err
		}
		if _, err := r.child(dir, r.name, f); err == nil {
			return r.after, nil
		}
		return "", nil
	}}
}

// A kill is real: the process ends in the middle of a call, its files and locks
// are as the system leaves them.
func (r *rig) testKilled(t *testing.T) {
	var trials []trial
	for _, f := range r.onlyCritical(r.kills()) {
		trials = append(trials, r.faultTrial(f))
	}
	r.runTrials(t, choose(trials, 8))
}

// The same points once more, rebuilt from the log: much faster, so more of them.
func (r *rig) testKilledReplay(t *testing.T) {
	disk, done := crash.NewDisk(r.dir, r.files), 0
	var trials []trial
	for _, f := range r.onlyCritical(r.kills()) {
		for ; done < f.Kill-1; done++ {
			r.replay(disk, r.ops[done])
		}
		trials = append(trials, r.imageTrial(f.String(), r.partDone(disk, f).Killed, ""))
	}
	r.runTrials(t, choose(trials, 20))
}

// partDone is the disk when the process is killed in call f.Kill.
func (r *rig) partDone(disk *crash.Disk, f crash.Fault) *crash.Disk {
	o := r.ops[f.Kill-1]
	n := o.Length * int64(f.Percent) / 100
	if f.Bytes > 0 {
		n = int64(f.Bytes)
	}
	if o.Kind != 'W' || n == 0 {
		return disk.Copy()
	}
	return disk.With(o.Part(n))
}

func (r *rig) imageTrial(name string, files func() map[string][]byte, must string) trial {
	return trial{name: name, run: func(dir string) (string, error) { return must, r.lay(dir, files()) }}
}

// The power goes at any call, and what was not synced is lost in some way.
func (r *rig) testPowerCut(t *testing.T) {
	r.runTrials(t, choose(r.powerCuts(), 30))
}

func (r *rig) powerCuts() []trial {
	seeds := 3
	if sweepAll() {
		seeds = 6
	}
	disk := crash.NewDisk(r.dir, r.files)
	var trials []trial
	for n := range len(r.ops) + 1 {
		must := ""
		if n == len(r.ops) {
			must = r.after
		}
		if n > 0 {
			r.replay(disk, r.ops[n-1])
		}
		if n > 0 && n < len(r.ops) && !r.critical(r.ops[n]) && !r.critical(r.ops[n-1]) && (n%16 != 0 || !sweepAll()) {
			continue
		}
		frozen := disk.Copy()
		for _, l := range []crash.Loss{crash.LoseAll, crash.KeepLast, crash.KeepSizes, crash.Pieces, crash.Garbage} {
			for seed := range seeds {
				if seed > 0 && !l.Random() {
					break
				}
				name := fmt.Sprintf("power cut after call %d, %s, seed %d", n, l, seed)
				trials = append(trials, r.imageTrial(name, func() map[string][]byte { return frozen.PowerCut(l, uint64(seed)) }, must))
			}
		}
	}
	return trials
}

// The disk is full after any number of bytes. What comes before the first
// critical write is like what comes after it, so the points lie there.
func (r *rig) testDiskFull(t *testing.T) {
	var trials []trial
	for _, b := range r.fullPoints() {
		trials = append(trials, r.faultTrial(crash.Fault{Full: b + 1}))
	}
	r.runTrials(t, choose(trials, 4))
}

func (r *rig) fullPoints() []int64 {
	var points []int64
	var written int64
	for i, o := range r.ops {
		if o.Kind != 'W' {
			continue
		}
		inside := []int64{0, o.Length / 2}
		if !r.often(i) {
			inside = nil
		}
		if r.critical(o) {
			inside = []int64{0, 1, 8, 9, 4096, o.Length / 2, o.Length - 1}
		}
		for _, n := range inside {
			if n < o.Length {
				points = append(points, written+n)
			}
		}
		written += o.Length
	}
	return points
}

// Any fsync fails.
func (r *rig) testSyncFails(t *testing.T) {
	var trials []trial
	for _, o := range r.ops {
		if o.Kind == 'S' {
			trials = append(trials, r.faultTrial(crash.Fault{EIO: len(trials) + 1}))
		}
	}
	r.runTrials(t, choose(trials, 4))
}

// The recovery after a crash is itself killed at any call, and runs again.
func (r *rig) testRecoveryKilled(t *testing.T) {
	if r.root == nil {
		t.Skip("a new warehouse needs no recovery")
	}
	r.runTrials(t, choose(r.recoveryKills(t), 8))
}

// recoveryKills are the kills of a recovery after a kill in each critical write
// that the recovery has to do with: of blocks in place, and of headers.
func (r *rig) recoveryKills(t *testing.T) []trial {
	var trials []trial
	disk := crash.NewDisk(r.dir, r.files)
	for i, o := range r.ops {
		if o.Kind == 'W' && o.Path == r.path(r.dir) && r.critical(o) {
			torn := disk.With(o.Part(o.Length * 6 / 10)).Killed()
			trials = append(trials, r.killsOf(t, fmt.Sprintf("call %d torn", i+1), torn)...)
		}
		r.replay(disk, o)
		if o.Kind == 'W' && o.Path == r.path(r.dir) && o.Offset < headerSize {
			trials = append(trials, r.killsOf(t, fmt.Sprintf("call %d done", i+1), disk.Killed())...)
		}
	}
	return trials
}

func (r *rig) killsOf(t *testing.T, name string, files map[string][]byte) []trial {
	t.Helper()
	var trials []trial
	for i, o := range r.recoveryOps(t, files) {
		faults := []crash.Fault{{Kill: i + 1}}
		for _, p := range parts {
			if o.Kind == 'W' {
				faults = append(faults, crash.Fault{Kill: i + 1, Percent: p})
			}
		}
		for _, f := range faults {
			trials = append(trials, trial{name: name + ", then recovery " + f.String(), run: func(dir string) (string, error) {
				if err := r.lay(dir, files); err != nil {
					return "", err
				}
				if out, err := r.child(dir, childRecover, f); err == nil {
					return "", fmt.Errorf("the recovery was not killed: %s", out)
				}
				return "", nil
			}})
		}
	}
	return trials
}

// recoveryOps are the calls of a recovery of these files.
func (r *rig) recoveryOps(t *testing.T, files map[string][]byte) []crash.Op {
	t.Helper()
	dir := t.TempDir()
	log := dir + "/log"
	if err := r.lay(dir+"/d", files); err != nil {
		t.Fatal(err)
	}
	if out, err := r.child(dir+"/d", childRecover, crash.Fault{Log: log}); err != nil {
		t.Fatalf("recover: %v\n%s", err, out)
	}
	ops, err := crash.ReadLog(log, false)
	if err != nil {
		t.Fatal(err)
	}
	return ops
}
