package warehouse

import (
	"math/big"
	"strconv"
	"strings"
	"unsafe"

	"github.com/duckdb/duckdb-go/v2/mapping"
)

// A Number is a DECIMAL or an integer of more than 64 bits: all its digits.
type Number string

// Number returns the digits, which are a JSON number.
func (n Number) Number() string { return string(n) }

// A JSON is a value of DuckDB's JSON type: its text.
type JSON string

// JSON returns the text.
func (j JSON) JSON() string { return string(j) }

// A Struct is a STRUCT value, or a UNION value as a struct of the one member
// that is set.
type Struct struct {
	Names  []string
	Values []any
}

// Fields returns the fields in their order.
func (s Struct) Fields() (names []string, values []any) { return s.Names, s.Values }

// A Map is a MAP value.
type Map struct{ Keys, Values []any }

// Entries returns the keys and their values in their order.
func (m Map) Entries() (keys, values []any) { return m.Keys, m.Values }

// value returns value row of the vector: nil, bool, int64, uint64, float32,
// float64, string, []byte, []any, [Number], [JSON], [Struct] or [Map]. Dates,
// times, intervals, UUIDs, bit strings and enums are strings.
func (d *decoder) value(row int) any {
	if d.isNull(row) {
		return nil
	}
	switch d.id {
	case mapping.TypeBoolean:
		return get[bool](d, row)
	case mapping.TypeFloat:
		return get[float32](d, row)
	case mapping.TypeDouble:
		return get[float64](d, row)
	case mapping.TypeVarchar:
		return d.text(row)
	case mapping.TypeBlob:
		return []byte(d.bytes(row))
	case mapping.TypeEnum:
		return d.names[d.unsigned(d.stored, row)]
	case mapping.TypeList, mapping.TypeArray:
		return d.list(row)
	case mapping.TypeMap:
		return d.mapped(row)
	case mapping.TypeStruct:
		return d.structure(row)
	case mapping.TypeUnion:
		return d.union(row)
	}
	if v, ok := d.integer(row); ok {
		return v
	}
	return d.spelled(row)
}

// integer returns the value of an integer or decimal type.
func (d *decoder) integer(row int) (v any, ok bool) {
	switch d.id {
	case mapping.TypeTinyInt, mapping.TypeSmallInt, mapping.TypeInteger, mapping.TypeBigInt:
		return d.signed(d.id, row), true
	case mapping.TypeUTinyInt, mapping.TypeUSmallInt, mapping.TypeUInteger, mapping.TypeUBigInt:
		return d.unsigned(d.id, row), true
	case mapping.TypeHugeInt:
		return Number(d.huge(row).String()), true
	case mapping.TypeUHugeInt:
		return Number(wide(get[[2]uint64](d, row)).String()), true
	case mapping.TypeBigNum:
		return Number(bignum(d.bytes(row)).String()), true
	case mapping.TypeDecimal:
		return Number(d.decimal(row)), true
	}
	return nil, false
}

func (d *decoder) isNull(row int) bool {
	if d.id == mapping.TypeSQLNull {
		return true
	}
	return d.valid != nil && *(*uint64)(unsafe.Add(d.valid, row/64*8))>>(row%64)&1 == 0
}

// get reads a value of a fixed size.
func get[T any](d *decoder, row int) T {
	var t T
	return *(*T)(unsafe.Add(d.data, uintptr(row)*unsafe.Sizeof(t)))
}

func (d *decoder) signed(t mapping.Type, row int) int64 {
	switch t {
	case mapping.TypeTinyInt:
		return int64(get[int8](d, row))
	case mapping.TypeSmallInt:
		return int64(get[int16](d, row))
	case mapping.TypeInteger:
		return int64(get[int32](d, row))
	}
	return get[int64](d, row)
}

func (d *decoder) unsigned(t mapping.Type, row int) uint64 {
	switch t {
	case mapping.TypeUTinyInt:
		return uint64(get[uint8](d, row))
	case mapping.TypeUSmallInt:
		return uint64(get[uint16](d, row))
	case mapping.TypeUInteger:
		return uint64(get[uint32](d, row))
	}
	return get[uint64](d, row)
}

func (d *decoder) text(row int) any {
	s := d.bytes(row)
	if d.json {
		return JSON(s)
	}
	return s
}

// bytes copies a value of variable length.
func (d *decoder) bytes(row int) string {
	p := unsafe.Add(d.data, row*16)
	n := *(*uint32)(p)
	if n <= 12 {
		return string(unsafe.Slice((*byte)(unsafe.Add(p, 4)), n))
	}
	return string(unsafe.Slice(*(**byte)(unsafe.Add(p, 8)), n))
}

// wide makes an unsigned integer of its low and high half.
func wide(halves [2]uint64) *big.Int {
	n := new(big.Int).SetUint64(halves[1])
	return n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(halves[0]))
}

func (d *decoder) huge(row int) *big.Int {
	halves := get[[2]uint64](d, row)
	n := wide(halves)
	if int64(halves[1]) < 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), 128))
	}
	return n
}

// bignum reads DuckDB's BIGNUM: three bytes of sign and length, then the
// magnitude with the highest byte first. Of a negative number all bits are
// flipped.
func bignum(s string) *big.Int {
	b := []byte(s)
	negative := b[0]&0x80 == 0
	if negative {
		for i := range b {
			b[i] = ^b[i]
		}
	}
	n := new(big.Int).SetBytes(b[3:])
	if negative {
		n.Neg(n)
	}
	return n
}

func (d *decoder) decimal(row int) string {
	var digits string
	if d.stored == mapping.TypeHugeInt {
		digits = d.huge(row).String()
	} else {
		digits = strconv.FormatInt(d.signed(d.stored, row), 10)
	}
	if d.scale == 0 {
		return digits
	}
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	if missing := d.scale + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	point := len(digits) - d.scale
	return sign + digits[:point] + "." + digits[point:]
}

func (d *decoder) list(row int) []any {
	var span [2]uint64 // offset and length
	if d.id == mapping.TypeArray {
		span = [2]uint64{uint64(row * d.size), uint64(d.size)}
	} else {
		span = get[[2]uint64](d, row)
	}
	values := make([]any, span[1])
	for i := range values {
		values[i] = d.children[0].value(int(span[0]) + i)
	}
	return values
}

func (d *decoder) structure(row int) Struct {
	s := Struct{Names: d.names, Values: make([]any, len(d.children))}
	for i, c := range d.children {
		s.Values[i] = c.value(row)
	}
	return s
}

func (d *decoder) union(row int) any {
	if d.children[0].isNull(row) {
		return nil
	}
	tag := get[uint8](d.children[0], row)
	return Struct{Names: d.names[tag : tag+1], Values: []any{d.children[tag+1].value(row)}}
}

func (d *decoder) mapped(row int) Map {
	span := get[[2]uint64](d, row)
	entry := d.children[0]
	m := Map{Keys: make([]any, span[1]), Values: make([]any, span[1])}
	for i := range m.Keys {
		at := int(span[0]) + i
		m.Keys[i], m.Values[i] = entry.children[0].value(at), entry.children[1].value(at)
	}
	return m
}
