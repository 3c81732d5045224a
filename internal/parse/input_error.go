package parse

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"unicode"
)

// What can be wrong with an input; see [InputError].
var (
	ErrNothing = errors.New("nothing to import")  // a folder, archive or pattern without a FHIR file
	ErrForeign = errors.New("not FHIR JSON")      // another kind of file, or another encoding
	ErrDamaged = errors.New("damaged or cut off") // compressed data that do not end well
	ErrLimit   = errors.New("limit exceeded")     // of [Options]
)

// An InputError says why an input cannot be read, or not to its end.
//
// Its text is one line that names the file and says what to do. It never quotes
// the input.
type InputError struct {
	Name   string // as [File.Name], or what the user named
	Offset int64  // about where, in the bytes of the file as stored; -1 if that means nothing
	Text   string
	Kind   error // one of the errors above, or nil if Err is the operating system's
	Err    error // the cause, or nil
}

func (e *InputError) Error() string {
	name := e.Name
	if strings.ContainsFunc(name, unicode.IsControl) {
		name = strconv.Quote(name) // an archive may call its entries anything
	}
	if e.Offset < 0 {
		return name + ": " + e.Text
	}
	return fmt.Sprintf("%s (byte %d): %s", name, e.Offset, e.Text)
}

// Unwrap returns Kind and Err.
func (e *InputError) Unwrap() []error {
	var all []error
	for _, err := range []error{e.Kind, e.Err} {
		if err != nil {
			all = append(all, err)
		}
	}
	return all
}

// inputError returns an InputError that is of no place in the file.
func inputError(name, text string, kind error) *InputError {
	return &InputError{Name: name, Offset: -1, Text: text, Kind: kind}
}

// systemError returns an InputError for an error of the operating system, whose
// text would name the file a second time.
func systemError(name string, err error) *InputError {
	e := &InputError{Name: name, Offset: -1, Err: err}
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err
	}
	if p, ok := errors.AsType[*os.SyscallError](err); ok {
		err = p.Err
	}
	e.Text = err.Error()
	return e
}
