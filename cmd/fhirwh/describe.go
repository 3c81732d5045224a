package main

import (
	"context"
	"fmt"

	"github.com/fhirwh/fhirwh/internal/render"
	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// describeCmd says what is in a table or view.
type describeCmd struct {
	Name string `arg:"" help:"Table or view, or a column of one: patients, Observation.code."`
	All  bool   `help:"Columns that are empty here too."`
	JSON bool   `name:"json" help:"Print JSON, of all columns."`
}

func (cmd *describeCmd) Run(ctx context.Context, c *cli, std stdio) error {
	r, err := openReader(ctx, c, std)
	if err != nil {
		return err
	}
	defer r.Close()
	d, err := r.Describe(ctx, cmd.Name)
	if err != nil {
		return err
	}
	if cmd.JSON {
		return std.printJSON(d)
	}
	std.note("%s: %s with %s\n", d.Name, d.Kind, plural(d.Rows, "row", "rows"))
	if d.About != "" {
		std.note("%s\n", render.Neutral(d.About))
	}
	std.note("\n")
	hidden := int64(0)
	var rows [][]any
	for _, col := range d.Columns {
		if col.Filled == 0 && d.Kind == "table" && d.Rows > 0 && !cmd.All {
			hidden++
			continue
		}
		rows = append(rows, []any{col.Path, columnType(col), share(col.Filled, d.Rows), col.Meaning})
	}
	err = std.printTable([]render.Column{{Name: "column", Wrap: true}, {Name: "type"}, {Name: "filled", Numeric: true}, {Name: "meaning", Wrap: true}}, rows)
	if hidden > 0 {
		std.note("\n%s: --all shows them\n", plural(hidden, "column is empty here", "columns are empty here"))
	}
	return err
}

// columnType names a type as FHIR does, where FHIR has it: that says more than
// VARCHAR and STRUCT.
func columnType(c warehouse.ColumnInfo) string {
	if c.FHIR != "" {
		return c.FHIR
	}
	return c.Type
}

// share writes a part of all rows.
func share(n, all int64) string {
	switch {
	case n == 0 || all == 0:
		return "0%"
	case n == all:
		return "100%"
	case n*100 < all:
		return "<1%"
	}
	return fmt.Sprintf("%d%%", min(99, (n*100+all/2)/all))
}
