package warehouse

import (
	"bytes"
	"fmt"
	"iter"
	"reflect"
	"strings"
	"testing"

	fhirsql "github.com/fhirwh/fhirwh/sql"
)

// ledgerReader makes a warehouse with two imports, three files and four rejects.
func ledgerReader(t *testing.T) *Reader {
	t.Helper()
	return testReader(t, ReadOptions{}, fhirsql.Ledger,
		"insert into ledger.meta values (1, now())",
		`insert into ledger.imports by name
			select 1 as import, timestamptz '2026-01-02 03:04:05Z' as started, timestamptz '2026-01-02 03:04:07.5Z' as finished, 'v1' as version,
				1 as files, 1000 as bytes, 10 as resources, 8 as new, 0 as changed, 1 as unchanged, 0 as superseded, 1 as variants, 0 as unordered, 3 as rejected, [] as types
			union all
			select 2, timestamptz '2026-02-01 00:00:00Z', timestamptz '2026-02-01 00:00:01Z', 'v2', 2, 500, 5, 1, 2, 1, 1, 0, 2, 1, []`,
		`insert into ledger.files by name
			select 1 as file, 1 as import, 'epic' as source, '/data/a.jsonl' as name, 1000 as size, 1 as hash, 10 as resources, 3 as rejected, 1 as replayed, 0 as blank, null as note
			union all select 2, 2, 'epic', '/data/b.jsonl', 400, 2, 4, 0, 0, 0, 'end not verifiable'
			union all select 3, 2, 'hospital', '/data/c.jsonl', 100, 3, 1, 1, 0, 0, null`,
		`insert into ledger.rejects by name
			select 1 as import, 1 as file, 7 as line, null as entry, 700 as "offset", 3 as length, 'not JSON' as reason, 'at byte 2' as detail, '{x}'::blob as raw
			union all select 1, 1, 9, 1, 900, 5, 'no resourceType', null, '{"a":'
			union all select 1, 1, 9, 0, 900, 2, 'no resourceType', null, '\xFF\xFE'
			union all select 2, 3, 1, null, 0, 2000000, 'line too long', null, '['`)
}

func collect(t *testing.T, rejects iter.Seq2[Reject, error]) []Reject {
	t.Helper()
	var all []Reject
	for x, err := range rejects {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, x)
	}
	return all
}

func TestRejects(t *testing.T) {
	r := ledgerReader(t)
	entry := func(n int32) *int32 { return &n }
	want := []Reject{
		{Import: 1, File: "/data/a.jsonl", Source: "epic", Line: 7, Offset: 700, Length: 3, Reason: "not JSON", Detail: "at byte 2", Raw: []byte("{x}")},
		{Import: 1, File: "/data/a.jsonl", Source: "epic", Line: 9, Entry: entry(0), Offset: 900, Length: 2, Reason: "no resourceType", Raw: []byte("\xff\xfe")},
		{Import: 1, File: "/data/a.jsonl", Source: "epic", Line: 9, Entry: entry(1), Offset: 900, Length: 5, Reason: "no resourceType", Raw: []byte(`{"a":`)},
		{Import: 2, File: "/data/c.jsonl", Source: "hospital", Line: 1, Length: 2000000, Reason: "line too long", Raw: []byte("[")},
	}
	if got := collect(t, r.Rejects(t.Context(), 0, true)); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got := collect(t, r.Rejects(t.Context(), 2, false)); len(got) != 1 || got[0].Raw != nil || got[0].Line != 1 {
		t.Errorf("of import 2: got %+v", got)
	}
	for _, err := range r.Rejects(t.Context(), 3, false) {
		if err == nil || err.Error() != "there is no import 3" {
			t.Errorf("of import 3: %v", err)
		}
	}

	var file bytes.Buffer
	n, err := WriteRejects(&file, r.Rejects(t.Context(), 0, true))
	if err != nil || n != 4 {
		t.Fatalf("wrote %d, %v", n, err)
	}
	const first = `{"import":1,"file":"/data/a.jsonl","source":"epic","line":7,"offset":700,"length":3,"reason":"not JSON","detail":"at byte 2","raw":"{x}"}`
	if got, _, _ := strings.Cut(file.String(), "\n"); got != first {
		t.Errorf("wrote %s", got)
	}
	if got := collect(t, ReadRejects(&file)); !reflect.DeepEqual(got, want) {
		t.Errorf("read  %+v\nwrote %+v", got, want)
	}
}

