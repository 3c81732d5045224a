package warehouse

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestExport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "it's ours")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "out")
	r := testReader(t, ReadOptions{ExportDir: dir}, "create table t as select range as i from range(3)")
	n, err := r.Export(t.Context(), "select i, [i] as list from t order by i -- all of them", file)
	if err != nil || n != 3 {
		t.Fatalf("got %d, %v", n, err)
	}
	free := testReader(t, ReadOptions{AllowFiles: true})
	got := queryAll(t, free, "from read_parquet("+quoteText(file)+")")
	if want := [][]any{{int64(0), []any{int64(0)}}, {int64(1), []any{int64(1)}}, {int64(2), []any{int64(2)}}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestExportRefuses(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	r := testReader(t, ReadOptions{ExportDir: dir}, "create table t as select 1 as i")
	tests := []struct{ name, sql, file string }{
		{"a statement that is no question", "drop table t", filepath.Join(dir, "out")},
		{"what closes the parenthesis", "select 1) to '/tmp/x' --", filepath.Join(dir, "out")},
		{"a file elsewhere", "select 1", filepath.Join(other, "out")},
		{"a way out", "select 1", dir + "/../" + filepath.Base(other) + "/out"},
		{"reading files", "from read_text('/etc/hostname')", filepath.Join(dir, "out")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := r.Export(t.Context(), tt.sql, tt.file); err == nil {
				t.Error("no error")
			}
			for _, d := range []string{dir, other} {
				if s := snapshot(t, d); strings.Contains(s, "out") {
					t.Errorf("it wrote %s", s)
				}
			}
		})
	}
}
