package warehouse

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// What is wrong with a warehouse file, for errors.Is. Every function of this
// package that opens a warehouse returns errors of these kinds; [Hint] says what
// to do about one.
var (
	ErrBusy      = errors.New("in use by another process")
	ErrMissing   = errors.New("no warehouse there")
	ErrExists    = errors.New("a file of that name appeared meanwhile")
	ErrName      = errors.New("not a possible name for a warehouse")
	ErrUnsafe    = errors.New("not safe to use")
	ErrNotDuckDB = errors.New("not a DuckDB database")
	ErrTooNew    = errors.New("made by a newer version")
	ErrTooOld    = errors.New("made by a version of DuckDB older than 1.0")
	ErrEncrypted = errors.New("an encrypted database")
	ErrDamaged   = errors.New("damaged")
	ErrDiskFull  = errors.New("the disk is full")
	ErrDisk      = errors.New("the disk reported an error")
	ErrReadOnly  = errors.New("cannot be written")
	ErrNoAccess  = errors.New("permission denied")
	ErrMemory    = errors.New("out of memory")
)

// Hint says what the user can do about err, or "" if we do not know.
func Hint(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

// A FileError says what is wrong with a warehouse or one of the files beside
// it. It is one of the errors above (errors.Is). Its text never quotes data; Err,
// where set, may: it is DuckDB's.
type FileError struct {
	Path   string
	Kind   error
	Detail string // may be empty
	Advice string // for Hint; empty: that of the kind
	Err    error  // may be nil
}

func (e *FileError) Error() string {
	text := e.Kind.Error()
	if e.Path != "" {
		text = e.Path + ": " + text
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// Unwrap returns the kind and the cause.
func (e *FileError) Unwrap() []error { return withoutNil(e.Kind, e.Err) }

// Hint says what to do.
func (e *FileError) Hint() string {
	if e.Advice != "" {
		return e.Advice
	}
	return kindHints[e.Kind]
}

var kindHints = map[error]string{
	ErrMissing:   "import makes one: fhirwh import FILE",
	ErrExists:    "nothing was replaced; run the import again",
	ErrName:      "choose another name with --db",
	ErrNotDuckDB: "choose another file with --db; an empty file must be removed first",
	ErrTooNew:    "use a newer fhirwh",
	ErrTooOld:    "open it in the DuckDB that made it and EXPORT DATABASE",
	ErrEncrypted: "fhirwh works on plain databases; copy it into one with DuckDB's COPY FROM DATABASE",
	ErrDamaged:   "try fhirwh repair",
	ErrDisk:      "look at the system's log; restore from a copy if the disk is failing",
	ErrReadOnly:  "check the permissions of the file and its folder",
	ErrNoAccess:  "check the permissions of the file and its folder",
	ErrMemory:    "raise --memory-limit",
}

// A BusyError says who has the warehouse open. It is ErrBusy.
type BusyError struct {
	Path    string
	Program string // "" if not known
	PID     int    // 0 if not known
	Err     error  // DuckDB's text, or nil
}

func (e *BusyError) Error() string {
	text := ErrBusy.Error()
	if e.Path != "" {
		text = e.Path + ": " + text
	}
	if e.Program != "" || e.PID != 0 {
		text += ": " + e.Holder()
	}
	return text
}

// Holder names the process, as "duckdb (process 4711)".
func (e *BusyError) Holder() string {
	program := "a process"
	if e.Program != "" {
		program = filepath.Base(e.Program)
	}
	if e.PID == 0 {
		return program
	}
	return fmt.Sprintf("%s (process %d)", program, e.PID)
}

// Unwrap returns ErrBusy and the cause.
func (e *BusyError) Unwrap() []error { return withoutNil(ErrBusy, e.Err) }

// Hint says what to do.
func (e *BusyError) Hint() string { return "close the other program, or wait longer with --wait" }

// A SpaceError says how much room is missing. It is ErrDiskFull.
type SpaceError struct {
	Path string
	Need int64 // bytes; 0 if not known
	Free int64 // bytes; negative if not known
	Err  error
}

func (e *SpaceError) Error() string {
	text := e.Path + ": " + ErrDiskFull.Error()
	var parts []string
	if e.Need > 0 {
		parts = append(parts, mebibytes(e.Need)+" needed")
	}
	if e.Free >= 0 {
		parts = append(parts, mebibytes(e.Free)+" free")
	}
	if len(parts) == 0 {
		return text
	}
	return text + ": " + strings.Join(parts, ", ")
}

func mebibytes(n int64) string {
	return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MiB"
}

// Unwrap returns ErrDiskFull and the cause.
func (e *SpaceError) Unwrap() []error { return withoutNil(ErrDiskFull, e.Err) }

// Hint says what to do.
func (e *SpaceError) Hint() string {
	return "make room in the folder of the warehouse; nothing of this import was kept"
}

func withoutNil(kind, cause error) []error {
	if cause == nil {
		return []error{kind}
	}
	return []error{kind, cause}
}

// An Error is a message of DuckDB. Its text may quote values of the data: print
// it for a statement that the user wrote, never in a log.
type Error struct{ Text string }

func (e *Error) Error() string { return e.Text }

// Class is the part of DuckDB's text before the first colon, such as "IO Error".
func (e *Error) Class() string {
	class, _, _ := strings.Cut(e.Text, ":")
	return class
}

// isClass reports whether err is a DuckDB error of that class.
func isClass(err error, class string) bool {
	var e *Error
	return errors.As(err, &e) && e.Class() == class
}

// isFatal reports whether err closed the database for good: DuckDB refuses every
// later statement of this process, and memory may differ from the file.
func isFatal(err error) bool {
	return isClass(err, "FATAL Error") || isClass(err, "INTERNAL Error")
}

// duckError gives a text of DuckDB its kind. The texts are DuckDB's own; those
// that quote SQL or data have other classes, so data cannot imitate one.
func duckError(text string) error {
	raw := &Error{Text: text}
	if !fileClasses[raw.Class()] {
		return raw
	}
	path := quotedPath(text)
	for _, k := range duckTexts {
		if !strings.Contains(text, k.part) {
			continue
		}
		switch k.kind {
		case ErrBusy:
			return busyFrom(path, raw)
		case ErrDiskFull:
			return &SpaceError{Path: path, Free: FreeSpace(filepath.Dir(path)), Err: raw}
		case ErrTooNew:
			return versionError(path, raw)
		case ErrMemory:
			return &FileError{Kind: ErrMemory, Detail: strings.Trim(k.detail+usedMemory(text), ", "), Err: raw}
		}
		return &FileError{Path: path, Kind: k.kind, Detail: k.detail, Err: raw}
	}
	return raw
}

// fileClasses are the classes of errors about files. The others are about SQL
// and may quote it.
var fileClasses = map[string]bool{
	"IO Error": true, "FATAL Error": true, "INTERNAL Error": true, "TransactionContext Error": true,
	"Out of Memory Error": true, "Catalog Error": true,
}

// duckTexts maps parts of DuckDB's texts to kinds; the first that fits wins.
var duckTexts = []struct {
	part   string
	kind   error
	detail string
}{
	{"Could not set lock on file", ErrBusy, ""},
	{"No space left on device", ErrDiskFull, ""},
	{"Disk quota exceeded", ErrDiskFull, ""},
	{"failed to offload data block", ErrMemory, "the room for temporary files is used up too, "},
	{"Out of Memory Error", ErrMemory, ""},
	{"in read-only mode: database does not exist", ErrMissing, ""},
	{"is not a valid DuckDB database file", ErrNotDuckDB, ""},
	{"Trying to read a database file with version number", ErrTooNew, ""},
	{"Cannot open encrypted database", ErrEncrypted, ""},
	{"Failure while replaying WAL file", ErrDamaged, "its write-ahead log (.wal) cannot be replayed"},
	{"Corrupt database file", ErrDamaged, "a block has a wrong checksum"},
	{"Could not read enough bytes from file", ErrDamaged, "it is cut short"},
	{"fsync failed", ErrDisk, ""},
	{"Input/output error", ErrDisk, ""},
	{"Read-only file system", ErrReadOnly, ""},
	{"Permission denied", ErrNoAccess, ""},
}

var (
	quoted   = regexp.MustCompile(`(?:file|database) "([^"]+)"`)
	heldIn   = regexp.MustCompile(`Conflicting lock is held in (.*?)(?: by user [^(]*)? ?\(PID (\d+)\)`)
	used     = regexp.MustCompile(`\(([\d.]+ \w+)/([\d.]+ \w+) used\)`)
	ofNumber = regexp.MustCompile(`with version number (\d+)`)
)

// usedMemory says how much memory DuckDB used when it needed more.
func usedMemory(text string) string {
	if m := used.FindStringSubmatch(text); m != nil {
		return m[1] + " of " + m[2] + " used"
	}
	return ""
}

func quotedPath(text string) string {
	if m := quoted.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

func busyFrom(path string, raw *Error) error {
	e := &BusyError{Path: path, Err: raw}
	if m := heldIn.FindStringSubmatch(raw.Text); m != nil {
		e.Program = m[1]
		e.PID, _ = strconv.Atoi(m[2])
	}
	return e
}

func versionError(path string, raw *Error) error {
	var number uint64
	if m := ofNumber.FindStringSubmatch(raw.Text); m != nil {
		number, _ = strconv.ParseUint(m[1], 10, 64)
	}
	e := checkStorage(path, number)
	if e == nil {
		e = &FileError{Path: path, Kind: ErrTooNew}
	}
	e.Err = raw
	return e
}