func TestReadRejectsRefuses(t *testing.T) {
	const good = `{"file":"f","line":1,"raw":"{}"}` + "\n"
	tests := []struct{ name, in, want string }{
		{"no JSON", good + "CANARY", "line 2: not a line that fhirwh rejects --to wrote"},
		{"another type", `{"file":["CANARY"],"line":1,"raw":"{}"}`, "line 1: not a line that fhirwh rejects --to wrote"},
		{"no content", `{"file":"CANARY","line":1}`, "line 1: neither raw nor raw_base64 is set"},
		{"two contents", `{"file":"f","line":1,"raw":"CANARY","raw_base64":"AA=="}`, "line 1: both raw and raw_base64 are set"},
		{"no file", `{"line":1,"raw":"CANARY"}`, "line 1: file or line is missing"},
		{"no line", `{"file":"f","raw":"CANARY"}`, "line 1: file or line is missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got error
			for _, err := range ReadRejects(strings.NewReader(tt.in)) {
				got = err
			}
			if got == nil || got.Error() != tt.want {
				t.Errorf("got %v, want %s", got, tt.want)
			}
		})
	}
	if got := collect(t, ReadRejects(strings.NewReader(""))); len(got) > 0 {
		t.Errorf("an empty file has %v", got)
	}
}

func TestImports(t *testing.T) {
	imports, err := ledgerReader(t).Imports(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, i := range imports {
		fmt.Fprintln(&got, i.Import, i.Started.Format("2006-01-02T15:04:05Z07:00"), i.Took, i.Version, i.Bytes, i.Resources, i.Counts, i.Rejected)
		for _, f := range i.Files {
			fmt.Fprintf(&got, " %+v\n", f)
		}
	}
	const want = `1 2026-01-02T03:04:05Z 2.5s v1 1000 10 {8 0 1 0 1 0} 3
 {File:1 Name:/data/a.jsonl Source:epic Bytes:1000 Resources:10 Rejected:3 Replayed:1 Note:}
2 2026-02-01T00:00:00Z 1s v2 500 5 {1 2 1 1 0 2} 1
 {File:2 Name:/data/b.jsonl Source:epic Bytes:400 Resources:4 Rejected:0 Replayed:0 Note:end not verifiable}
 {File:3 Name:/data/c.jsonl Source:hospital Bytes:100 Resources:1 Rejected:1 Replayed:0 Note:}
`
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}

func TestNoLedger(t *testing.T) {
	r := testReader(t, ReadOptions{})
	_, err := r.Imports(t.Context())
	if _, ok := err.(*NoLedgerError); !ok {
		t.Errorf("imports: %v", err)
	}
	for _, err := range r.Rejects(t.Context(), 0, false) {
		if _, ok := err.(*NoLedgerError); !ok {
			t.Errorf("rejects: %v", err)
		}
	}
}

func TestReaderRefusesANewerLayout(t *testing.T) {
	path := t.TempDir() + "/w.duckdb"
	c, err := openDuck(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.exec(t.Context(), fhirsql.Ledger+"; insert into ledger.meta values (99, now())"); err != nil {
		t.Fatal(err)
	}
	c.close()
	_, err = OpenReader(t.Context(), path, ReadOptions{})
	if newer, ok := err.(*NewerLayoutError); !ok || newer.Layout != 99 {
		t.Errorf("got %v", err)
	}
}
