package warehouse

import (
	"context"
	"fmt"
	"strings"

	"github.com/duckdb/duckdb-go/v2/mapping"
)

// A Column is a column of a [Result].
type Column struct {
	Name    string
	Numeric bool
}

// A Result is the rows of a query. They are read as DuckDB makes them: it is
// never held in memory as a whole.
type Result struct {
	Columns []Column

	asked    question
	reader   *Reader
	rows     *rows
	decoders []*decoder
	row      int
	values   []any
}

// A question is a statement with the values of its parameters.
type question struct {
	sql    string
	params []Param
}

// Query runs one statement, which [Reader.Check] must let pass. The result must
// be closed.
func (r *Reader) Query(ctx context.Context, sql string, params ...Param) (*Result, error) {
	p, err := r.admit(question{sql, params})
	if err != nil {
		return nil, err
	}
	res, err := r.answer(ctx, p)
	if err != nil || res.decodable() {
		return res, err
	}
	columns := res.Columns
	wrapped := res.asText(sql)
	if err := res.Close(); err != nil {
		return nil, err
	}
	res, err = r.put(ctx, question{wrapped, params})
	if err != nil {
		return nil, err
	}
	res.Columns = columns
	return res, nil
}

// put runs a question without a check.
func (r *Reader) put(ctx context.Context, q question) (*Result, error) {
	p, err := r.prepare(q, false)
	if err != nil {
		return nil, r.explainAsked(err, running, q)
	}
	return r.answer(ctx, p)
}

func (r *Reader) answer(ctx context.Context, p *prepared) (*Result, error) {
	rows, err := r.start(ctx, p)
	if err != nil {
		return nil, r.explainAsked(err, running, p.question)
	}
	res := r.result(rows)
	res.asked = p.question
	return res, nil
}

// run runs a statement of ours.
func (r *Reader) run(ctx context.Context, sql string) (*Result, error) {
	return r.put(ctx, question{sql: sql})
}

func (r *Reader) result(rows *rows) *Result {
	res := &Result{reader: r, rows: rows, row: -1, values: make([]any, len(rows.names))}
	for i, t := range rows.types {
		d := newDecoder(t, r.zone)
		res.decoders = append(res.decoders, d)
		res.Columns = append(res.Columns, Column{Name: rows.names[i], Numeric: d.numeric()})
	}
	return res
}

func (res *Result) decodable() bool {
	for _, d := range res.decoders {
		if !d.decodable() {
			return false
		}
	}
	return true
}

// asText returns the statement that gives the columns that cannot be decoded as
// text. It numbers them, since names may occur twice.
func (res *Result) asText(sql string) string {
	var casts, names []string
	for i, d := range res.decoders {
		name := fmt.Sprint("c", i)
		names = append(names, name)
		if !d.decodable() {
			name += "::varchar"
		}
		casts = append(casts, name)
	}
	return fmt.Sprintf("select %s from (%s\n) as t(%s)", strings.Join(casts, ", "), sql, strings.Join(names, ", "))
}

// Next moves to the next row. It returns false at the end and on an error,
// which Close returns.
func (res *Result) Next() bool {
	for res.row+1 >= res.rows.size {
		res.row = -1
		if !res.rows.nextChunk() {
			return false
		}
		for i, d := range res.decoders {
			d.attach(res.rows.vecs[i])
		}
	}
	res.row++
	return true
}

// Values returns the current row's values, as [Number] and its neighbours say,
// in a slice that the next call uses again.
func (res *Result) Values() []any {
	for i, d := range res.decoders {
		res.values[i] = d.value(res.row)
	}
	return res.values
}

// Close ends the query and returns the error that ended it early, if any.
func (res *Result) Close() error {
	if err := res.rows.close(); err != nil {
		return res.reader.explainAsked(err, running, res.asked)
	}
	return nil
}

// EngineVersion is the version of DuckDB, such as "v1.5.6".
func EngineVersion() string { return mapping.LibraryVersion() }
