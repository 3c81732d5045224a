package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/fhirwh/fhirwh/internal/export"
	"github.com/fhirwh/fhirwh/internal/render"
	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// eraseCmd takes a source or a patient out of the warehouse for good.
type eraseCmd struct {
	Source  string `placeholder:"LABEL" help:"All that came from this source; with --patient, the source of the patient."`
	Patient string `placeholder:"ID" help:"All that belongs to the Patient of this id."`

	DryRun      bool     `help:"Say what would go, and change nothing."`
	Yes         bool     `help:"Do not ask."`
	MemoryLimit byteSize `default:"1GiB" placeholder:"SIZE" help:"Memory to use, about (${default})."`
	JSON        bool     `name:"json" help:"Print what was erased as JSON on standard output."`
	landingFlag `embed:""`
}

// Help says what comes behind the flags.
func (cmd *eraseCmd) Help() string {
	return `What stays is copied into a new file that takes the warehouse's place: what goes cannot be recovered from it. It
waits for programs that have the warehouse open. With --source the landing folder forgets the connection too.
To a patient belong the resources whose subject, patient or beneficiary it is, those that name it and no other patient
(an appointment), and those that hang on these alone (a Provenance, a Binary). What names other patients too stays, and is
counted. Out of reach are copies: backups, snapshots, saved folders, exports on disk.`
}

func (cmd *eraseCmd) Run(ctx context.Context, c *cli, std stdio) error {
	if cmd.Source == "" && cmd.Patient == "" {
		return &usageError{"nothing to erase is named", "fhirwh erase --source LABEL, or --patient ID"}
	}
	if !cmd.DryRun && !cmd.Yes && !std.inTerminal {
		return &usageError{"erasing cannot be undone, and nobody can be asked here", "try --dry-run first, then add --yes"}
	}
	plan, err := cmd.look(ctx, c, std)
	if err != nil {
		return err
	}
	if cmd.DryRun {
		return cmd.print(c, std, plan)
	}
	if !cmd.Yes {
		if err := cmd.ask(std, plan); err != nil {
			return err
		}
	}
	return cmd.erase(ctx, c, std)
}

func (cmd *eraseCmd) options(c *cli, std stdio) warehouse.EraseOptions {
	return warehouse.EraseOptions{
		Source: cmd.Source, Patient: cmd.Patient, Version: ourVersion(),
		MemoryLimit: int64(cmd.MemoryLimit), Wait: c.Wait, OnWait: std.waiting(c.DB),
	}
}

// look says what would go. Of a connection that never reached the warehouse that
// is nothing.
func (cmd *eraseCmd) look(ctx context.Context, c *cli, std stdio) (*warehouse.EraseReport, error) {
	shown := startProgress(std)
	o := cmd.options(c, std)
	o.DryRun, o.Progress = true, shown.update
	plan, err := warehouse.Erase(ctx, c.DB, o)
	shown.stop()
	if isNotThere(err) && cmd.isLanded(c) {
		return &warehouse.EraseReport{DB: c.DB, Source: cmd.Source, DryRun: true}, nil
	}
	return plan, err
}

// isNotThere reports whether err says that the warehouse has nothing to erase.
func isNotThere(err error) bool {
	_, ok := errors.AsType[*warehouse.NotThereError](err)
	return ok || errors.Is(err, warehouse.ErrMissing)
}

// isLanded reports whether the landing folder knows the source as a connection.
func (cmd *eraseCmd) isLanded(c *cli) bool {
	if cmd.Patient != "" {
		return false
	}
	landing, err := cmd.lookLanding(c)
	if err != nil {
		return false
	}
	_, ok, err := landing.Connection(cmd.Source)
	return ok && err == nil
}

// ask lets the user type what is to go.
func (cmd *eraseCmd) ask(std stdio, plan *warehouse.EraseReport) error {
	if err := cmd.printCounts(std, plan); err != nil {
		return err
	}
	what, want := "name of the source", cmd.Source
	if cmd.Patient != "" {
		what, want = "id of the patient", cmd.Patient
	}
	std.note("this cannot be undone; type the %s to erase it: ", what)
	line, err := bufio.NewReader(std.in).ReadString('\n')
	if err != nil || strings.TrimRight(line, "\r\n") != want {
		return errors.New("that is not it: nothing was erased")
	}
	return nil
}

func (cmd *eraseCmd) erase(ctx context.Context, c *cli, std stdio) error {
	shown := startProgress(std)
	o := cmd.options(c, std)
	o.Progress = shown.update
	var report *warehouse.EraseReport
	var forgotten int
	var err error
	if cmd.Patient == "" {
		report, forgotten, err = eraseConnection(ctx, c.DB, cmd.dir(c), o)
	} else {
		report, err = warehouse.Erase(ctx, c.DB, o)
	}
	shown.stop()
	if err != nil {
		return err
	}
	if forgotten > 0 {
		std.note("the landing folder forgot %s\n", plural(int64(forgotten), "file or record", "files and records"))
	}
	return cmd.print(c, std, report)
}

