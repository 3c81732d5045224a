package warehouse

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	eraseChildPath = "FHIRWH_TEST_ERASE"
	eraseChildStep = "FHIRWH_TEST_ERASE_STEP"
)

// TestEraseChild is the process that TestEraseCrash kills: it erases and dies
// after a step, or before a call that changes files.
func TestEraseChild(t *testing.T) {
	path, step := os.Getenv(eraseChildPath), os.Getenv(eraseChildStep)
	if path == "" {
		t.Skip("it is started by TestEraseCrash")
	}
	die := func(now string) {
		if now != step {
			return
		}
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = self.Kill()
		}
		t.Fatal(err)
		select {}
	}
	_, err := eraseWith(t.Context(), path, EraseOptions{Patient: "p"}, func(e *eraser) {
		e.ctx = withFileOps(e.ctx, dying{osFiles{}, die})
		e.between = die
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A dying is files that say which call comes.
type dying struct {
	fileOps
	die func(string)
}

func (d dying) Rename(from, to string) error {
	d.die("before rename")
	return d.fileOps.Rename(from, to)
}

func (d dying) Sync(f *os.File) error {
	if st, err := f.Stat(); err == nil && st.IsDir() {
		d.die("before sync of the folder")
	} else {
		d.die("before sync")
	}
	return d.fileOps.Sync(f)
}

func (d dying) Truncate(f *os.File, size int64) error {
	d.die("before truncate")
	return d.fileOps.Truncate(f, size)
}

// A process that is killed while it erases leaves the old warehouse or the new one,
// and what it leaves beside it the next write removes.
func TestEraseCrash(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	base := newDB(t)
	importLines(t, base, "a.jsonl", `{"resourceType":"Patient","id":"p"}`, `{"resourceType":"Patient","id":"q"}`)
	content, err := os.ReadFile(base)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ step, patients string }{
		{"copied", "2"}, {"checked", "2"}, {"before sync", "2"}, {"synced", "2"}, {"alone", "2"}, {"before rename", "2"},
		{"placed", "1"}, {"before sync of the folder", "1"}, {"before truncate", "1"}, {"emptied", "1"},
	} {
		t.Run(tt.step, func(t *testing.T) {
			db := newDB(t)
			writeFile(t, db, string(content))
			cmd := exec.CommandContext(context.WithoutCancel(t.Context()), self, "-test.run=^TestEraseChild$")
			cmd.Env = append(os.Environ(), eraseChildPath+"="+db, eraseChildStep+"="+tt.step)
			if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(err.Error(), "killed") {
				t.Fatalf("the child was not killed: %v\n%s", err, out)
			}
			expect(t, db, "select count(*) from patients", tt.patients)
			importLines(t, db, "b.jsonl", `{"resourceType":"Patient","id":"r"}`)
			expect(t, db, "select count(*) > 1 from patients", "true")
			if r := verify(t, db, VerifyOptions{}); !r.OK() {
				t.Error(reportText(r))
			}
			if left, err := filepath.Glob(db + "?*"); err != nil || len(left) != 0 {
				t.Errorf("left %v, %v", left, err)
			}
		})
	}
}
