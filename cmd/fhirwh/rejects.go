package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/fhirwh/fhirwh/internal/render"
	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// rejectsCmd shows the lines that were no FHIR resources.
type rejectsCmd struct {
	Import int    `placeholder:"N" help:"Only those of import N."`
	To     string `xor:"to" placeholder:"FILE" help:"Write them with their content to FILE, a JSON object a line, for repair; - is standard output."`
	Replay string `xor:"to" placeholder:"FILE" help:"Import lines that --to wrote and someone repaired; - is standard input. They keep their file and line."`
	JSON   bool   `name:"json" help:"Print JSON, without the content; with --replay the summary."`
}

func (cmd *rejectsCmd) Run(ctx context.Context, c *cli, std stdio) error {
	if cmd.Replay != "" {
		return cmd.replay(ctx, c, std)
	}
	r, err := openReader(ctx, c, std)
	if err != nil {
		return err
	}
	defer r.Close()
	rejects := r.Rejects(ctx, cmd.Import, cmd.To != "")
	switch {
	case cmd.To != "":
		return cmd.write(std, rejects)
	case cmd.JSON:
		return printRejectsJSON(std, rejects)
	}
	return printRejects(std, rejects)
}

func (cmd *rejectsCmd) write(std stdio, rejects iter.Seq2[warehouse.Reject, error]) error {
	out := &output{to: std.out, target: cmd.To}
	if cmd.To != "-" {
		if err := out.create(); err != nil {
			return err
		}
	}
	n, err := writeBuffered(out.to, func(w io.Writer) (int64, error) { return warehouse.WriteRejects(w, rejects) })
	if err := out.close(err == nil); err != nil {
		return err
	}
	if err == nil {
		std.note("%s written\n", plural(n, "rejected line", "rejected lines"))
	}
	return err
}

func (cmd *rejectsCmd) replay(ctx context.Context, c *cli, std stdio) error {
	in := std.in
	if cmd.Replay != "-" {
		f, err := os.Open(cmd.Replay)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	shown := startProgress(std)
	sum, err := warehouse.Replay(ctx, c.DB, warehouse.ReadRejects(in), warehouse.ImportOptions{
		Version: ourVersion(), Wait: c.Wait, OnWait: std.waiting(c.DB), MaxRejects: -1, Progress: shown.update,
	})
	shown.stop()
	if err != nil {
		return fmt.Errorf("replay %s: %w", cmd.Replay, err)
	}
	return reportImport(std, sum, cmd.JSON)
}

// writeBuffered calls write with a buffer before out.
func writeBuffered[T any](out io.Writer, write func(io.Writer) (T, error)) (T, error) {
	buffered := bufio.NewWriterSize(out, 256<<10)
	n, err := write(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	return n, err
}

func printRejectsJSON(std stdio, rejects iter.Seq2[warehouse.Reject, error]) error {
	all := []warehouse.Reject{}
	for x, err := range rejects {
		if err != nil {
			return err
		}
		all = append(all, x)
	}
	return std.printJSON(all)
}

func printRejects(std stdio, rejects iter.Seq2[warehouse.Reject, error]) error {
	w, err := render.New(render.Table, std.out, render.Options{Width: std.outWidth})
	if err != nil {
		return err
	}
	n := 0
	for x, err := range rejects {
		if err != nil {
			return err
		}
		if n == 0 {
			if err := w.Begin([]render.Column{{Name: "import", Numeric: true}, {Name: "line"}, {Name: "reason", Wrap: true}, {Name: "where", Wrap: true}}); err != nil {
				return err
			}
		}
		n++
		if err := w.Row([]any{int64(x.Import), place(x.File, x.Line), x.Reason, x.Detail}); err != nil {
			return err
		}
	}
	if n == 0 {
		std.note("no rejected lines\n")
		return nil
	}
	return w.End()
}
