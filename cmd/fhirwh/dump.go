package main

import (
	"context"
	"io"

	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// dumpCmd writes the resources back.
type dumpCmd struct {
	Types    []string `arg:"" optional:"" name:"type" help:"Resource types; none means all."`
	Source   string   `placeholder:"LABEL" help:"Only resources of this source."`
	Variants bool     `help:"Also the contents that stand beside a current one of the same identity."`
	Output   string   `short:"o" placeholder:"FILE" help:"Write to a file, which appears when it is complete, instead of standard output."`
}

func (cmd *dumpCmd) Run(ctx context.Context, c *cli, std stdio) error {
	out := &output{to: std.out, target: cmd.Output}
	if cmd.Output != "" {
		if err := out.create(); err != nil {
			return err
		}
	}
	stats, err := writeBuffered(out.to, func(w io.Writer) (warehouse.DumpStats, error) {
		return warehouse.Dump(ctx, c.DB, warehouse.DumpOptions{
			Types: cmd.Types, Source: cmd.Source, Variants: cmd.Variants, Wait: c.Wait, OnWait: std.waiting(c.DB),
		}, w)
	})
	if err2 := out.close(err == nil); err == nil {
		err = err2
	}
	if err != nil {
		return err
	}
	if std.errWidth > 0 || cmd.Output != "" {
		text := plural(stats.Resources, "resource", "resources")
		if stats.Variants > 0 {
			text += " and " + plural(stats.Variants, "variant", "variants")
		}
		std.note("wrote %s (%s)\n", text, bytesText(stats.Bytes))
	}
	return nil
}
