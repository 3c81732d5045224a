package main

import (
	"context"

	"github.com/fhirwh/fhirwh/internal/render"
	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// openReader opens the warehouse for a command that asks questions of ours.
func openReader(ctx context.Context, c *cli, std stdio) (*warehouse.Reader, error) {
	return warehouse.OpenReader(ctx, c.DB, warehouse.ReadOptions{Wait: c.Wait, OnWait: std.waiting(c.DB)})
}

// tablesCmd lists what can be asked about.
type tablesCmd struct {
	All  bool `help:"The tables of the ledger too."`
	JSON bool `name:"json" help:"Print JSON."`
}

func (cmd *tablesCmd) Run(ctx context.Context, c *cli, std stdio) error {
	r, err := openReader(ctx, c, std)
	if err != nil {
		return err
	}
	defer r.Close()
	tables, err := r.Tables(ctx, cmd.All)
	if err != nil {
		return err
	}
	if cmd.JSON {
		return std.printJSON(tables)
	}
	var rows [][]any
	for _, t := range tables {
		row := []any{t.Name, t.Kind, count(t.Rows), count(int64(t.Columns)), bytesText(t.Bytes), t.About}
		if t.Kind == "view" {
			row[4] = ""
		}
		if t.Problem != "" {
			row[2], row[5] = "?", "cannot be read: "+t.Problem
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		std.note("%s has no tables\nhint: fhirwh import FILE\n", c.DB)
		return nil
	}
	if std.outWidth > 0 {
		std.note("%s has %s\n\n", c.DB, plural(int64(len(rows)), "table or view", "tables and views"))
	}
	return std.printTable([]render.Column{
		{Name: "name"}, {Name: "kind"}, {Name: "rows", Numeric: true}, {Name: "columns", Numeric: true}, {Name: "size", Numeric: true}, {Name: "about"},
	}, rows)
}
