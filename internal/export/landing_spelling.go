package export

import (
	"path/filepath"
	"strings"
)

// sameTask reports whether two ids of records stand for one task: they are
// hexadecimal, as Fasten's are, and [SameID]. Of others every letter counts.
func sameTask(a, b string) bool {
	return len(a) >= minHex && SameID(a, b) && strings.Trim(a, hexDigits) == ""
}

const hexDigits = "0123456789abcdefABCDEF-"

// minHex is less than any id of Fasten's that was seen, and more than any word.
const minHex = 24

// known returns the id under which the record of an id is kept: another spelling
// of it, if that came first.
func (s shelf[T]) known(id string) string {
	if s.alike == nil || exists(s.path(id)) {
		return id
	}
	entries, err := s.entries()
	if err != nil {
		return id // reading it will say what is wrong
	}
	wanted := beginning(safeName(id) + recordSuffix)
	for _, e := range entries {
		if !isRecord(e.Name()) || !mayBeAlike(beginning(e.Name()), wanted) {
			continue
		}
		rec, err := s.read(filepath.Join(s.dir(), e.Name()))
		if err == nil && s.alike(*s.id(&rec), id) {
			return *s.id(&rec)
		}
	}
	return id
}

// mayBeAlike compares what names of records tell of their ids, which may be their
// beginning alone: most need not be read.
func mayBeAlike(a, b string) bool {
	return strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
}

// beginning is the readable part of a record's name, as [SameID] compares it.
func beginning(name string) string {
	plain := name[:max(0, strings.LastIndexByte(name, '-'))] // behind it is the hash
	return strings.ToLower(strings.ReplaceAll(plain, "-", ""))
}
