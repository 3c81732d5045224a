package parse

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/zeebo/xxh3"
)

// sumChunk is how many bytes of a file are hashed together.
const sumChunk = 4 << 20

// SumFile returns the hash of a file's bytes as stored, the same that [Read]
// computes on its way: xxh3-128 over the xxh3-128 hashes of its chunks of 4 MiB
// (big-endian; the last chunk may be shorter) and its length (8 bytes,
// little-endian). It reads several chunks at once.
func SumFile(ctx context.Context, path string) ([16]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return [16]byte{}, systemError(path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return [16]byte{}, systemError(path, err)
	}
	sum, err := sumSection(ctx, io.NewSectionReader(f, 0, info.Size()))
	if err != nil && ctx.Err() == nil {
		return [16]byte{}, systemError(path, err)
	}
	return sum, err
}

// sumSection is SumFile for a part of a file.
func sumSection(ctx context.Context, r *io.SectionReader) ([16]byte, error) {
	sums := make([][16]byte, (r.Size()+sumChunk-1)/sumChunk)
	var next atomic.Int64
	errs := make([]error, min(runtime.GOMAXPROCS(0), len(sums)))
	var wg sync.WaitGroup
	for w := range errs {
		wg.Go(func() {
			buf := make([]byte, readStep)
			for errs[w] == nil {
				i := next.Add(1) - 1
				if i >= int64(len(sums)) {
					return
				}
				part := io.NewSectionReader(r, i*sumChunk, min(sumChunk, r.Size()-i*sumChunk))
				sums[i], errs[w] = sumPart(ctx, part, buf)
			}
		})
	}
	wg.Wait()
	return sumTree(sums, r.Size()), errors.Join(errs...)
}

// sumPart hashes one chunk.
func sumPart(ctx context.Context, r *io.SectionReader, buf []byte) ([16]byte, error) {
	var h xxh3.Hasher
	for at := int64(0); at < r.Size(); {
		if ctx.Err() != nil {
			return [16]byte{}, context.Cause(ctx)
		}
		n, err := r.Read(buf)
		h.Write(buf[:n])
		at += int64(n)
		if errors.Is(err, io.EOF) && at < r.Size() {
			return [16]byte{}, io.ErrUnexpectedEOF // the file has shrunk
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return [16]byte{}, err
		}
	}
	return h.Sum128().Bytes(), nil
}

func sumTree(sums [][16]byte, size int64) [16]byte {
	var h xxh3.Hasher
	for _, sum := range sums {
		h.Write(sum[:])
	}
	h.Write(binary.LittleEndian.AppendUint64(nil, uint64(size)))
	return h.Sum128().Bytes()
}

// A summer computes the hash of SumFile from the bytes of a file in order.
type summer struct {
	chunk xxh3.Hasher
	sums  [][16]byte
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
	s.sums = append(s.sums, s.chunk.Sum128().Bytes())
	s.chunk.Reset()
}

// sum returns the hash. Nothing can be written afterwards.
func (s *summer) sum() [16]byte {
	if s.size%sumChunk != 0 {
		s.endChunk()
	}
	return sumTree(s.sums, s.size)
}
