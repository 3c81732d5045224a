package warehouse

import (
	"math/bits"
	"unsafe"
)

// A keyIndex maps the key of an identity to the hash of its content. It takes 19
// to 28 bytes for each entry: slots of 16 bytes in shards that grow one by one,
// by half, so that no moment needs two copies of the whole.
//
// A key stands for an identity without being it: two identities with the same
// 64 bits look like one that was sent twice. That costs a look at the real ids
// and is never believed.
type keyIndex struct {
	shards [256]indexShard
	count  int
}

type indexShard struct {
	slots []indexSlot
	used  int
	marks []uint64 // a bit a slot; nil if none is set
}

type indexSlot struct{ key, hash uint64 }

// get returns the hash stored under key.
func (x *keyIndex) get(key uint64) (hash uint64, ok bool) {
	s := &x.shards[key>>56]
	if len(s.slots) == 0 {
		return 0, false
	}
	slot := s.find(nonzero(key))
	return slot.hash, slot.key != 0
}

// put stores hash under key, in the place of what was there.
func (x *keyIndex) put(key, hash uint64) {
	s := &x.shards[key>>56]
	if s.used >= len(s.slots)*6/7 {
		s.grow()
	}
	slot := s.find(nonzero(key))
	if slot.key == 0 {
		slot.key = nonzero(key)
		s.used++
		x.count++
	}
	slot.hash = hash
}

// nonzero keeps 0 free to mark an empty slot.
func nonzero(key uint64) uint64 {
	if key == 0 {
		return 1
	}
	return key
}

func (s *indexShard) find(key uint64) *indexSlot { return &s.slots[s.position(key)] }

// position returns the slot that has the key, or the empty one where it belongs.
func (s *indexShard) position(key uint64) uint64 {
	// the low 56 bits, spread over the slots without a division
	i, _ := bits.Mul64(key<<8, uint64(len(s.slots)))
	for s.slots[i].key != key && s.slots[i].key != 0 {
		if i++; i == uint64(len(s.slots)) {
			i = 0
		}
	}
	return i
}

func (s *indexShard) grow() {
	old := s.slots
	s.slots = newSlots(max(16, len(old)*3/2))
	for _, slot := range old {
		if slot.key != 0 {
			*s.find(slot.key) = slot
		}
	}
	freeSlots(old)
}

// offHeapSlots is from how many slots on a shard lives outside Go's heap, which
// would take as much again before it is collected.
const offHeapSlots = 1024

func newSlots(n int) []indexSlot {
	if n < offHeapSlots {
		return make([]indexSlot, n)
	}
	b := mapMemory(n * int(unsafe.Sizeof(indexSlot{})))
	return unsafe.Slice((*indexSlot)(unsafe.Pointer(unsafe.SliceData(b))), n)
}

func freeSlots(slots []indexSlot) {
	if len(slots) < offHeapSlots {
		return
	}
	size := len(slots) * int(unsafe.Sizeof(indexSlot{}))
	unmapMemory(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(slots))), size))
}

// free gives the index's memory back. It is empty then.
func (x *keyIndex) free() {
	for i := range x.shards {
		freeSlots(x.shards[i].slots)
	}
	*x = keyIndex{}
}

// bytes is the memory that the index takes.
func (x *keyIndex) bytes() int64 {
	n := 0
	for i := range x.shards {
		n += cap(x.shards[i].slots) * 16
	}
	return int64(n)
}

// mark notes that key, which has an entry, was met again. No entry may be added
// afterwards. Readers of get may run at the same time.
func (x *keyIndex) mark(key uint64) {
	s := &x.shards[key>>56]
	if len(s.slots) == 0 {
		return
	}
	if s.marks == nil {
		s.marks = make([]uint64, (len(s.slots)+63)/64)
	}
	if i := s.position(nonzero(key)); s.slots[i].key != 0 {
		s.marks[i/64] |= 1 << (i % 64)
	}
}

// marked reports whether key was marked.
func (x *keyIndex) marked(key uint64) bool {
	s := &x.shards[key>>56]
	if s.marks == nil {
		return false
	}
	i := s.position(nonzero(key))
	return s.marks[i/64]>>(i%64)&1 == 1
}
