package parse

import (
	"bytes"
	"context"
	"errors"
	"io"
)

// A chunk is the bytes of one block before they are decoded.
type chunk struct {
	bytes   []byte   // with Padding behind them
	offset  int64    // of bytes[0] in the unpacked stream
	line    int64    // 1-based number of the line that bytes[0] is in
	records []record // nil: bytes are whole lines, a resource each
	blank   int64    // bytes left out that belong to no resource and no reject
	last    bool     // nothing follows
}

// A cutter cuts the unpacked bytes of one input into chunks of whole resources.
//
// The bytes are read straight into the memory of a chunk; only what lies behind
// the last whole resource is copied, into the next one. Where the cuts are does
// not depend on how the reader portions its bytes.
type cutter struct {
	ctx     context.Context
	in      io.Reader
	pool    *pool
	size    int   // bytes of a chunk, unless a resource is longer
	maxLine int64 // bytes of a resource; at least size-1
	emit    func(chunk) error
	check   func(head []byte, all bool) error // if set, looks at the first bytes, or all

	buf    []byte // what was read and not yet emitted
	want   int    // bytes to fill buf with, within its capacity less Padding
	offset int64  // of buf[0]
	line   int64  // of buf[0]
	blank  int64  // for the next chunk
	eof    bool   // nothing follows buf
	done   bool   // the last chunk was emitted
}

// run cuts everything. It emits at least one chunk, the last one marked so.
func (c *cutter) run() error {
	defer func() { c.pool.put(c.buf) }()
	c.line = 1
	if err := c.grow(max(c.size, headSize)); err != nil {
		return err
	}
	if err := c.fill(); err != nil {
		return err
	}
	if c.check != nil {
		if err := c.check(c.buf, c.eof); err != nil {
			return err
		}
	}
	if bytes.HasPrefix(c.buf, byteOrderMark) {
		c.buf = append(c.buf[:0], c.buf[len(byteOrderMark):]...)
		c.offset, c.blank = int64(len(byteOrderMark)), int64(len(byteOrderMark))
	}
	return c.split()
}

var byteOrderMark = []byte("\xEF\xBB\xBF")

// fill reads until the buffer is as full as wanted or the input ends.
func (c *cutter) fill() error {
	for len(c.buf) < c.want && !c.eof {
		n, err := c.in.Read(c.buf[len(c.buf):c.want])
		c.buf = c.buf[:len(c.buf)+n]
		if errors.Is(err, io.EOF) {
			c.eof = true
		} else if err != nil {
			return err
		}
	}
	return nil
}

// grow makes room for want bytes.
func (c *cutter) grow(want int) error {
	c.want = want
	if cap(c.buf) >= want+Padding {
		return nil
	}
	buf, err := c.pool.get(c.ctx, want)
	if err != nil {
		return err
	}
	old := c.buf
	c.buf = append(buf, old...)
	c.pool.put(old)
	return nil
}

// cutLines cuts behind the last newline of each buffer and looks at nothing
// else.
func (c *cutter) cutLines() error {
	searched := 0 // no newline before
	for !c.done {
		if err := c.fill(); err != nil {
			return err
		}
		n := int(min(int64(len(c.buf)), c.maxLine+1))
		newline := bytes.LastIndexByte(c.buf[searched:n], '\n')
		var err error
		switch {
		case newline < 0 && int64(n) > c.maxLine:
			searched, err = 0, c.skipLine()
		case c.eof && n == len(c.buf):
			err = c.flush(n, nil)
		case newline >= 0:
			searched, err = 0, c.flush(searched+newline+1, nil)
		default:
			searched, err = n, c.grow(int(min(2*int64(n), c.maxLine+1)))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// skipLine drops the line that the buffer begins with, because it is too long.
// Its first bytes and its measures become a record that is only to be rejected.
func (c *cutter) skipLine() error {
	if err := c.grow(max(c.want, MaxRejectBytes+c.size)); err != nil {
		return err
	}
	if err := c.fill(); err != nil {
		return err
	}
	kept := min(len(c.buf), MaxRejectBytes)
	if i := bytes.IndexByte(c.buf[:kept], '\n'); i >= 0 {
		kept = i
	}
	length, err := c.skipToNewline(kept)
	if err != nil {
		return err
	}
	return c.reject(kept, length)
}

// skipToNewline drops bytes from buf[from] on until a newline follows, or the
// input ends, and returns how many bytes are before it, dropped ones included.
func (c *cutter) skipToNewline(from int) (int64, error) {
	length := int64(from)
	for {
		rest := c.buf[from:]
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			c.buf = append(c.buf[:from], rest[i:]...)
			return length + int64(i), nil
		}
		length += int64(len(rest))
		c.buf = c.buf[:from]
		if c.eof {
			return length, nil
		}
		if err := c.fill(); err != nil {
			return 0, err
		}
	}
}

// reject emits the first kept bytes of the buffer as what is left of a line of
// length bytes that was too long, and takes its newline away.
func (c *cutter) reject(kept int, length int64) error {
	gone := length - int64(kept)
	if kept < len(c.buf) {
		c.buf = append(c.buf[:kept], c.buf[kept+1:]...)
		c.blank++
		gone++
	}
	r := record{end: kept, line: c.line, entry: -1, reject: LineTooLong, length: length, offset: c.offset}
	if err := c.flush(kept, []record{r}); err != nil {
		return err
	}
	c.offset += gone
	c.line++
	return nil
}

// flush emits the first n bytes of the buffer.
func (c *cutter) flush(n int, records []record) error {
	c.done = c.eof && n == len(c.buf)
	out := chunk{offset: c.offset, line: c.line, records: records, blank: c.blank, last: c.done}
	c.offset += int64(n)
	c.line += int64(bytes.Count(c.buf[:n], []byte{'\n'}))
	c.blank = 0
	var err error
	if out.bytes, err = c.take(n); err != nil {
		return err
	}
	return c.emit(out)
}

// take splits the first n bytes from the buffer, in memory of about that size,
// and moves the rest to where it can be read on.
func (c *cutter) take(n int) ([]byte, error) {
	rest := c.buf[n:]
	few := 4*c.pool.class(n+Padding) <= cap(c.buf)
	if few {
		out, err := c.pool.get(c.ctx, n)
		if err != nil {
			return nil, err
		}
		out = append(out, c.buf[:n]...)
		c.buf = append(c.buf[:0], rest...)
		return out, c.shrink()
	}
	var next []byte
	var err error
	if !c.done {
		c.want = max(len(rest), c.size)
		next, err = c.pool.get(c.ctx, c.want)
	}
	if err != nil {
		return nil, err
	}
	out := c.buf[:n]
	c.buf = append(next, rest...)
	return out, nil
}

// shrink goes back to a buffer of the usual size after a long line.
func (c *cutter) shrink() error {
	c.want = max(len(c.buf), c.size)
	if cap(c.buf) <= c.pool.block || c.want > c.size {
		return nil
	}
	next, err := c.pool.get(c.ctx, c.size)
	if err != nil {
		return err
	}
	old := c.buf
	c.buf = append(next, old...)
	c.pool.put(old)
	return nil
}
