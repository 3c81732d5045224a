package render_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/render"
)

type number string

func (n number) Number() string { return string(n) }

type jsonText string

func (j jsonText) JSON() string { return string(j) }

type record struct {
	names  []string
	values []any
}

func (r record) Fields() ([]string, []any) { return r.names, r.values }

type pairs struct{ keys, values []any }

func (p pairs) Entries() (keys, values []any) { return p.keys, p.values }

// write renders rows of columns; a name that ends in # is numeric, one that
// ends in ~ wraps.
func write(t *testing.T, f render.Format, o render.Options, names string, rows ...[]any) string {
	t.Helper()
	var out bytes.Buffer
	w, err := render.New(f, &out, o)
	if err != nil {
		t.Fatal(err)
	}
	var columns []render.Column
	for _, name := range strings.Fields(names) {
		columns = append(columns, render.Column{
			Name:    strings.TrimRight(name, "#~"),
			Numeric: strings.HasSuffix(name, "#"),
			Wrap:    strings.HasSuffix(name, "~"),
		})
	}
	if err := w.Begin(columns); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := w.Row(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.End(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestValues(t *testing.T) {
	tests := []struct {
		name string
		in   any
		text string // CSV, unquoted
		json string
	}{
		{"true", true, `true`, `true`},
		{"smallest integer", int64(math.MinInt64), `-9223372036854775808`, `-9223372036854775808`},
		{"largest unsigned", uint64(math.MaxUint64), `18446744073709551615`, `18446744073709551615`},
		{"decimal keeps its zeros", number("13.500"), `13.500`, `13.500`},
		{"whole double", 5.0, `5`, `5`},
		{"double shortest", 0.1, `0.1`, `0.1`},
		{"double, all digits", 0.30000000000000004, `0.30000000000000004`, `0.30000000000000004`},
		{"float shortest in its own width", float32(0.1), `0.1`, `0.1`},
		{"negative zero", math.Copysign(0, -1), `-0`, `-0`},
		{"large double", 1e300, `1e+300`, `1e+300`},
		{"small double", 1e-7, `1e-07`, `1e-07`},
		{"not a number", math.NaN(), `NaN`, `"NaN"`},
		{"infinity", math.Inf(-1), `-Infinity`, `"-Infinity"`},
		{"text", `plain`, `plain`, `"plain"`},
		{"text with quotes", `a "b" \c`, `a "b" \c`, `"a \"b\" \\c"`},
		{"text with controls", "a\tb\nc\x1b[0m\u202e\u0085\x7f", "a\tb\nc\x1b[0m\u202e\u0085\x7f", `"a\tb\nc\u001b[0m\u202e\u0085\u007f"`},
		{"text beyond the BMP", "😀\U0010ffff", "😀\U0010ffff", "\"😀\U0010ffff\""},
		{"text with the replacement character", "a\ufffdb", "a\ufffdb", "\"a\ufffdb\""},
		{"blob", []byte{'a', 0, 0xff, '\\'}, `a\x00\xFF\x5C`, `"a\\x00\\xFF\\x5C"`},
		{"list", []any{int64(1), nil, "x"}, `[1,null,"x"]`, `[1,null,"x"]`},
		{"empty list", []any{}, `[]`, `[]`},
		{"struct", record{[]string{"a", "b"}, []any{nil, []any{1.5}}}, `{"a":null,"b":[1.5]}`, `{"a":null,"b":[1.5]}`},
		{"map", pairs{[]any{int64(1), "k"}, []any{true, nil}}, `{"1":true,"k":null}`, `{"1":true,"k":null}`},
		{"json as sent", jsonText(`{"v": 1.50, "e":1e400}`), `{"v": 1.50, "e":1e400}`, `{"v": 1.50, "e":1e400}`},
		{"json on several lines", jsonText("{\n\"a\": 1\r\n}"), "{\n\"a\": 1\r\n}", `{ "a": 1  }`},
		{"json that is none", jsonText(`[1,]`), `[1,]`, `"[1,]"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := write(t, render.CSV, render.Options{}, "v", []any{tt.in})
			records, err := csv.NewReader(strings.NewReader(out)).ReadAll()
			if want := strings.ReplaceAll(tt.text, "\r\n", "\n"); err != nil || records[1][0] != want {
				t.Errorf("csv: got %q, want %q (%v)", out, want, err)
			}
			if got, want := write(t, render.NDJSON, render.Options{}, "v", []any{tt.in}), `{"v":`+tt.json+"}\n"; got != want {
				t.Errorf("ndjson: got %q, want %q", got, want)
			}
			if out := write(t, render.JSONRows, render.Options{}, "v", []any{tt.in}); !json.Valid([]byte(out)) {
				t.Errorf("json: not valid: %s", out)
			}
		})
	}
}

func TestCSV(t *testing.T) {
	tests := []struct {
		name string
		o    render.Options
		in   []any
		want string
	}{
		{"NULL and empty differ", render.Options{}, []any{nil, ""}, `,""`},
		{"quotes, commas, line ends", render.Options{}, []any{`a"b,c`, "d\ne"}, "\"a\"\"b,c\",\"d\ne\""},
		{"spaces at the ends", render.Options{}, []any{" a", "b "}, `" a","b "`},
		{"formulas stay by default", render.Options{}, []any{"=1+1", "+49 30"}, `=1+1,+49 30`},
		{"formulas guarded", render.Options{CSVSafe: true}, []any{"=1+1", "＝1"}, `'=1+1,'＝1`},
		{"neutralised on a terminal", render.Options{Printable: true}, []any{"a\x1b]0;x\x07", "b"}, `a\u{1b}]0;x\u{7},b`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, want := write(t, render.CSV, tt.o, "x y", tt.in), "x,y\n"+tt.want+"\n"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	if got := write(t, render.CSV, render.Options{CSVSafe: true}, "x#", []any{int64(-5)}); got != "x\n-5\n" {
		t.Errorf("a number was guarded: %q", got)
	}
	if got := write(t, render.CSV, render.Options{}, "x", []any{nil}); got != "x\n\"\"\n" {
		t.Errorf("the only column NULL: %q", got)
	}
}

func TestJSONArray(t *testing.T) {
	tests := []struct {
		name string
		rows [][]any
		want string
	}{
		{"no row", nil, "[]\n"},
		{"one row", [][]any{{int64(1), nil, "x"}}, `[{"id":1,"id_1":null,"id_2":"x"}]` + "\n"},
		{"two rows", [][]any{{true, true, true}, {false, nil, nil}}, `[{"id":true,"id_1":true,"id_2":true},` + "\n" + `{"id":false,"id_1":null,"id_2":null}]` + "\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := write(t, render.JSONRows, render.Options{}, "id id id", tt.rows...); got != tt.want {
				t.Errorf("got %q\nwant %q", got, tt.want)
			}
		})
	}
	if got := write(t, render.NDJSON, render.Options{}, "a a a_1", []any{nil, nil, nil}); got != `{"a":null,"a_2":null,"a_1":null}`+"\n" {
		t.Errorf("a name of the user's own was taken: %s", got)
	}
}

func TestMarkdown(t *testing.T) {
	got := write(t, render.Markdown, render.Options{}, "na|me n#", []any{"a|b\nc*", int64(1)}, []any{nil, nil}, []any{"<i>\x1b", 2.5})
	want := `| na\|me | n |
| --- | ---: |
| a\|b<br>c\* | 1 |
|  |  |
| \<i>\u{1b} | 2.5 |
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestPrintableKeepsCharactersWhole(t *testing.T) {
	const in = "Zoë 😀 \x1b[31m \u202e \xff end\xe2\x80"
	var whole, bytewise bytes.Buffer
	p := render.NewPrintable(&whole)
	if _, err := p.Write([]byte(in)); err != nil {
		t.Fatal(err)
	}
	p = render.NewPrintable(&bytewise)
	for i := range len(in) {
		if _, err := p.Write([]byte(in[i : i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if want := `Zoë 😀 \u{1b}[31m \u{202e} \xff end`; whole.String() != want || bytewise.String() != want {
		t.Errorf("got  %q\nand  %q\nwant %q", whole.String(), bytewise.String(), want)
	}
}

func TestUnknownFormat(t *testing.T) {
	if _, err := render.New("xml", new(bytes.Buffer), render.Options{}); err == nil {
		t.Error("no error")
	}
}
