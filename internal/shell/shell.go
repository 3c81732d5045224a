// Package shell is a conversation in SQL: it puts lines together to statements,
// knows commands that begin with a dot, completes names and keeps a history. What
// a statement gives, and what is to be said, is its [Host]'s business.
package shell

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/fhirwh/fhirwh/internal/sqltext"
)

// A Host does for the shell what needs a warehouse and an output.
type Host interface {
	// Answer runs a statement and writes its result.
	Answer(ctx context.Context, q Question) error
	// Tables lists the tables and views.
	Tables(ctx context.Context) error
	// Describe says what is in a table or view.
	Describe(ctx context.Context, name string) error
	// Names returns what SQL can name, for completion; nil if nobody can tell.
	Names(ctx context.Context) *sqltext.Names
	// Say tells the person something that is no result.
	Say(text string)
	// Fail says what is wrong. It returns an error if the shell must end.
	Fail(ctx context.Context, err error) error
}

// A Question is a statement and how its result is wanted.
type Question struct {
	SQL    string
	Mode   string // one of [Modes]; "" is the host's choice
	Timer  bool   // say how long it took
	Params map[string]string
}

// ErrAborted is returned by [Lines] when the person gave a line up (Ctrl-C).
var ErrAborted = errors.New("line given up")

// Lines is where lines come from.
type Lines interface {
	// Line asks for one. io.EOF ends the shell.
	Line(prompt string) (string, error)
	// Remember puts an entry into the history.
	Remember(entry string)
}

// A Shell is a conversation. Its settings last as long as it does.
type Shell struct {
	Host  Host
	Lines Lines
	// Interactive says that a person answers: an error does not end the shell,
	// and a beginning that is left over at the end is nothing to run.
	Interactive bool
	// Begin returns the context of one statement or command, and what ends it.
	// It may be nil.
	Begin func(ctx context.Context) (context.Context, func())

	mode    string
	noTimer bool
	params  map[string]string
	pending string // the beginning of a statement
}

const (
	prompt = "fhirwh> "
	more   = "   ...> "
)

// errQuit ends the shell.
var errQuit = errors.New("quit")

// Run converses until the lines end, the person quits, or, where nobody answers,
// something fails.
func (s *Shell) Run(ctx context.Context) error {
	for {
		err := s.turn(ctx)
		switch {
		case errors.Is(err, errQuit):
			return nil
		case err != nil:
			return err
		}
	}
}

// turn takes one line and does what it completes.
func (s *Shell) turn(ctx context.Context) error {
	p := prompt
	if s.pending != "" {
		p = more
	}
	line, err := s.Lines.Line(p)
	switch {
	case errors.Is(err, ErrAborted):
		s.pending = ""
		return nil
	case errors.Is(err, io.EOF):
		return s.atEnd(ctx)
	case err != nil:
		return err
	}
	if command := strings.TrimSpace(line); s.pending == "" && strings.HasPrefix(command, ".") {
		s.Lines.Remember(command)
		return s.do(ctx, func(ctx context.Context) error { return s.command(ctx, command) })
	}
	return s.sql(ctx, line)
}

// sql adds a line to what is pending and runs what is complete.
func (s *Shell) sql(ctx context.Context, line string) error {
	if s.pending != "" {
		line = s.pending + "\n" + line
	}
	whole, rest := sqltext.Split(line)
	s.pending = rest
	for _, statement := range whole {
		if err := s.statement(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// statement remembers and runs a statement.
func (s *Shell) statement(ctx context.Context, statement sqltext.Statement) error {
	q := Question{SQL: statement.SQL, Mode: s.mode, Timer: !s.noTimer, Params: s.params}
	end := ";"
	if statement.Vertical {
		q.Mode, end = "vertical", `\G`
	}
	s.remember(statement.SQL, end)
	return s.do(ctx, func(ctx context.Context) error { return s.Host.Answer(ctx, q) })
}

// atEnd ends the shell. Where nobody answers, a last statement needs no semicolon.
func (s *Shell) atEnd(ctx context.Context) error {
	if !s.Interactive && len(sqltext.Tokens(s.pending)) > 0 {
		if err := s.statement(ctx, sqltext.Statement{SQL: s.pending}); err != nil {
			return err
		}
	}
	return errQuit
}

// do does something that can be interrupted. What goes wrong is said, and where
// nobody answers ends the shell.
func (s *Shell) do(ctx context.Context, what func(context.Context) error) error {
	if s.Begin != nil {
		begun, end := s.Begin(ctx)
		defer end()
		ctx = begun
	}
	err := what(ctx)
	if err == nil || errors.Is(err, errQuit) || !s.Interactive {
		return err
	}
	return s.Host.Fail(ctx, err)
}

// remember puts a statement into the history, on one line if that changes nothing
// in it.
func (s *Shell) remember(sql, end string) {
	if line, ok := sqltext.OneLine(sql); ok {
		s.Lines.Remember(line + end)
		return
	}
	for line := range strings.SplitSeq(sql+end, "\n") {
		s.Lines.Remember(line)
	}
}

// Complete returns what may stand at the place of the cursor in the line that is
// being typed: the text in front of it, the candidates, and the text behind it.
func (s *Shell) Complete(ctx context.Context, before, after string) (head string, candidates []string) {
	n := s.Host.Names(ctx)
	if n == nil {
		n = &sqltext.Names{}
	}
	if s.pending == "" && strings.HasPrefix(before, ".") {
		return completeCommand(n, before)
	}
	lines := ""
	if s.pending != "" {
		lines = s.pending + "\n"
	}
	head, candidates = complete(n, lines+before, after)
	return strings.TrimPrefix(head, lines), candidates
}
