package export

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// A part is what there is of a file: zstd frames, and the state that belongs to
// their end. It is locked against other processes and used by one goroutine at a
// time.
type part struct {
	path  string
	file  partFile
	state partState // of the frames written; on disk that of the last checkpoint
	sums  sums      // of the bytes received
	kind  string    // content type of the answer
	saved time.Time // when the last checkpoint ended
	cost  time.Duration
}

// A partFile is an [os.File]; tests put in a disk that is full.
type partFile interface {
	io.Writer
	io.ReaderAt
	io.Seeker
	io.Closer
	Sync() error
	Truncate(size int64) error
}

// openPart opens or makes the file and takes its lock.
func openPart(path string) (*part, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make folder for a download: %w", err)
	}
	f, err := lockedFile(path)
	if err != nil {
		return nil, err
	}
	p := &part{path: path, file: f}
	if err := p.restore(f); err != nil {
		_ = f.Close()
		return nil, err
	}
	return p, nil
}

// lockedFile opens the file, and again if another process has moved it away
// before we had its lock.
func lockedFile(path string) (*os.File, error) {
	for range 10 {
		f, err := openOwn(path)
		if err != nil {
			return nil, fmt.Errorf("open a download: %w", err)
		}
		if err := lockFile(f); err != nil {
			_ = f.Close()
			return nil, &PartInUseError{path}
		}
		if isSame(f, path) {
			return f, nil
		}
		_ = f.Close()
	}
	return nil, &PartInUseError{path}
}

