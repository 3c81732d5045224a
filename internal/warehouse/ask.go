package warehouse

import (
	"context"
	"fmt"
)

// Ask runs one SELECT of ours. It is for SQL of this program alone: unlike
// [Reader.Query] it does not look at the statement first, which for our views takes as
// long as answering from a small warehouse. Errors are DuckDB's, as [Error], and may
// quote data. The result must be closed.
func (r *Reader) Ask(ctx context.Context, sql string) (*Result, error) {
	rows, err := r.c.query(ctx, sql)
	if err != nil {
		return nil, err
	}
	return r.result(rows), nil
}

// OldViews returns the names of our macros and views that the warehouse lacks or has
// from other SQL than ours: an import by this version would make them again.
func (r *Reader) OldViews(ctx context.Context) ([]string, error) {
	m := &made{hashes: map[string]string{}}
	if err := m.readLedger(ctx, r.c); err != nil {
		return nil, fmt.Errorf("look for views: %w", err)
	}
	var old []string
	for _, s := range allScripts() {
		if m.hashes[s.Name] != sqlHash(s.SQL) {
			old = append(old, s.Name)
		}
	}
	return old, nil
}
