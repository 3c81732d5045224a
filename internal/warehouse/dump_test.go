package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func dump(t *testing.T, db string, o DumpOptions) string {
	t.Helper()
	var out strings.Builder
	stats, err := Dump(t.Context(), db, o, &out)
	if err != nil {
		t.Fatal(err)
	}
	if n := int64(strings.Count(out.String(), "\n")); n != stats.Resources+stats.Variants || int64(out.Len()) != stats.Bytes {
		t.Errorf("%d lines, %d bytes, but the dump says %+v", n, out.Len(), stats)
	}
	return out.String()
}

func TestDump(t *testing.T) {
	db := newDB(t)
	importLines(t, db, "a.jsonl",
		`{"resourceType":"Patient","id":"b","gender":"male"}`,
		`{"resourceType":"Zebra","id":"z","stripes":1.0}`,
		`{"resourceType":"Observation","id":"o","valueQuantity":{"value":13.50}}`,
		`{"resourceType":"Patient","id":"a","name":[{"given":["x",null]}]}`,
		`{"resourceType":"Bundle","id":"bu","type":"collection","entry":[{"fullUrl":"u","resource":{"resourceType":"Patient","id":"c"}}]}`,
		`{"resourceType":"Yak","id":"y"}`)
	importLines(t, db, "b.jsonl", `{"resourceType":"Patient","id":"b","gender":"female"}`, `{"resourceType":"Zebra","id":"z","stripes":2}`)
	o := testOptions(filepath.Join(t.TempDir(), "c.jsonl"))
	writeFile(t, o.Sources[0].Path, `{"resourceType":"Patient","id":"b"}`)
	o.Sources[0].Label = "other"
	if _, err := Import(t.Context(), db, o); err != nil {
		t.Fatal(err)
	}

	const (
		bundle = `{"resourceType":"Bundle","id":"bu","type":"collection","entry":[{"fullUrl":"u"}]}` + "\n"
		first  = `{"resourceType":"Patient","id":"b","gender":"male"}` + "\n"
		second = `{"resourceType":"Patient","id":"b","gender":"female"}` + "\n"
		a      = `{"resourceType":"Patient","id":"a","name":[{"given":["x",null]}]}` + "\n"
		c      = `{"resourceType":"Patient","id":"c"}` + "\n"
		other  = `{"resourceType":"Patient","id":"b"}` + "\n"
		value  = `{"resourceType":"Observation","id":"o","valueQuantity":{"value":13.50}}` + "\n"
		zebra  = `{"resourceType":"Zebra","id":"z","stripes":2}` + "\n"
		zebra1 = `{"resourceType":"Zebra","id":"z","stripes":1.0}` + "\n"
		yak    = `{"resourceType":"Yak","id":"y"}` + "\n"
	)
	tests := []struct {
		name string
		o    DumpOptions
		want string
	}{
		{"all", DumpOptions{}, bundle + value + a + c + second + other + yak + zebra},
		{"with variants", DumpOptions{Variants: true}, bundle + value + a + c + second + other + first + yak + zebra + zebra1},
		{"one source", DumpOptions{Source: "other", Variants: true}, other},
		{"types as named", DumpOptions{Types: []string{"Patient", "Bundle"}, Source: "default"}, a + c + second + bundle},
		{"a type that R4 does not know", DumpOptions{Types: []string{"Zebra"}, Variants: true}, zebra + zebra1},
		{"all types that R4 does not know", DumpOptions{Types: []string{"Unknown"}, Variants: true}, yak + zebra + zebra1},
		{"a type without resources", DumpOptions{Types: []string{"Account"}, Variants: true}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := dump(t, db, tt.o); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}

	_, err := Dump(t.Context(), db, DumpOptions{Types: []string{"Patient", "patient"}}, io.Discard)
	if e, ok := errors.AsType[*NoTypeError](err); !ok || e.Type != "patient" {
		t.Errorf("misspelled type: %v", err)
	}
}

// A file of one import comes back in its own order, type by type, however many
// threads read the tables, and however DuckDB has compressed the columns.
func TestDumpKeepsTheOrderOfTheSource(t *testing.T) {
	db := newDB(t)
	var lines []string
	for i := range 150_000 {
		lines = append(lines, fmt.Sprintf(`{"resourceType":"Patient","id":"%d","name":[{"family":"a family with a long name, %d","given":["A","B"]}],`+
			`"gender":"female","maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"M"}],"text":"%d"},"multipleBirthInteger":%d}`,
			i*7919%150_001, i%50, i/1000, i%3))
	}
	importLines(t, db, "a.jsonl", lines...)
	if dump(t, db, DumpOptions{}) != strings.Join(lines, "\n")+"\n" {
		t.Error("the order is another one")
	}
}

// A dump is one resource a line, even where a contained resource or a variant
// was kept as it was sent, with line breaks.
func TestDumpWritesLines(t *testing.T) {
	db := newDB(t)
	path := filepath.Join(t.TempDir(), "a.json")
	writeFile(t, path, "{\n \"resourceType\": \"Patient\",\r\n \"id\": \"a\",\n \"contained\": [\n  {\n   \"resourceType\": \"Basic\"\n  }\n ],\n \"x\": {\"$\": 1,\n \"y\": 2},\n \"z\": {\"a\": 1,\n \"\\ud800\": 2}\n}\n")
	importFile(t, db, path)
	importLines(t, db, "b.jsonl", `{"resourceType":"Patient","id":"a"}`)
	got := strings.Split(dump(t, db, DumpOptions{Variants: true}), "\n")
	if len(got) != 3 || got[0] != `{"resourceType":"Patient","id":"a"}` || !strings.Contains(got[1], `"z":{"a":1,"\ud800":2}`) {
		t.Errorf("got %d lines: %q", len(got), got)
	}
}

type failingWriter struct{}

var errFull = errors.New("full")

func (failingWriter) Write([]byte) (int, error) { return 0, errFull }

func TestDumpStops(t *testing.T) {
	db := newDB(t)
	importLines(t, db, "a.jsonl", `{"resourceType":"Patient","id":"a"}`)
	if _, err := Dump(t.Context(), db, DumpOptions{}, failingWriter{}); !errors.Is(err, errFull) {
		t.Errorf("writer that fails: %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errFull)
	if _, err := Dump(ctx, db, DumpOptions{}, io.Discard); !errors.Is(err, errFull) {
		t.Errorf("context that ended: %v", err)
	}
	if _, err := Dump(t.Context(), db+"x", DumpOptions{}, io.Discard); !errors.Is(err, ErrMissing) {
		t.Errorf("no warehouse: %v", err)
	}
	plain := filepath.Join(t.TempDir(), "plain.duckdb")
	c, err := openDuck(plain, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.close()
	if _, err := Dump(t.Context(), plain, DumpOptions{}, io.Discard); !errors.Is(err, ErrMissing) {
		t.Errorf("a database without imports: %v", err)
	}
	if err := write(t, db, "update ledger.meta set layout = 99"); err != nil {
		t.Fatal(err)
	}
	if _, err := Dump(t.Context(), db, DumpOptions{}, io.Discard); err == nil || !strings.Contains(err.Error(), "layout 99") {
		t.Errorf("newer layout: %v", err)
	}
	if _, err := os.Stat(db + ".tmp"); err == nil {
		t.Error("a dump left files beside the warehouse")
	}
}
