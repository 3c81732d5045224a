//go:build linux

package crash_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/warehouse/crash"
)

func show(files map[string][]byte) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		parts = append(parts, fmt.Sprintf("%s=%q", name, files[name]))
	}
	return strings.Join(parts, " ")
}

func writeOp(path string, offset int64, text string) crash.Op {
	return crash.Op{Kind: 'W', Path: path, Offset: offset, Length: int64(len(text)), Data: []byte(text)}
}

func TestDisk(t *testing.T) {
	syncOp := func(path string) crash.Op { return crash.Op{Kind: 'S', Path: path} }
	op := func(kind byte, path, to string) crash.Op { return crash.Op{Kind: kind, Path: path, To: to} }
	tests := []struct {
		name                      string
		ops                       []crash.Op
		killed, lost, last, sizes string
	}{
		{"a write", []crash.Op{writeOp("d/a", 1, "XY"), writeOp("d/a", 4, "Z")},
			`d/a="oXY\x00Z"`, `d/a="old"`, `d/a="old\x00Z"`, `d/a="old\x00\x00"`},
		{"a synced write", []crash.Op{writeOp("d/a", 0, "new"), syncOp("d/a"), writeOp("d/a", 0, "X")},
			`d/a="Xew"`, `d/a="new"`, `d/a="Xew"`, `d/a="new"`},
		{"a new file, its name not synced", []crash.Op{op('C', "d/b", ""), writeOp("d/b", 0, "b"), syncOp("d/b")},
			`d/a="old" d/b="b"`, `d/a="old"`, `d/a="old" d/b="b"`, `d/a="old" d/b="b"`},
		{"a new file, only its name synced", []crash.Op{op('C', "d/b", ""), syncOp("d"), writeOp("d/b", 0, "b")},
			`d/a="old" d/b="b"`, `d/a="old" d/b=""`, `d/a="old" d/b="b"`, `d/a="old" d/b="\x00"`},
		{"a rename", []crash.Op{op('C', "d/b", ""), syncOp("d"), op('R', "d/b", "d/a")},
			`d/a=""`, `d/a="old" d/b=""`, `d/a=""`, `d/a=""`},
		{"a link", []crash.Op{op('L', "d/a", "d/b"), op('U', "d/a", "")},
			`d/b="old"`, `d/a="old"`, `d/b="old"`, `d/b="old"`},
		{"a cut", []crash.Op{{Kind: 'T', Path: "d/a", Length: 1}},
			`d/a="o"`, `d/a="old"`, `d/a="o"`, `d/a="old"`},
		{"emptied by an open", []crash.Op{op('C', "d/a", "")},
			`d/a=""`, `d/a="old"`, `d/a=""`, `d/a="old"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := crash.NewDisk("d", map[string][]byte{"d/a": []byte("old")})
			for _, o := range tt.ops {
				d.Do(o)
			}
			for _, c := range []struct{ what, got, want string }{
				{"killed", show(d.Killed()), tt.killed},
				{"all lost", show(d.PowerCut(crash.LoseAll, 0)), tt.lost},
				{"last kept", show(d.PowerCut(crash.KeepLast, 0)), tt.last},
				{"sizes kept", show(d.PowerCut(crash.KeepSizes, 0)), tt.sizes},
				{"a copy", show(d.Copy().Killed()), tt.killed},
			} {
				if c.got != c.want {
					t.Errorf("%s: got %s, want %s", c.what, c.got, c.want)
				}
			}
		})
	}
}

// What a power cut keeps at random depends on the seed alone, and stays between
// nothing and everything.
func TestDiskPieces(t *testing.T) {
	d := crash.NewDisk("d", map[string][]byte{"d/a": make([]byte, 8192)})
	d.Do(writeOp("d/a", 0, strings.Repeat("x", 8192)))
	seen := map[int]bool{}
	for seed := range uint64(40) {
		kept := d.PowerCut(crash.Pieces, seed)["d/a"]
		if again := d.PowerCut(crash.Pieces, seed)["d/a"]; string(again) != string(kept) {
			t.Fatalf("seed %d gives different bytes", seed)
		}
		seen[strings.Count(string(kept), "x")/512] = true
	}
	if !seen[0] || !seen[16] || len(seen) < 5 {
		t.Errorf("pieces kept: %v", seen)
	}
}
