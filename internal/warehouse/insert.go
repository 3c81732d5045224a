package warehouse

import (
	"fmt"
	"strings"
	"unsafe"

	"github.com/duckdb/duckdb-go/v2/mapping"

	"github.com/fhirwh/fhirwh/internal/parse"
	"github.com/fhirwh/fhirwh/internal/schema"
)

// insert copies picked rows of the batches into target: columns to vectors, with
// one statement.
func (l *loader) insert(tab *table, target string, all []*work, picked func(*work) []uint16) error {
	in := &inserter{importer: l, all: all, picked: picked}
	s := &source{fill: in.fill}
	var names []string
	for _, col := range in.columns(tab) {
		s.columns = append(s.columns, col.sourceColumn)
		names = append(names, quoteName(col.name))
	}
	for _, w := range all {
		s.rows += int64(len(picked(w)))
	}
	if s.rows == 0 {
		return nil
	}
	list := strings.Join(names, ", ")
	if err := l.c.withSource(l.ctx, s, fmt.Sprintf("insert into %s (%s) select %s from %%s", target, list, list)); err != nil {
		return fmt.Errorf("insert rows: %w", err)
	}
	return nil
}

// An inserter fills chunks with the rows of batches.
type inserter struct {
	importer *loader
	all      []*work
	picked   func(*work) []uint16
	cols     []insertColumn
}

// An insertColumn is a column of the table: an element's, or bookkeeping.
type insertColumn struct {
	sourceColumn
	node *schema.Node // nil of bookkeeping
}

func (in *inserter) columns(tab *table) []insertColumn {
	for _, n := range tab.fhir.Columns {
		in.cols = append(in.cols, insertColumn{sourceColumn{n.Element.Name, func() mapping.LogicalType { return logicalType(n) }}, n})
	}
	types := map[string]func() mapping.LogicalType{
		"_source":  simple(mapping.TypeVarchar),
		"_file":    simple(mapping.TypeInteger),
		"_line":    simple(mapping.TypeBigInt),
		"_entry":   simple(mapping.TypeInteger),
		"_hash":    simple(mapping.TypeUBigInt),
		"_content": simple(mapping.TypeUHugeInt),
		"_extra":   jsonType,
	}
	for _, b := range bookkeeping {
		in.cols = append(in.cols, insertColumn{sourceColumn: sourceColumn{b.name, types[b.name]}})
	}
	return in.cols
}

// fill writes the next group of batches that fits a chunk.
func (in *inserter) fill(chunk mapping.DataChunk) (int, error) {
	group, total := in.group()
	if total == 0 {
		return 0, nil
	}
	parts := make([]part, len(group))
	for i, col := range in.cols {
		v := mapping.DataChunkGetVector(chunk, mapping.IdxT(i))
		if col.node == nil {
			in.fillBookkeeping(v, col.name, group, total)
			continue
		}
		for j, w := range group {
			parts[j] = part{fieldOf(&w.batch.Root, col.node.Element, i), w.batch.Rows, in.pick(w)}
		}
		fillVector(v, col.node, parts, total)
	}
	return total, nil
}

// group takes the next batches whose picked rows fit a chunk together.
func (in *inserter) group() (group []*work, total int) {
	for len(in.all) > 0 {
		n := len(in.picked(in.all[0]))
		if total+n > chunkRows {
			break
		}
		if n > 0 {
			group = append(group, in.all[0])
			total += n
		}
		in.all = in.all[1:]
	}
	return group, total
}

// pick returns the picked rows of a batch, nil if it is all of them.
func (in *inserter) pick(w *work) []uint16 {
	p := in.picked(w)
	if len(p) == w.batch.Rows {
		return nil
	}
	return p
}

func (in *inserter) fillBookkeeping(v mapping.Vector, name string, group []*work, total int) {
	switch name {
	case "_source":
		fillEach(in, v, group, total, func(w *work, _ int) parse.Str { return w.file.label })
	case "_file":
		fillEach(in, v, group, total, func(w *work, _ int) int32 { return w.file.number })
	case "_line":
		fillEach(in, v, group, total, func(w *work, row int) int64 { return w.batch.Lines[row] })
	case "_hash":
		fillEach(in, v, group, total, func(w *work, row int) uint64 { return w.batch.Hashes[row] })
	case "_entry":
		fillEach(in, v, group, total, func(w *work, row int) int32 { return w.batch.Entries[row] })
		in.fillNulls(v, group, total, func(w *work, row int) bool { return w.batch.Entries[row] < 0 })
	case "_content":
		fillEach(in, v, group, total, func(w *work, row int) [2]uint64 { c := w.contentAt(row); return [2]uint64{c.lo, c.hi} })
		in.fillNulls(v, group, total, func(w *work, row int) bool { return w.contentAt(row) == (uhuge{}) })
	case "_extra":
		parts := make([]part, len(group))
		for i, w := range group {
			parts[i] = part{&w.batch.Extra, w.batch.Rows, in.pick(w)}
		}
		fillValues(v, extraNode, parts, total)
	}
}

// extraNode describes the _extra column.
var extraNode = &schema.Node{Element: &schema.Element{Name: "_extra", Kind: schema.JSON}}

// fillEach writes a value for each picked row.
func fillEach[T any](in *inserter, v mapping.Vector, group []*work, total int, value func(*work, int) T) {
	dst := unsafe.Slice((*T)(mapping.VectorGetData(v)), total)
	at := 0
	for _, w := range group {
		for _, row := range in.picked(w) {
			dst[at] = value(w, int(row))
			at++
		}
	}
}

// fillNulls makes the picked rows NULL for which null holds.
func (in *inserter) fillNulls(v mapping.Vector, group []*work, total int, null func(*work, int) bool) {
	mapping.VectorEnsureValidityWritable(v)
	mask := unsafe.Slice((*uint64)(mapping.VectorGetValidity(v)), (total+63)/64)
	at := 0
	for _, w := range group {
		for _, row := range in.picked(w) {
			if null(w, int(row)) {
				mask[at/64] &^= 1 << (at % 64)
			}
			at++
		}
	}
}

// contentAt returns the content hash of a row without id, zero of any other.
func (w *work) contentAt(row int) uhuge {
	if w.content == nil {
		return uhuge{}
	}
	return w.content[row]
}

// offHeap makes DuckDB's form of a string in memory that lives as long as the
// process: for the few labels of an import's sources.
func offHeap(s string) parse.Str {
	x := parse.Str{Len: uint32(len(s))}
	if len(s) <= 12 {
		copy((*[12]byte)(unsafe.Pointer(&x.Prefix))[:], s)
		return x
	}
	b := mapMemory(len(s))
	copy(b, s)
	copy(x.Prefix[:], s)
	x.Ptr = uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b))))
	return x
}
