package main

import (
	"context"
	"fmt"
	"time"

	"github.com/fhirwh/fhirwh/internal/render"
	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// importsCmd shows the history of a warehouse.
type importsCmd struct {
	JSON bool `name:"json" help:"Print JSON, with all files."`
}

func (cmd *importsCmd) Run(ctx context.Context, c *cli, std stdio) error {
	r, err := openReader(ctx, c, std)
	if err != nil {
		return err
	}
	defer r.Close()
	imports, err := r.Imports(ctx)
	if err != nil {
		return err
	}
	if cmd.JSON {
		return std.printJSON(imports)
	}
	var rows [][]any
	for _, i := range imports {
		rows = append(rows, []any{
			int64(i.Import), i.Started.Format(time.DateTime), count(i.Resources), count(i.New), count(i.Changed),
			count(i.Unchanged), count(i.Variants), count(i.Rejected), bytesText(i.Bytes), durationText(i.Took), fileNames(i.Files),
		})
	}
	return std.printTable([]render.Column{
		{Name: "import", Numeric: true}, {Name: "started (UTC)"}, {Name: "resources", Numeric: true}, {Name: "new", Numeric: true}, {Name: "changed", Numeric: true},
		{Name: "unchanged", Numeric: true}, {Name: "variants", Numeric: true}, {Name: "rejected", Numeric: true}, {Name: "size", Numeric: true}, {Name: "took", Numeric: true}, {Name: "files"},
	}, rows)
}

// fileNames names the first file and counts the others.
func fileNames(files []warehouse.FileInfo) string {
	switch len(files) {
	case 0:
		return ""
	case 1:
		return shortPath(files[0].Name)
	}
	return fmt.Sprintf("%s and %s", shortPath(files[0].Name), plural(int64(len(files)-1), "other", "others"))
}
