package parse

// An arena hands out memory that lives as long as a block, for strings that
// cannot point into the block's bytes.
type arena struct {
	alloc  func(int) []byte
	free   []byte   // of the last chunk
	chunks [][]byte // all, to be given back with the block
}

const (
	smallChunk = 64 << 10
	largeChunk = 1 << 20
)

// room returns an empty slice with capacity for n bytes; behind them [Padding]
// may be read. What is kept of it must be taken before the next call.
func (a *arena) room(n int) []byte {
	if n+Padding > len(a.free) {
		size := smallChunk
		if len(a.chunks) > 0 {
			size = largeChunk
		}
		chunk := a.alloc(max(size, n+Padding))
		a.chunks = append(a.chunks, chunk)
		if n > size/2 {
			return chunk[:0:n] // the rest of the last chunk is not given up for it
		}
		a.free = chunk
	}
	return a.free[:0:n]
}

// take keeps b, which room returned and which may have grown within its
// capacity.
func (a *arena) take(b []byte) {
	if cap(b) > 0 && len(a.free) > 0 && &b[:1][0] == &a.free[0] {
		a.free = a.free[len(b):]
	}
}

// copyOf returns a copy of b.
func (a *arena) copyOf(b []byte) []byte {
	out := append(a.room(len(b)), b...)
	a.take(out)
	return out
}

// reset forgets the chunks and returns them.
func (a *arena) reset() [][]byte {
	chunks := a.chunks
	a.chunks, a.free = nil, nil
	return chunks
}
