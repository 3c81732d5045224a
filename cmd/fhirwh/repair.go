package main

import (
	"context"

	"github.com/fhirwh/fhirwh/internal/render"
	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// repairCmd makes a broken warehouse open again.
type repairCmd struct {
	Undo string `placeholder:"FILE" help:"Put the bytes back that an earlier repair changed: FILE is the backup that it named."`
	JSON bool   `name:"json" help:"Print JSON."`
}

// Help says what comes behind the flags.
func (cmd *repairCmd) Help() string {
	return `For a warehouse that a crash or a failing disk has left unreadable. Nothing is deleted: what is changed is saved
beside the warehouse. Run fhirwh verify afterwards, and import the latest files again: what is there is skipped.`
}

func (cmd *repairCmd) Run(ctx context.Context, c *cli, std stdio) error {
	if cmd.Undo != "" {
		if err := warehouse.UndoRepair(ctx, c.DB, cmd.Undo); err != nil {
			return err
		}
		std.note("%s is as it was before the repair\n", c.DB)
		return nil
	}
	report, err := warehouse.Repair(ctx, c.DB, c.Wait, std.waiting(c.DB))
	if report != nil && cmd.JSON {
		if err := std.printJSON(report); err != nil {
			return err
		}
	} else if report != nil {
		std.printRepair(report)
	}
	if err != nil {
		return err
	}
	if report.Changed {
		std.note("hint: fhirwh verify reads all of it; then import the latest files again: what is there is skipped\n")
	}
	return nil
}

// printRepair says on standard error what was done.
func (std stdio) printRepair(r *warehouse.RepairReport) {
	if r.Recovered != "" {
		std.note("an import was interrupted: %s\n", r.Recovered)
	}
	for _, a := range r.Actions {
		text := a.What
		if a.File != "" {
			text += ": " + a.File
		}
		std.note("%s\n", render.OneLine(text))
	}
	if r.Backup != "" {
		std.note("the bytes that were changed are in %s\n", render.OneLine(r.Backup))
	}
	if !r.Changed {
		std.note("%s opens: nothing to repair\n", r.DB)
	}
}
