package warehouse

import (
	"context"
	"fmt"
	"strings"

	"github.com/duckdb/duckdb-go/v2/mapping"

	"github.com/fhirwh/fhirwh/internal/schema"
	fhirsql "github.com/fhirwh/fhirwh/sql"
)

// A Description says what is in a table or view, or in one column of it.
type Description struct {
	Name  string   `json:"name"`
	Kind  string   `json:"kind"` // "table" or "view"
	Types []string `json:"types,omitempty"`
	// Rows is how many there are. Of a view that has More, it is those that were
	// looked at.
	Rows    int64        `json:"rows"`
	More    bool         `json:"more,omitempty"`
	Looked  int64        `json:"looked_at"` // rows that the figures are of: fewer than Rows are a sample
	About   string       `json:"about,omitempty"`
	Columns []ColumnInfo `json:"columns"`
}

// A ColumnInfo is a column, or a field inside one.
type ColumnInfo struct {
	Path    string   `json:"path"` // names joined by dots: code.coding.system
	Type    string   `json:"type"` // of DuckDB; STRUCT of a column with fields of its own
	FHIR    string   `json:"fhir,omitempty"`
	Filled  int64    `json:"filled"` // of the rows looked at those that have it
	Meaning string   `json:"meaning,omitempty"`
	From    []string `json:"from,omitempty"` // of a view's: elements of FHIR, Observation.value
	// Top are the most frequent values, of a code or what stands for one.
	Top []ValueCount `json:"top,omitempty"`

	Origin []string `json:"-"` // From as sql/paths.txt writes it: shorter, of the Types of the view

	within string // path of the column around it; "" of a column of the table
	filled string // SQL that counts the rows that have it
	coded  string // SQL of its value, if its most frequent ones may be shown
}

// A NotThereError says that nothing of that name can be described.
type NotThereError struct{ What, Advice string }

func (e *NotThereError) Error() string { return "there is no " + e.What }

// Hint says what to do about it.
func (e *NotThereError) Hint() string { return e.Advice }

// Describe describes a table or view, or a column or field of one: patients,
// Observation.code. Case does not matter. It looks at about most rows; 0 is all.
func (r *Reader) Describe(ctx context.Context, name string, most int64) (*Description, error) {
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
	table := d.Name
	if err := d.narrow(path); err != nil {
		return nil, err
	}
	return d, r.fill(ctx, d, table, most)
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
	var origins map[string]fhirsql.Origin
	if d.Kind == "view" {
		resource, origins = nil, fhirsql.Origins(d.Name)
	}
	for i, c := range res.Columns {
		about := ColumnInfo{Path: c.Name, Meaning: comments[c.Name]}
		at := spot{expr: quoteName(c.Name)}
		if resource != nil {
			at.e = resource.Element(c.Name)
			at.coded = isCoded(resource, at.e)
			if text, ok := columnMeanings[c.Name]; ok {
				at.e, at.coded, about.Meaning = nil, false, text
			}
		}
		if o, ok := origins[c.Name]; ok {
			d.Types, about.Origin, about.From, at.coded = o.Types, o.Paths, fullPaths(o), o.Coded
		}
		d.add(about, res.decoders[i], at)
	}
}

// A spot is where in a table a column or field is.
type spot struct {
	e    *schema.Element // nil if it is not FHIR's
	expr string          // its value; of a field in lists the list of the values in all their elements
	many bool            // it is in a list

	coded   bool // its most frequent values may be shown
	private bool // it is in what identifies a person
}

// add adds a column or field, and what is in it.
func (d *Description) add(c ColumnInfo, t *decoder, at spot) {
	c.Type = t.sqlName()
	if at.e != nil {
		c.FHIR = at.e.Code
		if at.e.List {
			c.FHIR += "[]"
		}
		if c.Meaning == "" {
			c.Meaning = at.e.Short
		}
	}
	if t.id == mapping.TypeList {
		if at.many {
			at.expr = "flatten(" + at.expr + ")"
		}
		t, at.many = t.children[0], true
	}
	value := at.expr
	if at.many {
		value = "list_any_value(" + value + ")"
	}
	c.filled = "count(" + value + ")"
	if at.coded && t.id != mapping.TypeStruct {
		c.coded = value
	}
	d.Columns = append(d.Columns, c)
	if t.id == mapping.TypeStruct {
		d.addFields(c.Path, t, at)
	}
}

func (d *Description) addFields(path string, t *decoder, at spot) {
	for i, name := range t.names {
		field := spot{many: at.many, private: at.private, expr: at.expr + "." + quoteName(name)}
		if at.many {
			field.expr = fmt.Sprintf("list_transform(%s, lambda x: x.%s)", at.expr, quoteName(name))
		}
		if at.e != nil && at.e.Type != nil {
			field.private = field.private || identifying[at.e.Type.Name]
			field.e = at.e.Type.Element(name)
			field.coded = !field.private && isCoded(at.e.Type, field.e)
		}
		d.add(ColumnInfo{Path: path + "." + name, within: path}, t.children[i], field)
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
