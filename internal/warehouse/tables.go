package warehouse

import (
	"context"
	"fmt"
	"strings"

	"github.com/fhirwh/fhirwh/internal/schema"
)

// A TableInfo is a table or view of a warehouse.
type TableInfo struct {
	Name    string `json:"name"` // with its schema unless that is main
	Kind    string `json:"kind"` // "table" or "view"
	Rows    int64  `json:"rows"`
	Columns int    `json:"columns"`
	Bytes   int64  `json:"bytes"` // of the file, about; 0 of a view
	About   string `json:"about,omitempty"`
	// Problem is why a view cannot be read, if it cannot.
	Problem string `json:"problem,omitempty"`
}

// Tables returns the tables and views of schema main, or with all those of every
// schema: tables first, by name.
func (r *Reader) Tables(ctx context.Context, all bool) ([]TableInfo, error) {
	tables, err := r.listTables(ctx, all)
	if err != nil {
		return nil, err
	}
	if err := r.measure(ctx, tables); err != nil {
		return nil, err
	}
	for i := range tables {
		t := &tables[i]
		err := r.c.value(ctx, &t.Rows, "select count(*) from "+t.sql())
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil && t.Kind == "view":
			t.Problem = r.explain(err, running).Error()
		case err != nil:
			return nil, fmt.Errorf("count the rows of %s: %w", t.Name, err)
		}
	}
	return tables, nil
}

// sql returns the name as SQL wants it.
func (t *TableInfo) sql() string {
	if name, ok := strings.CutPrefix(t.Name, "ledger."); ok {
		return "ledger." + quoteName(name)
	}
	return quoteName(t.Name)
}

func (r *Reader) listTables(ctx context.Context, all bool) ([]TableInfo, error) {
	rows, err := r.c.query(ctx, `
		select name, kind, columns, about from (
			select schema_name, table_name as name, 'table' as kind, column_count as columns, comment as about
			from duckdb_tables() where not internal and not temporary
			union all
			select schema_name, view_name, 'view', column_count, comment
			from duckdb_views() where not internal and not temporary
		) where schema_name = 'main'
		order by kind, lower(name)`)
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	tables, err := scanTables(rows, "")
	if err != nil || !all {
		return tables, err
	}
	rows, err = r.c.query(ctx, `
		select table_name, 'table', column_count, comment
		from duckdb_tables() where schema_name = 'ledger' order by 1`)
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	ledger, err := scanTables(rows, "ledger.")
	return append(tables, ledger...), err
}

func scanTables(rows *rows, prefix string) ([]TableInfo, error) {
	defer rows.close()
	var tables []TableInfo
	for rows.next() {
		var t TableInfo
		var columns int64
		if err := rows.scan(&t.Name, &t.Kind, &columns, &t.About); err != nil {
			return nil, err
		}
		if resource := schema.Resource(t.Name); resource != nil && t.About == "" {
			t.About = resource.Short
		}
		t.Name, t.Columns = prefix+t.Name, int(columns)
		tables = append(tables, t)
	}
	return tables, rows.close()
}

// measure sets how much of the file each table takes. A segment of a column
// reaches to the next one in its block; the last one of a block gets the rest,
// so that the sizes add up to the data blocks of the file.
func (r *Reader) measure(ctx context.Context, tables []TableInfo) error {
	var segments []string
	for i, t := range tables {
		if t.Kind == "table" {
			segments = append(segments, fmt.Sprintf("select %d as t, block_id, block_offset, additional_block_ids from pragma_storage_info(%s) where persistent and block_id >= 0",
				i, quoteText(t.sql())))
		}
	}
	if len(segments) == 0 {
		return nil
	}
	rows, err := r.c.query(ctx, fmt.Sprintf(`
		with segment as (%s),
		sized as (
			select t, len(additional_block_ids) as more,
				coalesce(lead(block_offset) over (partition by block_id order by block_offset), 262144) - block_offset as size
			from segment
		)
		select t::bigint, sum(size + more * 262144)::bigint from sized group by t`, strings.Join(segments, "\nunion all ")))
	if err != nil {
		return fmt.Errorf("measure the tables: %w", err)
	}
	defer rows.close()
	for rows.next() {
		var t, size int64
		if err := rows.scan(&t, &size); err != nil {
			return err
		}
		tables[t].Bytes = size
	}
	return rows.close()
}
