package export

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// A partState is what must be known to go on with a download. It has no link in
// it.
type partState struct {
	Raw       int64             `json:"raw"`   // bytes received
	Part      int64             `json:"part"`  // bytes of frames
	Total     int64             `json:"total"` // bytes of the whole file; -1 if not known
	ETag      string            `json:"etag"`  // strong, or ""
	Packed    bool              `json:"packed,omitempty"`
	Want      map[string]string `json:"want,omitempty"` // checksums of the whole file
	LineFrame int64             `json:"line_frame"`     // where the frame begins in which the last line does
	LineSkip  int64             `json:"line_skip"`      // bytes of that frame before the line
	Sums      sumState          `json:"sums"`
}

// A sumState is [sums] as of the end of a frame.
type sumState struct {
	SHA256 []byte `json:"sha256"`
	MD5    []byte `json:"md5,omitempty"`
}

func (s sums) state() (sumState, error) {
	var at sumState
	var err error
	if at.SHA256, err = marshalHash(s.sha); err == nil && s.md5 != nil {
		at.MD5, err = marshalHash(s.md5)
	}
	return at, err
}

func marshalHash(h hash.Hash) ([]byte, error) {
	m, ok := h.(encoding.BinaryMarshaler)
	if !ok {
		return nil, errors.New("save a checksum: it cannot be")
	}
	return m.MarshalBinary()
}

// restoreSums returns the sums that the state was saved with.
func (s *partState) restoreSums() (sums, bool) {
	restored := sums{sha: sha256.New()}
	ok := unmarshalHash(restored.sha, s.Sums.SHA256)
	if s.Want["md5"] != "" {
		restored.md5 = md5.New()
		ok = ok && unmarshalHash(restored.md5, s.Sums.MD5)
	}
	return restored, ok
}

func unmarshalHash(h hash.Hash, saved []byte) bool {
	m, ok := h.(encoding.BinaryUnmarshaler)
	return ok && m.UnmarshalBinary(saved) == nil
}

func statePath(part string) string { return part + ".state" }

// readState reads a state. One that is missing, or damaged by a crash, is that of
// an empty part.
func readState(path string) (partState, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|noFollow, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return partState{}, nil
	}
	if err != nil {
		return partState{}, fmt.Errorf("open the state of a download: %w", err)
	}
	defer f.Close()
	var s partState
	if json.NewDecoder(io.LimitReader(f, 1<<16)).Decode(&s) != nil || s.Raw < 0 || s.Part < 0 {
		return partState{}, nil
	}
	return s, nil
}

// write replaces the state on disk, durably.
func (s *partState) write(path string) (err error) {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	temp := path + ".new"
	if err := remove(temp); err != nil {
		return err
	}
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL|noFollow, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(temp, path)
}

// removeState removes the state of a part.
func removeState(part string) error {
	return errors.Join(remove(statePath(part)+".new"), remove(statePath(part)))
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// syncFolder makes the names in a folder durable.
func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

var (
	errNotThere = errors.New("not there")
	errDamaged  = errors.New("damaged")
)

// readBack reads a landed file, and returns its size and SHA-256, unpacked.
// Errors are errNotThere, errDamaged, or about the file system.
func readBack(path string) (size int64, sum string, err error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, "", errNotThere
	case err != nil:
		return 0, "", fmt.Errorf("look at a landed file: %w", err)
	case !info.Mode().IsRegular():
		return 0, "", fmt.Errorf("%s is no plain file", filepath.Clean(path))
	}
	f, err := os.OpenFile(path, os.O_RDONLY|noFollow, 0)
	if err != nil {
		return 0, "", fmt.Errorf("open a landed file: %w", err)
	}
	defer f.Close()
	z, err := unzstd(f)
	if err != nil {
		return 0, "", err
	}
	defer z.Close()
	p := part{sums: newSums(nil)}
	size, err = io.Copy(p.sums.sha, z)
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return 0, "", fmt.Errorf("read a landed file: %w", err)
	}
	if err != nil {
		return 0, "", errDamaged
	}
	return size, p.sum(), nil
}

// emptyFrame is a frame of no bytes.
func emptyFrame() []byte {
	return []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, 0x01, 0x00, 0x00} // RFC 8878: magic, header, window, last raw block
}
