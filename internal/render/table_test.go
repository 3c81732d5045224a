package render_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/render"
)

func TestTable(t *testing.T) {
	tests := []struct {
		name    string
		width   int
		columns string
		rows    [][]any
		want    string
	}{
		{"no row", 80, "a bb#", nil, `
a  bb
─  ──
`},
		{"aligned, NULL visible", 80, "name n#", [][]any{{"Ana", int64(1)}, {nil, int64(1000)}}, `
name     n
────  ────
Ana      1
NULL  1000
`},
		{"wide characters", 80, "name n#", [][]any{{"日本", int64(1)}, {"Zoë", int64(2)}}, `
name  n
────  ─
日本  1
Zoë   2
`},
		{"cut to the terminal", 24, "id what", [][]any{{"p1", "Systolic blood pressure"}}, `
id  what
──  ────────────────────
p1  Systolic blood pres…
`},
		{"only the widest is cut", 30, "a b", [][]any{{"twelve chars", "a very long text that does not fit"}}, `
a             b
────────────  ────────────────
twelve chars  a very long tex…
`},
		{"numbers are not cut", 30, "text number#", [][]any{{"a rather long text", int64(123456789012345678)}}, `
text                    number
──────────  ──────────────────
a rather …  123456789012345678
`},
		{"columns that do not fit are marked", 26, "first second third", times(4, []any{"aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"}), `
first        second      …
───────────  ──────────  …
aaaaaaaaaa…  bbbbbbbbb…  …
aaaaaaaaaa…  bbbbbbbbb…  …
aaaaaaaaaa…  bbbbbbbbb…  …
aaaaaaaaaa…  bbbbbbbbb…  …
`},
		{"a few rows that do not fit become records", 26, "first second_one third", [][]any{{"aaaaaaaaaaaa", int64(1), nil}, {"two\nlines", "words that are wrapped", strings.Repeat("x", 100)}}, `
── row 1 ─────────────────
first       aaaaaaaaaaaa
second_one  1
third       NULL
── row 2 ─────────────────
first       two↵lines
second_one  words that are
            wrapped
third       xxxxxxxxxxxxxx
            xxxxxxxxxxxxxx
            xxxxxxxxxxxxxx
            xxxxxxxxxxxxx…
`},
		{"a terminal too narrow for anything", 4, "first second", times(4, []any{"aaaaaaaaaa", "b"}), `
…  …
─  …
…  …
…  …
…  …
…  …
`},
		{"a terminal too narrow for records", 4, "first second", [][]any{{"aaaaaaaaaa", "b"}}, `
── row 1
f…  a
    a
    a
    …
s…  b
`},
		{"wrapped", 24, "id meaning~", [][]any{{"a", "Whether the record is in use"}, {"b", "short"}}, `
id  meaning
──  ────────────────────
a   Whether the record
    is in use
b   short
`},
		{"wrapped without a space", 14, "id meaning~", [][]any{{"a", "https://example.org"}}, `
id  meaning
──  ──────────
a   https://
    example.
    org
`},
		{"wrapped behind a dot", 14, "path~ n#", [][]any{{"target.measure.code", int64(1)}}, `
path         n
───────────  ─
target.      1
measure.
code
`},
		{"control characters", 80, "v", [][]any{{"a\x1b[31mb\r\nc\td"}}, `
v
────────────────
a\u{1b}[31mb↵c d
`},
		{"no limit when piped", 0, "v", [][]any{{strings.Repeat("x", 100)}}, `
v
` + strings.Repeat("─", 100) + `
` + strings.Repeat("x", 100) + `
`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := write(t, render.Table, render.Options{Width: tt.width}, tt.columns, tt.rows...)
			if got != tt.want[1:] {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want[1:])
			}
		})
	}
}

// times repeats a row.
func times(n int, row []any) [][]any {
	rows := make([][]any, n)
	for i := range rows {
		rows[i] = row
	}
	return rows
}

func TestTableStreams(t *testing.T) {
	var out strings.Builder
	w, err := render.New(render.Table, &out, render.Options{Width: 40})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Begin([]render.Column{{Name: "v"}}); err != nil {
		t.Fatal(err)
	}
	for i := range 100_000 {
		if err := w.Row([]any{fmt.Sprint("row ", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(out.String(), "row 50000\n") {
		t.Error("rows were held back until the end")
	}
	if err := w.End(); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "\n"); n != 100_002 {
		t.Errorf("got %d lines", n)
	}
}

func TestTableCountsHiddenColumns(t *testing.T) {
	var out strings.Builder
	w, err := render.New(render.Table, &out, render.Options{Width: 20})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Begin([]render.Column{{Name: "first_name"}, {Name: "second_name"}, {Name: "third_name"}}); err != nil {
		t.Fatal(err)
	}
	if err := w.End(); err != nil {
		t.Fatal(err)
	}
	if got := w.(*render.TableWriter).Hidden(); got != 2 {
		t.Errorf("got %d hidden columns, want 2:\n%s", got, out.String())
	}
}

func TestBareTable(t *testing.T) {
	got := write(t, render.Table, render.Options{Width: 20, Bare: true}, "indent a_long_name~ n#", []any{"", "several words here", int64(1)}, []any{"", "日本", int64(20)})
	want := `
  several words    1
  here
  日本            20
`
	if got != want[1:] {
		t.Errorf("got\n%s\nwant\n%s", got, want[1:])
	}
}

func TestWholeColumn(t *testing.T) {
	columns := []render.Column{{Wrap: true}, {Whole: true, Wrap: true}}
	for width, want := range map[int]string{
		40: "Odalys Renata    2022-02-08 – 2022-02-11\nBergström\n",
		30: "Odalys      2022-02-08 –\nRenata      2022-02-11\nBergström\n",
	} {
		var out strings.Builder
		w, err := render.New(render.Table, &out, render.Options{Width: width, Bare: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Begin(columns); err != nil {
			t.Fatal(err)
		}
		if err := w.Row([]any{"Odalys Renata Bergström", "2022-02-08 – 2022-02-11"}); err != nil {
			t.Fatal(err)
		}
		if err := w.End(); err != nil {
			t.Fatal(err)
		}
		if out.String() != want {
			t.Errorf("width %d: got\n%s\nwant\n%s", width, out.String(), want)
		}
	}
}
