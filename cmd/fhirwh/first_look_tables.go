package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/fhirwh/fhirwh/internal/overview"
)

const (
	typesShown    = 12 // without --all
	findingsShown = 3  // of one sort, without --all
	mostBars      = 60 // of a sparkline where no terminal sets a limit
)

func (cmd *summaryCmd) printTypes(s *overview.Summary, p *page) {
	if len(s.Types) == 0 {
		return
	}
	total := int64(0)
	for _, t := range s.Types {
		total += t.Resources
	}
	p.title("Resources: " + count(total) + " of " + plural(int64(len(s.Types)), "type", "types"))
	types := byCount(s.Types)
	shown := types
	if !cmd.All && len(types) > typesShown+1 {
		shown = types[:typesShown]
	}
	var rows [][]string
	for _, t := range shown {
		rows = append(rows, []string{t.Name, count(t.Resources)})
	}
	p.bare([]column{{name: "type"}, {name: "resources", numeric: true}}, rows)
	if more := len(types) - len(shown); more > 0 {
		p.text("… %s more: --all, or fhirwh tables", plural(int64(more), "type", "types"))
	}
}

// printFacts prints what the views have, and when it is from.
func printFacts(s *overview.Summary, p *page) {
	if len(s.Facts) == 0 {
		return
	}
	first, last := years(s.Facts)
	room := p.room(mostBars, 54)
	step := 1
	var rows [][]string
	total := overview.Facts{Years: map[int]int64{}}
	row := func(name string, f overview.Facts, patients string) {
		bars := ""
		if first > 0 {
			bars, step = barsFor(f.Years, first, last, room)
		}
		rows = append(rows, []string{name, count(f.Count), patients, yearSpan(f), bars})
	}
	for _, f := range s.Facts {
		row(f.Kind, f, count(f.Patients))
		total.Count += f.Count
		for year, n := range f.Years {
			total.Years[year] += n
		}
	}
	row("all", total, "")
	if !p.fits(60) {
		step = 0 // without bars
	}
	p.title(factsTitle(first, last, step))
	p.table([]column{
		{name: "view"}, {name: "rows", numeric: true}, {name: "patients", numeric: true, from: 60}, {name: "years"},
		{name: "by year", from: 60},
	}, rows)
}

func factsTitle(first, last, step int) string {
	switch {
	case first == 0:
		return "Facts: the rows of the views"
	case step == 0:
		return fmt.Sprintf("Facts from %d to %d", first, last)
	case step == 1:
		return fmt.Sprintf("Facts from %d to %d, a bar a year", first, last)
	}
	return fmt.Sprintf("Facts from %d to %d, a bar %d years", first, last, step)
}

// years returns the first and last year of any facts, 0 if none has a date.
func years(all []overview.Facts) (first, last int) {
	for _, f := range all {
		for year := range f.Years {
			if first == 0 || year < first {
				first = year
			}
			last = max(last, year)
		}
	}
	return first, last
}

func yearSpan(f overview.Facts) string {
	first, last := years([]overview.Facts{f})
	switch {
	case first == 0:
		return ""
	case first == last:
		return fmt.Sprint(first)
	}
	return fmt.Sprintf("%d–%d", first, last)
}

// codeTitles name the views whose codes are told.
var codeTitles = map[string]string{
	"observations": "laboratory results", "conditions": "conditions", "medications": "medications",
	"procedures": "procedures", "immunizations": "immunizations",
}

func printCodes(f overview.Facts, p *page) {
	if len(f.Codes) == 0 {
		return
	}
	p.title("Most frequent " + codeTitles[f.Kind])
	var rows [][]string
	for _, c := range f.Codes {
		rows = append(rows, []string{c.Text, strings.TrimSpace(c.System + " " + c.Code), count(c.Count), count(c.Patients)})
	}
	p.table([]column{
		{name: "what", wrap: true}, {name: "code", from: 60},
		{name: "rows", numeric: true}, {name: "patients", numeric: true, from: 50},
	}, rows)
}

// printFindings says what is missing or suspicious, and how to see it.
func (cmd *summaryCmd) printFindings(s *overview.Summary, p *page) {
	if len(s.Findings) == 0 {
		if len(s.Types) > 0 {
			p.title("Missing or suspicious: nothing found")
		}
		return
	}
	p.title("Missing or suspicious")
	told, hidden := map[string]int{}, 0
	var rows [][]string
	for _, f := range s.Findings {
		if told[f.Name]++; told[f.Name] > findingsShown && !cmd.All {
			hidden++
			continue
		}
		rows = append(rows,
			[]string{count(f.Count), strings.Join(nonEmpty(f.Text, f.More), ": ")},
			[]string{"", f.SQL})
	}
	p.bare([]column{{numeric: true}, {wrap: true}}, rows)
	if hidden > 0 {
		p.text("… %s more: --all", plural(int64(hidden), "finding", "findings"))
	}
}

// byCount returns the types, the most frequent first.
func byCount(types []overview.Type) []overview.Type {
	types = slices.Clone(types)
	slices.SortStableFunc(types, func(a, b overview.Type) int { return cmp.Compare(b.Resources, a.Resources) })
	return types
}
