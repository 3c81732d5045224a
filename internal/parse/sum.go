package parse

import (
	"encoding/binary"

	"github.com/zeebo/xxh3"
)

// sumChunk is how many bytes of a file are hashed together.
const sumChunk = 4 << 20

// A summer computes the hash of a file from its bytes in order: xxh3-128 over the
// xxh3-128 hashes of its chunks of 4 MiB (big-endian, the last one shorter) and
// its length (8 bytes, little-endian). So chunks can be hashed at once.
type summer struct {
	chunk xxh3.Hasher
	tree  xxh3.Hasher
	size  int64
}

// Write adds bytes. It never fails.
func (s *summer) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		part := p[:min(len(p), int(sumChunk-s.size%sumChunk))]
		s.chunk.Write(part)
		s.size += int64(len(part))
		p = p[len(part):]
		if s.size%sumChunk == 0 {
			s.endChunk()
		}
	}
	return n, nil
}

func (s *summer) endChunk() {
	sum := s.chunk.Sum128().Bytes()
	s.tree.Write(sum[:])
	s.chunk.Reset()
}

// sum returns the hash. Nothing can be written afterwards.
func (s *summer) sum() [16]byte {
	if s.size%sumChunk != 0 {
		s.endChunk()
	}
	var size [8]byte
	binary.LittleEndian.PutUint64(size[:], uint64(s.size))
	s.tree.Write(size[:])
	return s.tree.Sum128().Bytes()
}