// eraseConnection erases a source from the landing folder dir, which need not be
// there, and from the warehouse. That one of them has nothing of it is no error. The
// folder comes first: an import that runs meanwhile could bring its files back.
func eraseConnection(ctx context.Context, db, dir string, o warehouse.EraseOptions) (report *warehouse.EraseReport, forgotten int, err error) {
	_, err = os.Stat(dir)
	if err == nil {
		var landing *export.Landing
		if landing, err = export.OpenLanding(dir); err == nil {
			forgotten, err = landing.Forget(o.Source)
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, forgotten, err
	}
	report, err = warehouse.Erase(ctx, db, o)
	if isNotThere(err) && forgotten > 0 {
		return &warehouse.EraseReport{DB: db, Source: o.Source}, forgotten, nil
	}
	if err != nil && forgotten > 0 {
		err = fmt.Errorf("the landing folder forgot it, but the warehouse still has it: %w", err)
	}
	return report, forgotten, err
}

func (cmd *eraseCmd) print(c *cli, std stdio, r *warehouse.EraseReport) error {
	if cmd.JSON {
		return std.printJSON(r)
	}
	if err := cmd.printCounts(std, r); err != nil {
		return err
	}
	if landing := cmd.dir(c); cmd.Patient != "" && exists(landing) {
		std.note("may hold it too: the exports in %s; --source forgets those of a connection\n", render.OneLine(landing))
	}
	std.printLeft(r)
	return nil
}

// printCounts says on standard error how much goes or went.
func (cmd *eraseCmd) printCounts(std stdio, r *warehouse.EraseReport) error {
	if len(r.Tables) > 0 {
		var rows [][]any
		for _, t := range r.Tables {
			row := []any{t.Table, count(t.Erased), count(t.Stay), ""}
			if t.Emptied > 0 {
				row[3] = plural(t.Emptied, "rejected line loses its text", "rejected lines lose their text")
			}
			rows = append(rows, row)
		}
		to := std
		to.out, to.outWidth = std.err, std.errWidth
		err := to.printTable([]render.Column{{Name: "table"}, {Name: "erased", Numeric: true}, {Name: "stay", Numeric: true}, {Name: ""}}, rows)
		if err != nil {
			return err
		}
	}
	verb, of := "erased", "that came from "+r.Source
	if r.DryRun {
		verb = "would erase"
	}
	if r.Patient != "" {
		of = "of the patient, from " + r.Source
	}
	text := fmt.Sprintf("%s %s of %s %s", verb, plural(r.Rows, "row", "rows"), plural(int64(len(r.Tables)), "table", "tables"), of)
	if !r.DryRun && r.BytesAfter > 0 {
		text += fmt.Sprintf(" in %s; %s has %s", durationText(r.Elapsed), r.DB, bytesText(r.BytesAfter))
	}
	std.note("%s\n", render.OneLine(text))
	return nil
}

// printLeft says what there still is, as far as it is known.
func (std stdio) printLeft(r *warehouse.EraseReport) {
	for _, n := range r.StillNames {
		std.note("still names the patient, and another one too or first: %s in %s\n", plural(n.Rows, "row", "rows"), render.OneLine(n.Table))
	}
	for _, n := range r.Unclear {
		std.note("does not say whose it is, and stays: %s in %s\n", plural(n.Rows, "row", "rows"), render.OneLine(n.Table))
	}
	if len(r.OtherSources) > 0 {
		std.note("has a Patient of the same id, and was not touched: source %s\n", render.OneLine(strings.Join(r.OtherSources, ", ")))
	}
	if len(r.OwnTables) > 0 {
		std.note("tables of your own are as they were: %s\n", render.OneLine(strings.Join(r.OwnTables, ", ")))
	}
	for _, path := range r.Beside {
		std.note("may hold it too: %s\n", render.OneLine(path))
	}
	if r.Links {
		std.note("the old file has another name too, and is there as it was\n")
	}
	std.note("out of reach: backups, snapshots and saved folders, what other programs took out, copies that file systems and disks keep, and the exports themselves\n")
	if r.Patient == "" {
		std.note("hint: importing its files again would bring it back\n")
		return
	}
	std.note("hint: %s named in ledger.files: they are skipped when imported again, but another export of the patient would bring it back\n",
		plural(r.Files, "file of this source stays", "files of this source stay"))
}
