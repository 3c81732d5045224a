package parse

import (
	"bufio"
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// A zstdLayer reads zstd frames.
type zstdLayer struct {
	in     *bufio.Reader
	z      *zstd.Decoder
	frames zstdFrames
	max    int64 // largest window
	broken error // of z itself
}

func newZstdLayer(in *bufio.Reader, maxWindow int64) *zstdLayer {
	l := &zstdLayer{in: in, max: min(max(maxWindow, zstd.MinWindowSize), zstd.MaxWindowSize)}
	l.z, l.broken = zstd.NewReader(readerFunc(l.readFrames),
		zstd.WithDecoderConcurrency(1), // or it starts goroutines
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(uint64(l.max)))
	return l
}

func (l *zstdLayer) Read(p []byte) (int, error) {
	if l.broken != nil {
		return 0, l.broken
	}
	n, err := l.z.Read(p)
	switch {
	case errors.Is(err, zstd.ErrCRCMismatch):
		err = errChecksum
	case errors.Is(err, zstd.ErrMagicMismatch) && l.frames.count > 0:
		err = errTrailing
	case errors.Is(err, zstd.ErrUnknownDictionary):
		err = inputError("", "zstd: compressed with a dictionary (unpack it first)", ErrForeign)
	}
	return n, err
}

// readFrames reads for the decoder, and refuses a window that would take too
// much memory before the decoder sees it.
func (l *zstdLayer) readFrames(p []byte) (int, error) {
	n, err := l.in.Read(p)
	l.frames.walk(p[:n])
	if l.frames.window > uint64(l.max) {
		const mib = 1<<20 - 1
		return 0, inputError("", fmt.Sprintf("zstd: window of %d MiB is larger than the limit of %s (use --max-window)",
			(l.frames.window+mib)>>20, sizeText(l.max)), ErrLimit)
	}
	return n, err
}

func (l *zstdLayer) openEnd() bool { return l.frames.count > 1 }

func (l *zstdLayer) Close() error {
	if l.z != nil {
		l.z.Close()
	}
	return nil
}

// A zstdFrames walks over the frames of a zstd stream (RFC 8878, section 3.1) in
// pieces of any size, without decoding them. What it does not understand it
// leaves to the decoder.
type zstdFrames struct {
	count  int    // data frames that have begun
	window uint64 // largest window that one of them needs

	head     []byte // bytes of the header that comes next
	next     func(*zstdFrames) bool
	skip     int64 // bytes until it begins
	checksum bool  // the frame ends with one
	lost     bool
}

func (z *zstdFrames) walk(p []byte) {
	for len(p) > 0 && !z.lost {
		if z.skip > 0 {
			n := min(z.skip, int64(len(p)))
			z.skip -= n
			p = p[n:]
			continue
		}
		z.head = append(z.head, p[0])
		p = p[1:]
		if z.next == nil {
			z.next = (*zstdFrames).magic
		}
		if z.next(z) {
			z.head = z.head[:0]
		}
	}
}

// magic takes the number that a frame begins with.
func (z *zstdFrames) magic() bool {
	if len(z.head) < 4 {
		return false
	}
	switch {
	case formatOf(z.head) != zstandard:
		z.lost = true
	case z.head[0]&0xF0 == 0x50:
		z.next = (*zstdFrames).skippable
	default:
		z.count++
		z.next = (*zstdFrames).header
	}
	return true
}

// skippable takes the size of a frame without data.
func (z *zstdFrames) skippable() bool {
	if len(z.head) < 4 {
		return false
	}
	z.skip = int64(littleEndian(z.head))
	z.next = (*zstdFrames).magic
	return true
}

// header takes the header of a data frame (section 3.1.1.1).
func (z *zstdFrames) header() bool {
	flags := z.head[0]
	single := flags>>5&1 == 1
	dictionary := []int{0, 1, 2, 4}[flags&3]
	content := []int{0, 2, 4, 8}[flags>>6]
	if content == 0 && single {
		content = 1
	}
	window := 1
	if single {
		window = 0
	}
	if len(z.head) < 1+window+dictionary+content {
		return false
	}
	var need uint64
	if single {
		need = littleEndian(z.head[1+dictionary:])
		if content == 2 {
			need += 256
		}
	} else {
		base := uint64(1) << (10 + z.head[1]>>3)
		need = base + base/8*uint64(z.head[1]&7)
	}
	z.window = max(z.window, need)
	z.checksum = flags>>2&1 == 1
	z.next = (*zstdFrames).block
	return true
}

// block takes the header of a block (section 3.1.1.2).
func (z *zstdFrames) block() bool {
	if len(z.head) < 3 {
		return false
	}
	h := littleEndian(z.head)
	z.skip = int64(h >> 3)
	if h>>1&3 == 1 {
		z.skip = 1 // a byte to be repeated
	}
	if h&1 == 1 {
		z.next = (*zstdFrames).magic
		if z.checksum {
			z.skip += 4
		}
	}
	return true
}

// littleEndian reads up to 8 bytes as a number.
func littleEndian(b []byte) uint64 {
	var n uint64
	for i := len(b) - 1; i >= 0; i-- {
		n = n<<8 | uint64(b[i])
	}
	return n
}
