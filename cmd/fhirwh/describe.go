package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fhirwh/fhirwh/internal/render"
	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// describedRows is how many rows describe looks at unless --exact says all.
const describedRows = 100_000

// describeCmd says what is in a table or view.
type describeCmd struct {
	Name  string `arg:"" help:"Table or view, or a column of one: patients, Observation.code."`
	All   bool   `help:"Columns that are empty here too."`
	Exact bool   `help:"Look at every row, not at 100,000 of a large table or view."`
	JSON  bool   `name:"json" help:"Print JSON, of all columns."`
}

func (cmd *describeCmd) Run(ctx context.Context, c *cli, std stdio) error {
	r, err := openReader(ctx, c, std)
	if err != nil {
		return err
	}
	defer r.Close()
	return cmd.describe(ctx, r, std)
}

func (cmd *describeCmd) describe(ctx context.Context, r *warehouse.Reader, std stdio) error {
	most := int64(describedRows)
	if cmd.Exact {
		most = 0
	}
	d, err := r.Describe(ctx, cmd.Name, most)
	if err != nil {
		return err
	}
	if cmd.JSON {
		return std.printJSON(d)
	}
	std.describeHead(d)
	shown := d.Columns
	if d.Kind == "table" && d.Rows > 0 && !cmd.All {
		shown = slices.DeleteFunc(slices.Clone(shown), func(c warehouse.ColumnInfo) bool { return c.Filled == 0 })
	}
	if std.outWidth > 0 && std.outWidth < narrowTerminal {
		err = std.printNarrow(d, shown)
	} else {
		err = std.printColumns(d, shown)
	}
	if hidden := int64(len(d.Columns) - len(shown)); hidden > 0 {
		std.note("\n%s: --all shows them\n", plural(hidden, "column is empty here", "columns are empty here"))
	}
	return err
}

// describeHead says what is described, and how much of it was looked at.
func (std stdio) describeHead(d *warehouse.Description) {
	rows := plural(d.Rows, "row", "rows")
	if d.More {
		rows = "at least " + rows
	}
	std.note("%s: %s with %s\n", d.Name, d.Kind, rows)
	if d.About != "" {
		std.note("%s\n", render.Neutral(d.About))
	}
	if len(d.Types) > 0 {
		std.note("FHIR: %s\n", strings.Join(d.Types, ", "))
	}
	switch {
	case d.More:
		std.note("looked at the first %s: --exact looks at all\n", rows)
	case d.Looked < d.Rows:
		std.note("looked at a sample of %s: --exact looks at all\n", plural(d.Looked, "row", "rows"))
	}
	std.note("\n")
}

// narrowTerminal is the width from which on a terminal has room for what columns
// mean beside their names.
const narrowTerminal = 64

func (std stdio) printColumns(d *warehouse.Description, columns []warehouse.ColumnInfo) error {
	var rows [][]any
	for _, c := range columns {
		notes := columnNotes(c)
		if len(notes) == 0 {
			notes = []string{""}
		}
		rows = append(rows, []any{c.Path, columnType(c), share(c.Filled, d.Looked), notes[0]})
		for _, note := range notes[1:] {
			rows = append(rows, []any{"", "", "", note})
		}
	}
	return std.printTable([]render.Column{{Name: "column", Wrap: true}, {Name: "type"}, {Name: "filled", Numeric: true}, {Name: "meaning", Wrap: true}}, rows)
}

// printNarrow writes name, type and meaning below each other.
func (std stdio) printNarrow(d *warehouse.Description, columns []warehouse.ColumnInfo) error {
	var rows [][]any
	for _, c := range columns {
		rows = append(rows, []any{share(c.Filled, d.Looked), c.Path + " " + columnType(c)})
		for _, note := range columnNotes(c) {
			rows = append(rows, []any{"", note})
		}
	}
	return std.printTable([]render.Column{{Name: "filled", Numeric: true}, {Name: "column", Wrap: true}}, rows)
}

// columnNotes are what a column means, the elements it comes from and its most
// frequent values, as far as there are any.
func columnNotes(c warehouse.ColumnInfo) []string {
	var notes []string
	if c.Meaning != "" {
		notes = append(notes, c.Meaning)
	}
	if len(c.Origin) > 0 {
		notes = append(notes, "from: "+strings.Join(c.Origin, ", "))
	}
	if len(c.Top) > 0 {
		notes = append(notes, "often: "+topText(c))
	}
	return notes
}

// longestValue is how many characters of a frequent value are shown.
const longestValue = 40

// topText writes the most frequent values with their share of the filled rows.
func topText(c warehouse.ColumnInfo) string {
	var parts []string
	for _, v := range c.Top {
		text := []rune(v.Value)
		if len(text) > longestValue {
			text = append(text[:longestValue-1], '…')
		}
		parts = append(parts, string(text)+" "+share(v.Rows, c.Filled))
	}
	return strings.Join(parts, ", ")
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
