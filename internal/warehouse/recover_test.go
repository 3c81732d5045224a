package warehouse

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// copyWarehouse copies a closed database or journal.
func copyWarehouse(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// leaveJournal leaves the journal of an import that died before it wrote
// anything.
func leaveJournal(t *testing.T, path string) {
	t.Helper()
	w, err := beginWriting(t.Context(), path, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.release(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + ".journal"); err != nil {
		t.Fatal(err)
	}
}

func makeSmall(t *testing.T, rows string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "w.duckdb")
	if err := write(t, path, "create table t as select range i from range("+rows+")"); err != nil {
		t.Fatal(err)
	}
	return path
}

// otherProgram writes as a program does that knows nothing of journals.
func otherProgram(t *testing.T, path, sql string) {
	t.Helper()
	c, err := openDuck(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if err := c.exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func TestRecoverySeesWhatOthersDid(t *testing.T) {
	tests := []struct {
		name string
		sql  string
		want string
		rows int64
	}{
		{"nothing", "", recoveredBack, 1000},
		{"one write", "insert into t values (-1); checkpoint", recoveredForward, 1001},
		{"two writes", "insert into t values (-1); checkpoint; insert into t values (-2); checkpoint", recoveredStale, 1002},
		{"three writes", "insert into t values (-1); checkpoint; insert into t values (-2); checkpoint; insert into t values (-3); checkpoint", recoveredStale, 1003},
		{"a write and a log on top of it", "insert into t values (-1); checkpoint; insert into t values (-2); pragma disable_checkpoint_on_shutdown", recoveredForward, 1002},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := makeSmall(t, "1000")
			leaveJournal(t, path)
			if tt.sql != "" {
				otherProgram(t, path, tt.sql)
			}
			w, err := beginWriting(t.Context(), path, 0, nil)
			if err != nil {
				t.Fatal(err)
			}
			if w.Recovered != tt.want {
				t.Errorf("got %q, want %q", w.Recovered, tt.want)
			}
			if err := w.abandon(); err != nil {
				t.Fatal(err)
			}
			if n := readInt(t, path, "select count(*) from t"); n != tt.rows {
				t.Errorf("got %d rows, want %d", n, tt.rows)
			}
		})
	}
}

func TestReadingRecovers(t *testing.T) {
	path := makeSmall(t, "1000")
	leaveJournal(t, path)
	if n := readInt(t, path, "select count(*) from t"); n != 1000 {
		t.Errorf("got %d rows", n)
	}
	if names := beside(t, path); len(names) > 0 {
		t.Errorf("left %v", names)
	}
}

// A journal that does not fit changes nothing: neither opening works, and all
// files stay as they are.
func TestRecoveryRefusesAWrongJournal(t *testing.T) {
	tests := []struct {
		name string
		harm func(t *testing.T, path string)
	}{
		{"of another database", func(t *testing.T, path string) {
			other := makeSmall(t, "2000")
			leaveJournal(t, other)
			copyWarehouse(t, other+".journal", path+".journal")
		}},
		{"of a copy that went another way", func(t *testing.T, path string) {
			diverge(t, path)
		}},
		{"and the file is shorter", func(t *testing.T, path string) {
			leaveJournal(t, path)
			change(t, path, func(b []byte) []byte { return b[:len(b)-5000] })
		}},
		{"cut short", func(t *testing.T, path string) {
			leaveJournal(t, path)
			change(t, path+".journal", func(b []byte) []byte { return b[:len(b)-1] })
		}},
		{"empty", func(t *testing.T, path string) {
			leaveJournal(t, path)
			change(t, path+".journal", func([]byte) []byte { return nil })
		}},
		{"with a wrong bit", func(t *testing.T, path string) {
			leaveJournal(t, path)
			change(t, path+".journal", func(b []byte) []byte { b[30000] ^= 1; return b })
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := makeSmall(t, "1000")
			tt.harm(t, path)
			before, _ := os.ReadFile(path)
			_, err := openForReading(t.Context(), path, nil, 0, nil)
			checkRefusal(t, "reading", err, ErrDamaged, "")
			_, err = beginWriting(t.Context(), path, 0, nil)
			checkRefusal(t, "writing", err, ErrDamaged, "")
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Error("the database was changed")
			}
			if names := beside(t, path); len(names) != 1 || names[0] != "w.duckdb.journal" {
				t.Errorf("beside it: %v", names)
			}
		})
	}
}

// diverge makes a copy of a database with equal headers and length and other
// content, and puts its journal beside path.
func diverge(t *testing.T, path string) {
	t.Helper()
	other := filepath.Join(t.TempDir(), "w.duckdb")
	copyWarehouse(t, path, other)
	otherProgram(t, path, "alter table t rename to aaaa; checkpoint")
	otherProgram(t, other, "alter table t rename to bbbb; checkpoint")
	a, _ := os.ReadFile(path)
	b, _ := os.ReadFile(other)
	if len(a) != len(b) || string(a[:headerSize]) != string(b[:headerSize]) || string(a) == string(b) {
		t.Fatal("the copies cannot be mistaken for each other")
	}
	leaveJournal(t, other)
	copyWarehouse(t, other+".journal", path+".journal")
}

func TestAWarehouseThatIsGoneLeavesItsJournal(t *testing.T) {
	path := makeSmall(t, "10")
	leaveJournal(t, path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	_, err := beginWriting(t.Context(), path, 0, nil)
	checkRefusal(t, "writing", err, ErrMissing, "journal")
}

func TestALogWithoutItsDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.duckdb")
	if err := os.WriteFile(path+".wal", []byte("log"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := beginWriting(t.Context(), path, 0, nil)
	checkRefusal(t, "writing", err, ErrUnsafe, "write-ahead log")
}

// A journal holds the logs too: what another program committed and did not
// write into the file comes back with the state before.
func TestAbandonRestoresALog(t *testing.T) {
	path := makeSmall(t, "1000")
	otherProgram(t, path, "pragma disable_checkpoint_on_shutdown; insert into t values (-1)")
	log, err := os.ReadFile(path + ".wal")
	if err != nil {
		t.Fatal(err)
	}
	w, err := beginWriting(t.Context(), path, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := inOneTransaction(t.Context(), w, []string{"insert into t values (-2)"}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + ".wal"); err == nil {
		t.Error("the commit did not take the log in")
	}
	if err := w.abandon(); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path + ".wal"); err != nil || string(got) != string(log) {
		t.Errorf("the log is not back: %v", err)
	}
	if n := readInt(t, path, "select count(*) from t"); n != 1001 {
		t.Errorf("got %d rows", n)
	}
}

func TestFinishRefusesTwoCheckpoints(t *testing.T) {
	path := makeSmall(t, "1000")
	w, err := beginWriting(t.Context(), path, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := inOneTransaction(t.Context(), w, []string{"insert into t values (-1)", "commit", "begin", "insert into t values (-2)"}); err != nil {
		t.Fatal(err)
	}
	if err := w.finish(); err == nil || !strings.Contains(err.Error(), "2 checkpoints") {
		t.Errorf("got %v", err)
	}
}
