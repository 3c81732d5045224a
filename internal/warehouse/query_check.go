package warehouse

import (
	"fmt"
	"strings"

	"github.com/duckdb/duckdb-go/v2/mapping"

	"github.com/fhirwh/fhirwh/internal/sqltext"
)

// A RefusedError says that a statement was not run because it is more than a
// question.
type RefusedError struct {
	What string // such as "COPY"
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("%s is refused: query runs SELECT and EXPLAIN only", e.What)
}

// Hint says what to do.
func (e *RefusedError) Hint() string {
	return "to change anything, open a copy of the warehouse with the duckdb program"
}

// Check says why sql, one statement, would not be run: it does not bind, a
// parameter has no value, or it is no SELECT and no EXPLAIN of one. Nothing of it
// is run.
//
// This is comfort, not the wall: a SELECT may call a function that acts. The
// wall is the settings of [OpenReader].
func (r *Reader) Check(sql string, params ...Param) error {
	p, err := r.admit(question{sql, params})
	if err == nil {
		p.drop()
	}
	return err
}

// admit prepares a question that passes the check.
func (r *Reader) admit(q question) (*prepared, error) {
	word := sqltext.FirstWord(q.sql)
	if word == "EXPLAIN" { // EXPLAIN ANALYZE runs what it explains
		if err := r.Check(sqltext.Explained(q.sql), q.params...); err != nil {
			return nil, err
		}
	}
	if name := actor(q.sql); name != "" {
		return nil, &RefusedError{What: "a call of " + name}
	}
	p, err := r.prepare(q, false)
	if err != nil && actions[word] {
		return nil, &RefusedError{What: word}
	}
	if err != nil {
		return nil, r.explainAsked(err, binding, q)
	}
	kind := mapping.PreparedStatementType(p.stmt)
	if kind == mapping.StatementTypeSelect || kind == mapping.StatementTypeExplain && word == "EXPLAIN" {
		return p, nil
	}
	p.drop()
	if name, ok := behindWith[kind]; ok {
		word = name
	}
	return nil, &RefusedError{What: word}
}

// behindWith names the statements that may begin with WITH.
var behindWith = map[mapping.StatementType]string{
	mapping.StatementTypeInsert: "INSERT",
	mapping.StatementTypeUpdate: "UPDATE",
	mapping.StatementTypeDelete: "DELETE",
}

// actions are the first words of statements that name files or other statements,
// so that they may fail to bind for a reason that says less than their refusal.
var actions = map[string]bool{
	"ATTACH": true, "COPY": true, "EXECUTE": true, "EXPORT": true, "IMPORT": true, "INSTALL": true, "LOAD": true,
}

// actor returns the name of a function in sql that makes DuckDB print on the
// program's own output or write logs, or "": after a call to one the next
// statement failed, or the process ended.
func actor(sql string) string {
	for _, token := range sqltext.Tokens(sql) {
		switch name := strings.ToLower(strings.Trim(token.Text, `"`)); name {
		case "enable_logging", "enable_profiling", "enable_profile":
			return name
		}
	}
	return ""
}
