package warehouse

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// The layout of a DuckDB database file, as far as we read and write it
// ourselves. Three headers of 4 KiB: the main one, which says what the file is,
// and two slots, of which the valid one with the higher iteration counts. Then
// blocks of one size. A checkpoint writes blocks that were free, and the other
// slot last.
//
// Source: DuckDB v1.5, src/storage/single_file_block_manager.cpp,
// metadata/metadata_manager.cpp, checksum.cpp.
const (
	slotSize    = 4096
	headerSize  = 3 * slotSize
	subBlocks   = 64 // of a metadata block
	noBlock     = ^uint64(0)
	blockIDMask = 1<<56 - 1

	oldestStorage = 64 // DuckDB v1.0.0
	newestStorage = 68 // DuckDB v1.5.0
)

// checksum is DuckDB's, of bytes whose length is a multiple of 8.
func checksum(b []byte) uint64 {
	h := uint64(5381)
	for ; len(b) >= 8; b = b[8:] {
		h ^= binary.LittleEndian.Uint64(b) * 0xbf58476d1ce4e5b9
	}
	return h
}

// summed reports whether b begins with the checksum of the rest.
func summed(b []byte) bool { return binary.LittleEndian.Uint64(b) == checksum(b[8:]) }

// A slot is one of the two database headers.
type slot struct {
	valid     bool // its checksum is right
	iteration uint64
	freeList  uint64 // metadata pointer, noBlock in an empty database
	blocks    uint64 // in use or free; the file may be longer, or shorter if the last ones are free
	blockSize uint64
}

func parseSlot(b []byte) slot {
	field := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8+8*i:]) }
	return slot{
		valid:     summed(b[:slotSize]),
		iteration: field(0), freeList: field(2), blocks: field(3), blockSize: field(4),
	}
}

// A header is the first 12 KiB of a database file.
type header struct {
	raw    []byte
	active int // 1 or 2: the slot at raw[active*slotSize:]
	slot       // that slot
}

var errSlots = errors.New("both database headers have a wrong checksum")

// parseHeader reads raw, which must be headerSize long. At least one slot of the
// header it returns is valid.
func parseHeader(raw []byte) (*header, error) {
	if !summed(raw[:slotSize]) {
		return nil, errors.New("the main header has a wrong checksum")
	}
	one, two := parseSlot(raw[slotSize:]), parseSlot(raw[2*slotSize:])
	h := &header{raw: raw, active: 2, slot: two}
	if one.valid && (!two.valid || one.iteration > two.iteration) {
		h.active, h.slot = 1, one
	}
	if !h.valid {
		return nil, errSlots
	}
	if h.blockSize < 1<<14 || h.blockSize > 1<<18 || h.blockSize&(h.blockSize-1) != 0 {
		return nil, fmt.Errorf("blocks of %d bytes are not possible", h.blockSize)
	}
	return h, nil
}

// other is the slot that is not active, and its place in the file.
func (h *header) other() (slot, int64) {
	at := int64(3-h.active) * slotSize
	return parseSlot(h.raw[at:]), at
}

// at is where block id begins in the file.
func (h *header) at(id uint64) int64 { return headerSize + int64(id*h.blockSize) }

// subSize is the size of a sub-block of a metadata block; sub-block i begins at
// 8 + i*subSize of its block.
func (h *header) subSize() int { return int((h.blockSize-8)/subBlocks) &^ 7 }

func readHeader(f io.ReaderAt) (*header, error) {
	raw := make([]byte, headerSize)
	if _, err := f.ReadAt(raw, 0); err != nil {
		return nil, fmt.Errorf("read header: %w", err)
	}
	return parseHeader(raw)
}

// A metaBlock is a block of metadata: catalog, statistics, and where the data
// are.
type metaBlock struct {
	id   uint64
	free uint64 // bit i set: sub-block i is free
	data []byte
}

// A root is the state that a header slot leads to, without the data.
type root struct {
	*header
	size     int64 // of the file
	freeList map[uint64]bool
	meta     []metaBlock
}

// A blockError is a metadata block that is not what was written there.
type blockError struct {
	id     uint64
	reason string
}

func (e *blockError) Error() string { return fmt.Sprintf("metadata block %d: %s", e.id, e.reason) }

// readRoot reads the newest state of a database file that no process has open
// for writing. strict checks the checksums of all metadata blocks and of both
// slots.
func readRoot(f io.ReaderAt, size int64, strict bool) (*root, error) {
	h, err := readHeader(f)
	if err != nil {
		return nil, err
	}
	if o, _ := h.other(); strict && !o.valid {
		return nil, errors.New("one of the two database headers has a wrong checksum")
	}
	return readRootOf(f, size, h, strict)
}

