package warehouse

import (
	"fmt"
	"time"
	"unsafe"

	"github.com/duckdb/duckdb-go/v2/mapping"
)

// A decoder turns the values of one vector into Go values. It is made once for
// a column of a result, or for what a nested type contains, and moved from chunk
// to chunk by attach.
type decoder struct {
	id       mapping.Type
	stored   mapping.Type // of DECIMAL and ENUM: the integers they are kept as
	json     bool         // VARCHAR that holds JSON
	scale    int          // of DECIMAL
	size     int          // of ARRAY
	names    []string     // of ENUM: the values; of STRUCT and UNION: the fields
	children []*decoder   // of LIST, ARRAY, MAP: the elements; of STRUCT: the fields; of UNION: the tag and the members
	zone     *time.Location

	data  unsafe.Pointer
	valid unsafe.Pointer // nil if no value is NULL
}

// newDecoder returns the decoder for a type. It does not know every type:
// [decodable] says which ones.
func newDecoder(t mapping.LogicalType, zone *time.Location) *decoder {
	d := &decoder{id: mapping.GetTypeId(t), zone: zone}
	switch d.id {
	case mapping.TypeVarchar:
		d.json = mapping.LogicalTypeGetAlias(t) == "JSON"
	case mapping.TypeDecimal:
		d.scale, d.stored = int(mapping.DecimalScale(t)), mapping.DecimalInternalType(t)
	case mapping.TypeEnum:
		d.stored = mapping.EnumInternalType(t)
		for i := range mapping.EnumDictionarySize(t) {
			d.names = append(d.names, mapping.EnumDictionaryValue(t, mapping.IdxT(i)))
		}
	case mapping.TypeList:
		d.child(mapping.ListTypeChildType(t))
	case mapping.TypeArray:
		d.size = int(mapping.ArrayTypeArraySize(t))
		d.child(mapping.ArrayTypeChildType(t))
	case mapping.TypeMap:
		d.entries(t)
	case mapping.TypeStruct:
		for i := range mapping.StructTypeChildCount(t) {
			d.names = append(d.names, mapping.StructTypeChildName(t, i))
			d.child(mapping.StructTypeChildType(t, i))
		}
	case mapping.TypeUnion:
		d.children = append(d.children, &decoder{id: mapping.TypeUTinyInt})
		for i := range mapping.UnionTypeMemberCount(t) {
			d.names = append(d.names, mapping.UnionTypeMemberName(t, i))
			d.child(mapping.UnionTypeMemberType(t, i))
		}
	}
	return d
}

// child adds a decoder for a type that is the caller's to destroy.
func (d *decoder) child(t mapping.LogicalType) {
	d.children = append(d.children, newDecoder(t, d.zone))
	mapping.DestroyLogicalType(&t)
}

// entries makes the decoder of a MAP: a list of structs of a key and a value.
func (d *decoder) entries(t mapping.LogicalType) {
	entry := &decoder{id: mapping.TypeStruct, zone: d.zone}
	entry.child(mapping.MapTypeKeyType(t))
	entry.child(mapping.MapTypeValueType(t))
	d.children = append(d.children, entry)
}

// decodable reports whether d can decode its vectors, nested ones included.
func (d *decoder) decodable() bool {
	switch d.id {
	case mapping.TypeInvalid, mapping.TypeAny, mapping.TypeStringLiteral, mapping.TypeIntegerLiteral,
		mapping.TypeGeometry, mapping.TypeVariant:
		return false
	}
	for _, c := range d.children {
		if !c.decodable() {
			return false
		}
	}
	return true
}

// numeric reports whether the values are numbers.
func (d *decoder) numeric() bool {
	switch d.id {
	case mapping.TypeTinyInt, mapping.TypeSmallInt, mapping.TypeInteger, mapping.TypeBigInt, mapping.TypeHugeInt,
		mapping.TypeUTinyInt, mapping.TypeUSmallInt, mapping.TypeUInteger, mapping.TypeUBigInt, mapping.TypeUHugeInt,
		mapping.TypeFloat, mapping.TypeDouble, mapping.TypeDecimal, mapping.TypeBigNum:
		return true
	}
	return false
}

// attach points d to a vector, until the chunk it is in goes.
func (d *decoder) attach(v mapping.Vector) {
	d.data, d.valid = mapping.VectorGetData(v), mapping.VectorGetValidity(v)
	switch d.id {
	case mapping.TypeList, mapping.TypeMap:
		d.children[0].attach(mapping.ListVectorGetChild(v))
	case mapping.TypeArray:
		d.children[0].attach(mapping.ArrayVectorGetChild(v))
	case mapping.TypeStruct, mapping.TypeUnion:
		for i, c := range d.children {
			c.attach(mapping.StructVectorGetChild(v, mapping.IdxT(i)))
		}
	}
}

// String is for messages about types that cannot be decoded.
func (d *decoder) String() string { return fmt.Sprint("DuckDB type ", int(d.id)) }
