package warehouse

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/duckdb/duckdb-go/v2/mapping"

	"github.com/fhirwh/fhirwh/internal/schema"
)

// A rebuilder writes rows of a typed table as the JSON resources that they were
// made from: the typed columns overlaid with _extra. Members stand in the order
// of the specification, what it does not know behind them. The text has no line
// breaks.
//
// It reads DuckDB's vectors in place. Everything that can be decided once for a
// table is decided by newRebuilder, everything that can be decided once for a
// chunk by nextChunk: a column that is NULL throughout a chunk costs nothing
// for its rows.
type rebuilder struct {
	rows *rows
	root *column

	// columns of the rows that are bookkeeping; -1 if absent
	source, file, line, entry, extra int

	lastLabel string
	err       error // of the row at hand
}

// newRebuilder prepares to rebuild the rows of r as resources of type t. The
// columns may be any of those of its table, in any order. Columns that are
// neither elements nor bookkeeping are a user's own and no part of a resource.
func newRebuilder(r *rows, t *schema.Type) (*rebuilder, error) {
	b := &rebuilder{rows: r, root: &column{kind: objectColumn, typ: t}}
	b.source, b.file, b.line, b.entry, b.extra = -1, -1, -1, -1, -1
	if t != schema.Unknown() {
		b.root.fields = append(b.root.fields, constant("resourceType", t.Name))
	}
	for i, name := range r.names {
		b.note(name, i)
		e := t.Element(name)
		if e == nil || isBookkeeping(name) {
			continue
		}
		f, err := newColumn(e, name, r.types[i])
		if err != nil {
			return nil, fmt.Errorf("column %s of %s: %w", name, t.Name, err)
		}
		f.number = i
		b.root.fields = append(b.root.fields, f)
	}
	b.root.sortFields()
	return b, nil
}

func (b *rebuilder) note(name string, i int) {
	switch name {
	case "_source":
		b.source = i
	case "_file":
		b.file = i
	case "_line":
		b.line = i
	case "_entry":
		b.entry = i
	case "_extra":
		b.extra = i
	}
}

// nextChunk moves to the next chunk of the rows, whose number of rows is then in
// rows.size. It returns false at the end, and on an error, which rows.close
// returns.
func (b *rebuilder) nextChunk() bool {
	if !b.rows.nextChunk() {
		return false
	}
	b.root.live = b.root.live[:0]
	for _, f := range b.root.fields {
		if f.kind != constantColumn {
			f.load(b.rows.vecs[f.number], b.rows.size)
		}
		if f.some {
			b.root.live = append(b.root.live, f)
		}
	}
	return true
}

// appendRow appends the resource of a row of the current chunk to dst.
func (b *rebuilder) appendRow(dst []byte, row int) ([]byte, error) {
	b.err = nil
	extra, ok := b.value(b.extra, row)
	if !ok {
		return b.appendObject(dst, b.root, row), b.err
	}
	over, err := readOverlay(stringAt(extra, row))
	if err != nil {
		return dst, err
	}
	return b.appendOver(dst, b.root, row, over), b.err
}

// position returns where a row of the current chunk came from, as far as its
// columns were selected.
func (b *rebuilder) position(row int) origin {
	o := origin{entry: -1}
	if v, ok := b.value(b.file, row); ok {
		o.file = at[int32](v, row, true)
	}
	if v, ok := b.value(b.line, row); ok {
		o.line = at[int64](v, row, true)
	}
	if v, ok := b.value(b.entry, row); ok {
		o.entry = at[int32](v, row, true)
	}
	return o
}

// label returns the _source of a row of the current chunk, "" if it was not
// selected.
func (b *rebuilder) label(row int) string {
	if v, ok := b.value(b.source, row); ok {
		if s := stringAt(v, row); string(s) != b.lastLabel {
			b.lastLabel = string(s)
		}
		return b.lastLabel
	}
	return ""
}

// value returns the vector of a column and whether it has a value in the row.
func (b *rebuilder) value(col, row int) (v mapping.Vector, ok bool) {
	if col < 0 {
		return v, false
	}
	v = b.rows.vecs[col]
	return v, isValid(v, row)
}

// appendObject appends row i of an object that has no overlay.
func (b *rebuilder) appendObject(dst []byte, c *column, i int) []byte {
	start := len(dst)
	for _, f := range c.live {
		if !f.null(i) {
			dst = append(dst, f.key...)
			dst = b.appendValue(dst, f, i)
		}
	}
	return closeObject(dst, start)
}

// closeObject ends an object whose members, each with a comma in front, were
// appended from start on.
func closeObject(dst []byte, start int) []byte {
	if len(dst) == start {
		return append(dst, '{', '}')
	}
	dst[start] = '{'
	return append(dst, '}')
}

// appendValue appends value i, which is present.
func (b *rebuilder) appendValue(dst []byte, c *column, i int) []byte {
	switch c.kind {
	case constantColumn:
		return append(dst, c.text...)
	case textColumn:
		return appendText(dst, c.bytes(i))
	case jsonColumn:
		return appendOneLine(dst, c.bytes(i))
	case booleanColumn:
		return strconv.AppendBool(dst, c.boolean(i))
	case integerColumn:
		return strconv.AppendInt(dst, int64(c.integer(i)), 10)
	case decimalColumn:
		return b.appendDecimal(dst, c.decimal(i))
	case objectColumn:
		return b.appendObject(dst, c, i)
	}
	return b.appendList(dst, c, i)
}

func (b *rebuilder) appendList(dst []byte, c *column, i int) []byte {
	dst = append(dst, '[')
	from, to := c.span(i)
	for k := from; k < to; k++ {
		if k > from {
			dst = append(dst, ',')
		}
		dst = b.appendItem(dst, c.item, k)
	}
	return append(dst, ']')
}

func (b *rebuilder) appendItem(dst []byte, c *column, i int) []byte {
	if c.null(i) {
		return append(dst, "null"...)
	}
	return b.appendValue(dst, c, i)
}

var errNotFinite = errors.New("a decimal is not finite: the table was changed by another program")

func (b *rebuilder) appendDecimal(dst []byte, v float64) []byte {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		b.err = errNotFinite
		return dst
	}
	return strconv.AppendFloat(dst, v, 'f', -1, 64)
}

// appendOneLine appends JSON text without its line breaks: inside a string JSON
// has none.
func appendOneLine(dst, text []byte) []byte {
	for {
		i := bytes.IndexAny(text, "\r\n")
		if i < 0 {
			return append(dst, text...)
		}
		dst = append(dst, text[:i]...)
		text = text[i+1:]
	}
}
