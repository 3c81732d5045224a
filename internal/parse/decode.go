package parse

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/fhirwh/fhirwh/internal/schema"
)

// A record is one value of a chunk: its bytes are Bytes[start:end].
type record struct {
	start, end int
	line       int64  // 1-based, of the value's first byte
	entry      int32  // number of the value in the array that the file is, or -1
	reject     Reason // if set, the value is not decoded but rejected
	length     int64  // of a value to be rejected
	offset     int64  // of a value to be rejected, in the unpacked stream
}

// A decoder turns the bytes of blocks into batches. It is used by one goroutine
// at a time, except for recycle.
type decoder struct {
	scanner
	o     *Options
	check check // for values that do not become columns
	arena arena

	block   *Block
	bytes   []byte             // of the block, with Padding
	used    int64              // bytes of the block that belong to a resource or a reject
	targets map[string]*target // by resource type
	other   *target            // for types that R4 does not know
	met     []*target          // those with rows in this block

	// Of the value on top, a line or record:
	queue   []item // resources that were found in it and wait to be decoded
	counter int32  // next number for one

	// Of the resource that is being decoded:
	resourceType string
	objects      uint64 // number of the current object, over all resources
	extra        []byte // members of its _extra, each with a comma behind it
	duplicates   []byte // elements of the $duplicate list in it, likewise
	found        []item // resources in the entries of a Bundle
	where        string // for a reject
	pointer      []byte // scratch
	rewriting

	mu    sync.Mutex
	spare map[*schema.Type]*spare
	now   int // number of the block, from 1
}

// A spare is batches of one type that wait to be filled again.
type spare struct {
	batches []*Batch
	used    int // number of the last block that had the type
}

// An item is a resource on its way: Bytes[start:end].
type item struct {
	start, end int
	line       int64
	entry      int32
	row        int // of the entry in the column of a Bundle's entries
	listed     int // 1 + index of the entry in Block.Entries; 0 if it is of no Bundle
}

// newDecoder returns a decoder for one worker.
func newDecoder(o *Options) *decoder {
	d := &decoder{o: o, check: refuseRepeats, targets: map[string]*target{}, spare: map[*schema.Type]*spare{}}
	if o.LastDuplicate {
		d.check = allowRepeats
	}
	d.arena.alloc = o.Alloc
	if d.arena.alloc == nil {
		d.arena.alloc = func(n int) []byte { return make([]byte, n) }
	}
	d.other = &target{typ: schema.Unknown()}
	return d
}

// decode fills the block, of which Bytes, Offset and File are set, from its
// whole lines (records is nil, firstLine the 1-based number of the first) or
// from records. It writes to the padding of Bytes.
func (d *decoder) decode(b *Block, firstLine int64, records []record) {
	d.begin(b)
	if records == nil {
		d.lines(firstLine)
	}
	for _, r := range records {
		if r.reject != "" {
			d.refuse(r)
		} else {
			d.top(item{start: r.start, end: r.end, line: r.line, entry: r.entry})
		}
	}
	d.finish()
}

func (d *decoder) begin(b *Block) {
	d.block, d.used = b, 0
	d.bytes = b.Bytes[:len(b.Bytes)+Padding]
	clear(d.bytes[len(b.Bytes):])
}

func (d *decoder) lines(line int64) {
	text := d.block.Bytes
	for start := 0; start < len(text); line++ {
		end := len(text)
		if n := bytes.IndexByte(text[start:], '\n'); n >= 0 {
			end = start + n
		}
		d.top(item{start: start, end: end, line: line, entry: -1})
		start = end + 1
	}
}

// finish hands the batches over.
func (d *decoder) finish() {
	b := d.block
	for _, t := range d.met {
		for _, batch := range t.batches {
			batch.finish()
			if batch.Rows > 0 {
				b.Batches = append(b.Batches, batch)
			} else {
				d.keepSpare(batch)
			}
		}
		t.batches, t.open = t.batches[:0], nil
	}
	d.met = d.met[:0]
	b.Blank += int64(len(b.Bytes)) - d.used
	d.dropSpares()
	b.decoder, b.chunks = d, append(b.chunks, d.arena.reset()...)
	d.block, d.bytes, d.buf = nil, nil, nil
}

// recycle takes back what a released block has of the decoder's. It may be
// called from any goroutine.
func (d *decoder) recycle(b *Block) {
	if d.o.Free != nil {
		for _, c := range b.chunks {
			d.o.Free(c)
		}
	}
	for _, batch := range b.Batches {
		d.keepSpare(batch)
	}
	b.Batches, b.chunks = nil, nil
}

