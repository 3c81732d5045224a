package parse

import (
	"archive/zip"
	"cmp"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

const (
	// maxMembers is how many entries an archive may have.
	maxMembers = 100_000
	// maxDirectory is how many bytes of an archive are read to find them. Entries take at
	// least 46 there and a few hundred in memory.
	maxDirectory = 64 * mebi
)

// isZip reports whether a file is a zip archive.
func isZip(f *os.File) bool {
	head := make([]byte, 4)
	n, _ := f.ReadAt(head, 0)
	return formatOf(head[:n]) == zipped
}

// members returns the entries of an archive that are files, by name.
func members(name string, f *os.File, size int64) ([]*zip.File, error) {
	from := &boundedReader{in: f, left: maxDirectory}
	r, err := zip.NewReader(from, size)
	switch {
	case from.left < 0, err == nil && len(r.File) > maxMembers:
		return nil, inputError(name, fmt.Sprintf("archive of more than %d entries (unpack it first)", maxMembers), ErrLimit)
	case err != nil && !errors.Is(err, zip.ErrInsecurePath): // names are never used as paths
		return nil, &InputError{Name: name, Offset: -1, Text: "zip: the archive is damaged or cut off (get it again)", Kind: ErrDamaged, Err: err}
	}
	files := slices.DeleteFunc(slices.Clone(r.File), func(m *zip.File) bool {
		return strings.HasSuffix(m.Name, "/") || hiddenMember(m.Name)
	})
	slices.SortStableFunc(files, func(a, b *zip.File) int { return cmp.Compare(a.Name, b.Name) })
	return files, nil
}

// A boundedReader reads no more than left bytes.
type boundedReader struct {
	in   io.ReaderAt
	left int64
}

func (b *boundedReader) ReadAt(p []byte, off int64) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, ErrLimit
	}
	return b.in.ReadAt(p, off)
}

// hiddenMember reports whether an entry is one that a file manager would not
// show, such as the folder __MACOSX.
func hiddenMember(name string) bool {
	for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '/' || r == '\\' }) {
		if part == "__MACOSX" || strings.HasPrefix(part, ".") && part != "." && part != ".." {
			return true
		}
	}
	return false
}

// memberFormats has the methods of compression (APPNOTE.TXT, section 4.4.5).
var memberFormats = map[uint16]format{zip.Store: stored, zip.Deflate: deflated, 12: bzipped, 93: zstandard}

// openMember finds the bytes of a member.
func openMember(m *zip.File, f *os.File, c *content) error {
	how, ok := memberFormats[m.Method]
	switch {
	case m.Flags&1 != 0:
		return inputError(c.file.Name, "encrypted (decrypt it first)", ErrForeign)
	case !ok:
		return inputError(c.file.Name, fmt.Sprintf("compressed with method %d (unpack it first)", m.Method), ErrForeign)
	}
	at, err := m.DataOffset()
	if err != nil {
		return &InputError{Name: c.file.Name, Offset: -1, Text: "zip: " + damage(err), Kind: ErrDamaged, Err: err}
	}
	c.section, c.format = io.NewSectionReader(f, at, c.file.Size), how
	c.in = c.section
	c.check = &memberCheck{size: m.UncompressedSize64, sum: m.CRC32}
	return nil
}

// A memberCheck compares the content of a member with what the directory says.
type memberCheck struct {
	in   io.Reader
	size uint64
	sum  uint32

	read uint64
	crc  uint32
}

func (c *memberCheck) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.read += uint64(n)
	c.crc = crc32.Update(c.crc, crc32.IEEETable, p[:n])
	if errors.Is(err, io.EOF) && (c.read != c.size || c.crc != c.sum) {
		return n, &InputError{Offset: -1, Text: "zip: " + damage(errChecksum), Kind: ErrDamaged, Err: errChecksum}
	}
	return n, err
}

func isSymlink(m *zip.File) bool { return m.Mode()&fs.ModeSymlink != 0 }
