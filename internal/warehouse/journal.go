package warehouse

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
)

// A journal holds what a checkpoint overwrites in place or makes unreadable when
// it is torn: the three headers, every metadata block, and the write-ahead logs.
// With it the state before an import comes back whatever happened during exactly
// one checkpoint; two would reuse data blocks that no journal holds. It holds
// patient data (metadata has minima and maxima), so its mode is 0600.
//
// Layout, numbers as 8 bytes little-endian: magic; length of the file; number
// of metadata blocks and of logs; the headers; id, free mask and bytes of each
// block; for each log its index in walSuffixes, length and bytes; SHA-256 of all
// that.
const journalMagic = "FHIRWHJ1"

const journalFixed = 8 + 3*8 + headerSize

// writeJournal makes the journal of a database file that is closed, complete and
// locked. When it returns nil, the journal is on the disk under its name.
func (p place) writeJournal(r *root) error {
	if err := p.ops.Remove(p.journalNew()); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	logs, err := wals(p.path)
	if err == nil {
		err = p.saveParts(p.journalNew(), r, logs)
	}
	if err == nil {
		err = p.ops.Rename(p.journalNew(), p.journal())
	}
	if err == nil {
		err = p.syncDir()
	}
	if err != nil {
		err = fmt.Errorf("write journal: %w", diskError(p.journal(), err))
		return errors.Join(err, p.ops.Remove(p.journalNew()))
	}
	return nil
}

// dropJournal makes the present state of the database the one that counts.
func (p place) dropJournal() error {
	if err := p.ops.Remove(p.journal()); err != nil {
		return fmt.Errorf("remove journal: %w", err)
	}
	if err := p.syncDir(); err != nil {
		return fmt.Errorf("remove journal: %w", err)
	}
	return nil
}

// saveParts writes r and these logs to a new file and syncs it.
func (p place) saveParts(path string, r *root, logs []string) (err error) {
	f, err := p.ops.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := &partWriter{ops: p.ops, f: f, sum: sha256.New()}
	b := bufio.NewWriterSize(w, 1<<20)
	if err := p.writeParts(b, r, logs); err != nil {
		return err
	}
	if err := b.Flush(); err != nil {
		return err
	}
	if err := p.ops.WriteAt(f, w.sum.Sum(nil), w.offset); err != nil {
		return err
	}
	return p.ops.Sync(f)
}

func (p place) writeParts(w *bufio.Writer, r *root, logs []string) error {
	w.WriteString(journalMagic)
	writeNumbers(w, uint64(r.size), uint64(len(r.meta)), uint64(len(logs)))
	w.Write(r.raw)
	for _, m := range r.meta {
		writeNumbers(w, m.id, m.free)
		w.Write(m.data)
	}
	for _, log := range logs {
		if err := p.copyLog(w, log); err != nil {
			return err
		}
	}
	return nil // of the rest, w keeps the first error for Flush
}

func (p place) copyLog(w *bufio.Writer, log string) error {
	f, err := os.OpenFile(log, os.O_RDONLY|noFollow, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	for i, suffix := range walSuffixes {
		if log == p.path+suffix {
			writeNumbers(w, uint64(i), uint64(st.Size()))
		}
	}
	_, err = io.CopyN(w, f, st.Size())
	return err
}

func writeNumbers(w *bufio.Writer, numbers ...uint64) {
	for _, n := range numbers {
		w.Write(binary.LittleEndian.AppendUint64(nil, n))
	}
}

// A partWriter appends to a file and sums what it writes.
type partWriter struct {
	ops    fileOps
	f      *os.File
	sum    hash.Hash
	offset int64
}

func (w *partWriter) Write(b []byte) (int, error) {
	if err := w.ops.WriteAt(w.f, b, w.offset); err != nil {
		return 0, err
	}
	w.sum.Write(b)
	w.offset += int64(len(b))
	return len(b), nil
}

// A savedLog is a write-ahead log inside a journal.
type savedLog struct {
	suffix string
	bytes  *io.SectionReader
}

// A savedState is a journal that was read. Its logs are read from the file, so
// close it last.
type savedState struct {
	root // without the free list
	logs []savedLog
	file *os.File
}

func (s *savedState) close() { s.file.Close() }

var errJournal = errors.New("journal is damaged or not one of fhirwh")

// readJournal reads a journal and checks all of it. The error is fs.ErrNotExist
// if there is none, errJournal if it is not usable, which no crash causes.
func readJournal(path string) (*savedState, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|noFollow, 0)
	if err != nil {
		return nil, err
	}
	s := &savedState{file: f}
	if err := s.read(); err != nil {
		f.Close()
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return s, nil
}

func (s *savedState) read() error {
	st, err := s.file.Stat()
	if err != nil {
		return err
	}
	length := st.Size() - sha256.Size
	if length < journalFixed {
		return errJournal
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(s.file, 0, length)); err != nil {
		return err
	}
	want := make([]byte, sha256.Size)
	if _, err := s.file.ReadAt(want, length); err != nil {
		return err
	}
	if !bytes.Equal(sum.Sum(nil), want) {
		return errJournal
	}
	return s.parse(io.NewSectionReader(s.file, 0, length))
}

// parse reads what the sum says was written whole. It still trusts no number.
func (s *savedState) parse(r *io.SectionReader) error {
	fixed := make([]byte, journalFixed)
	if _, err := io.ReadFull(r, fixed); err != nil || string(fixed[:8]) != journalMagic {
		return errJournal
	}
	number := func(i int) uint64 { return binary.LittleEndian.Uint64(fixed[8+8*i:]) }
	h, err := parseHeader(fixed[journalFixed-headerSize:])
	if err != nil {
		return errJournal
	}
	s.root = root{header: h, size: int64(number(0))}
	for range number(1) {
		b := make([]byte, 16+h.blockSize)
		if _, err := io.ReadFull(r, b); err != nil {
			return errJournal
		}
		s.meta = append(s.meta, metaBlock{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]), b[16:]})
	}
	for range number(2) {
		if err := s.parseLog(r); err != nil {
			return err
		}
	}
	return nil
}

func (s *savedState) parseLog(r *io.SectionReader) error {
	b := make([]byte, 16)
	if _, err := io.ReadFull(r, b); err != nil {
		return errJournal
	}
	index, length := binary.LittleEndian.Uint64(b), int64(binary.LittleEndian.Uint64(b[8:]))
	at, err := r.Seek(0, io.SeekCurrent)
	if err != nil || index >= uint64(len(walSuffixes)) || length < 0 || length > r.Size()-at {
		return errJournal
	}
	s.logs = append(s.logs, savedLog{walSuffixes[index], io.NewSectionReader(s.file, at, length)})
	_, err = r.Seek(length, io.SeekCurrent)
	return err
}
