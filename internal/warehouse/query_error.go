package warehouse

import (
	"errors"
	"strings"

	"github.com/mattn/go-runewidth"
)

// A QueryError says what is wrong with a statement of the user's, or what ended
// it. It may quote the statement and the data.
type QueryError struct {
	Text   string
	Where  string // an excerpt of the statement with a caret below the place; may be empty
	Advice string // may be empty
	Err    error  // DuckDB's text

	suggested []string // names that DuckDB holds for similar
}

func (e *QueryError) Error() string {
	if e.Where == "" {
		return e.Text
	}
	return e.Text + "\n" + e.Where
}

// Unwrap returns the cause.
func (e *QueryError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *QueryError) Hint() string { return e.Advice }

// stage is how far a statement came.
type stage int

const (
	binding stage = iota
	running
)

// explain turns an error of DuckDB about a statement of ours that reads what the
// user named into one for the user.
func (r *Reader) explain(err error, at stage) error { return r.explainAsked(err, at, question{}) }

// explainAsked turns an error of DuckDB about a user's statement into one for the
// user. Errors about the file keep their kind.
func (r *Reader) explainAsked(err error, at stage, q question) error {
	raw, ok := errors.AsType[*Error](err)
	switch {
	case !ok:
		return err
	case isFileSystem(raw):
		return r.explainFiles(raw, at)
	case errors.Is(err, ErrMemory):
		return outOfMemory(raw)
	case err != error(raw):
		return err
	}
	if e := r.explainParams(raw, q.sql, q.params); e != nil {
		return e
	}
	e := splitText(raw)
	switch raw.Class() {
	case "Catalog Error", "Binder Error", "Parser Error":
		_, e.Text, _ = strings.Cut(e.Text, ": ")
	}
	x := &explainer{r: r, e: e, sql: q.sql}
	x.explain()
	return e
}

// splitText takes DuckDB's text apart: what is wrong, what it suggests, where.
func splitText(raw *Error) *QueryError {
	e := &QueryError{Err: raw}
	text, where, found := strings.Cut(raw.Text, "\n\nLINE ")
	if found {
		e.Where = withoutTabs("LINE " + where)
	}
	var kept, suggested []string
	for _, line := range strings.Split(text, "\n") {
		if names, ok := suggestion(line); ok {
			suggested = append(suggested, names...)
			continue
		}
		kept = append(kept, line)
	}
	e.Text = strings.TrimSpace(strings.Join(kept, "\n"))
	e.suggested = suggested
	return e
}

// withoutTabs makes the tabs of an excerpt spaces. To DuckDB a tab has no width:
// the caret moves by one for each in front of it.
func withoutTabs(where string) string {
	line, pointer, found := strings.Cut(where, "\n")
	if !found || !strings.Contains(line, "\t") {
		return where
	}
	caret, at, tabs := strings.IndexByte(pointer, '^'), 0, 0
	for _, r := range line {
		if at > caret || at == caret && r != '\t' {
			break
		}
		if r == '\t' {
			tabs++
			continue
		}
		at += runewidth.RuneWidth(r)
	}
	return plainLine.Replace(line) + "\n" + strings.Repeat(" ", tabs) + pointer
}

// suggestion returns the names that a line of DuckDB's suggests, if it does.
func suggestion(line string) ([]string, bool) {
	_, candidates, isList := strings.Cut(line, ": ")
	switch {
	case strings.HasPrefix(line, "Did you mean "):
	case isList && strings.HasPrefix(line, "Candidate ") && !strings.HasSuffix(candidates, ":"):
	default:
		return nil, false
	}
	var names []string
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 0 {
			continue
		}
		names = append(names, strings.Split(part, " or ")...)
	}
	return names, true
}

func isFileSystem(raw *Error) bool {
	return raw.Class() == "Permission Error" &&
		(strings.Contains(raw.Text, "LocalFileSystem has been disabled") || strings.Contains(raw.Text, "disabled by configuration"))
}

// explainFiles explains that a statement reached the fence: SQL that names files
// does so when it is bound; what wants files later has no memory left.
func (r *Reader) explainFiles(raw *Error, at stage) error {
	if at == running {
		return outOfMemory(raw)
	}
	e := splitText(raw)
	e.Text = "SQL given to query can neither read nor write files, nor reach the network"
	e.Advice = "--allow-files lets it read files of yours, and trust the SQL not to write any"
	return e
}

func outOfMemory(raw *Error) error {
	return &QueryError{
		Text:   "the query needs more memory than it may have",
		Advice: "raise --memory-limit, or let it use temporary files with --allow-spill",
		Err:    raw,
	}
}
