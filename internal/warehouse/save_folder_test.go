package warehouse

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSaveReplaces(t *testing.T) {
	db := newDB(t)
	importLines(t, db, "a.jsonl", `{"resourceType":"Patient","id":"p"}`)
	dir := filepath.Join(t.TempDir(), "out")
	save(t, db, SaveOptions{To: dir, Names: []string{"patients", "goals"}})
	importLines(t, db, "b.jsonl", `{"resourceType":"Patient","id":"q"}`)
	m := save(t, db, SaveOptions{To: dir, Names: []string{"patients"}, Replace: true})
	if m.Tables[0].Rows != 2 {
		t.Errorf("%d rows", m.Tables[0].Rows)
	}
	files := tree(t, dir)
	if len(files) != 3 {
		t.Errorf("%d files", len(files))
	}
	checkFiles(t, m, files)
	if left := beside(t, dir); len(left) != 0 {
		t.Errorf("left %v", left)
	}
	writeFile(t, filepath.Join(dir, "mine.txt"), "x")
	if _, err := Save(t.Context(), db, SaveOptions{To: dir, Replace: true}); err == nil || !strings.Contains(err.Error(), "mine.txt") {
		t.Errorf("a folder with something of the user's: %v", err)
	}
	if got := tree(t, dir); len(got) != 4 {
		t.Errorf("%d files are left", len(got))
	}
}

func TestSaveSwapsInSteps(t *testing.T) {
	dir := t.TempDir()
	f := &folder{ctx: t.Context(), ops: osFiles{}, target: filepath.Join(dir, "out"), temp: filepath.Join(dir, "new")}
	for _, d := range []string{f.target, f.temp} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	writeFile(t, filepath.Join(f.temp, "x"), "")
	if err := f.swapInSteps(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(f.target, "x")); err != nil || len(tree(t, dir)) != 1 {
		t.Errorf("%v, %v", err, tree(t, dir))
	}
}

func TestSaveRefuses(t *testing.T) {
	db := newDB(t)
	importLines(t, db, "a.jsonl", `{"resourceType":"Patient","id":"p","gender":""}`)
	if err := write(t, db, "create view own as select * from read_text('/etc/hostname')"); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		o    SaveOptions
		says string
	}{
		{"a folder that is there", SaveOptions{To: "there"}, "the folder is there"},
		{"a folder that is not ours", SaveOptions{To: "there", Replace: true}, "was not made by fhirwh save"},
		{"a file", SaveOptions{To: "file"}, "no folder"},
		{"a symlink", SaveOptions{To: "link", Replace: true}, "no folder"},
		{"no parent", SaveOptions{To: "a/b"}, "/a does not exist"},
		{"a file as parent", SaveOptions{To: "file/b"}, "not a directory"},
		{"nothing", SaveOptions{}, "not a possible name"},
		{"no such view", SaveOptions{To: "out", Names: []string{"patient"}, PartitionBy: "x"}, "no column x"},
		{"no such name", SaveOptions{To: "out", Names: []string{"patiens"}}, "there is no table or view patiens"},
		{"split by a list", SaveOptions{To: "out", Names: []string{"patients"}, PartitionBy: "race_codes"}, "no way to split"},
		{"split by empty text", SaveOptions{To: "out", Names: []string{"Patient"}, PartitionBy: "gender"}, "empty texts"},
		{"a view that reads files", SaveOptions{To: "out"}, "own"},
		{"too little memory", SaveOptions{To: "out", MemoryLimit: 1}, "memory limit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Chdir(dir)
			writeFile(t, "file", "x")
			if err := errors.Join(os.Mkdir("there", 0o700), os.Symlink("there", "link")); err != nil {
				t.Fatal(err)
			}
			writeFile(t, "there/x", "x")
			_, err := Save(t.Context(), db, tt.o)
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v", err)
			}
			entries, _ := os.ReadDir(dir)
			if len(entries) != 3 || len(tree(t, "there")) != 1 {
				t.Errorf("there is now %v", entries)
			}
		})
	}
}

func TestSaveIsInterrupted(t *testing.T) {
	db := exampleDB(t)
	dir := t.TempDir()
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	_, err := Save(ctx, db, SaveOptions{To: filepath.Join(dir, "out"), Progress: func(p Progress) {
		if strings.Contains(p.Stage, "observations") {
			cancel(cause)
		}
	}})
	if !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

func TestSaveRemovesWhatADeadOneLeft(t *testing.T) {
	db := newDB(t)
	importLines(t, db, "a.jsonl", `{"resourceType":"Patient","id":"p"}`)
	dir := t.TempDir()
	for _, name := range []string{".out" + savingInfix + "1", ".other" + savingInfix + "1"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(dir, name, "patients.parquet"), "x")
	}
	alive, err := newFolder(t.Context(), filepath.Join(dir, "out"), false)
	if err != nil {
		t.Fatal(err)
	}
	save(t, db, SaveOptions{To: filepath.Join(dir, "out"), Names: []string{"patients"}})
	entries, _ := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != ".other"+savingInfix+"1 "+filepath.Base(alive.temp)+" out" {
		t.Errorf("there is now %s", got)
	}
	if err := alive.discard(); err != nil {
		t.Error(err)
	}
}

func TestSaveWithoutLedger(t *testing.T) {
	path := filepath.Join(t.TempDir(), "d.duckdb")
	c, err := openDuck(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = c.exec(t.Context(), `create table "a/b" as select 2::uhugeint as big, {'x': [1]} as s, 'ü' as "or""der"; create table empty(i int)`)
	c.close()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "out")
	m := save(t, path, SaveOptions{To: dir, Tables: true})
	if m.Tables[0].Files[0].Name != "a%2Fb.parquet" || m.Tables[0].Columns[0].Type != "VARCHAR" || m.Tables[1].Rows != 0 {
		t.Errorf("got %+v", m.Tables)
	}
	if bytes.Contains([]byte(tree(t, dir)[manifestName]), []byte("null,\n  \"format\"")) != (m.LastImport == nil) {
		t.Error("a last import")
	}
}
