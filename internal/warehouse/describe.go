package warehouse

import (
	"context"
	"fmt"
	"strings"

	"github.com/duckdb/duckdb-go/v2/mapping"

	"github.com/fhirwh/fhirwh/internal/schema"
)

// A Description says what is in a table or view, or in one column of it.
type Description struct {
	Name    string       `json:"name"`
	Kind    string       `json:"kind"` // "table" or "view"
	Rows    int64        `json:"rows"`
	About   string       `json:"about,omitempty"`
	Columns []ColumnInfo `json:"columns"`
}

// A ColumnInfo is a column, or a field inside one.
type ColumnInfo struct {
	Path    string `json:"path"` // names joined by dots: code.coding.system
	Type    string `json:"type"` // of DuckDB; STRUCT of a column with fields of its own
	FHIR    string `json:"fhir,omitempty"`
	Filled  int64  `json:"filled"` // rows that have it
	Meaning string `json:"meaning,omitempty"`

	filled string // SQL that counts them
	within string // path of the column around it; "" of a column of the table
}

// A NotThereError says that nothing of that name can be described.
type NotThereError struct{ What, Advice string }

func (e *NotThereError) Error() string { return "there is no " + e.What }

// Hint says what to do about it.
func (e *NotThereError) Hint() string { return e.Advice }

// Describe describes a table or view, or a column or field of one: patients,
// Observation.code. Case does not matter.
func (r *Reader) Describe(ctx context.Context, name string) (*Description, error) {
	d, path, err := r.find(ctx, name)
	if err != nil {
		return nil, err
	}
	comments, err := r.comments(ctx, d.Name)
	if err != nil {
		return nil, err
	}
	rows, err := r.c.query(ctx, "select * from "+quoteName(d.Name)+" limit 0")
	if err != nil {
		return nil, r.explain(err, binding)
	}
	d.columns(r.result(rows), comments)
	if err := rows.close(); err != nil {
		return nil, err
	}
	if err := d.narrow(path); err != nil {
		return nil, err
	}
	return d, r.fill(ctx, d)
}

// find returns the table or view that name begins with, and the rest of name.
func (r *Reader) find(ctx context.Context, name string) (*Description, string, error) {
	table, path, _ := strings.Cut(name, ".")
	d := &Description{}
	rows, err := r.c.query(ctx, `
		select table_name, 'table', comment from duckdb_tables()
			where schema_name = 'main' and not internal and lower(table_name) = lower(?1)
		union all
		select view_name, 'view', comment from duckdb_views()
			where schema_name = 'main' and not internal and lower(view_name) = lower(?1)`, table)
	if err != nil {
		return nil, "", fmt.Errorf("look for %s: %w", table, err)
	}
	defer rows.close()
	if !rows.next() {
		if err := rows.close(); err != nil {
			return nil, "", err
		}
		return nil, "", &NotThereError{"table or view " + table, r.adviseTable(table)}
	}
	if err := rows.scan(&d.Name, &d.Kind, &d.About); err != nil {
		return nil, "", err
	}
	if t := resourceType(d.Name); t != nil && d.About == "" {
		d.About = t.Short
	}
	return d, path, rows.close()
}

// resourceType returns the type that a table holds, or nil.
func resourceType(table string) *schema.Type {
	if table == schema.Unknown().Name {
		return schema.Unknown()
	}
	return schema.Resource(table)
}

func (r *Reader) comments(ctx context.Context, table string) (map[string]string, error) {
	rows, err := r.c.query(ctx, `
		select column_name, comment from duckdb_columns()
		where schema_name = 'main' and table_name = ? and comment is not null`, table)
	if err != nil {
		return nil, fmt.Errorf("read the comments of %s: %w", table, err)
	}
	defer rows.close()
	comments := map[string]string{}
	for rows.next() {
		var name, comment string
		if err := rows.scan(&name, &comment); err != nil {
			return nil, err
		}
		comments[name] = comment
	}
	return comments, rows.close()
}

// columnMeanings says what our own columns of typed tables mean.
var columnMeanings = map[string]string{
	"_source":  "System that the resource came from (--source)",
	"_file":    "File it was read from: key of ledger.files",
	"_line":    "Line in that file, from 1",
	"_entry":   "Position in a Bundle or array, from 0",
	"_hash":    "Hash of the resource as sent",
	"_content": "Hash of its content, where it has no id or a variant",
	"_extra":   "What does not fit the typed columns, by JSON Pointer",
}

