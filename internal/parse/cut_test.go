package parse

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// A piece is what a cutter found to be one value.
type piece struct {
	line   int64
	entry  int32
	offset int64
	length int64
	text   string
	reject Reason
}

func (p piece) String() string {
	s := fmt.Sprintf("%d", p.line)
	if p.entry >= 0 {
		s += fmt.Sprintf(".%d", p.entry)
	}
	if p.reject != "" {
		return fmt.Sprintf("%s %s (%d)", s, p.reject, p.length)
	}
	return s + " " + strings.ReplaceAll(p.text, "\n", "~")
}

// cutting collects the chunks that a cutter makes of text.
type cutting struct {
	pieces []piece
	bytes  int64 // of chunks, dropped ones included
	lasts  int
	chunks int
}

func cutText(t testing.TB, in io.Reader, size int, maxLine int64) cutting {
	t.Helper()
	o := Options{BlockSize: size, MaxLine: maxLine}.withDefaults()
	var got cutting
	c := &cutter{ctx: t.Context(), in: in, pool: newPool(&o), size: o.BlockSize, maxLine: o.MaxLine}
	c.emit = func(ch chunk) error {
		got.add(t, ch)
		c.pool.put(ch.bytes)
		return nil
	}
	if err := c.run(); err != nil {
		t.Fatal(err)
	}
	if got.lasts != 1 {
		t.Errorf("%d last chunks", got.lasts)
	}
	if c.pool.used != 0 {
		t.Errorf("%d bytes of memory not given back", c.pool.used)
	}
	return got
}

func (g *cutting) add(t testing.TB, ch chunk) {
	t.Helper()
	if g.lasts > 0 {
		t.Fatal("a chunk follows the last one")
	}
	if ch.last {
		g.lasts++
	}
	if ch.offset < g.bytes || ch.offset > g.bytes+ch.blank {
		t.Fatalf("chunk at %d, want %d", ch.offset, g.bytes)
	}
	g.chunks++
	g.bytes += int64(len(ch.bytes)) + ch.blank
	if ch.records == nil {
		g.addLines(ch)
	}
	for _, r := range ch.records {
		p := piece{r.line, r.entry, ch.offset + int64(r.start), int64(r.end - r.start), string(ch.bytes[r.start:r.end]), r.reject}
		if r.reject != "" {
			g.bytes += r.length - p.length
			p.offset, p.length = r.offset, r.length
		}
		g.pieces = append(g.pieces, p)
	}
}

func (g *cutting) addLines(ch chunk) {
	offset := ch.offset
	for i, line := range bytes.SplitAfter(ch.bytes, []byte{'\n'}) {
		trimmed := bytes.TrimRight(line, " \t\r\n")
		lead := len(trimmed) - len(bytes.TrimLeft(trimmed, " \t\r\n"))
		if trimmed = trimmed[lead:]; len(trimmed) > 0 {
			g.pieces = append(g.pieces, piece{ch.line + int64(i), -1, offset + int64(lead), int64(len(trimmed)), string(trimmed), ""})
		}
		offset += int64(len(line))
	}
}

