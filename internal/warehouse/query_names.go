package warehouse

import (
	"context"
	"fmt"

	"github.com/fhirwh/fhirwh/internal/sqltext"
)

// usefulKeywords leaves out the words that no question needs.
const usefulKeywords = `
	select upper(keyword_name) from duckdb_keywords()
	where keyword_category <> 'unreserved' and not starts_with(keyword_name, 'xml') or keyword_name in ('by', 'day', 'escape', 'exclude', 'explain', 'filter', 'first', 'if', 'interval',
		'last', 'materialized', 'month', 'nulls', 'over', 'partition', 'range', 'recursive', 'replace', 'rows', 'sample', 'within', 'year')
	order by 1`

// Names returns what SQL can name.
func (r *Reader) Names(ctx context.Context) (*sqltext.Names, error) {
	n := &sqltext.Names{}
	for sql, list := range map[string]*[]string{
		"select distinct function_name from duckdb_functions() where not internal and schema_name = 'main' order by 1":                                                                                     &n.Macros,
		"select distinct function_name from duckdb_functions() where internal and regexp_full_match(function_name, '[a-z][a-z0-9_]+') and function_type not in ('pragma', 'pragma_assignment') order by 1": &n.Functions,
		usefulKeywords: &n.Keywords,
		"select upper(keyword_name) from duckdb_keywords() where keyword_category = 'reserved' order by 1": &n.Reserved,
	} {
		var err error
		if *list, err = r.texts(ctx, sql); err != nil {
			return nil, fmt.Errorf("list names: %w", err)
		}
	}
	return n, r.nameColumns(ctx, n)
}

func (r *Reader) nameColumns(ctx context.Context, n *sqltext.Names) error {
	rows, err := r.c.query(ctx, `
		select if(schema_name = 'main', '', schema_name), table_name, column_name, data_type
		from duckdb_columns()
		where not internal and schema_name in ('main', 'ledger')
		order by schema_name <> 'main', lower(table_name), column_index`)
	if err != nil {
		return fmt.Errorf("list columns: %w", err)
	}
	defer rows.close()
	for rows.next() {
		var t sqltext.Table
		var c sqltext.Column
		if err := rows.scan(&t.Schema, &t.Name, &c.Name, &c.Type); err != nil {
			return err
		}
		last := len(n.Tables) - 1
		if last < 0 || n.Tables[last].Name != t.Name || n.Tables[last].Schema != t.Schema {
			n.Tables = append(n.Tables, t)
			last++
		}
		n.Tables[last].Columns = append(n.Tables[last].Columns, c)
	}
	return rows.close()
}
