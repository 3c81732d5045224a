package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/fhirwh/fhirwh/internal/render"
	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// saveCmd takes tables and views out of the warehouse.
type saveCmd struct {
	Names []string `arg:"" optional:"" name:"name" help:"Views and tables; none means all views, or with --tables all tables."`

	To          string   `placeholder:"DIR" help:"Folder to make."`
	Format      string   `enum:"parquet,csv,ndjson" default:"parquet" placeholder:"FORMAT" help:"parquet (typed, compressed), csv or ndjson (${default})."`
	Views       bool     `xor:"what" help:"All views: the default."`
	Tables      bool     `xor:"what" help:"All tables: FHIR resources with every element."`
	PartitionBy string   `placeholder:"COLUMN" help:"A folder COLUMN=VALUE for each value of a column, such as source or kind."`
	Replace     bool     `help:"If DIR was made by fhirwh save, swap it for the new one."`
	CSVSafe     bool     `help:"In CSV, put ' before text that a spreadsheet would run as a formula."`
	MemoryLimit byteSize `default:"1GiB" placeholder:"SIZE" help:"Memory to use, about (${default})."`
	JSON        bool     `name:"json" help:"Print the manifest on standard output."`

	Snapshot string `placeholder:"FILE" help:"Instead: leave a copy of the whole warehouse for programs that keep it open. A copy that is there is swapped for the new one."`
}

// Help says what comes behind the flags.
func (cmd *saveCmd) Help() string {
	return `The folder appears when it is complete. It has a file for each view, sorted by source and patient, a manifest.json with
rows, hashes and types, and a README.md that says how to read it in Python, R, Spark and DuckDB. It holds patient
data, and fhirwh erase does not reach it.`
}

func (cmd *saveCmd) Run(ctx context.Context, c *cli, std stdio) error {
	switch {
	case cmd.Snapshot != "" && (cmd.To != "" || len(cmd.Names) > 0):
		return &usageError{"--snapshot copies the whole warehouse: it goes with neither --to nor names", "fhirwh save --snapshot FILE"}
	case cmd.Snapshot != "":
		return saveSnapshot(ctx, c, std, cmd.Snapshot, cmd.JSON)
	case cmd.To == "":
		return &usageError{"nowhere to save to", "fhirwh save --to DIR"}
	case len(cmd.Names) > 0 && (cmd.Views || cmd.Tables):
		return &usageError{"names and --views or --tables exclude each other", "fhirwh save --to DIR NAME..."}
	case cmd.CSVSafe && cmd.Format != "csv":
		return &usageError{"--csv-safe is for CSV", "fhirwh save --to DIR --format csv --csv-safe"}
	}
	shown := startProgress(std)
	m, err := warehouse.Save(ctx, c.DB, cmd.options(c, std, shown))
	shown.stop()
	if err != nil {
		return err
	}
	if cmd.JSON {
		return std.printJSON(m)
	}
	std.printSaved(m, cmd.To)
	return nil
}

func (cmd *saveCmd) options(c *cli, std stdio, shown *progress) warehouse.SaveOptions {
	o := warehouse.SaveOptions{
		To: cmd.To, Replace: cmd.Replace, Names: cmd.Names, Tables: cmd.Tables, PartitionBy: cmd.PartitionBy,
		MemoryLimit: int64(cmd.MemoryLimit), Version: ourVersion(),
		Wait: c.Wait, OnWait: std.waiting(c.DB),
		Progress: func(now warehouse.Progress) {
			now.Stage = render.OneLine(now.Stage) // it names a table, which may be the user's
			shown.update(now)
		},
	}
	if cmd.Format != "parquet" {
		o.Extension = cmd.Format
		o.Text = func(w io.Writer) (warehouse.RowWriter, error) {
			text, err := render.New(render.Format(cmd.Format), w, render.Options{CSVSafe: cmd.CSVSafe})
			return savedRows{text}, err
		}
	}
	return o
}

// savedRows writes the rows of a warehouse through render.
type savedRows struct{ render.Writer }

func (w savedRows) Begin(columns []warehouse.Column) error {
	all := make([]render.Column, len(columns))
	for i, c := range columns {
		all[i] = render.Column{Name: c.Name, Numeric: c.Numeric}
	}
	return w.Writer.Begin(all)
}

// printSaved says on standard error what is in the folder.
func (std stdio) printSaved(m *warehouse.Manifest, to string) {
	var rows, bytes int64
	files := 0
	for _, t := range m.Tables {
		rows += t.Rows
		files += len(t.Files)
		for _, f := range t.Files {
			bytes += f.Bytes
		}
	}
	std.note("saved %s of %s in %s (%s) to %s\n", plural(rows, "row", "rows"), plural(int64(len(m.Tables)), "table or view", "tables and views"),
		plural(int64(files), "file", "files"), bytesText(bytes), render.OneLine(to))
	std.note("hint: %s/README.md says how to read it; it holds patient data, and fhirwh erase does not reach it\n", render.OneLine(to))
}

// saveSnapshot leaves a copy of the warehouse for programs that keep it open.
func saveSnapshot(ctx context.Context, c *cli, std stdio, to string, asJSON bool) error {
	report, err := warehouse.Snapshot(ctx, c.DB, to, c.Wait, std.waiting(c.DB))
	if err != nil {
		return err
	}
	if asJSON {
		return std.printJSON(report)
	}
	text := "left a copy of " + c.DB
	if report.Replaced {
		text += " in place of the older one"
	}
	std.note("%s: %s (%s)\n", render.OneLine(text), render.OneLine(to), bytesText(report.Bytes))
	return nil
}

// leaveSnapshot leaves the copy that an import was asked for, if it did its work
// or all its work was done: result is how it ended.
func (cmd *importCmd) leaveSnapshot(ctx context.Context, c *cli, std stdio, result error) error {
	if cmd.SnapshotTo == "" || cmd.DryRun || result != nil && !errors.Is(result, errFindings) {
		return result
	}
	if err := saveSnapshot(ctx, c, std, cmd.SnapshotTo, false); err != nil {
		return fmt.Errorf("the import is kept, but not copied: %w", err)
	}
	return result
}
