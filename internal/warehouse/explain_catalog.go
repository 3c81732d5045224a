package warehouse

import (
	"context"
	"strings"

	"github.com/fhirwh/fhirwh/internal/schema"
	"github.com/fhirwh/fhirwh/internal/sqltext"
)

// columnsOf are the columns of a table or view that a statement reads.
type columnsOf struct {
	source  sqltext.Source
	table   string // its name as the database has it
	columns []string
}

// has reports whether there is a column of that name, in whatever case.
func (c columnsOf) has(name string) bool {
	for _, column := range c.columns {
		if strings.EqualFold(column, name) {
			return true
		}
	}
	return false
}

// typed returns the resource type that the table holds, nil of a view.
func (c columnsOf) typed() *schema.Type { return resourceType(c.table) }

// columns returns those of the tables and views that the statement reads, of the
// one that is written name if that is not "". Common table expressions are not
// among them.
func (x *explainer) columns(name string) []columnsOf {
	if x.known == nil {
		x.known = x.r.columnsOf(sqltext.Sources(x.sql))
	}
	if name == "" {
		return x.known
	}
	var named []columnsOf
	for _, c := range x.known {
		if c.source.Is(name) {
			named = append(named, c)
		}
	}
	if named == nil { // a subquery's or common table expression's
		return x.known
	}
	return named
}

func (r *Reader) columnsOf(sources []sqltext.Source) []columnsOf {
	var all []columnsOf
	for _, s := range sources {
		c := columnsOf{source: s}
		rows, err := r.c.query(context.Background(), `
			select table_name, column_name from duckdb_columns()
			where schema_name = 'main' and not internal and lower(table_name) = lower(?)
			order by column_index`, s.Name)
		if err != nil {
			return all
		}
		for rows.next() {
			var column string
			if rows.scan(&c.table, &column) == nil {
				c.columns = append(c.columns, column)
			}
		}
		if rows.close() == nil && c.table != "" {
			all = append(all, c)
		}
	}
	return all
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