// columns lists the columns and the fields in them.
func (d *Description) columns(res *Result, comments map[string]string) {
	resource := resourceType(d.Name)
	for i, c := range res.Columns {
		about := ColumnInfo{Path: c.Name, Meaning: comments[c.Name]}
		var e *schema.Element
		if resource != nil && d.Kind == "table" {
			e = resource.Element(c.Name)
			if text, ok := columnMeanings[c.Name]; ok {
				e, about.Meaning = nil, text
			}
		}
		d.add(about, res.decoders[i], e, quoteName(c.Name), false)
	}
}

// add adds a column or field, whose value is expr, and what is in it. If many,
// expr is the list of the values in all elements of the lists around it.
func (d *Description) add(c ColumnInfo, t *decoder, e *schema.Element, expr string, many bool) {
	c.Type = t.sqlName()
	if e != nil {
		c.FHIR = e.Code
		if e.List {
			c.FHIR += "[]"
		}
		if c.Meaning == "" {
			c.Meaning = e.Short
		}
	}
	if t.id == mapping.TypeList {
		if many {
			expr = "flatten(" + expr + ")"
		}
		t, many = t.children[0], true
	}
	c.filled = "count(" + expr + ")"
	if many {
		c.filled = "count(list_any_value(" + expr + "))"
	}
	d.Columns = append(d.Columns, c)
	if t.id != mapping.TypeStruct {
		return
	}
	for i, name := range t.names {
		field := expr + "." + quoteName(name)
		if many {
			field = fmt.Sprintf("list_transform(%s, lambda x: x.%s)", expr, quoteName(name))
		}
		var inner *schema.Element
		if e != nil && e.Type != nil {
			inner = e.Type.Element(name)
		}
		d.add(ColumnInfo{Path: c.Path + "." + name, within: c.Path}, t.children[i], inner, field, many)
	}
}

// narrow keeps the column or field at path and what is in it.
func (d *Description) narrow(path string) error {
	if path == "" {
		return nil
	}
	var kept []ColumnInfo
	for _, c := range d.Columns {
		if at := strings.ToLower(c.Path + "."); strings.HasPrefix(at, strings.ToLower(path)+".") {
			kept = append(kept, c)
		}
	}
	if kept == nil {
		return d.notThere(path)
	}
	d.Name, d.Columns = d.Name+"."+kept[0].Path, kept
	return nil
}

// notThere explains a path that leads nowhere: a typed table has the elements
// that its data had.
func (d *Description) notThere(path string) error {
	e := &NotThereError{fmt.Sprintf("column %s in %s", path, d.Name), fmt.Sprintf("fhirwh describe %s lists them", d.Name)}
	if t := resourceType(d.Name); t != nil && d.Kind == "table" {
		for name := range strings.SplitSeq(path, ".") {
			var element *schema.Element
			if t != nil {
				element = t.Element(name)
			}
			if element == nil {
				return e
			}
			t = element.Type
		}
		e.Advice = fmt.Sprintf("FHIR has it, but no %s here does", d.Name)
	}
	return e
}

// fill counts the rows, and those that have each column: level by level, since
// most of what a table could hold is in columns that are empty.
func (r *Reader) fill(ctx context.Context, d *Description) error {
	table, _, _ := strings.Cut(d.Name, ".")
	if err := r.c.value(ctx, &d.Rows, "select count(*) from "+quoteName(table)); err != nil {
		return r.explain(err, running)
	}
	around := map[string]bool{d.Columns[0].within: true}
	for len(around) > 0 && d.Rows > 0 {
		var level []*ColumnInfo
		for i := range d.Columns {
			if around[d.Columns[i].within] {
				level = append(level, &d.Columns[i])
			}
		}
		if err := r.fillLevel(ctx, table, level); err != nil {
			return err
		}
		around = map[string]bool{}
		for _, c := range level {
			if c.Filled > 0 && strings.HasPrefix(c.Type, "STRUCT") {
				around[c.Path] = true
			}
		}
	}
	return nil
}

func (r *Reader) fillLevel(ctx context.Context, table string, columns []*ColumnInfo) error {
	if len(columns) == 0 { // a list of lists of structs, which no table of ours has
		return nil
	}
	var counts []string
	for _, c := range columns {
		counts = append(counts, c.filled)
	}
	res, err := r.run(ctx, "select "+strings.Join(counts, ",\n")+" from "+quoteName(table))
	if err != nil {
		return err
	}
	for res.Next() {
		for i, n := range res.Values() {
			columns[i].Filled, _ = n.(int64)
		}
	}
	return res.Close()
}
