package warehouse

import (
	"context"
	"fmt"
	"strings"

	"github.com/duckdb/duckdb-go/v2/mapping"

	"github.com/fhirwh/fhirwh/internal/schema"
)

// bookkeeping are the columns of every typed table that say where a row came
// from, behind the base columns of its resource type.
var bookkeeping = []struct{ name, sqlType string }{
	{"_source", "VARCHAR"},
	{"_file", "INTEGER"},
	{"_line", "BIGINT"},
	{"_entry", "INTEGER"},
	{"_hash", "UBIGINT"},
	{"_content", "UHUGEINT"},
	{"_extra", "JSON"},
}

func isBookkeeping(name string) bool {
	for _, b := range bookkeeping {
		if b.name == name {
			return true
		}
	}
	return false
}

// A table is a typed table of the open warehouse.
type table struct {
	fhir    *schema.Table
	columns []string // every column in DuckDB's order, bookkeeping and users' own included
	rows    int64    // when the import began
	full    bool     // has reached its number of leaf columns: new elements go to _extra

	staging string // name of the temporary table for contested rows; "" if there is none
	staged  int64

	vectorRows           int   // of the vector of rows that is being filled
	vectorBytes, longest int64 // of the resources in it, and in the longest one
}

func (t *table) name() string { return t.fhir.Type.Name }

func (t *table) quoted() string { return "main." + quoteName(t.name()) }

