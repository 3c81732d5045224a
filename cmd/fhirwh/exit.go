package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"syscall"

	"github.com/fhirwh/fhirwh/internal/render"
	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// The exit codes are an interface: scripts act on them.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitFindings    = 3   // done, with rejected lines (import, fetch, events replay) or differences (verify)
	exitBusy        = 4   // another process has the warehouse
	exitInterrupted = 130 // by Ctrl-C or a request to end: nothing was changed
)

// errFindings is returned by a command that did its work, said what it found
// and wants exitFindings.
var errFindings = errors.New("done with findings")

// A usageError is a command line that cannot be meant.
type usageError struct{ text, hint string }

func (e *usageError) Error() string { return e.text }

// Hint says what to type.
func (e *usageError) Hint() string { return e.hint }

// A hinted error says what to do about the error in it.
type hinted struct {
	error
	hint string
}

func (e *hinted) Unwrap() error { return e.error }

// Hint says what to do.
func (e *hinted) Hint() string { return e.hint }

// exitCode maps the error of a command to an exit code.
func exitCode(ctx context.Context, err error) int {
	_, isUsage := errors.AsType[*usageError](err)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFindings):
		return exitFindings
	case isUsage:
		return exitUsage
	case errors.Is(err, syscall.EPIPE):
		return exitOK // who reads our output has enough
	case ctx.Err() != nil:
		return exitInterrupted
	case errors.Is(err, warehouse.ErrBusy):
		return exitBusy
	}
	return exitFailed
}

// fail says what is wrong, if anything is, and returns the exit code.
func (std stdio) fail(ctx context.Context, err error) int {
	code := exitCode(ctx, err)
	switch code {
	case exitOK, exitFindings:
		return code
	case exitInterrupted:
		std.note("fhirwh: interrupted\n")
		return code
	}
	std.note("fhirwh: %s\n", render.Neutral(std.fitExcerpt(err, safeText(err))))
	std.listRejects(rejectsIn(err))
	if hint := warehouse.Hint(err); hint != "" {
		std.note("hint: %s\n", render.Neutral(hint))
	}
	return code
}

// safeText returns the text of err without what DuckDB says where that may quote
// patients' data: not about a statement of the user's, whose errors are
// QueryErrors, nor about names in a statement of ours.
func safeText(err error) string {
	if _, ok := errors.AsType[*warehouse.QueryError](err); ok {
		return err.Error()
	}
	text := err.Error()
	for raw := range rawErrors(err) {
		switch raw.Class() {
		case "Catalog Error", "Binder Error", "Parser Error":
			continue
		}
		text = strings.ReplaceAll(text, raw.Text, raw.Class()+" of DuckDB, whose text may quote data and is not shown")
	}
	return text
}

// rawErrors yields the errors of DuckDB in the tree of err.
func rawErrors(err error) iter.Seq[*warehouse.Error] {
	return func(yield func(*warehouse.Error) bool) {
		var walk func(error) bool
		walk = func(err error) bool {
			switch e := err.(type) {
			case *warehouse.Error:
				return yield(e)
			case interface{ Unwrap() error }:
				return walk(e.Unwrap())
			case interface{ Unwrap() []error }:
				return !slices.ContainsFunc(e.Unwrap(), func(err error) bool { return !walk(err) })
			}
			return true
		}
		walk(err)
	}
}

// rejectsIn returns the first of the lines that made an import fail, where lines
// did.
func rejectsIn(err error) []warehouse.RejectSummary {
	if many, ok := errors.AsType[*warehouse.TooManyRejectsError](err); ok {
		return many.First
	}
	if none, ok := errors.AsType[*warehouse.NoResourcesError](err); ok {
		return none.First
	}
	return nil
}

// fitExcerpt cuts the excerpt of a statement in text to the terminal, so that the
// caret stays below its place.
func (std stdio) fitExcerpt(err error, text string) string {
	q, ok := errors.AsType[*warehouse.QueryError](err)
	if !ok || std.errWidth == 0 {
		return text
	}
	statement, pointer, found := strings.Cut(q.Where, "\n")
	caret := strings.IndexByte(pointer, '^')
	if !found || caret < 0 {
		return text
	}
	line, caret := render.Window(statement, caret, std.errWidth-1)
	return strings.Replace(text, q.Where, line+"\n"+strings.Repeat(" ", caret)+"^", 1)
}

// note writes to standard error. That nobody reads it is no reason to stop.
func (std stdio) note(format string, args ...any) { fmt.Fprintf(std.err, format, args...) }
