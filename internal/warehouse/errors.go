package warehouse

import (
	"errors"
	"strings"
)

// An Error is a message of DuckDB. Its text may quote values of the data: print
// it for a statement that the user wrote, never in a log.
type Error struct{ Text string }

func (e *Error) Error() string { return e.Text }

// Class is the part of DuckDB's text before the first colon, such as "IO Error".
func (e *Error) Class() string {
	class, _, _ := strings.Cut(e.Text, ":")
	return class
}

func duckError(text string) error { return &Error{Text: text} }

// isClass reports whether err is a DuckDB error of that class.
func isClass(err error, class string) bool {
	var e *Error
	return errors.As(err, &e) && e.Class() == class
}
