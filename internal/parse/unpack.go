package parse

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxLayers is how often a file may be compressed: a .gz may be compressed once
// more by a server on the way, or be in an archive.
const maxLayers = 2

// An unpacker turns the bytes of a file into its content.
type unpacker struct {
	tap    *tap
	o      *Options
	output *int64       // how many more bytes may come out of the file or archive
	check  *memberCheck // of a member of an archive; else nil

	in     *bufio.Reader // of the outermost layer: what of tap was not used yet
	layers []layer
}

// A layer undoes one compression.
type layer interface {
	io.Reader
	// openEnd reports, after io.EOF, whether there were several parts one behind
	// the other, so that the end of another one may be where it was cut off.
	openEnd() bool
	// Close frees its memory.
	Close() error
}

// unpack returns the content of what is stored as f says, and then perhaps
// compressed once more.
func (u *unpacker) unpack(f format) (io.Reader, error) {
	in := io.Reader(u.tap)
	if f != stored {
		in = u.push(f, in)
	}
	if u.check != nil {
		u.check.in, in = in, u.check
	}
	for {
		head, rest, err := peek(in)
		if err != nil {
			return nil, err
		}
		in, f = rest, formatOf(head)
		if f == stored || f == zipped {
			break
		}
		if len(u.layers) == maxLayers {
			return nil, inputError("", fmt.Sprintf("compressed more than %d times (unpack it first)", maxLayers), ErrForeign)
		}
		in = u.push(f, in)
	}
	if len(u.layers) == 0 {
		return in, nil
	}
	return &guard{unpacker: u, in: in}, nil
}

// push adds a layer over in.
func (u *unpacker) push(f format, in io.Reader) io.Reader {
	buffered := bufio.NewReaderSize(in, 64<<10)
	if len(u.layers) == 0 {
		u.in = buffered
	}
	var l layer
	switch f {
	case gzipped:
		l = &gzipLayer{in: buffered}
	case zstandard:
		l = newZstdLayer(buffered, u.o.MaxWindow)
	case bzipped:
		l = newBzip2Layer(buffered)
	default:
		l = newFlateLayer(buffered)
	}
	u.layers = append(u.layers, l)
	return &damageReader{unpacker: u, in: l, name: formatNames[f]}
}

// used returns how many bytes of the file were used for what came out so far.
func (u *unpacker) used() int64 { return u.tap.sum.size - int64(u.in.Buffered()) }

// note returns what the summary should say of a file that was read to its end.
func (u *unpacker) note() string {
	for _, l := range u.layers {
		if l.openEnd() {
			return NoteOpenEnd
		}
	}
	return ""
}

func (u *unpacker) close() {
	for _, l := range u.layers {
		l.Close()
	}
}

// peek returns the first bytes of r and a reader of all of them.
func peek(r io.Reader) ([]byte, io.Reader, error) {
	head := make([]byte, headSize)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && err != io.ErrUnexpectedEOF {
		return nil, nil, err
	}
	head = head[:n]
	return head, &rejoined{head: bytes.NewReader(head), rest: r}, nil
}

// A rejoined reads head, then rest. It asks head for nothing once it is empty,
// unlike an io.MultiReader it is only one call deep.
type rejoined struct {
	head *bytes.Reader
	rest io.Reader
}

func (r *rejoined) Read(p []byte) (int, error) {
	if r.head.Len() > 0 {
		return r.head.Read(p)
	}
	return r.rest.Read(p)
}

// A damageReader explains what is wrong with compressed bytes.
type damageReader struct {
	*unpacker
	in   io.Reader
	name string // of the format
}

func (d *damageReader) Read(p []byte) (int, error) {
	n, err := d.in.Read(p)
	if err == nil || errors.Is(err, io.EOF) || d.tap.err != nil {
		return n, err
	}
	if _, ok := errors.AsType[*InputError](err); ok {
		return n, err
	}
	return n, &InputError{Offset: d.used(), Text: d.name + ": " + damage(err), Kind: ErrDamaged, Err: err}
}

// damage describes the error of a decompressor.
func damage(err error) string {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the file is cut off (get it again)"
	case errors.Is(err, errChecksum):
		return "the checksum is wrong, so the file is damaged (get it again)"
	case errors.Is(err, errTrailing):
		return "something else follows the compressed data (get it again, or unpack it first)"
	}
	return "the file is damaged (get it again)"
}

var (
	errChecksum = errors.New("wrong checksum")
	errTrailing = errors.New("trailing bytes")
)

// A guard stops what expands too much.
type guard struct {
	*unpacker
	in    io.Reader
	size  int64
	marks [ratioWindow / mebi]int64 // used at every MiB of the last ones
}

// ratioWindow is over how many bytes of output the ratio is measured, which
// includes that it does not matter for less.
const ratioWindow = 64 * mebi

func (g *guard) Read(p []byte) (int, error) {
	n, err := g.in.Read(p[:min(int64(len(p)), mebi-g.size%mebi)])
	if n == 0 {
		return 0, err
	}
	if g.size%mebi == 0 {
		if err := g.checkRatio(); err != nil {
			return 0, err
		}
	}
	g.size += int64(n)
	if *g.output -= int64(n); *g.output < 0 {
		return 0, inputError("", fmt.Sprintf("unpacks to more than %s (unpack it first: files that are not compressed may have any size)", sizeText(g.o.MaxOutput)), ErrLimit)
	}
	return n, err
}

// checkRatio measures the MiBs before the one that has just begun.
func (g *guard) checkRatio() error {
	mark := &g.marks[g.size/mebi%int64(len(g.marks))]
	used := g.used()
	if g.size >= ratioWindow && (used-*mark)*int64(g.o.MaxRatio) < ratioWindow {
		return inputError("", fmt.Sprintf("expands more than %d times; stopped after %d MiB (use --max-ratio)",
			g.o.MaxRatio, g.size/mebi), ErrLimit)
	}
	*mark = used
	return nil
}

// sizeText writes a number of bytes in whole GiB, MiB or bytes.
func sizeText(n int64) string {
	switch {
	case n%gibi == 0:
		return fmt.Sprintf("%d GiB", n/gibi)
	case n%mebi == 0:
		return fmt.Sprintf("%d MiB", n/mebi)
	}
	return fmt.Sprintf("%d bytes", n)
}
