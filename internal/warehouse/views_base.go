package warehouse

import (
	"context"
	"fmt"
	"strings"

	"github.com/fhirwh/fhirwh/internal/schema"
)

// basePrefix begins the names that the views of schema base have in ledger.views.
const basePrefix = "base."

// applyBase makes the views of schema base, through which our views read typed
// tables: with a NULL for every column that they read and the table lacks. A table
// of its own for those columns would be a third slower to write, and a view that
// names a missing column cannot be made. It reports whether a table has changed
// since.
func applyBase(ctx context.Context, c *conn, tables map[*schema.Type]*table) (changed bool, err error) {
	made, err := baseHashes(ctx, c)
	if err != nil {
		return false, fmt.Errorf("look for views of schema base: %w", err)
	}
	var notes []viewNote
	for _, name := range viewTables() {
		sql := baseView(tables[schema.Resource(name)])
		n := viewNote{basePrefix + name, sqlHash(sql)}
		if made[n.name] == n.hash {
			continue
		}
		if err := c.exec(ctx, sql); err != nil {
			return false, fmt.Errorf("make view %s: %w", n.name, err)
		}
		notes = append(notes, n)
	}
	return len(notes) > 0, noteViews(ctx, c, notes)
}

func baseView(t *table) string {
	var columns []string
	for _, n := range schema.Base(t.fhir.Type).Columns {
		name := quoteName(n.Element.Name)
		if t.fhir.Column(n.Element) == nil {
			name = "null::" + n.SQL() + " as " + name
		}
		columns = append(columns, name)
	}
	for _, b := range bookkeeping {
		columns = append(columns, b.name)
	}
	columns = append(columns, "rowid")
	return fmt.Sprintf("create or replace view base.%s as select %s from %s", quoteName(t.name()), strings.Join(columns, ", "), t.quoted())
}

// baseHashes returns, by name in ledger.views, the hash of each view that is there.
func baseHashes(ctx context.Context, c *conn) (map[string]string, error) {
	r, err := c.query(ctx, `
		select v.name, v.hash
		from ledger.views as v
		join duckdb_views() as d on d.schema_name = 'base' and v.name = ? || d.view_name`, basePrefix)
	if err != nil {
		return nil, err
	}
	defer r.close()
	made := map[string]string{}
	for r.next() {
		var name, hash string
		if err := r.scan(&name, &hash); err != nil {
			return nil, err
		}
		made[name] = hash
	}
	return made, r.close()
}
