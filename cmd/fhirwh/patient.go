package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fhirwh/fhirwh/internal/overview"
	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// patientCmd shows what is known of one patient.
type patientCmd struct {
	ID       string  `arg:"" optional:"" help:"Patient id, MRN or any other identifier, SOURCE/ID, or part of a name. Without it: who there is."`
	All      bool    `help:"Every line: long lists are cut otherwise."`
	Identity bool    `help:"Address, phone, email and all identifiers too."`
	AsOf     dateArg `placeholder:"DATE" help:"The day on which to tell the age, such as 2025-12-31. Default: today."`
	JSON     bool    `name:"json" help:"Print JSON, with all there is."`
}

// peopleShown is how many people a list has without --all.
const peopleShown = 20

func (cmd *patientCmd) Run(ctx context.Context, c *cli, std stdio) error {
	r, err := openReader(ctx, c, std)
	if err != nil {
		return err
	}
	defer r.Close()
	if _, err := r.Imports(ctx); err != nil { // says so if this is no warehouse of ours
		return err
	}
	people, all, err := cmd.find(ctx, r)
	switch {
	case err != nil:
		return err
	case all == 1:
		return cmd.chart(ctx, r, people[0], std)
	case cmd.ID != "" && all == 0:
		return &hinted{errors.New("nobody here has that id, identifier or name"), "fhirwh patient lists who there is"}
	case cmd.ID != "":
		return cmd.choose(people, all, std)
	case all == 0 && !cmd.JSON:
		std.note("%s has no patients\n", c.DB)
		return nil
	}
	return cmd.list(people, all, std)
}

// find returns the first people that may be meant, and how many there are.
func (cmd *patientCmd) find(ctx context.Context, r *warehouse.Reader) ([]overview.Person, int64, error) {
	most := peopleShown
	if cmd.All || cmd.JSON {
		most = 1 << 40
	}
	if cmd.ID == "" {
		return overview.Everybody(ctx, r, most)
	}
	return overview.Find(ctx, r, cmd.ID, most)
}

// A peopleList is who may be meant, for a program.
type peopleList struct {
	Count    int64             `json:"count"`
	Patients []overview.Person `json:"patients"`
}

// list prints people to standard output.
func (cmd *patientCmd) list(people []overview.Person, all int64, std stdio) error {
	if cmd.JSON {
		if people == nil {
			people = []overview.Person{}
		}
		return std.printJSON(peopleList{all, people})
	}
	p := std.page()
	p.people(people)
	if more := all - int64(len(people)); more > 0 {
		p.text("… %s more: --all", count(more))
	}
	return p.end()
}

// choose says that an id is that of several people: in JSON on standard output, else
// among the errors.
func (cmd *patientCmd) choose(people []overview.Person, all int64, std stdio) error {
	out := std
	if !cmd.JSON {
		out.out, out.outWidth = std.err, std.errWidth
	}
	return errors.Join(&hinted{
		fmt.Errorf("%s match: which one?", plural(all, "patient", "patients")),
		"fhirwh patient SOURCE/ID shows one of them",
	}, cmd.list(people, all, out))
}

func (cmd *patientCmd) chart(ctx context.Context, r *warehouse.Reader, who overview.Person, std stdio) error {
	chart, err := overview.ChartOf(ctx, r, who)
	if err != nil {
		return err
	}
	if cmd.JSON {
		return std.printJSON(chart)
	}
	asOf, err := time.Parse(time.DateOnly, cmd.AsOf.orToday())
	if err != nil {
		return err
	}
	return cmd.print(chart, asOf, std.page())
}
