//go:build linux

package warehouse

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/warehouse/crash"
)

// Without its journal a write that was interrupted leaves broken files; that
// some are is what shows that the other tests break anything. Repair brings
// every one of them back.
func (r *rig) testRepair(t *testing.T) {
	if r.root == nil {
		t.Skip("a new warehouse has no journal")
	}
	broken := 0
	disk, done := crash.NewDisk(r.dir, r.files), 0
	for _, f := range r.tears() {
		for ; done < f.Kill-1; done++ {
			r.replay(disk, r.ops[done])
		}
		files := r.partDone(disk, f).Killed()
		if files[r.path(r.dir)+".journal"] == nil {
			continue
		}
		delete(files, r.path(r.dir)+".journal")
		if r.repairs(t, f.String(), files) {
			broken++
		}
	}
	if broken == 0 {
		t.Error("nothing was broken")
	}
	t.Logf("%d broken files were repaired", broken)
}

// tears are the kills that this test tries: in the writes that can break the
// state before, or all of them.
func (r *rig) tears() []crash.Fault {
	if sweepAll() {
		return r.kills()
	}
	var tears []crash.Fault
	for _, f := range r.kills() {
		if o := r.ops[f.Kill-1]; r.inPlace(o) || o.Kind == 'W' && o.Path == r.path(r.dir) && o.Offset < headerSize {
			tears = append(tears, f)
		}
	}
	return choose(tears, 12)
}

// repairs reports whether the files were broken, and checks that Repair mends
// them and that UndoRepair puts back what was there.
func (r *rig) repairs(t *testing.T, name string, files map[string][]byte) bool {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "d")
	if err := r.lay(dir, files); err != nil {
		t.Fatal(err)
	}
	path := r.path(dir)
	if got := r.content(t.Context(), path); !strings.HasPrefix(got, "error") {
		if got != r.before && got != r.after {
			t.Errorf("%s: %s", name, got)
		}
		return false
	}
	report, err := Repair(t.Context(), path, 0, nil)
	if err != nil {
		t.Errorf("%s: %v%s", name, err, cause(err))
		return true
	}
	if got := r.content(t.Context(), path); got != r.before && got != r.after || !report.Changed {
		t.Errorf("%s: after the repair %v: %s", name, report.Actions, got)
	}
	if report.Backup != "" {
		r.undoes(t, name, files, path, report.Backup)
	}
	return true
}

func (r *rig) undoes(t *testing.T, name string, files map[string][]byte, path, backup string) {
	t.Helper()
	if err := UndoRepair(t.Context(), path, backup); err != nil {
		t.Errorf("%s: undo: %v", name, err)
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != string(files[r.path(r.dir)]) {
		t.Errorf("%s: undo does not give the same bytes (error %v)", name, err)
	}
}

func makeForRepair(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "w.duckdb")
	if err := write(t, path, "create table t00"+tableColumns, "insert into t00 "+rowsOf(0, 0, 300)); err != nil {
		t.Fatal(err)
	}
	return path
}

func change(t *testing.T, path string, edit func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, edit(b), 0o600); err != nil {
		t.Fatal(err)
	}
}

var anyNumber = regexp.MustCompile(`\d+ bytes`)

func TestRepair(t *testing.T) {
	tests := []struct {
		name string
		harm func(t *testing.T, path string)
		want string // of what was done, joined
	}{
		{"nothing", func(*testing.T, string) {}, ""},
		{"a header slot", func(t *testing.T, path string) {
			change(t, path, func(b []byte) []byte {
				h, _ := parseHeader(b[:headerSize])
				_, at := h.other()
				b[at+40] ^= 1
				return b
			})
		}, "replaced a half-written header by the other one"},
		{"metadata", func(t *testing.T, path string) {
			change(t, path, func(b []byte) []byte { b[headerSize+1<<18-1] ^= 1; return b })
		}, "corrected the checksum of metadata block 0"},
		{"a log that cannot be replayed", func(t *testing.T, path string) { leaveBadLog(t, path) },
			"set a write-ahead log of N bytes aside that DuckDB cannot replay"},
		{"a journal of something else", func(t *testing.T, path string) {
			if err := os.WriteFile(path+".journal", []byte("nonsense"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "set the journal aside: its journal is damaged"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := makeForRepair(t)
			tt.harm(t, path)
			report, err := Repair(t.Context(), path, 0, nil)
			if err != nil {
				t.Fatalf("%v%s", err, cause(err))
			}
			var did []string
			for _, a := range report.Actions {
				did = append(did, a.What)
				if _, err := os.Stat(a.File); a.File != "" && err != nil {
					t.Error(err)
				}
			}
			if got := anyNumber.ReplaceAllString(strings.Join(did, ", "), "N bytes"); got != tt.want {
				t.Errorf("did %q, want %q", got, tt.want)
			}
			if n := readInt(t, path, "select count(*) from t00"); n != 300 {
				t.Errorf("got %d rows", n)
			}
			if err := addRow(t.Context(), path); err != nil {
				t.Errorf("a later write: %v", err)
			}
		})
	}
}

// leaveBadLog leaves the log of a program that was killed after it added a field
// to a struct, which DuckDB 1.5.6 cannot replay.
func leaveBadLog(t *testing.T, path string) {
	t.Helper()
	c, err := openDuck(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if err := c.exec(t.Context(), "pragma disable_checkpoint_on_shutdown; alter table t00 add column st.another varchar"); err != nil {
		t.Fatal(err)
	}
}

func TestALogWithANestedFieldCannotBeReplayed(t *testing.T) {
	path := makeForRepair(t)
	leaveBadLog(t, path)
	_, err := openForReading(t.Context(), path, nil, 0, nil)
	if err == nil {
		t.Fatal("DuckDB replays it now: the repair of such logs may go")
	}
	checkRefusal(t, "reading", err, ErrDamaged, ".wal")
}

func TestRepairGivesUp(t *testing.T) {
	for _, tt := range []struct {
		name string
		harm func([]byte) []byte
	}{
		{"both slots", func(b []byte) []byte { b[slotSize+40] ^= 1; b[2*slotSize+40] ^= 1; return b }},
		{"the main header", func(b []byte) []byte { b[300] ^= 1; return b }},
		{"cut short", func(b []byte) []byte { return b[:headerSize+100] }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := makeForRepair(t)
			change(t, path, tt.harm)
			before, _ := os.ReadFile(path)
			_, err := Repair(t.Context(), path, 0, nil)
			checkRefusal(t, "repair", err, ErrDamaged, "")
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Error("the file was changed")
			}
			if names := beside(t, path); len(names) > 0 {
				t.Errorf("left %v", names)
			}
		})
	}
}

func TestUndoRepairRefusesAFileThatWentOn(t *testing.T) {
	path := makeForRepair(t)
	change(t, path, func(b []byte) []byte { b[headerSize+1<<18-1] ^= 1; return b })
	report, err := Repair(t.Context(), path, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := addRow(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	checkRefusal(t, "undo", UndoRepair(t.Context(), path, report.Backup), ErrUnsafe, "written since")
}

func TestRepairOfAMissingWarehouse(t *testing.T) {
	_, err := Repair(t.Context(), filepath.Join(t.TempDir(), "no.duckdb"), 0, nil)
	checkRefusal(t, "repair", err, ErrMissing, "")
}
