package warehouse

import (
	"context"
	"fmt"

	"github.com/duckdb/duckdb-go/v2/mapping"
)

// Ask runs one SELECT of ours with the values of its named parameters: $source is
// values["source"], of a type that [conn.query] takes. It is for SQL of this
// program alone: unlike [Reader.Query] it does not look at the statement first,
// which costs a view of many columns as much as answering. Errors are DuckDB's, as
// [Error], and may quote data. The result must be closed.
func (r *Reader) Ask(ctx context.Context, sql string, values map[string]any) (*Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	var stmt mapping.PreparedStatement
	if mapping.Prepare(r.c.conn, sql, &stmt) == mapping.StateError {
		err := duckError(mapping.PrepareError(stmt))
		mapping.DestroyPrepare(&stmt)
		return nil, err
	}
	if err := bindNamed(stmt, values); err != nil {
		mapping.DestroyPrepare(&stmt)
		return nil, err
	}
	rows, err := r.c.run(ctx, stmt)
	if err != nil {
		return nil, err
	}
	return r.result(rows), nil
}

// bindNamed binds each parameter of stmt to the value of its name.
func bindNamed(stmt mapping.PreparedStatement, values map[string]any) error {
	args := make([]any, mapping.NParams(stmt))
	for i := range args {
		name := mapping.ParameterName(stmt, mapping.IdxT(i+1))
		v, ok := values[name]
		if !ok {
			return fmt.Errorf("statement has a parameter $%s without a value", name)
		}
		args[i] = v
	}
	return bind(stmt, args)
}
