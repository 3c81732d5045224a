package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"

	"github.com/fhirwh/fhirwh/internal/synth/example"
)

// An origin is where a connection's records come from: a file, which may change
// between two exports, or bytes.
type origin struct {
	path string // empty: text
	text func() ([]byte, error)
}

// invented writes the record that is exported if no file is given.
func invented() ([]byte, error) {
	var b bytes.Buffer
	err := example.Write(&b)
	return b.Bytes(), err
}

// originFor returns what the connection of that number exports.
func (s *Sandbox) originFor(number int) (*origin, error) {
	if len(s.opts.Files) == 0 {
		return &origin{text: s.invented}, nil
	}
	path := s.opts.Files[number%len(s.opts.Files)]
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &origin{path: path}, f.Close()
}

// inMemory is the size up to which a file is read when it is exported. A larger
// one is kept open instead, so it must be replaced, not written to.
const inMemory = 16 << 20

// A snapshot is the records as one export took them.
type snapshot struct {
	io.ReaderAt
	size  int64
	etag  string
	stats stats
	file  *os.File // nil: in memory
}

// take reads the records.
func (o *origin) take() (*snapshot, error) {
	if o.path == "" {
		text, err := o.text()
		if err != nil {
			return nil, err
		}
		return snapshotOf(text), nil
	}
	f, err := os.Open(o.path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil || info.Size() <= inMemory {
		defer f.Close()
	}
	if err != nil {
		return nil, err
	}
	if info.Size() <= inMemory {
		text, err := io.ReadAll(f)
		if err != nil {
			return nil, fmt.Errorf("read export: %w", err)
		}
		return snapshotOf(text), nil
	}
	counted, err := count(io.NewSectionReader(f, 0, info.Size()))
	if err != nil {
		return nil, fmt.Errorf("read export: %w", err)
	}
	version := sha256.Sum256(fmt.Appendf(nil, "%d %d", info.Size(), info.ModTime().UnixNano()))
	return &snapshot{ReaderAt: f, file: f, size: info.Size(), etag: etagOf(version), stats: counted}, nil
}

func snapshotOf(text []byte) *snapshot {
	counted, _ := count(bytes.NewReader(text)) // memory gives no errors
	return &snapshot{ReaderAt: bytes.NewReader(text), size: int64(len(text)), etag: etagOf(sha256.Sum256(text)), stats: counted}
}

func etagOf(hash [32]byte) string { return `"` + hex.EncodeToString(hash[:16]) + `"` }

// reader reads the snapshot from its beginning.
func (s *snapshot) reader() *io.SectionReader { return io.NewSectionReader(s, 0, s.size) }

// halves cuts the snapshot after a line, about in the middle.
func (s *snapshot) halves() (*snapshot, *snapshot, error) {
	text, err := io.ReadAll(s.reader())
	if err != nil {
		return nil, nil, err
	}
	middle := len(text) / 2
	middle += bytes.IndexByte(text[middle:], '\n') + 1
	return snapshotOf(text[:middle]), snapshotOf(text[middle:]), nil
}

func (s *Sandbox) closeFiles() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range s.objects {
		if o.file != nil {
			_ = o.file.Close() // was only read; may be closed already
		}
	}
}