// dropSpares gives up the batches of types that have not come for a while, and
// scratch memory that one odd resource made large.
func (d *decoder) dropSpares() {
	const blocks, bytes = 16, 1 << 20
	d.mu.Lock()
	defer d.mu.Unlock()
	for t, s := range d.spare {
		if s.used < d.now-blocks {
			delete(d.spare, t)
		}
	}
	d.now++
	for _, b := range []*[]byte{&d.extra, &d.duplicates, &d.scratch} {
		if cap(*b) > bytes {
			*b = nil
		}
	}
}

// maxSpareNodes is how many columns a batch may have to be worth keeping: each
// use walks them all. Sensible data have a few hundred.
const maxSpareNodes = 5000

// keepSpare keeps a batch to be filled again.
func (d *decoder) keepSpare(b *Batch) {
	if b.root.limited || *b.root.size > maxSpareNodes {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.spare[b.Type]
	if s == nil {
		s = &spare{used: d.now}
		d.spare[b.Type] = s
	}
	s.batches = append(s.batches, b)
}

// top decodes a line or record: a resource or an array of resources.
func (d *decoder) top(v item) {
	v = d.trim(v)
	if v.start == v.end {
		return
	}
	guarded := d.bytes[v.end]
	d.bytes[v.end] = 0 // the scanner stops there
	d.queue, d.counter = d.queue[:0], firstNumber(v)
	if d.bytes[v.start] == '[' && v.entry < 0 {
		d.array(v)
	} else {
		d.used += int64(v.end - v.start)
		d.item(v)
	}
	for i := 0; i < len(d.queue); i++ {
		d.item(d.queue[i])
	}
	d.bytes[v.end] = guarded
}

// firstNumber is the number of the first resource inside the value on top.
//
// The resources inside one line are numbered from 0, level by level: first the
// elements of its array or the entries of its Bundle by their position, then the
// entries of the first Bundle among them, of the second, and so on; an entry
// without resource has a number too. So no two resources of a line share one. Where
// a file is one array, its elements are numbered over the file, and those in a
// Bundle that is element n from 2^30 + n * 2^16 on.
func firstNumber(v item) int32 {
	if v.entry < 0 {
		return 0
	}
	return 1<<30 | v.entry<<16&(1<<30-1)
}

func (d *decoder) trim(v item) item {
	for v.start < v.end && isSpace(d.bytes[v.start]) {
		v.start++
	}
	for v.start < v.end && isSpace(d.bytes[v.end-1]) {
		v.end--
	}
	return v
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// array queues the elements of an array.
func (d *decoder) array(v item) {
	d.set(d.bytes, v.start, v.end)
	var f findings
	more := d.open(']')
	for more {
		start := d.p
		if !d.skip(syntaxOnly, &f) {
			break
		}
		d.queue = append(d.queue, item{start: start, end: d.p, line: v.line, entry: d.counter})
		d.counter++
		more = d.next(']')
	}
	if d.reason != "" || !d.atEnd() {
		d.queue = d.queue[:0]
		d.used += int64(v.end - v.start)
		d.rejectItem(v)
		return
	}
	for _, e := range d.queue {
		d.used += int64(e.end - e.start)
	}
}

// atEnd fails unless nothing but white space follows.
func (d *decoder) atEnd() bool {
	if d.space(); d.p >= d.end {
		return true
	}
	return d.fail(TrailingBytes, "next value")
}

// rejectItem rejects an item for the reason that the scanner noted.
func (d *decoder) rejectItem(v item) {
	detail := d.where
	if detail == "" && d.what != "" {
		detail = fmt.Sprintf("%s at byte %d", d.what, d.failed-v.start)
	}
	d.block.Rejects = append(d.block.Rejects, Reject{
		Line:   v.line,
		Entry:  v.entry,
		Offset: d.block.Offset + int64(v.start),
		Length: int64(v.end - v.start),
		Reason: d.reason,
		Detail: detail,
		Raw:    d.block.Bytes[v.start:min(v.end, v.start+MaxRejectBytes)],
	})
}

// refuse rejects a record that the reader found unusable.
func (d *decoder) refuse(r record) {
	d.used += int64(r.end - r.start)
	d.block.Rejects = append(d.block.Rejects, Reject{
		Line:   r.line,
		Entry:  r.entry,
		Offset: r.offset,
		Length: r.length,
		Reason: r.reject,
		Raw:    d.block.Bytes[r.start:min(r.end, r.start+MaxRejectBytes)],
	})
}