// readRootOf is readRoot for the active slot of h, which the file need not hold.
func readRootOf(f io.ReaderAt, size int64, h *header, strict bool) (*root, error) {
	r := &root{header: h, size: size, freeList: map[uint64]bool{}}
	if h.freeList == noBlock {
		return r, nil
	}
	m := &metaReader{f: f, h: h, next: h.freeList, strict: strict, blocks: map[uint64][]byte{}}
	m.limit = subBlocks * (1 + uint64(size)/h.blockSize)
	if err := m.readLists(r); err != nil {
		return nil, err
	}
	return r, nil
}

// A metaReader reads the chain of sub-blocks that holds the free list.
type metaReader struct {
	f      io.ReaderAt
	h      *header
	strict bool
	next   uint64 // pointer to the next sub-block
	rest   []byte // of the current one
	steps  uint64
	limit  uint64 // of steps: as many sub-blocks as the file can have
	blocks map[uint64][]byte
}

// readLists fills r: the free blocks; the blocks with several users, which do
// not matter here; the metadata blocks.
func (m *metaReader) readLists(r *root) error {
	err := m.list(8, func(b []byte) error {
		r.freeList[binary.LittleEndian.Uint64(b)] = true
		return nil
	})
	if err != nil {
		return err
	}
	if err := m.list(12, func([]byte) error { return nil }); err != nil {
		return err
	}
	return m.list(16, func(b []byte) error {
		id := binary.LittleEndian.Uint64(b)
		data, err := m.block(id)
		r.meta = append(r.meta, metaBlock{id: id, free: binary.LittleEndian.Uint64(b[8:]), data: data})
		return err
	})
}

// list reads a number and that many items of width bytes.
func (m *metaReader) list(width int, item func([]byte) error) error {
	buf := make([]byte, 16)
	if err := m.read(buf[:8]); err != nil {
		return err
	}
	for range binary.LittleEndian.Uint64(buf) {
		if err := m.read(buf[:width]); err != nil {
			return err
		}
		if err := item(buf[:width]); err != nil {
			return err
		}
	}
	return nil
}

func (m *metaReader) read(b []byte) error {
	for len(b) > 0 {
		if len(m.rest) == 0 {
			if err := m.advance(); err != nil {
				return err
			}
		}
		n := copy(b, m.rest)
		b, m.rest = b[n:], m.rest[n:]
	}
	return nil
}

func (m *metaReader) advance() error {
	if m.next == noBlock {
		return errors.New("the list of free blocks ends early")
	}
	if m.steps++; m.steps > m.limit {
		return errors.New("the list of free blocks runs in a circle")
	}
	b, err := m.block(m.next & blockIDMask)
	if err != nil {
		return err
	}
	size, index := m.h.subSize(), m.next>>56
	if index >= subBlocks {
		return errors.New("the list of free blocks leads out of its block")
	}
	sub := b[8+int(index)*size:][:size]
	m.next, m.rest = binary.LittleEndian.Uint64(sub), sub[8:]
	return nil
}

func (m *metaReader) block(id uint64) ([]byte, error) {
	if b := m.blocks[id]; b != nil {
		return b, nil
	}
	if id >= m.h.blocks {
		return nil, &blockError{id, "lies behind the end of the file"}
	}
	b := make([]byte, m.h.blockSize)
	if _, err := m.f.ReadAt(b, m.h.at(id)); err != nil {
		return nil, fmt.Errorf("read metadata block %d: %w", id, err)
	}
	if m.strict && !summed(b) {
		return nil, &blockError{id, "wrong checksum"}
	}
	m.blocks[id] = b
	return b, nil
}

// logIteration reads from a write-ahead log the iteration of the header that it
// goes on from. ok is false if it does not say, which logs of databases made for
// DuckDB older than 1.4 do not.
//
// Source: DuckDB v1.5, src/storage/write_ahead_log.cpp; fields are a 16-bit
// number and a value, bytes and numbers are LEB128.
func logIteration(path string) (iteration uint64, ok bool) {
	f, err := os.Open(path)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	b := make([]byte, 64)
	n, err := f.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, false
	}
	return parseLogIteration(b[:n])
}

func parseLogIteration(b []byte) (iteration uint64, ok bool) {
	// 100: kind of entry, version; 101: 2; 102: a list of 16 bytes, the database's id
	b, ok = bytes.CutPrefix(b, []byte{100, 0, 98, 101, 0, 2, 102, 0, 16})
	for range 16 {
		_, n := binary.Uvarint(b)
		if n <= 0 {
			return 0, false
		}
		b = b[n:]
	}
	b, found := bytes.CutPrefix(b, []byte{103, 0})
	iteration, n := binary.Uvarint(b)
	return iteration, ok && found && n > 0
}