var cutTests = []struct {
	name string
	in   string
	want []string // line.entry text, newlines as ~
}{
	{"empty", "", nil},
	{"white space", " \n\t\r\n\n", nil},
	{"byte order mark", "\xEF\xBB\xBF{}\n{}", []string{"1 {}", "2 {}"}},
	{"only a byte order mark", "\xEF\xBB\xBF", nil},

	{"lines", "{\"a\":1}\n{\"b\":2}\n", []string{`1 {"a":1}`, `2 {"b":2}`}},
	{"no last newline", "{}\n{\"b\":2}", []string{`1 {}`, `2 {"b":2}`}},
	{"carriage returns and blank lines", "\r\n{}\r\n\r\n{}\r\n\r\n", []string{"2 {}", "4 {}"}},
	{"indented lines", "  {}\n  {}\n", []string{"1 {}", "2 {}"}},
	{"line of two values among lines", "{}\n{}{}\n{}", []string{"1 {}", "2 {}{}", "3 {}"}},
	{"array as a later line", "{}\n[{},{}]\n", []string{"1 {}", "2 [{},{}]"}},
	{"bytes behind the first value", "{} x\n{}\n", []string{"1 {} x", "2 {}"}},
	{"commas at the ends of lines", "{},\n{},\n", []string{"1 {},", "2 {},"}},
	{"first line cut in a string", "{\"a\":\"b\n{\"c\":1}\n{\"d\":1}", []string{`1 {"a":"b`, `2 {"c":1}`, `3 {"d":1}`}},
	{"first line cut behind a member", "{\"a\":1\n{\"c\":1}\n{}", []string{`1 {"a":1`, `2 {"c":1}`, "3 {}"}},
	{"first line cut in an array", "{\"a\":[\n{\"c\":1}\n{}\n{}", []string{`1 {"a":[`, `2 {"c":1}`, "3 {}", "4 {}"}},
	{"first line cut in front", "a\":1}\n{}\n{}\n", []string{`1 a":1}`, "2 {}", "3 {}"}},
	{"text", "Unauthorized\n", []string{"1 Unauthorized"}},
	{"last line cut", "{}\n{\"a\":", []string{"1 {}", `2 {"a":`}},
	{"raw newline in a later line", "{}\n{\"a\":\"b\nc\"}\n{}\n", []string{"1 {}", `2 {"a":"b`, `3 c"}`, "4 {}"}},
	{"long line", "{}\n{\"a\":\"" + strings.Repeat("x", 300) + "\"}\n{}\n", []string{"1 {}", `2 {"a":"` + strings.Repeat("x", 300) + `"}`, "3 {}"}},

	{"pretty", "{\n \"a\": 1\n}\n", []string{`1 {~ "a": 1~}`}},
	{"pretty, several", "{\n \"a\": 1\n}\n{\n \"b\": 2\n}\n\n{}", []string{`1 {~ "a": 1~}`, `4 {~ "b": 2~}`, "8 {}"}},
	{"pretty, one behind the other", "{\n}{\n}{}{}", []string{"1 {~}", "2 {~}", "3.0 {}", "3.1 {}"}},
	{"bundle with an entry a line", "{\"entry\":[\n{\"a\":1},\n{\"b\":[{}]}\n]}\n", []string{`1 {"entry":[~{"a":1},~{"b":[{}]}~]}`}},
	{"all on one line", `{"a":"}{"}{"b":"\"}"}[{}]{}`, []string{`1.0 {"a":"}{"}`, `1.1 {"b":"\"}"}`, "1.2 {}", "1.3 {}"}},
	{"two on the first line", "{} {}\n{}\n{}{}\n", []string{"1.0 {}", "1.1 {}", "2 {}", "3.0 {}", "3.1 {}"}},
	{"escapes", "{\n\"a\\\\\":\"\\\"\\\\\\\\\\\"}\"}\n{\n}", []string{`1 {~"a\\":"\"\\\\\"}"}`, "3 {~}"}},

	{"array", "[{\"a\":1},{\"b\":[1,2]}]", []string{`1.0 {"a":1}`, `1.1 {"b":[1,2]}`}},
	{"empty array", " [ ] ", nil},
	{"array, a line each", "[\n{},\n{}\n]\n", []string{"2.0 {}", "3.1 {}"}},
	{"array, commas in front", "[\n  {}\n, {}\n, {\n}\n]", []string{"2.0 {}", "3.1 {}", "4.2 {~}"}},
	{"arrays", "[{}\n,{}]\n[{},\n{}]", []string{"1.0 {}", "2.1 {}", "3.0 {}", "4.1 {}"}},
	{"arrays on one line", "[{},{}][{}]", []string{"1.0 {}", "1.1 {}", "1.2 {}"}},
	{"array of other things", "[1, \"a,]\", null, [{}], {}]", []string{"1.0 1", `1.1 "a,]"`, "1.2 null", "1.3 [{}]", "1.4 {}"}},
	{"array and more", "[{}]\n{}\n", []string{"1.0 {}", "2 {}"}},
	{"array without commas", "[{} {}]", []string{"1.0 {}", "1.1 {}"}},
	{"comma before the end of an array", "[{},]", []string{"1.0 {}", "1.1 not JSON (0)"}},
	{"array that does not end", "[{},{}", []string{"1.0 {}", "1.1 {}", "1.2 not JSON (0)"}},
	{"array cut in an element", "[{},{\"a\":", []string{"1.0 {}", `1.1 {"a":`}},

	{"pretty, cut at the end", "{\n}\n{\n \"a\": \"b", []string{"1 {~}", `3 {~ "a": "b`}},
	{"pretty, cut in a string", "{\n \"a\": \"b\n{\n}\n{\n}\n", []string{`1 {~ "a": "b`, "3 {~}", "5 {~}"}},
	{"pretty, cut in an array", "{\n \"a\": [\n{\n}\n{\n}\n", []string{`1 {~ "a": [`, "3 {~}", "5 {~}"}},
	{"pretty, cut behind a comma", "{\n \"a\": 1,\n{\n}\n{\n}\n", []string{`1 {~ "a": 1,`, "3 {~}", "5 {~}"}},
	{"pretty, a brace too many", "{\n}\n}\n{\n}\n", []string{"1 {~}", "3 }", "4 {~}"}},
	{"pretty, words between", "{\n}\nnext:\n{\n}\n", []string{"1 {~}", "3 next:", "4 {~}"}},
	{"pretty, wrong bracket", "{\n \"a\": [}\n}\n{\n}\n", []string{`1 {~ "a": [}~}`, "4 {~}"}},
	{"array, element cut", "[\n  {\n    \"a\": 1\n  },\n  {\n    \"b\": {\n  },\n  {\n    \"c\": 3\n  }\n]\n",
		[]string{`2.0 {~    "a": 1~  }`, `5.1 {~    "b": {~  },`, `8.2 {~    "c": 3~  }`}},
	{"array, words in it", "[\n  {},\n  oops oops\n  {}\n]", []string{"2.0 {}", "3.1 oops", "3.2 oops", "4.3 {}"}},
	{"array, words behind an element", "[\n  {} oops\n  {}\n]", []string{"2.0 {}", "2.1 oops", "3.2 {}"}},
}