// quoteName writes a name as an SQL identifier.
func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// quoteText writes a text as an SQL literal.
func quoteText(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// readTables returns the typed tables that the warehouse has.
func readTables(ctx context.Context, c *conn) (map[*schema.Type]*table, error) {
	r, err := c.query(ctx, `select table_name, estimated_size from duckdb_tables()
		where schema_name = 'main' and not temporary order by table_name`)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	defer r.close()
	tables := map[*schema.Type]*table{}
	for r.next() {
		var name string
		var rows int64
		if err := r.scan(&name, &rows); err != nil {
			return nil, fmt.Errorf("list tables: %w", err)
		}
		if t := typeOfTable(name); t != nil {
			tables[t] = &table{fhir: &schema.Table{Type: t}, rows: rows}
		}
	}
	if err := r.close(); err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	for _, t := range tables {
		if err := t.readColumns(ctx, c); err != nil {
			return nil, fmt.Errorf("read columns of %s: %w", t.name(), err)
		}
	}
	return tables, nil
}

// typeOfTable returns the resource type whose table has the name, nil if it is
// no typed table.
func typeOfTable(name string) *schema.Type {
	if name == schema.Unknown().Name {
		return schema.Unknown()
	}
	return schema.Resource(name)
}

// readColumns learns the table's columns from the types of an empty result:
// DuckDB's own description of a nested type needs a parser, its C interface not.
func (t *table) readColumns(ctx context.Context, c *conn) error {
	r, err := c.query(ctx, "select * from "+t.quoted()+" limit 0")
	if err != nil {
		return err
	}
	defer r.close()
	for i, name := range r.names {
		t.columns = append(t.columns, name)
		e := t.fhir.Type.Element(name)
		if e == nil || isBookkeeping(name) {
			continue
		}
		n, err := nodeOf(e, r.types[i])
		if err != nil {
			return err
		}
		t.fhir.Columns = append(t.fhir.Columns, n)
	}
	return r.close()
}

// nodeOf describes a column of a known element by its DuckDB type. The type must
// be one that fhirwh makes.
func nodeOf(e *schema.Element, t mapping.LogicalType) (*schema.Node, error) {
	if e.List {
		if mapping.GetTypeId(t) != mapping.TypeList {
			return nil, fmt.Errorf("column %s is no list: it was changed by another program", e.Name)
		}
		child := mapping.ListTypeChildType(t)
		defer mapping.DestroyLogicalType(&child)
		t = child
	}
	n := &schema.Node{Element: e}
	if e.Kind != schema.Struct {
		return n, nil
	}
	if mapping.GetTypeId(t) != mapping.TypeStruct {
		return nil, fmt.Errorf("column %s is no struct: it was changed by another program", e.Name)
	}
	for i := range mapping.StructTypeChildCount(t) {
		name := mapping.StructTypeChildName(t, i)
		field := e.Type.Element(name)
		if field == nil {
			return nil, fmt.Errorf("column %s has a field %s that R4 does not know: it was changed by another program", e.Name, name)
		}
		ft := mapping.StructTypeChildType(t, i)
		child, err := nodeOf(field, ft)
		mapping.DestroyLogicalType(&ft)
		if err != nil {
			return nil, err
		}
		n.Fields = append(n.Fields, child)
	}
	return n, nil
}

// create makes the table with the columns that t.fhir has.
func (t *table) create(ctx context.Context, c *conn) error {
	var b strings.Builder
	b.WriteString("create table " + t.quoted() + " (")
	for _, n := range t.fhir.Columns {
		b.WriteString(quoteName(n.Element.Name) + " " + n.SQL() + ", ")
		t.columns = append(t.columns, n.Element.Name)
	}
	for i, k := range bookkeeping {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(k.name + " " + k.sqlType)
		t.columns = append(t.columns, k.name)
	}
	b.WriteString(")")
	if err := c.exec(ctx, b.String()); err != nil {
		return fmt.Errorf("create table %s: %w", t.name(), err)
	}
	return nil
}

// alter brings the table, and its staging table, to the columns that t.fhir has
// since it grew.
func (t *table) alter(ctx context.Context, c *conn, added, changed []*schema.Node) error {
	targets := []string{t.quoted()}
	if t.staging != "" {
		targets = append(targets, t.staging)
	}
	for _, target := range targets {
		for _, n := range changed {
			sql := fmt.Sprintf("alter table %s alter column %s set data type %s", target, quoteName(n.Element.Name), n.SQL())
			if err := c.exec(ctx, sql); err != nil {
				return fmt.Errorf("add fields to column %s of %s: %w", n.Element.Name, t.name(), err)
			}
		}
		for _, n := range added {
			sql := fmt.Sprintf("alter table %s add column %s %s", target, quoteName(n.Element.Name), n.SQL())
			if err := c.exec(ctx, sql); err != nil {
				return fmt.Errorf("add column %s to %s: %w", n.Element.Name, t.name(), err)
			}
		}
	}
	for _, n := range added {
		t.columns = append(t.columns, n.Element.Name)
	}
	return nil
}

// stage makes the staging table: the columns of the table, in their order.
func (t *table) stage(ctx context.Context, c *conn) error {
	if t.staging != "" {
		return nil
	}
	t.staging = "temp." + quoteName("staged "+t.name())
	if err := c.exec(ctx, fmt.Sprintf("create temp table %s as from %s limit 0", quoteName("staged "+t.name()), t.quoted())); err != nil {
		return fmt.Errorf("make staging table of %s: %w", t.name(), err)
	}
	return nil
}

// An index is an index that a user made on a typed table.
type index struct {
	name, table, sql string
	dropped          bool
}

func (x *index) quoted() string { return "main." + quoteName(x.name) }

// readIndexes returns the indexes on typed tables: they make every growth of a
// nested column fail, and have to go while it happens.
func readIndexes(ctx context.Context, c *conn) ([]index, error) {
	r, err := c.query(ctx, `select index_name, table_name, sql from duckdb_indexes()
		where schema_name = 'main' and sql is not null order by 1`)
	if err != nil {
		return nil, fmt.Errorf("list indexes: %w", err)
	}
	defer r.close()
	var all []index
	for r.next() {
		var x index
		if err := r.scan(&x.name, &x.table, &x.sql); err != nil {
			return nil, fmt.Errorf("list indexes: %w", err)
		}
		all = append(all, x)
	}
	return all, r.close()
}
