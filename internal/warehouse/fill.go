package warehouse

import (
	"unsafe"

	"github.com/duckdb/duckdb-go/v2/mapping"

	"github.com/fhirwh/fhirwh/internal/parse"
	"github.com/fhirwh/fhirwh/internal/schema"
)

// A part is rows of one decoded column on their way into a vector.
type part struct {
	column *parse.Column // nil: all NULL
	rows   int           // of the column
	pick   []uint16      // which of them, rising; nil: all
}

func (p part) count() int {
	if p.pick != nil {
		return len(p.pick)
	}
	return p.rows
}

// noColumn stands for a column that a batch has not met.
var noColumn = &parse.Column{}

// fillVector writes the parts one behind the other to a vector of the node's
// type. Each vector is asked for its memory once, however many parts there are:
// a call into C costs as much as copying a hundred values.
func fillVector(v mapping.Vector, n *schema.Node, parts []part, total int) {
	if n.Element.List {
		fillList(v, n, parts, total)
		return
	}
	fillValues(v, n, parts, total)
}

func fillList(v mapping.Vector, n *schema.Node, parts []part, total int) {
	fillValidity(v, parts, total)
	spans := unsafe.Slice((*parse.Span)(mapping.VectorGetData(v)), total)
	children := make([]part, 0, len(parts))
	row, offset := 0, 0
	for _, p := range parts {
		copyPicked(spans[row:], p.column.Spans, p)
		if offset > 0 {
			for i := range p.count() {
				spans[row+i].Offset += uint64(offset)
			}
		}
		row += p.count()
		if c := p.column.Child; c != nil && c.Rows > 0 {
			children = append(children, part{column: c, rows: c.Rows})
			offset += c.Rows
		}
	}
	mapping.ListVectorReserve(v, mapping.IdxT(offset))
	mapping.ListVectorSetSize(v, mapping.IdxT(offset))
	if offset > 0 {
		fillValues(mapping.ListVectorGetChild(v), n, children, offset)
	}
}

func fillValues(v mapping.Vector, n *schema.Node, parts []part, total int) {
	fillValidity(v, parts, total)
	switch n.Element.Kind {
	case schema.String, schema.JSON:
		fillSlice(v, parts, total, func(c *parse.Column) []parse.Str { return c.Strings })
	case schema.Boolean:
		fillSlice(v, parts, total, func(c *parse.Column) []byte { return c.Bools })
	case schema.Integer:
		fillSlice(v, parts, total, func(c *parse.Column) []int32 { return c.Ints })
	case schema.Decimal:
		fillSlice(v, parts, total, func(c *parse.Column) []float64 { return c.Floats })
	case schema.Struct:
		fillFields(v, n, parts, total)
	}
}

func fillFields(v mapping.Vector, n *schema.Node, parts []part, total int) {
	fields := make([]part, len(parts))
	for i, f := range n.Fields {
		for j, p := range parts {
			fields[j] = part{column: fieldOf(p.column, f.Element, i), rows: p.rows, pick: p.pick}
		}
		fillVector(mapping.StructVectorGetChild(v, mapping.IdxT(i)), f, fields, total)
	}
}

// fieldOf returns the field column of that element, noColumn if the batch has
// none. It looks at position near first: a batch meets members in an order much
// like the table's.
func fieldOf(c *parse.Column, e *schema.Element, near int) *parse.Column {
	fields := c.Fields
	if near < len(fields) && fields[near].Element == e {
		return fields[near]
	}
	for _, f := range fields {
		if f.Element == e {
			return f
		}
	}
	return noColumn
}

func fillSlice[T any](v mapping.Vector, parts []part, total int, values func(*parse.Column) []T) {
	dst := unsafe.Slice((*T)(mapping.VectorGetData(v)), total)
	row := 0
	for _, p := range parts {
		copyPicked(dst[row:], values(p.column), p)
		row += p.count()
	}
}

// copyPicked copies the part's rows of src to dst; rows behind the end of src
// become zero, since DuckDB reuses the vector's memory.
func copyPicked[T any](dst, src []T, p part) {
	if p.pick == nil {
		n := copy(dst[:p.rows], src)
		clear(dst[n:p.rows])
		return
	}
	for i, row := range p.pick {
		if int(row) < len(src) {
			dst[i] = src[row]
		} else {
			clear(dst[i : i+1])
		}
	}
}

func fillValidity(v mapping.Vector, parts []part, total int) {
	if allValid(parts) {
		return
	}
	mapping.VectorEnsureValidityWritable(v)
	mask := unsafe.Slice((*uint64)(mapping.VectorGetValidity(v)), (total+63)/64)
	clear(mask)
	row := 0
	for _, p := range parts {
		switch {
		case p.column.NValid == 0:
		case p.pick == nil:
			copyBits(mask, row, p.column.Valid, p.rows)
		default:
			for i, from := range p.pick {
				if bit(p.column.Valid, int(from)) {
					mask[(row+i)/64] |= 1 << ((row + i) % 64)
				}
			}
		}
		row += p.count()
	}
}

func allValid(parts []part) bool {
	for _, p := range parts {
		if p.column.NValid != p.rows {
			return false
		}
	}
	return true
}

func bit(words []uint64, i int) bool {
	return i/64 < len(words) && words[i/64]>>(i%64)&1 == 1
}

// copyBits sets the bits of dst from position at on to the first n bits of src,
// where they are set; words behind the end of src count as 0. dst must be clear
// there.
func copyBits(dst []uint64, at int, src []uint64, n int) {
	words := min((n+63)/64, len(src))
	shift := at % 64
	dst = dst[at/64:]
	for i := range words {
		w := src[i]
		if rest := n - i*64; rest < 64 {
			w &= 1<<rest - 1
		}
		dst[i] |= w << shift
		if high := w >> (64 - shift); shift > 0 && high != 0 {
			dst[i+1] |= high
		}
	}
}

// logicalType returns the node's DuckDB type, which the caller destroys.
func logicalType(n *schema.Node) mapping.LogicalType {
	t := valueType(n)
	if !n.Element.List {
		return t
	}
	defer mapping.DestroyLogicalType(&t)
	return mapping.CreateListType(t)
}

func valueType(n *schema.Node) mapping.LogicalType {
	switch n.Element.Kind {
	case schema.Boolean:
		return mapping.CreateLogicalType(mapping.TypeBoolean)
	case schema.Integer:
		return mapping.CreateLogicalType(mapping.TypeInteger)
	case schema.Decimal:
		return mapping.CreateLogicalType(mapping.TypeDouble)
	case schema.JSON:
		return jsonType()
	case schema.Struct:
		return structType(n)
	}
	return mapping.CreateLogicalType(mapping.TypeVarchar)
}

// jsonType is DuckDB's JSON: VARCHAR under another name, so that an insert into
// a JSON column checks and casts nothing. The decoder lets no text through that
// DuckDB's JSON would refuse.
func jsonType() mapping.LogicalType {
	t := mapping.CreateLogicalType(mapping.TypeVarchar)
	mapping.LogicalTypeSetAlias(t, "JSON")
	return t
}

func structType(n *schema.Node) mapping.LogicalType {
	types := make([]mapping.LogicalType, len(n.Fields))
	names := make([]string, len(n.Fields))
	for i, f := range n.Fields {
		types[i], names[i] = logicalType(f), f.Element.Name
	}
	t := mapping.CreateStructType(types, names)
	for i := range types {
		mapping.DestroyLogicalType(&types[i])
	}
	return t
}