func TestCut(t *testing.T) {
	for _, tt := range cutTests {
		t.Run(tt.name, func(t *testing.T) {
			for _, size := range []int{1, 2, 7, 64, 4 << 20} {
				got := cutText(t, strings.NewReader(tt.in), size, 1<<20)
				checkPieces(t, size, tt.in, got, tt.want)
			}
			checkPieces(t, 0, tt.in, cutText(t, iotest.OneByteReader(strings.NewReader(tt.in)), 50, 1<<20), tt.want)
			checkPieces(t, 0, tt.in, cutText(t, iotest.DataErrReader(strings.NewReader(tt.in)), 50, 1<<20), tt.want)
		})
	}
}

func checkPieces(t *testing.T, size int, in string, got cutting, want []string) {
	t.Helper()
	var texts []string
	for _, p := range got.pieces {
		texts = append(texts, p.String())
		if p.reject == "" && in[p.offset:p.offset+p.length] != p.text {
			t.Errorf("blocks of %d: offset %d of %q is wrong", size, p.offset, p.text)
		}
	}
	if !slices.Equal(texts, want) {
		t.Errorf("blocks of %d:\ngot  %q\nwant %q", size, texts, want)
	}
	if got.bytes != int64(len(in)) {
		t.Errorf("blocks of %d: %d bytes accounted for, of %d", size, got.bytes, len(in))
	}
}

