package parse

import "github.com/fhirwh/fhirwh/internal/schema"

// A Str is a string value in the memory layout of DuckDB's duckdb_string_t: up
// to 12 bytes stand inline from Prefix on (unused ones zero), of a longer string
// Prefix repeats the first 4 bytes and Ptr is its address. The address is kept
// as a number: what it points to is kept alive by the [Block].
type Str struct {
	Len    uint32
	Prefix [4]byte
	Ptr    uint64
}

// A Span is one list value: Length elements of the child column from Offset on.
// It has the layout of DuckDB's duckdb_list_entry.
type Span struct{ Offset, Length uint64 }

// A Column holds the values of one element for the rows of a [Batch], or for
// the elements of the list it is the child of.
//
// Rows of which nothing was written are NULL, also those behind the end of the
// value slice, so slices may be shorter than the number of rows, or empty.
// Value i is present if bit i of Valid is set; the bytes of an absent value are
// zero.
type Column struct {
	Element *schema.Element // nil at the root of a batch
	List    bool            // a list: Spans and Child; else one of the value slices
	Rows    int             // of a list's child: number of elements; else highest row written + 1
	Valid   []uint64
	NValid  int // number of present values

	Strings []Str     // Kind String and JSON
	Ints    []int32   // Kind Integer
	Floats  []float64 // Kind Decimal
	Bools   []byte    // Kind Boolean: 0 or 1
	Spans   []Span    // List
	Child   *Column   // List: its elements, with the same Element and List false
	Fields  []*Column // Kind Struct and root: what was met, in any order; may hold columns that are empty in this batch
}

// MaxRows is the number of rows of a full batch: DuckDB's vector size.
const MaxRows = 2048

// A Batch is up to [MaxRows] resources of one type of one block, in the order
// of the source.
type Batch struct {
	Type *schema.Type // schema.Unknown() for types that R4 does not know
	Rows int
	Root Column // its Fields are the elements of the resource type

	Lines   []int64  // 1-based line of each row
	Entries []int32  // position in a Bundle or array, from 0; -1 if none
	Hashes  []uint64 // xxh3 of the resource's bytes as sent
	Raws    []Raw    // where the resource's bytes are

	// IDs is the column of `id` (also a field of Root unless it is empty). A
	// row without one has no id that is a string.
	IDs *Column
	// Extra is the _extra of each row: absent if everything was typed, else
	// the JSON text that [AppendExtra] describes.
	Extra Column

	root *node
	ids  *node // the root's field id, once it was met
}

// A Raw is a range of [Block.Bytes].
type Raw struct{ Start, End int }
