package parse

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// Writing to columns. The memory of a value slice behind its end, up to its
// capacity, is always zero: so growing one is moving its end.

// grow returns s with at least n values, the new ones zero.
func grow[T any](s []T, n int) []T {
	if n <= cap(s) {
		return s[:n]
	}
	t := make([]T, n, max(n, 2*cap(s), 64))
	copy(t, s)
	return t
}

// cut returns s with at most n values and clears the others.
func cut[T any](s []T, n int) []T {
	if n >= len(s) {
		return s
	}
	clear(s[n:])
	return s[:n]
}

// setValid marks the value of a row as present. What follows from that for Rows
// and NValid is left to tally.
func (c *Column) setValid(row int) {
	w := row >> 6
	if w >= len(c.Valid) {
		c.Valid = grow(c.Valid, w+1)
	}
	c.Valid[w] |= 1 << (row & 63)
}

// Has reports whether the value of a row is present.
func (c *Column) Has(row int) bool {
	return row>>6 < len(c.Valid) && c.Valid[row>>6]>>(row&63)&1 == 1
}

// Text returns the string of a row, "" if it is absent. It shares memory with
// the column or the block.
func (c *Column) Text(row int) string {
	if !c.Has(row) {
		return ""
	}
	return c.Strings[row].text()
}

func (s *Str) text() string {
	if s.Len <= inline {
		return unsafe.String((*byte)(unsafe.Pointer(&s.Prefix)), int(s.Len))
	}
	return unsafe.String(*(**byte)(unsafe.Pointer(&s.Ptr)), int(s.Len))
}

// inline is how many bytes a [Str] has room for.
const inline = 12

// putString sets the string of a row to the n bytes at p, of which a copy is
// made only if it fits inline. At least inline bytes must be readable at p.
func (c *Column) putString(row int, p unsafe.Pointer, n int) {
	if row >= len(c.Strings) {
		c.Strings = grow(c.Strings, row+1)
	}
	s := &c.Strings[row]
	s.Len = uint32(n)
	if n > inline {
		s.Prefix = *(*[4]byte)(p)
		s.Ptr = uint64(uintptr(p))
	} else {
		s.putInline(p, n)
	}
	c.setValid(row)
}

func (s *Str) putInline(p unsafe.Pointer, n int) {
	b := (*[inline]byte)(p)
	head, tail := binary.LittleEndian.Uint64(b[:8]), binary.LittleEndian.Uint32(b[8:])
	if n < 8 {
		head &= 1<<(8*n) - 1
		tail = 0
	} else {
		tail &= 1<<(8*(n-8)) - 1
	}
	to := (*[inline]byte)(unsafe.Pointer(&s.Prefix))
	binary.LittleEndian.PutUint64(to[:8], head)
	binary.LittleEndian.PutUint32(to[8:], tail)
}

func (c *Column) putInt(row int, v int32) {
	if row >= len(c.Ints) {
		c.Ints = grow(c.Ints, row+1)
	}
	c.Ints[row] = v
	c.setValid(row)
}

func (c *Column) putFloat(row int, v float64) {
	if row >= len(c.Floats) {
		c.Floats = grow(c.Floats, row+1)
	}
	c.Floats[row] = v
	c.setValid(row)
}

func (c *Column) putBool(row int, v bool) {
	if row >= len(c.Bools) {
		c.Bools = grow(c.Bools, row+1)
	}
	if v {
		c.Bools[row] = 1
	}
	c.setValid(row)
}

func (c *Column) putSpan(row int, s Span) {
	if row >= len(c.Spans) {
		c.Spans = grow(c.Spans, row+1)
	}
	c.Spans[row] = s
	c.setValid(row)
}

// tally sets Rows and NValid of the column and all below it. The Rows of a
// list's child is kept by who fills the list.
func (c *Column) tally(isChild bool) {
	c.NValid = 0
	for _, w := range c.Valid {
		c.NValid += bits.OnesCount64(w)
	}
	if !isChild {
		c.Rows = c.last() + 1
	}
	if c.Child != nil {
		c.Child.tally(true)
	}
	for _, f := range c.Fields {
		f.tally(false)
	}
}

// last returns the last row with a value, -1 if there is none.
func (c *Column) last() int {
	for w := len(c.Valid) - 1; w >= 0; w-- {
		if c.Valid[w] != 0 {
			return w<<6 + bits.Len64(c.Valid[w]) - 1
		}
	}
	return -1
}

// truncate takes back everything from row on.
func (c *Column) truncate(row int) {
	if c.last() < row && !c.List {
		return // below it nothing was written either
	}
	words := (row + 63) >> 6
	c.Valid = cut(c.Valid, words)
	if row&63 != 0 && words == len(c.Valid) {
		c.Valid[words-1] &= 1<<(row&63) - 1
	}
	c.Strings, c.Ints, c.Floats = cut(c.Strings, row), cut(c.Ints, row), cut(c.Floats, row)
	c.Bools, c.Spans = cut(c.Bools, row), cut(c.Spans, row)
	if c.Child != nil {
		c.Child.Rows = c.childRows() // also if the list itself was not finished
		c.Child.truncate(c.Child.Rows)
	}
	for _, f := range c.Fields {
		f.truncate(row)
	}
}

// childRows is the number of elements of all lists.
func (c *Column) childRows() int {
	row := c.last()
	if row < 0 {
		return 0
	}
	return int(c.Spans[row].Offset + c.Spans[row].Length)
}

// reset empties the column and all below it, but keeps the memory.
func (c *Column) reset() {
	if len(c.Valid) == 0 && c.Rows == 0 {
		return
	}
	c.Valid = cut(c.Valid, 0)
	c.Rows, c.NValid = 0, 0
	c.Strings, c.Ints, c.Floats = cut(c.Strings, 0), cut(c.Ints, 0), cut(c.Floats, 0)
	c.Bools, c.Spans = cut(c.Bools, 0), cut(c.Spans, 0)
	if c.Child != nil {
		c.Child.reset()
	}
	for _, f := range c.Fields {
		f.reset()
	}
}
