package warehouse

import (
	"context"
	"fmt"
	"strings"

	"github.com/fhirwh/fhirwh/internal/schema"
)

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
	for _, name := range viewTables() {
		t := tables[schema.Resource(name)]
		sql := baseView(t)
		hash := sqlHash(sql)
		if made[name] == hash {
			continue
		}
		changed = true
		err := c.exec(ctx, fmt.Sprintf("%s; comment on view base.%s is '%s'", sql, quoteName(name), hash))
		if err != nil {
			return false, fmt.Errorf("make view base.%s: %w", name, err)
		}
	}
	return changed, nil
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

// baseHashes returns, by name, the hash that each view has as its comment.
func baseHashes(ctx context.Context, c *conn) (map[string]string, error) {
	r, err := c.query(ctx, "select view_name, coalesce(comment, '') from duckdb_views() where schema_name = 'base'")
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
