package export

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

var (
	gzipMagic = []byte("\x1f\x8b")
	zstdMagic = []byte("\x28\xb5\x2f\xfd")
)

var errUnpackedTooLong = errors.New("more than allowed when unpacked")

// ungzip unpacks a body that is gzip, as proxies make it unasked, to at most limit
// bytes. What does not begin as gzip is returned as it is: no JSON does.
func ungzip(body []byte, limit int64) ([]byte, error) {
	if !bytes.HasPrefix(body, gzipMagic) {
		return body, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	text, err := io.ReadAll(io.LimitReader(z, limit+1))
	if err == nil && int64(len(text)) > limit {
		return nil, errUnpackedTooLong
	}
	return text, err
}

// unzstd reads zstd with one goroutine and little memory.
func unzstd(r io.Reader) (*zstd.Decoder, error) {
	return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
}

// isPackedHead reports whether a file begins as compressed data, whatever was said
// of it.
func isPackedHead(head []byte) bool {
	return bytes.HasPrefix(head, gzipMagic) || bytes.HasPrefix(head, zstdMagic)
}

// maxUnpacked is how many times larger than itself a file may be for its end to be
// looked at. An import that finds more refuses it.
const maxUnpacked = 200

// unpacks reports whether the file that was received is compressed, and then
// whether it can be unpacked to its end.
func (p *part) unpacks() (whole, packed bool, err error) {
	frames, err := unzstd(io.NewSectionReader(p.file, 0, p.state.Part))
	if err != nil {
		return false, false, err
	}
	defer frames.Close()
	file := bufio.NewReader(frames)
	head, err := file.Peek(int(min(p.state.Raw, int64(len(zstdMagic)))))
	if err != nil {
		return false, false, fmt.Errorf("read back a download: %w", err)
	}
	var unpacked io.Reader
	switch {
	case bytes.HasPrefix(head, gzipMagic):
		z, err := gzip.NewReader(file)
		if err != nil {
			return false, true, nil
		}
		defer z.Close()
		unpacked = z
	case bytes.Equal(head, zstdMagic):
		z, err := unzstd(file)
		if err != nil {
			return false, true, nil
		}
		defer z.Close()
		unpacked = z
	default:
		return false, false, nil
	}
	_, err = io.CopyN(io.Discard, unpacked, maxUnpacked*p.state.Raw+1)
	return err == nil || errors.Is(err, io.EOF), true, nil
}
