package main

import (
	"context"

	"github.com/fhirwh/fhirwh/internal/parse"
	"github.com/fhirwh/fhirwh/internal/render"
	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// limits are what the commands that read sources allow a source.
type limits struct {
	MaxLine       byteSize `default:"256MiB" placeholder:"SIZE" help:"Longest resource (${default})."`
	MaxRatio      int      `default:"200" placeholder:"N" help:"How much a compressed file may expand (${default} times)."`
	MaxWindow     byteSize `default:"128MiB" placeholder:"SIZE" help:"Largest window of a zstd file (${default})."`
	DuplicateKeys string   `enum:"reject,last" default:"reject" placeholder:"WHAT" help:"What to do with an object that names a member twice: reject, or last, which takes the last value and keeps the others in _extra (${default})."`
	Workers       int      `default:"${workers}" placeholder:"N" help:"Decoders at once (${default})."`
}

func (l *limits) options() (parse.Options, error) {
	if l.Workers < 1 || l.MaxRatio < 1 {
		return parse.Options{}, &usageError{"--workers and --max-ratio must be at least 1", "fhirwh import --help"}
	}
	return parse.Options{
		Workers: l.Workers, MaxLine: int64(l.MaxLine), MaxRatio: l.MaxRatio, MaxWindow: int64(l.MaxWindow),
		LastDuplicate: l.DuplicateKeys == "last",
	}, nil
}

// importCmd loads exports. Loading one twice changes nothing.
type importCmd struct {
	Sources []string `arg:"" optional:"" name:"source" help:"${sources}"`

	Source      string   `default:"default" placeholder:"LABEL" help:"System that the resources come from (${default}): an id is unique only within one."`
	Refresh     bool     `help:"Give the warehouse the views, macros and columns of this version. Takes no source: an import does it too."`
	DryRun      bool     `help:"Say what an import would do, and do nothing."`
	MaxRejects  *int64   `placeholder:"N" help:"Keep nothing if more than N lines are no FHIR resources. Default: any number is recorded and set aside."`
	MemoryLimit byteSize `default:"1GiB" placeholder:"SIZE" help:"Memory of the whole import (${default})."`
	SnapshotTo  string   `placeholder:"FILE" help:"Afterwards leave a copy of the warehouse in FILE, as fhirwh save --snapshot does."`
	JSON        bool     `name:"json" help:"Print the summary as JSON on standard output."`
	limits      `embed:""`
	landingFlag `embed:""`
}

// Help says what comes behind the flags.
func (cmd *importCmd) Help() string {
	return `Reads JSON lines, arrays, Bundles and single resources; plain, gzip, zstd, bzip2 or zip, told by their content.
All of an import is kept or, if anything fails, nothing. A file that was imported before is skipped.
Lines that are no FHIR resources do not stop it: see fhirwh rejects. Then the exit code is 3.`
}

func (cmd *importCmd) Run(ctx context.Context, c *cli, std stdio) error {
	if cmd.Refresh {
		return cmd.refresh(ctx, c, std)
	}
	if len(cmd.Sources) == 0 {
		return &usageError{"no source given", "fhirwh import --help"}
	}
	from, err := sources(cmd.Sources, cmd.Source)
	if err != nil {
		return err
	}
	options, err := cmd.options()
	if err != nil {
		return err
	}
	records, err := cmd.exportRecords(c, std)
	if err != nil {
		return err
	}
	shown := startProgress(std)
	sum, err := warehouse.Import(ctx, c.DB, warehouse.ImportOptions{
		Sources: from, Exports: records, Parse: options, Version: ourVersion(),
		Wait: c.Wait, OnWait: std.waiting(c.DB),
		DryRun: cmd.DryRun, MaxRejects: cmd.maxRejects(), MemoryLimit: int64(cmd.MemoryLimit),
		Progress: shown.update,
	})
	shown.stop()
	if err != nil {
		return err
	}
	return cmd.leaveSnapshot(ctx, c, std, reportImport(std, sum, cmd.JSON))
}

// refresh brings the views of the warehouse up to date.
func (cmd *importCmd) refresh(ctx context.Context, c *cli, std stdio) error {
	if len(cmd.Sources) > 0 {
		return &usageError{"--refresh takes no source: an import brings the views up to date by itself", "fhirwh import --help"}
	}
	sum, err := warehouse.Refresh(ctx, c.DB, warehouse.ImportOptions{
		Version: ourVersion(), Wait: c.Wait, OnWait: std.waiting(c.DB), DryRun: cmd.DryRun, MaxRejects: -1, MemoryLimit: int64(cmd.MemoryLimit),
	})
	if err != nil {
		return err
	}
	said := "views and macros of %s are those of fhirwh %s now\n"
	switch {
	case !sum.Refreshed:
		said = "views and macros of %s are those of fhirwh %s: nothing to do\n"
	case cmd.DryRun:
		said = "views and macros of %s would become those of fhirwh %s\n"
	}
	std.note(said, render.Neutral(c.DB), ourVersion())
	if cmd.JSON {
		err = std.printJSON(sum)
	}
	return cmd.leaveSnapshot(ctx, c, std, err)
}

func (cmd *importCmd) maxRejects() int64 {
	if cmd.MaxRejects == nil {
		return -1
	}
	return *cmd.MaxRejects
}

// reportImport says what an import did.
func reportImport(std stdio, sum *warehouse.Summary, asJSON bool) error {
	var err error
	if asJSON {
		err = std.printJSON(sum)
	} else {
		err = std.printSummary(sum)
	}
	if err == nil && sum.Rejected > 0 {
		return errFindings
	}
	return err
}

// listRejects names rejected lines, without their content.
func (std stdio) listRejects(rejects []warehouse.RejectSummary) {
	for _, r := range rejects {
		text := place(r.File, r.Line) + ": " + r.Reason
		if r.Detail != "" {
			text += " (" + r.Detail + ")"
		}
		std.note("  %s\n", render.OneLine(text))
	}
}