// openOwn opens a plain file of ours, or makes it; never where a link leads.
func openOwn(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|noFollow, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL|noFollow, 0o600)
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no plain file", path)
	}
	if err == nil && info.Mode().Perm() != 0o600 {
		err = f.Chmod(0o600)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

func isSame(f *os.File, path string) bool {
	a, err1 := f.Stat()
	b, err2 := os.Lstat(path)
	return err1 == nil && err2 == nil && os.SameFile(a, b)
}

// A PartInUseError is a download that another process is at.
type PartInUseError struct{ Path string }

func (e *PartInUseError) Error() string { return e.Path + ": another process is downloading it" }

// Hint says what to do.
func (e *PartInUseError) Hint() string {
	return "let it finish: fhirwh listen and fhirwh fetch share a landing folder"
}

// restore takes up what an earlier call left, if it can be gone on with.
func (p *part) restore(f *os.File) error {
	state, err := readState(statePath(p.path))
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	sums, ok := state.restoreSums()
	if state.ETag == "" || state.Raw == 0 || info.Size() < state.Part || !ok {
		return p.reset()
	}
	p.state, p.sums = state, sums
	return p.rewind()
}

// rewind cuts the file to the frames that the state knows.
func (p *part) rewind() error {
	err := p.file.Truncate(p.state.Part)
	if err == nil {
		_, err = p.file.Seek(p.state.Part, io.SeekStart)
	}
	return p.diskError(err)
}

// reset forgets everything. The state goes first, so that it never says more
// than there is.
func (p *part) reset() error {
	if err := removeState(p.path); err != nil {
		return err
	}
	p.state, p.sums = partState{Total: -1}, newSums(nil)
	return p.rewind()
}

// expect sets the checksums that the whole file should have.
func (p *part) expect(want map[string]string) error {
	p.state.Want, p.sums = want, newSums(want)
	return nil
}

// canResume reports whether a server can be asked for the rest.
func (p *part) canResume() bool { return p.state.Raw > 0 && p.state.ETag != "" }

// isWhole reports whether the file is complete already.
func (p *part) isWhole() bool { return p.state.Raw > 0 && p.state.Raw == p.state.Total }

// sum is the SHA-256 of the bytes received, hexadecimal.
func (p *part) sum() string { return hex.EncodeToString(p.sums.sha.Sum(nil)) }

// checkSums compares with the checksums that the server gave.
func (p *part) checkSums() error {
	for name, want := range p.state.Want {
		if p.sums.of(name) != want {
			return &ContentError{Problem: "its " + name + " checksum is another than the server says", transient: true}
		}
	}
	return nil
}

// append writes a frame of n bytes and takes over the sums at its end. lineEnd is
// where the last line feed in the frame is, or -1.
func (p *part) append(frame []byte, n, lineEnd int, at sumState) error {
	if _, err := p.file.Write(frame); err != nil {
		return p.diskError(err)
	}
	if lineEnd >= 0 {
		p.state.LineFrame, p.state.LineSkip = p.state.Part, int64(lineEnd)+1
	}
	p.state.Raw += int64(n)
	p.state.Part += int64(len(frame))
	p.state.Sums = at
	return nil
}

// checkpoint makes the frames so far durable, and then the state that knows them.
// It does so seldom enough to take at most a tenth of the time, unless now is
// true.
func (p *part) checkpoint(now bool) error {
	start := time.Now()
	if p.state.Raw == 0 {
		return nil
	}
	if !now && start.Sub(p.saved) < max(checkpointEvery, 9*p.cost) {
		return nil
	}
	if err := p.file.Sync(); err != nil {
		return p.diskError(err)
	}
	if err := p.state.write(statePath(p.path)); err != nil {
		return p.diskError(err)
	}
	p.saved = time.Now()
	p.cost = p.saved.Sub(start)
	return nil
}

const checkpointEvery = 250 * time.Millisecond

// endsWhole reports whether the end of the file can be all that was sent: the last
// line, of which it reads the frames, or the end of compressed data.
func (p *part) endsWhole() (bool, error) {
	if p.state.Raw == 0 {
		return p.state.Packed, nil
	}
	if whole, packed, err := p.unpacks(); packed || err != nil {
		return whole, err
	}
	section := io.NewSectionReader(p.file, p.state.LineFrame, p.state.Part-p.state.LineFrame)
	z, err := unzstd(section)
	if err != nil {
		return false, err
	}
	defer z.Close()
	if _, err := io.CopyN(io.Discard, z, p.state.LineSkip); err != nil {
		return false, fmt.Errorf("read back a download: %w", err)
	}
	var scan lineScan
	if _, err := io.Copy(&scan, z); err != nil {
		return false, fmt.Errorf("read back a download: %w", err)
	}
	return scan.isWhole(), nil
}

// finish moves the whole file to its place. After it, or after a crash in it, the
// file is either there and durable, or the part is.
func (p *part) finish(final string) error {
	if p.state.Raw == 0 { // no frame yet: no bytes at all would not be zstd
		if _, err := p.file.Write(emptyFrame()); err != nil {
			return p.diskError(err)
		}
	}
	if err := p.file.Sync(); err != nil {
		return p.diskError(err)
	}
	if err := os.Rename(p.path, final); err != nil {
		return fmt.Errorf("land a download: %w", err)
	}
	if err := syncFolder(filepath.Dir(final)); err != nil {
		return fmt.Errorf("land a download: %w", err)
	}
	return removeState(p.path)
}

// close gives up the lock.
func (p *part) close() { _ = p.file.Close() }

// diskError says that the disk is full if that is what err is about.
func (p *part) diskError(err error) error {
	switch {
	case err == nil:
		return nil
	case !isNoSpace(err):
		return fmt.Errorf("write a download: %w", err)
	}
	need := int64(0)
	if p.state.Total > p.state.Raw {
		need = p.state.Total - p.state.Raw
	}
	return &DiskFullError{Path: p.path, Need: need, Free: freeSpace(filepath.Dir(p.path)), Err: err}
}

// sums are the checksums of the bytes received so far.
type sums struct {
	sha hash.Hash
	md5 hash.Hash // nil unless the server gave one
}

func newSums(want map[string]string) sums {
	s := sums{sha: sha256.New()}
	if want["md5"] != "" {
		s.md5 = md5.New()
	}
	return s
}

func (s sums) write(b []byte) {
	s.sha.Write(b)
	if s.md5 != nil {
		s.md5.Write(b)
	}
}

// of is a sum as servers write it, base64.
func (s sums) of(name string) string {
	h := s.sha
	if name == "md5" {
		h = s.md5
	}
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}
