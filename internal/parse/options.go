package parse

import (
	"cmp"
	"runtime"

	"github.com/fhirwh/fhirwh/internal/schema"
)

// A Source is what a user named: a file, folder, glob or "-", and the label of
// the system that its resources came from.
type Source struct {
	Label string
	Path  string
}

// Options say how [Read] works. The zero value of every field means its
// default.
type Options struct {
	Workers   int   // decoders at once; default GOMAXPROCS
	MaxLine   int64 // longest resource in bytes; default 256 MiB
	MaxRatio  int   // largest expansion of a compressed file; default 200
	MaxWindow int64 // largest zstd window in bytes; default 128 MiB
	MaxOutput int64 // most bytes that a compressed file or an archive may unpack to; default 64 GiB

	// LastDuplicate keeps the last of several members of one name in the typed
	// columns and the others in _extra; otherwise such a resource is rejected.
	LastDuplicate bool

	BlockSize int // bytes of a block, unless one line is longer; default 4 MiB
	// InFlight bounds the bytes of blocks not yet released; default 32 blocks. A
	// block is always read if none is waiting to be delivered, so a deliver that
	// keeps blocks without end is not waited for, but takes the memory.
	InFlight int64

	// Alloc and Free give and take the memory that Block.Bytes and the strings
	// of its batches live in: DuckDB must be able to keep pointers into it
	// while it copies. Default: Go's heap. Both may be called from any
	// goroutine.
	Alloc func(n int) []byte
	Free  func([]byte)

	// Known, if set, says whether exactly these bytes (by hash) are already the
	// current content of that identity; then the resource is not decoded and
	// becomes a [KnownRow]. Called from several goroutines at once; id is only
	// valid during the call.
	Known func(source string, t *schema.Type, id []byte, hash uint64) bool

	// Skip, if set, is asked before a file is read whether to leave it out; sum
	// computes its [SumFile], and f.Size is what the file system or the archive
	// says. A skipped file yields one empty block with First, Last and File.Note
	// [NoteSkipped].
	//
	// Skip is called from a goroutine of Read's own, once a file, in order, while
	// earlier blocks are delivered. Streams (standard input, pipes) are read
	// without asking.
	Skip func(f *File, sum func() ([16]byte, error)) (bool, error)
}

// NoteSkipped is the [File.Note] of a file that [Options.Skip] left out.
const NoteSkipped = "skipped"

const (
	mebi = 1 << 20
	gibi = 1 << 30
)

// withDefaults returns o with every zero field replaced by its default. A block is
// never larger than the longest line and its newline: so a line of more than
// MaxLine bytes never fits into one, and nobody need measure those that do.
func (o Options) withDefaults() Options {
	o.Workers = max(cmp.Or(o.Workers, runtime.GOMAXPROCS(0)), 1)
	o.MaxLine = cmp.Or(o.MaxLine, 256*mebi)
	o.MaxRatio = cmp.Or(o.MaxRatio, 200)
	o.MaxWindow = cmp.Or(o.MaxWindow, 128*mebi)
	o.MaxOutput = cmp.Or(o.MaxOutput, 64*gibi)
	o.BlockSize = cmp.Or(o.BlockSize, 4*mebi)
	o.InFlight = cmp.Or(o.InFlight, 32*int64(o.BlockSize))
	o.BlockSize = int(min(int64(o.BlockSize), o.MaxLine+1))
	if o.Alloc == nil {
		o.Alloc = func(n int) []byte { return make([]byte, n) }
	}
	if o.Free == nil {
		o.Free = func([]byte) {}
	}
	return o
}

// Padding is how many bytes behind the end of Block.Bytes may be read (never
// used): the scanner reads 8 bytes at a time.
const Padding = 64