func TestCutTooLong(t *testing.T) {
	const max = 1000
	long := func(n int) string { return `{"a":"` + strings.Repeat("x", n-8) + `"}` }
	mega := strings.Repeat("y", 3*MaxRejectBytes)
	tests := []struct {
		name string
		in   string
		want []string // with the lengths of texts
	}{
		{"as long as allowed", "{}\n" + long(max) + "\n{}", []string{"1:2", "2:1000", "3:2"}},
		{"first line", long(max+1) + "\n{}\n{}", []string{"1!1001", "2:2", "3:2"}},
		{"first line and nothing else", long(max + 1), []string{"1!1001"}},
		{"first line, no JSON", mega + "\n{}", []string{"1!3145728", "2:2"}},
		{"first line, megabytes", `{"a":"` + mega + "\"}\n{}\n{}", []string{"1!3145736", "2:2", "3:2"}},
		{"first line cut, megabytes", `{"a":"` + mega + "\n{}\n{}", []string{"1!3145734", "2:2", "3:2"}},
		{"later line", "{}\n" + long(max+1) + "\n{}\n", []string{"1:2", "2!1001", "3:2"}},
		{"later line, megabytes", "{}\n" + mega + "\n{}\n" + mega + "\n{}", []string{"1:2", "2!3145728", "3:2", "4!3145728", "5:2"}},
		{"last line", "{}\n" + long(max+1), []string{"1:2", "2!1001"}},
		{"last line, megabytes", "{}\n" + mega, []string{"1:2", "2!3145728"}},
		{"many lines", strings.Repeat("{}\n", 2000) + long(2000) + strings.Repeat("\n{}", 3),
			append(manyLines(2000), "2001!2000", "2002:2", "2003:2", "2004:2")},
		{"pretty", "{\n}\n{\n" + strings.Repeat(" ", max) + "}\n{\n}\n", []string{"1:3", "3!1003", "5:3"}},
		{"pretty, megabytes", "{\n}\n{\n\"a\":[\"" + mega + "\",\n\"" + mega + "\"]}\n{\n}\n", []string{"1:3", "3!6291471", "6:3"}},
		{"pretty, cut, megabytes", "{\n}\n{\n\"a\":[\"" + mega + "\",\n\"" + mega + "\n{\n}\n", []string{"1:3", "3!6291468", "6:3"}},
		{"element", "[{}," + long(max+1) + ",\n{}]", []string{"1.0:2", "1.1!1001", "2.2:2"}},
		{"element, megabytes", "[{}," + long(3*MaxRejectBytes) + ",\n{}]", []string{"1.0:2", "1.1!3145728", "2.2:2"}},
		{"last element, megabytes", "[{}," + long(3*MaxRejectBytes), []string{"1.0:2", "1.1!3145728", "1.2!0"}},
		{"text", strings.Repeat("x", 900) + mega, []string{"1!3146628"}},
		{"white space", "{\n}\n" + strings.Repeat(" ", 5000) + "\n{}", []string{"1:3", "4:2"}},
		{"white space behind a value", "{\n}\n{}" + strings.Repeat(" ", 5000) + "{}\n{}", []string{"1:3", "3:2", "3.0:2", "4:2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, size := range []int{1, 100, 4 << 20} {
				if size == 1 && len(tt.in) > MaxRejectBytes {
					continue
				}
				got := cutText(t, strings.NewReader(tt.in), size, max)
				var texts []string
				for _, p := range got.pieces {
					where := strings.Fields(p.String())[0]
					if p.reject == "" {
						texts = append(texts, fmt.Sprintf("%s:%d", where, p.length))
						continue
					}
					texts = append(texts, fmt.Sprintf("%s!%d", where, p.length))
					if kept := min(p.length, MaxRejectBytes); !strings.HasPrefix(p.text, tt.in[p.offset:p.offset+kept]) {
						t.Errorf("blocks of %d: %s keeps %d bytes, or not the first", size, where, len(p.text))
					}
				}
				if !slices.Equal(texts, tt.want) {
					t.Errorf("blocks of %d:\ngot  %q\nwant %q", size, texts, tt.want)
				}
				if got.bytes != int64(len(tt.in)) {
					t.Errorf("blocks of %d: %d bytes accounted for, of %d", size, got.bytes, len(tt.in))
				}
			}
		})
	}
}

