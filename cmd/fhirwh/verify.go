package main

import (
	"context"
	"fmt"

	"github.com/fhirwh/fhirwh/internal/parse"
	"github.com/fhirwh/fhirwh/internal/render"
	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// verifyCmd proves that a warehouse has what its sources have.
type verifyCmd struct {
	Sources []string `arg:"" optional:"" name:"source" help:"${sources} None: only the warehouse itself is checked."`

	Source     string `default:"default" placeholder:"LABEL" help:"System that the resources come from (${default}), as it was imported."`
	ShowValues bool   `help:"Show ids and the values that differ. They are patient data."`
	JSON       bool   `name:"json" help:"Print the report as JSON on standard output."`
	limits     `embed:""`
}

// Help says what comes behind the flags.
func (cmd *verifyCmd) Help() string {
	return `Reads every block of every table and compares each resource of the sources with what the warehouse has:
member by member, numbers digit by digit. The exit code is 3 if anything differs.`
}

func (cmd *verifyCmd) Run(ctx context.Context, c *cli, std stdio) error {
	var from []parse.Source
	if len(cmd.Sources) > 0 {
		var err error
		if from, err = sources(cmd.Sources, cmd.Source); err != nil {
			return err
		}
	}
	options, err := cmd.options()
	if err != nil {
		return err
	}
	shown := startProgress(std)
	report, err := warehouse.Verify(ctx, c.DB, warehouse.VerifyOptions{
		Sources: from, Parse: options, ShowValues: cmd.ShowValues,
		Wait: c.Wait, OnWait: std.waiting(c.DB), Progress: shown.update,
	})
	shown.stop()
	if err != nil {
		return err
	}
	if cmd.JSON {
		err = std.printJSON(report)
	} else {
		std.printReport(report)
	}
	if err == nil && !report.OK() {
		return errFindings
	}
	return err
}

// printReport says on standard error what verify found.
func (std stdio) printReport(r *warehouse.VerifyReport) {
	for _, p := range r.Problems {
		text := fmt.Sprintf("%s: %s: %s", p.Table, p.Kind, p.Detail)
		if p.Count > 1 {
			text += fmt.Sprintf(" (%s)", count(p.Count))
		}
		std.note("%s\n", render.OneLine(text))
	}
	for _, d := range r.Differences {
		std.printDifference(d)
	}
	if more := r.Total.Differences() - int64(len(r.Differences)); more > 0 {
		std.note("and %s\n", plural(more, "other difference", "other differences"))
	}
	std.note("read %s of %s in %s\n", plural(r.Rows, "row", "rows"), plural(int64(len(r.Tables)), "table", "tables"), durationText(r.Elapsed))
	if len(r.Sources) > 0 {
		std.note("%s\n", comparison(r.Total))
	}
	if r.OK() {
		std.note("everything is there as it was sent\n")
	}
}

// comparison sums up what became of the resources of the sources.
func comparison(t warehouse.SourceCounts) string {
	text := fmt.Sprintf("compared %s: %s the same", plural(t.Resources, "resource", "resources"), count(t.Same))
	for _, part := range []struct {
		n    int64
		what string
	}{
		{t.Replaced, "replaced by a later version"}, {t.Different, "different"}, {t.Missing, "missing"},
		{t.Rejected, "rejected lines"}, {t.RejectMissing, "of these not recorded"},
	} {
		if part.n > 0 {
			text += fmt.Sprintf(", %s %s", count(part.n), part.what)
		}
	}
	return text
}

func (std stdio) printDifference(d warehouse.Difference) {
	text := place(d.File, d.Line)
	if d.Entry >= 0 {
		text += fmt.Sprintf(" entry %d", d.Entry)
	}
	text += ": " + d.Type
	if d.ID != "" {
		text += "/" + d.ID
	}
	std.note("%s: %s\n", render.OneLine(text), d.Kind)
	for _, e := range d.Elements {
		line := fmt.Sprintf("%s: %s", e.Pointer, e.Kind)
		if e.Source != "" || e.Warehouse != "" {
			line += fmt.Sprintf(": source %s, warehouse %s", e.Source, e.Warehouse)
		}
		std.note("  %s\n", render.OneLine(line))
	}
	if more := d.Count - len(d.Elements); more > 0 {
		std.note("  and %s\n", plural(int64(more), "other element", "other elements"))
	}
}
