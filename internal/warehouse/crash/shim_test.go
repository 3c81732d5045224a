//go:build linux

package crash_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/warehouse/crash"
)

const childDir = "CRASH_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := work(dir); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// work makes one call of each kind.
func work(dir string) error {
	var libc crash.Libc
	f, err := libc.Create(dir + "/a")
	if err != nil {
		return err
	}
	defer f.Close()
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return errors.Join(libc.WriteAt(f, []byte("0123456789"), 0), libc.Sync(f), libc.Truncate(f, 5), libc.Rename(dir+"/a", dir+"/b"),
		libc.Link(dir+"/b", dir+"/c"), libc.Remove(dir+"/b"), libc.Sync(d))
}

func TestShim(t *testing.T) {
	library, err := crash.Build(t.TempDir())
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("needs gcc")
	}
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		fault crash.Fault
		says  string // part of what the child says or how it ends
		left  string // files
	}{
		{crash.Fault{}, "", "c=01234"},
		{crash.Fault{Kill: 1}, "killed", ""},
		{crash.Fault{Kill: 2}, "killed", "a="},
		{crash.Fault{Kill: 2, Percent: 30}, "killed", "a=012"},
		{crash.Fault{Kill: 2, Bytes: 7}, "killed", "a=0123456"},
		{crash.Fault{Kill: 4}, "killed", "a=0123456789"},
		{crash.Fault{Kill: 5}, "killed", "a=01234"},
		{crash.Fault{Kill: 6}, "killed", "b=01234"},
		{crash.Fault{Kill: 7}, "killed", "b=01234 c=01234"},
		{crash.Fault{Full: 5}, "no space left on device", "c=0123\x00"},
		{crash.Fault{EIO: 1}, "input/output error", "c=01234"},
	}
	for _, tt := range tests {
		t.Run(tt.fault.String(), func(t *testing.T) {
			dir := t.TempDir()
			log := filepath.Join(t.TempDir(), "log")
			tt.fault.Log, tt.fault.Data = log, true
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(append(os.Environ(), childDir+"="+dir), tt.fault.Env(library, dir)...)
			out, err := cmd.CombinedOutput()
			if got := fmt.Sprintf("%s %v", out, err); !strings.Contains(got, tt.says) || (err == nil) != (tt.says == "") {
				t.Errorf("it says %q", got)
			}
			if got := list(t, dir); got != tt.left {
				t.Errorf("left %q, want %q", got, tt.left)
			}
			if tt.says == "" {
				checkLog(t, log, dir)
			}
		})
	}
}

func list(t *testing.T, dir string) string {
	t.Helper()
	var parts []string
	names, err := filepath.Glob(dir + "/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, filepath.Base(name)+"="+string(b))
	}
	return strings.Join(parts, " ")
}

func checkLog(t *testing.T, log, dir string) {
	t.Helper()
	ops, err := crash.ReadLog(log, true)
	if err != nil {
		t.Fatal(err)
	}
	var kinds strings.Builder
	disk := crash.NewDisk(dir, nil)
	for _, o := range ops {
		kinds.WriteByte(o.Kind)
		disk.Do(o)
	}
	if kinds.String() != "CWSTRLUS" {
		t.Errorf("calls %s", &kinds)
	}
	if got := show(disk.Killed()); got != fmt.Sprintf("%s/c=%q", dir, "01234") {
		t.Errorf("replayed: %s", got)
	}
}