func manyLines(n int) []string {
	var want []string
	for i := range n {
		want = append(want, fmt.Sprintf("%d:2", i+1))
	}
	return want
}

// An endless is a line without end, of which nothing but its length matters.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestCutTakesLittleMemoryForLongLines(t *testing.T) {
	const length = 100 << 20
	for name, begin := range map[string]string{
		"first line": `{"a":"`, "later line": "{}\n", "pretty": "{\n}\n{\n\"a\":\"", "text": "", "element": `[{},"`,
	} {
		o := Options{BlockSize: 1 << 16, MaxLine: 2 << 20}.withDefaults()
		var taken, peak int
		o.Alloc = func(n int) []byte { taken += n; peak = max(peak, taken); return make([]byte, n) }
		o.Free = func(b []byte) { taken -= len(b) }
		in := io.MultiReader(strings.NewReader(begin), io.LimitReader(endless{}, length), strings.NewReader("\n{}\n"))
		var got cutting
		c := &cutter{ctx: t.Context(), in: in, pool: newPool(&o), size: o.BlockSize, maxLine: o.MaxLine}
		c.emit = func(ch chunk) error {
			got.add(t, ch)
			c.pool.put(ch.bytes)
			return nil
		}
		if err := c.run(); err != nil {
			t.Fatal(err)
		}
		end := int64(len(begin) + length + 1)
		if !slices.ContainsFunc(got.pieces, func(p piece) bool { return p.offset == end && p.text == "{}" }) {
			t.Errorf("%s: the resource at %d is not found", name, end)
		}
		if want := end + 3; got.bytes != want {
			t.Errorf("%s: %d bytes accounted for, of %d", name, got.bytes, want)
		}
		if peak > 8<<20 {
			t.Errorf("%s: took %d bytes of memory", name, peak)
		}
	}
}

// A FuzzCut input is cut in several ways. Whatever it is, no byte is lost, the
// offsets are right, and the cuts do not depend on the blocks.
func FuzzCut(f *testing.F) {
	for _, seed := range []string{
		"", "{}\n{}\n", "\xEF\xBB\xBF{\"a\":1}\r\n\r\n{}", "[{},\n{\"a\":[1]}]", "{\n \"a\": \"b\\\"\"\n}\n{\n}",
		"[\n  {\n    \"b\": {\n  },\n  {\n    \"c\": 3\n  }\n]\n", "{}{}\n{}", "{\"a\":\"", "}\n{\n[", "[1,\"x\",]\n{\n}\n{}  {}",
	} {
		f.Add([]byte(seed), uint8(3), uint8(40))
	}
	f.Fuzz(func(t *testing.T, in []byte, size, maxLine uint8) {
		max := int64(maxLine) + 1
		want := cutText(t, bytes.NewReader(in), 4<<20, max)
		if want.bytes != int64(len(in)) {
			t.Errorf("%d bytes accounted for, of %d", want.bytes, len(in))
		}
		var end int64
		for _, p := range want.pieces {
			if p.offset < end || p.offset+p.length > int64(len(in)) {
				t.Fatalf("%v is not behind %d", p, end)
			}
			end = p.offset + p.length
			if !bytes.HasPrefix(in[p.offset:end], []byte(p.text)) && p.reject == "" {
				t.Fatalf("%v is not at %d", p, p.offset)
			}
			if p.reject == "" && p.length > max {
				t.Errorf("%v is too long", p)
			}
		}
		for _, got := range []cutting{
			cutText(t, bytes.NewReader(in), int(size)+1, max),
			cutText(t, iotest.OneByteReader(bytes.NewReader(in)), 1, max),
		} {
			if !slices.Equal(got.pieces, want.pieces) {
				t.Errorf("blocks of %d:\ngot  %q\nwant %q", size, got.pieces, want.pieces)
			}
			if got.bytes != want.bytes {
				t.Errorf("%d bytes accounted for, of %d", got.bytes, want.bytes)
			}
		}
	})
}
