// Package overview says in a few numbers what is in a warehouse, and in a few
// lists what is known of one person. Its SQL is in sql/overview and sql/chart. It prints
// nothing: what it returns has JSON names for programs, and text of the data as it
// was sent.
package overview

import (
	"context"
	"errors"
	"fmt"

	"github.com/fhirwh/fhirwh/internal/warehouse"
	fhirsql "github.com/fhirwh/fhirwh/sql"
)

// An Asker answers one SELECT of ours: a [warehouse.Reader].
type Asker interface {
	Ask(ctx context.Context, sql string) (*warehouse.Result, error)
}

// An OutdatedError says that the views of a warehouse are not those that we ask.
type OutdatedError struct {
	What string // we asked about
	Err  error  // DuckDB's
}

func (e *OutdatedError) Error() string {
	return fmt.Sprintf("ask about %s: the views of this warehouse are of another version of fhirwh: %v", e.What, e.Err)
}

// Unwrap returns the cause.
func (e *OutdatedError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *OutdatedError) Hint() string { return "the next import brings them up to date" }

// ask runs the SQL of that name with the values of its parameters, and calls read
// for each row.
func ask(ctx context.Context, a Asker, name string, values params, read func(row)) error {
	return askSQL(ctx, a, name, bind(fhirsql.Question(name), values), read)
}

// askSQL is ask for any SQL; what names it in errors.
func askSQL(ctx context.Context, a Asker, what, sql string, read func(row)) error {
	res, err := a.Ask(ctx, sql)
	if err != nil {
		return explain(what, err)
	}
	columns := make(map[string]int, len(res.Columns))
	for i, c := range res.Columns {
		columns[c.Name] = i
	}
	for res.Next() {
		read(row{columns, res.Values()})
	}
	if err := res.Close(); err != nil {
		return explain(what, err)
	}
	return nil
}

// explain keeps DuckDB's own error where what wraps it is for a statement of the user's: its
// text may quote data, and only DuckDB's is known to.
func explain(what string, err error) error {
	if q, ok := errors.AsType[*warehouse.QueryError](err); ok && q.Err != nil {
		err = q.Err
	}
	if raw, ok := errors.AsType[*warehouse.Error](err); ok && (raw.Class() == "Catalog Error" || raw.Class() == "Binder Error") {
		return &OutdatedError{what, err}
	}
	return fmt.Errorf("ask about %s: %w", what, err)
}
