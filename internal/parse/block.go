package parse

import "github.com/fhirwh/fhirwh/internal/schema"

// A File is one stream of resources: a file, a member of an archive, or
// standard input. Size and Sum are of its bytes before any unpacking, and final
// with the last block.
type File struct {
	Source string   // label of the system it came from
	Name   string   // absolute path, PATH!MEMBER in an archive, "-" for standard input
	Size   int64    // bytes read
	Sum    [16]byte // see [SumFile]
	Note   string   // a remark for the summary, such as "end not verifiable"; else ""
}

// A Block is a run of whole resources of one file, decoded. Blocks come in the
// order of the source, and what is in one does not depend on how many workers
// there were.
type Block struct {
	File    *File
	First   bool     // first block of File
	Last    bool     // last block of File (it may be empty)
	Bytes   []byte   // the unpacked bytes; string values of the batches point into it
	Offset  int64    // of Bytes[0] in the unpacked stream
	Batches []*Batch // rows in the order sent, types in the order they were met
	Entries []BundleEntry
	Rejects []Reject
	Known   []KnownRow
	Read    int64 // bytes of the file (before unpacking) consumed so far, for progress
	Blank   int64 // bytes outside resources and rejects: blank lines, white space, separators
	Deletes int   // Bundle entries that ask for DELETE
	Warned  Warnings

	decoder *decoder
	chunks  [][]byte // memory of strings that are not in Bytes
	release func(*Block)
}

// Release gives the block's memory back. Nothing of it may be used afterwards.
func (b *Block) Release() {
	if b.decoder != nil {
		b.decoder.recycle(b)
	}
	if b.release != nil {
		b.release(b)
	}
}

// A BundleEntry is an opened entry of a Bundle, for ledger.bundle_entries.
type BundleEntry struct {
	Line         int64
	Entry        int32 // number of its resource among those of the line
	FullURL      string
	HasFullURL   bool
	ResourceType string
	ResourceID   string // "" if none
	Raw          Raw    // the resource's bytes; empty if the entry has none
}

// A Reject is a line that holds no FHIR resource.
type Reject struct {
	Line   int64
	Entry  int32 // -1 unless one element of an array or Bundle was rejected
	Offset int64 // in the unpacked stream
	Length int64
	Reason Reason
	Detail string // where in the line, such as a JSON Pointer of element names; never a value
	Raw    []byte // the first MaxRejectBytes of the line; points into Block.Bytes
}

// MaxRejectBytes is how much of a rejected line is kept.
const MaxRejectBytes = 1 << 20

// A Reason says why a line was rejected. The values are stored and matched by
// users' queries: add to them, never change one.
type Reason string

// The reasons.
const (
	NotJSON          Reason = "not JSON"
	NotObject        Reason = "not a JSON object"
	NoResourceType   Reason = "no resourceType"
	BadResourceType  Reason = "resourceType is not a name"
	TwoResourceTypes Reason = "two different resourceTypes"
	DuplicateMember  Reason = "duplicate member"
	TrailingBytes    Reason = "more than one value"
	LineTooLong      Reason = "line too long"
	TooDeep          Reason = "nested too deep"
	ControlCharacter Reason = "control character in a string"
	InvalidUTF8      Reason = "invalid UTF-8 outside a string"
	MisplacedBOM     Reason = "byte order mark inside the file"
)

// A KnownRow is a resource that [Options.Known] recognised, so that it was not
// decoded.
type KnownRow struct {
	Type  *schema.Type
	ID    string // shares the block's memory
	Hash  uint64
	Line  int64
	Entry int32
}

// Warnings counts what loaded but is not FHIR.
type Warnings struct {
	RawStrings      int64 // strings that are no UTF-8
	ControlChars    int64 // strings with an escaped control character other than tab, line feed, carriage return
	LongIDs         int64 // ids that R4 does not allow (length or characters)
	DuplicateNames  int64 // repeated members
	MisplacedNulls  int64
	UnknownElements int64
	UntypedValues   int64 // values of known elements kept in _extra
	UnknownTypes    int64 // resources of types that R4 does not know
}
