package warehouse

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/fhirwh/fhirwh/internal/schema"
)

// A QueryError says what is wrong with a statement of the user's, or what ended
// it. It may quote the statement and the data.
type QueryError struct {
	Text   string
	Where  string // an excerpt of the statement with a caret below the place; may be empty
	Advice string // may be empty
	Err    error  // DuckDB's text
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

// explain turns an error of DuckDB about a user's statement into one for the
// user. Errors about the file keep their kind.
func (r *Reader) explain(err error, at stage) error {
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
	e := splitText(raw)
	switch raw.Class() {
	case "Catalog Error", "Binder Error", "Parser Error":
		_, e.Text, _ = strings.Cut(e.Text, ": ")
	}
	r.advise(e)
	return e
}

// splitText takes DuckDB's text apart: what is wrong, what it suggests, where.
func splitText(raw *Error) *QueryError {
	e := &QueryError{Err: raw}
	text, where, found := strings.Cut(raw.Text, "\n\nLINE ")
	if found {
		e.Where = "LINE " + where
	}
	var kept []string
	for _, line := range strings.Split(text, "\n") {
		if suggestion, ok := strings.CutPrefix(line, "Did you mean "); ok {
			e.Advice = "did you mean " + suggestion
			continue
		}
		if _, names, ok := strings.Cut(line, ": "); ok && strings.HasPrefix(line, "Candidate ") {
			e.Advice = "did you mean " + names
			continue
		}
		kept = append(kept, line)
	}
	e.Text = strings.TrimSpace(strings.Join(kept, "\n"))
	return e
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

var (
	noTable  = regexp.MustCompile(`^Table with name (.+) does not exist!`)
	syntaxAt = regexp.MustCompile(`^syntax error at or near "(\w+)"`)
)

// advise adds what we know better than DuckDB.
func (r *Reader) advise(e *QueryError) {
	if m := noTable.FindStringSubmatch(e.Text); m != nil {
		e.Advice = r.adviseTable(m[1])
	}
	if m := syntaxAt.FindStringSubmatch(e.Text); m != nil && r.isQuotable(m[1]) {
		e.Advice = fmt.Sprintf("%s is a word of SQL: as a name it needs double quotes, \"%s\"", m[1], m[1])
	}
	if strings.Contains(e.Text, "Cannot prepare multiple statements") {
		e.Text = "a PIVOT must say which values become columns"
		e.Advice = "as in PIVOT t ON gender IN ('female', 'male') USING count(*)"
	}
}

// adviseTable says what may be meant by a table that is not there.
func (r *Reader) adviseTable(name string) string {
	names, err := r.tableNames(context.Background())
	if err != nil {
		return ""
	}
	if len(names) == 0 {
		return "this database has no tables; import makes them: fhirwh import FILE"
	}
	near := similar(name, names)
	for _, t := range schema.Resources() {
		if t.Name == name || near == "" && strings.EqualFold(t.Name, name) {
			return fmt.Sprintf("no %s was imported; fhirwh tables lists what there is", t.Name)
		}
	}
	if near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	return "fhirwh tables lists what there is"
}

// tableNames returns the names of the tables and views that a query can use
// without a schema.
func (r *Reader) tableNames(ctx context.Context) ([]string, error) {
	return r.texts(ctx, `
		select table_name from duckdb_tables() where schema_name = 'main' and not internal
		union all
		select view_name from duckdb_views() where schema_name = 'main' and not internal
		order by all`)
}

// texts returns the only column of a query.
func (r *Reader) texts(ctx context.Context, sql string, args ...any) ([]string, error) {
	rows, err := r.c.query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.close()
	var all []string
	for rows.next() {
		var s string
		if err := rows.scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.close()
}

// isQuotable reports whether word is reserved in SQL and the name of a table,
// a column or a field of a column.
func (r *Reader) isQuotable(word string) bool {
	word = strings.ToLower(word)
	var n int64
	err := r.c.value(context.Background(), &n, `
		select count(*) from duckdb_keywords() where keyword_name = ?1 and keyword_category = 'reserved'
		and (?1 = 'group'
			or exists (from duckdb_tables() where lower(table_name) = ?1)
			or exists (from duckdb_columns() where lower(column_name) = ?1
				or contains(lower(data_type), '"' || ?1 || '"')))`, word)
	return err == nil && n > 0
}
