package warehouse

import (
	"fmt"
	"slices"
	"unsafe"

	"github.com/duckdb/duckdb-go/v2/mapping"

	"github.com/fhirwh/fhirwh/internal/schema"
)

type columnKind uint8

const (
	textColumn columnKind = iota
	jsonColumn
	booleanColumn
	integerColumn
	decimalColumn
	objectColumn
	listColumn
	constantColumn // resourceType: every row has the same
)

// A column is one column of the rows to rebuild, or a part of one, and its
// values in the current chunk.
type column struct {
	name   string
	key    []byte // ,"name":
	kind   columnKind
	order  int          // among its siblings
	number int          // in DuckDB, among the columns of the result or the fields of the STRUCT
	typ    *schema.Type // of an object's members; nil if the specification does not say
	fields []*column    // of an object, in the order of the specification
	item   *column      // of a list
	text   []byte       // of a constant

	some  bool           // one value or more is present in this chunk
	valid unsafe.Pointer // bitmap; nil: all present
	data  unsafe.Pointer
	live  []*column // those of fields that have a value in this chunk
}

// unknownOrder puts what the specification does not know behind what it does.
const unknownOrder = 1 << 30

// newColumn describes a column of an element (nil: one that the specification
// does not know) by its DuckDB type.
func newColumn(e *schema.Element, name string, t mapping.LogicalType) (*column, error) {
	c := &column{name: name, key: memberKey(name), order: unknownOrder}
	if e != nil {
		c.order, c.typ = e.Index, e.Type
	}
	switch id := mapping.GetTypeId(t); id {
	case mapping.TypeVarchar:
		if mapping.LogicalTypeGetAlias(t) == "JSON" {
			c.kind = jsonColumn
		}
	case mapping.TypeBoolean:
		c.kind = booleanColumn
	case mapping.TypeInteger:
		c.kind = integerColumn
	case mapping.TypeDouble:
		c.kind = decimalColumn
	case mapping.TypeStruct:
		c.kind = objectColumn
		return c, c.addFields(t)
	case mapping.TypeList:
		c.kind = listColumn
		it := mapping.ListTypeChildType(t)
		defer mapping.DestroyLogicalType(&it)
		var err error
		c.item, err = newColumn(e, name, it)
		return c, err
	default:
		return nil, fmt.Errorf("DuckDB type %d is none that fhirwh makes: it was changed by another program", id)
	}
	return c, nil
}

func (c *column) addFields(t mapping.LogicalType) error {
	for i := range mapping.StructTypeChildCount(t) {
		name := mapping.StructTypeChildName(t, i)
		ft := mapping.StructTypeChildType(t, i)
		f, err := newColumn(c.element(name), name, ft)
		mapping.DestroyLogicalType(&ft)
		if err != nil {
			return err
		}
		f.number = int(i)
		c.fields = append(c.fields, f)
	}
	c.sortFields()
	return nil
}

// element returns the element of that name in an object, nil if the
// specification does not know it.
func (c *column) element(name string) *schema.Element {
	if c.typ == nil {
		return nil
	}
	return c.typ.Element(name)
}

func (c *column) orderOf(name string) int {
	if e := c.element(name); e != nil {
		return e.Index
	}
	return unknownOrder
}

// newField returns a member of an object that has no column.
func (c *column) newField(name string) *column {
	f := &column{key: memberKey(name), kind: objectColumn}
	if e := c.element(name); e != nil {
		f.typ = e.Type
	}
	return f
}

func (c *column) sortFields() {
	slices.SortStableFunc(c.fields, func(a, b *column) int { return a.order - b.order })
}

func constant(name, text string) *column {
	return &column{name: name, key: memberKey(name), kind: constantColumn, order: -1, text: appendText(nil, []byte(text)), some: true}
}

// memberKey returns what stands in front of a member's value: ,"name":
func memberKey(name string) []byte {
	return append(appendText([]byte{','}, []byte(name)), ':')
}

// load takes the column's values of a chunk, size of them, from v.
func (c *column) load(v mapping.Vector, size int) {
	c.valid = mapping.VectorGetValidity(v)
	c.some = size > 0 && (c.valid == nil || anyBit(c.valid, size))
	c.live = c.live[:0]
	if !c.some {
		return
	}
	switch c.kind {
	case objectColumn:
		for _, f := range c.fields {
			f.load(mapping.StructVectorGetChild(v, mapping.IdxT(f.number)), size)
			if f.some {
				c.live = append(c.live, f)
			}
		}
	case listColumn:
		c.data = mapping.VectorGetData(v)
		c.item.load(mapping.ListVectorGetChild(v), int(mapping.ListVectorGetSize(v)))
	default:
		c.data = mapping.VectorGetData(v)
	}
}

// anyBit reports whether one of the first n bits of a bitmap is set.
func anyBit(bits unsafe.Pointer, n int) bool {
	words := unsafe.Slice((*uint64)(bits), (n+63)/64)
	for _, w := range words[:n/64] {
		if w != 0 {
			return true
		}
	}
	return n%64 != 0 && words[n/64]<<(64-n%64) != 0
}

// null reports whether value i is absent.
func (c *column) null(i int) bool {
	if !c.some {
		return true
	}
	return c.valid != nil && *(*uint64)(unsafe.Add(c.valid, i/64*8))>>(i%64)&1 == 0
}

// bytes returns value i of a text or JSON column, which is DuckDB's.
func (c *column) bytes(i int) []byte {
	p := unsafe.Add(c.data, i*16)
	n := *(*uint32)(p)
	if n <= 12 {
		return unsafe.Slice((*byte)(unsafe.Add(p, 4)), n)
	}
	return unsafe.Slice(*(**byte)(unsafe.Add(p, 8)), n)
}

func (c *column) boolean(i int) bool    { return *(*byte)(unsafe.Add(c.data, i)) != 0 }
func (c *column) integer(i int) int32   { return *(*int32)(unsafe.Add(c.data, i*4)) }
func (c *column) decimal(i int) float64 { return *(*float64)(unsafe.Add(c.data, i*8)) }

// span returns where the items of list i begin and end.
func (c *column) span(i int) (from, to int) {
	s := (*[2]uint64)(unsafe.Add(c.data, i*16))
	return int(s[0]), int(s[0] + s[1])
}
