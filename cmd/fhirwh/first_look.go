package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fhirwh/fhirwh/internal/overview"
	"github.com/fhirwh/fhirwh/internal/render"
)

// summaryCmd says what is in a warehouse: the first look after an import.
type summaryCmd struct {
	Names bool    `help:"Name the patients."`
	Top   int     `default:"5" placeholder:"N" help:"How many codes of each kind to show (${default})."`
	All   bool    `help:"All resource types, findings and, with --names, patients."`
	AsOf  dateArg `placeholder:"DATE" help:"The day after which a date is in the future, such as 2025-12-31. Default: today."`
	JSON  bool    `name:"json" help:"Print JSON, with all there is."`
}

// namesShown is how many patients are named without --all.
const namesShown = 20

func (cmd *summaryCmd) Run(ctx context.Context, c *cli, std stdio) error {
	if cmd.Top < 0 {
		return &usageError{"--top cannot be negative", "fhirwh summary --help"}
	}
	r, err := openReader(ctx, c, std)
	if err != nil {
		return err
	}
	defer r.Close()
	if _, err := r.Imports(ctx); err != nil { // says so if this is no warehouse of ours
		return err
	}
	o := overview.SummaryOptions{AsOf: cmd.AsOf.orToday(), Top: cmd.Top}
	if o.OldViews, err = r.OldViews(ctx); err != nil {
		return err
	}
	switch {
	case cmd.Names && (cmd.All || cmd.JSON):
		o.Names = 1 << 40
	case cmd.Names:
		o.Names = namesShown
	}
	s, err := overview.Summarize(ctx, r, o)
	if err != nil {
		return err
	}
	if cmd.JSON {
		return std.printJSON(s)
	}
	return cmd.print(s, std.page())
}

// print writes the summary for a person.
func (cmd *summaryCmd) print(s *overview.Summary, p *page) error {
	if s.Imports == 0 || len(s.Types) == 0 {
		p.text("nothing was imported yet: fhirwh import FILE")
	}
	cmd.printSources(s, p)
	cmd.printPatients(s, p)
	cmd.printTypes(s, p)
	printFacts(s, p)
	for _, f := range s.Facts {
		printCodes(f, p)
	}
	cmd.printFindings(s, p)
	return p.end()
}

func (cmd *summaryCmd) printSources(s *overview.Summary, p *page) {
	if len(s.Sources) == 0 {
		return
	}
	p.title("Sources")
	var rows [][]string
	for _, src := range s.Sources {
		last := src.LastImported
		if !p.fits(50) {
			last, _, _ = strings.Cut(last, " ")
		}
		rows = append(rows, []string{src.Name, count(src.Resources), count(src.Files), fmt.Sprint(src.LastImport), last})
	}
	p.table([]column{
		{name: "source"}, {name: "resources", numeric: true}, {name: "files", numeric: true, from: 60},
		{name: "import", numeric: true, from: 70}, {name: "last (UTC)", whole: true},
	}, rows)
}

func (cmd *summaryCmd) printPatients(s *overview.Summary, p *page) {
	who := &s.Patients
	if who.Count == 0 && who.OnlyNamed == 0 {
		return
	}
	text := plural(who.Count, "patient", "patients") + genders(who.Genders)
	if who.FirstBirth != "" {
		text += ", born " + span(who.FirstBirth, who.LastBirth)
	}
	p.title("Patients")
	p.text("%s", text)
	if who.OnlyNamed > 0 {
		p.text("%s in facts alone, without a Patient", plural(who.OnlyNamed, "person is", "people are"))
	}
	if len(who.Names) == 0 {
		return
	}
	p.people(who.Names)
	if n := who.Count + who.OnlyNamed - int64(len(who.Names)); n > 0 {
		p.text("… %s more: --names --all", count(n))
	}
}

// genders lists how many there are of each, the most frequent first.
func genders(all map[string]int64) string {
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if all[a] != all[b] {
			return int(all[b] - all[a])
		}
		if a == "" || b == "" {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	var parts []string
	for _, name := range names {
		text := name
		if name == "" {
			text = "without gender"
		}
		parts = append(parts, count(all[name])+" "+text)
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// span writes a first and a last date, once if they are the same.
func span(first, last string) string {
	if first == last || last == "" {
		return first
	}
	return first + " – " + last
}

// A dateArg is a flag for a day.
type dateArg string

// UnmarshalText implements [encoding.TextUnmarshaler] for kong.
func (d *dateArg) UnmarshalText(text []byte) error {
	if _, err := time.Parse(time.DateOnly, string(text)); err != nil {
		return fmt.Errorf("%q is no date such as 2025-12-31", text)
	}
	*d = dateArg(text)
	return nil
}

// orToday returns the day, today in UTC if none was given.
func (d dateArg) orToday() string {
	if d == "" {
		return time.Now().UTC().Format(time.DateOnly)
	}
	return string(d)
}

// barsFor draws the years of facts in room columns, and says how many years a bar is.
func barsFor(years map[int]int64, first, last, room int) (bars string, step int) {
	step = max(1, (last-first+room)/room)
	counts := make([]int64, (last-first)/step+1)
	for year, n := range years {
		if year >= first && year <= last {
			counts[(year-first)/step] += n
		}
	}
	return render.Bars(counts), step
}
