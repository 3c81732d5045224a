// Package render writes the rows of a result for a person or a program: as a
// table, CSV, JSON, NDJSON or Markdown. Every format is written as the rows
// come; none holds the result in memory.
//
// It knows nothing of databases. A value is nil (NULL), bool, int64, uint64,
// float32, float64, string, []byte, []any, or has one of the methods of
// [Number], [JSON], [Struct] or [Map].
package render

import (
	"fmt"
	"io"
)

// A Number is a number that float64 and int64 cannot hold exactly, as text that
// is also a JSON number.
type Number interface{ Number() string }

// A JSON is JSON text, which JSON formats embed as it is.
type JSON interface{ JSON() string }

// A Struct is a value of named fields, in order.
type Struct interface {
	Fields() (names []string, values []any)
}

// A Map is a value of keys and their values, in order.
type Map interface {
	Entries() (keys, values []any)
}

// A Column is what a [Writer] must know of a column.
type Column struct {
	Name    string
	Numeric bool // flush right in a table; never taken for a formula in CSV
	Wrap    bool // in a table of limited width: continue on further lines instead of cutting
	Whole   bool // in a table of limited width: cut or wrap other columns before this one
}

// A Writer writes one result: Begin, Row for each row, End. The values of a row
// are not kept after the call.
type Writer interface {
	Begin(columns []Column) error
	Row(values []any) error
	End() error
}

// A Format names a way to write a result.
type Format string

// The formats.
const (
	Table    Format = "table"
	CSV      Format = "csv"
	JSONRows Format = "json"   // one array of objects, a row a line
	NDJSON   Format = "ndjson" // an object a line
	Markdown Format = "markdown"
	Vertical Format = "vertical" // a line a column
)

// Options say how a [Writer] writes. The zero value is for programs.
type Options struct {
	Width     int  // of the terminal in columns, to fit a table into; 0 is no limit
	Printable bool // neutralise control characters in every format: the output is a terminal
	CSVSafe   bool // put ' before text that a spreadsheet would take for a formula
	Bare      bool // a table without the names of its columns
}

// New returns a Writer of that format to out. Its End flushes, so out need not
// be buffered.
func New(f Format, out io.Writer, o Options) (Writer, error) {
	if o.Printable && f != Table && f != Vertical {
		out = NewPrintable(out)
	}
	switch f {
	case Table:
		return newTable(out, o.Width, o.Bare), nil
	case Vertical:
		return &verticalWriter{lines: newLines(out), width: o.Width}, nil
	case CSV:
		return &csvWriter{lines: newLines(out), safe: o.CSVSafe}, nil
	case JSONRows:
		return &jsonWriter{lines: newLines(out)}, nil
	case NDJSON:
		return &jsonWriter{lines: newLines(out), perLine: true}, nil
	case Markdown:
		return &markdownWriter{lines: newLines(out)}, nil
	}
	return nil, fmt.Errorf("unknown format %q", f)
}

// lines collects output and hands it on in large pieces.
type lines struct {
	out io.Writer
	buf []byte
}

const flushAt = 64 << 10

func newLines(out io.Writer) lines { return lines{out: out} }

// endLine is called when a whole line is in buf.
func (l *lines) endLine() error {
	l.buf = append(l.buf, '\n')
	if len(l.buf) < flushAt {
		return nil
	}
	return l.flush()
}

func (l *lines) flush() error {
	_, err := l.out.Write(l.buf)
	l.buf = l.buf[:0]
	return err
}
