package warehouse

import "github.com/duckdb/duckdb-go/v2/mapping"

// sqlName returns the name of the type. What a STRUCT, MAP or UNION contains is
// left out.
func (d *decoder) sqlName() string {
	switch d.id {
	case mapping.TypeVarchar:
		if d.json {
			return "JSON"
		}
	case mapping.TypeList, mapping.TypeArray:
		return d.children[0].sqlName() + "[]"
	}
	if name, ok := typeNames[d.id]; ok {
		return name
	}
	return "other"
}

var typeNames = map[mapping.Type]string{
	mapping.TypeBoolean: "BOOLEAN", mapping.TypeTinyInt: "TINYINT", mapping.TypeSmallInt: "SMALLINT",
	mapping.TypeInteger: "INTEGER", mapping.TypeBigInt: "BIGINT", mapping.TypeHugeInt: "HUGEINT",
	mapping.TypeUTinyInt: "UTINYINT", mapping.TypeUSmallInt: "USMALLINT", mapping.TypeUInteger: "UINTEGER",
	mapping.TypeUBigInt: "UBIGINT", mapping.TypeUHugeInt: "UHUGEINT", mapping.TypeBigNum: "BIGNUM",
	mapping.TypeFloat: "FLOAT", mapping.TypeDouble: "DOUBLE", mapping.TypeDecimal: "DECIMAL",
	mapping.TypeVarchar: "VARCHAR", mapping.TypeBlob: "BLOB", mapping.TypeBit: "BIT", mapping.TypeUUID: "UUID",
	mapping.TypeDate: "DATE", mapping.TypeTime: "TIME", mapping.TypeTimeTZ: "TIMETZ", mapping.TypeTimeNS: "TIME_NS",
	mapping.TypeTimestamp: "TIMESTAMP", mapping.TypeTimestampS: "TIMESTAMP_S", mapping.TypeTimestampMS: "TIMESTAMP_MS",
	mapping.TypeTimestampNS: "TIMESTAMP_NS", mapping.TypeTimestampTZ: "TIMESTAMPTZ", mapping.TypeInterval: "INTERVAL",
	mapping.TypeEnum: "ENUM", mapping.TypeStruct: "STRUCT", mapping.TypeMap: "MAP", mapping.TypeUnion: "UNION",
	mapping.TypeVariant: "VARIANT", mapping.TypeGeometry: "GEOMETRY",
}
