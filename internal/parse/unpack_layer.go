package parse

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
)

var formatNames = map[format]string{deflated: "zip", gzipped: "gzip", zstandard: "zstd", bzipped: "bzip2"}

// A gzipLayer reads gzip members one by one, to know how many there are (RFC
// 1952, section 2.2).
type gzipLayer struct {
	in      *bufio.Reader
	z       *gzip.Reader
	members int
	size    int64 // bytes of the current member
}

func (g *gzipLayer) Read(p []byte) (int, error) {
	for {
		if g.z == nil {
			if err := g.next(); err != nil {
				return 0, err
			}
		}
		n, err := g.z.Read(p)
		g.size += int64(n)
		switch {
		case errors.Is(err, gzip.ErrChecksum):
			return n, errChecksum
		case n > 0 || err == nil:
			return n, nil
		case !errors.Is(err, io.EOF):
			return 0, err
		}
		if _, err := g.in.Peek(1); err != nil {
			return 0, err
		}
		g.z = nil
	}
}

// next begins a member.
func (g *gzipLayer) next() error {
	z, err := gzip.NewReader(g.in)
	switch {
	case errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	case errors.Is(err, gzip.ErrHeader) && g.members > 0:
		return errTrailing
	case err != nil:
		return err
	}
	z.Multistream(false)
	g.z, g.size = z, 0
	g.members++
	return nil
}

// openEnd: an empty member at the end is how bgzip shows that it is the end.
func (g *gzipLayer) openEnd() bool { return g.members > 1 && g.size > 0 }

func (g *gzipLayer) Close() error { return nil }

// A bzip2Layer counts the streams that follow one another by their magic number,
// which is 10 bytes long: data have it once in a million years.
type bzip2Layer struct {
	io.Reader
	in      io.Reader
	tail    []byte // the last bytes, in which a magic number may begin
	streams int
}

func newBzip2Layer(in *bufio.Reader) *bzip2Layer {
	b := &bzip2Layer{in: in}
	b.Reader = bzip2.NewReader(bufio.NewReader(readerFunc(b.count)))
	return b
}

func (b *bzip2Layer) count(p []byte) (int, error) {
	const magic = 10 // "BZh", the block size, the block's "1AY&SY"
	n, err := b.in.Read(p)
	b.tail = append(b.tail, p[:n]...)
	for i := 0; ; {
		j := bytes.Index(b.tail[i:], []byte("BZh"))
		if j < 0 || i+j+magic > len(b.tail) {
			b.tail = append(b.tail[:0], b.tail[max(i, len(b.tail)-magic+1):]...)
			return n, err
		}
		if formatOf(b.tail[i+j:]) == bzipped {
			b.streams++
		}
		i += j + 3
	}
}

func (b *bzip2Layer) openEnd() bool { return b.streams > 1 }

func (b *bzip2Layer) Close() error { return nil }

// A readerFunc is a Read method.
type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// A flateLayer is a member of a zip archive, whose directory proves the end.
type flateLayer struct{ io.ReadCloser }

func newFlateLayer(in *bufio.Reader) flateLayer { return flateLayer{flate.NewReader(in)} }

func (flateLayer) openEnd() bool { return false }
