package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/fhirwh/fhirwh/internal/parse"
	"github.com/fhirwh/fhirwh/internal/render"
	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// printSummary says on standard error what an import did.
func (std stdio) printSummary(sum *warehouse.Summary) error {
	if sum.Recovered != "" {
		std.note("an earlier import was interrupted: %s\n", sum.Recovered)
	}
	if err := std.printTypes(sum); err != nil {
		return err
	}
	std.note("%s\n", headline(sum))
	for _, line := range remarks(sum) {
		std.note("%s\n", render.OneLine(line))
	}
	std.printRejects(sum)
	for _, hint := range hints(sum) {
		std.note("hint: %s\n", hint)
	}
	return nil
}

// A tally is a column of the summary: left out if all its numbers are zero.
type tally struct {
	name   string
	number func(warehouse.Counts) int64
}

var tallies = []tally{
	{"new", func(c warehouse.Counts) int64 { return c.New }},
	{"changed", func(c warehouse.Counts) int64 { return c.Changed }},
	{"unchanged", func(c warehouse.Counts) int64 { return c.Unchanged }},
	{"variants", func(c warehouse.Counts) int64 { return c.Variants }},
	{"superseded", func(c warehouse.Counts) int64 { return c.Superseded }},
}

// printTypes prints the table of resource types.
func (std stdio) printTypes(sum *warehouse.Summary) error {
	if len(sum.Types) == 0 {
		return nil
	}
	columns := []render.Column{{Name: "type"}}
	var used []tally
	for i, t := range tallies {
		if i == 0 || t.number(sum.Total) > 0 {
			used = append(used, t)
			columns = append(columns, render.Column{Name: t.name, Numeric: true})
		}
	}
	row := func(name string, c warehouse.Counts) []any {
		cells := []any{name}
		for _, t := range used {
			cells = append(cells, count(t.number(c)))
		}
		return cells
	}
	var rows [][]any
	for _, t := range sum.Types {
		rows = append(rows, row(t.Type, t.Counts))
	}
	rows = append(rows, row("total", sum.Total))
	onErr := std
	onErr.out, onErr.outWidth = std.err, std.errWidth
	return onErr.printTable(columns, rows)
}

// headline says in one line what was done.
func headline(sum *warehouse.Summary) string {
	read, skipped := int64(0), int64(0)
	for _, f := range sum.Files {
		if f.Skipped {
			skipped++
		} else {
			read++
		}
	}
	if read == 0 && skipped > 0 {
		return plural(skipped, "file was", "files were") + " imported before: nothing to do"
	}
	verb := "imported"
	if sum.DryRun {
		verb = "would import"
	}
	seconds := max(sum.Elapsed.Seconds(), 1e-3)
	text := fmt.Sprintf("%s %s from %s (%s) in %s: %s resources/s, %s/s", verb,
		plural(sum.Resources, "resource", "resources"), plural(read, "file", "files"), bytesText(sum.Bytes),
		durationText(sum.Elapsed), count(int64(float64(sum.Resources)/seconds)), bytesText(int64(float64(sum.Bytes)/seconds)))
	if skipped > 0 {
		text += "; " + plural(skipped, "file", "files") + " imported before skipped"
	}
	return text
}

// remarks are the lines about what is not plain in an import.
func remarks(sum *warehouse.Summary) []string {
	var lines []string
	say := func(n int64, one, many string) {
		if n > 0 {
			lines = append(lines, plural(n, one, many))
		}
	}
	if sum.DatabaseBytes > 0 {
		lines = append(lines, fmt.Sprintf("%s has %s", sum.DB, bytesText(sum.DatabaseBytes)))
	}
	for _, f := range sum.Files {
		if f.Note != "" && !f.Skipped {
			lines = append(lines, shortPath(f.Name)+": "+f.Note)
		}
	}
	if len(sum.DroppedIndexes) > 0 {
		lines = append(lines, "indexes made again: "+strings.Join(sum.DroppedIndexes, ", "))
	}
	say(sum.Deletes, "Bundle entry asks for a deletion: kept, not applied", "Bundle entries ask for deletions: kept, not applied")
	say(sum.Replaced, "resource was taken back to the version of a file that was imported before",
		"resources were taken back to the versions of files that were imported before")
	return append(lines, warnings(sum.Warnings)...)
}

// warnings are the lines about what loaded but is not FHIR.
func warnings(w parse.Warnings) []string {
	var lines []string
	say := func(n int64, one, many string) {
		if n > 0 {
			lines = append(lines, plural(n, one, many))
		}
	}
	say(w.UnknownTypes, "resource of a type that R4 does not know: in table Unknown", "resources of types that R4 does not know: in table Unknown")
	say(w.UnknownElements, "element that R4 does not know: kept in _extra", "elements that R4 does not know: kept in _extra")
	say(w.UntypedValues, "value of another type than R4 says: kept in _extra", "values of other types than R4 says: kept in _extra")
	say(w.RawStrings, "text that is no UTF-8: kept in _extra", "texts that are no UTF-8: kept in _extra")
	say(w.ControlChars, "text with control characters: kept as sent", "texts with control characters: kept as sent")
	say(w.LongIDs, "id that FHIR does not allow: kept as sent", "ids that FHIR does not allow: kept as sent")
	say(w.DuplicateNames, "repeated member: the last one counts, the others are kept in _extra", "repeated members: the last one counts, the others are kept in _extra")
	say(w.MisplacedNulls, "null where FHIR allows none: kept in _extra", "nulls where FHIR allows none: kept in _extra")
	return lines
}

func (std stdio) printRejects(sum *warehouse.Summary) {
	if sum.Rejected == 0 {
		return
	}
	std.note("%s; set aside:\n", plural(sum.Rejected, "line is no FHIR resource", "lines are no FHIR resources"))
	std.listRejects(sum.Rejects)
	if more := sum.Rejected - int64(len(sum.Rejects)); more > 0 {
		std.note("  and %s more\n", count(more))
	}
}

// hints say what to type next.
func hints(sum *warehouse.Summary) []string {
	var lines []string
	if sum.Rejected > 0 && sum.Import > 0 {
		lines = append(lines, fmt.Sprintf("fhirwh rejects --import %d lists all of them; with --to FILE it writes them for repair, with --replay FILE it takes them back", sum.Import))
	}
	if sum.Total.Unordered > 10 && sum.Total.Unordered*2 > sum.Total.Changed {
		lines = append(lines, fmt.Sprintf("%s took the place of others without a later lastUpdated. If these are of another system, import them with --source LABEL",
			plural(sum.Total.Unordered, "resource", "resources")))
	}
	if sum.Import == 1 && sum.Resources > 0 {
		lines = append(lines, "now ask: fhirwh query "+dbFlag(sum.DB)+firstQuestion(sum))
	}
	return lines
}

// dbFlag repeats --db where a question needs it.
func dbFlag(db string) string {
	if filepath.Clean(db) == "warehouse.duckdb" {
		return ""
	}
	return "--db " + db + " "
}

// firstQuestion is SQL that shows something of what was imported.
func firstQuestion(sum *warehouse.Summary) string {
	most := warehouse.TypeSummary{Type: "Patient"}
	for _, t := range sum.Types {
		if t.Type == "Patient" {
			return `"SELECT * FROM patients"`
		}
		if t.New > most.New {
			most = t
		}
	}
	if most.Type == "Group" {
		return `'SELECT * FROM "Group"'`
	}
	return fmt.Sprintf(`"SELECT * FROM %s LIMIT 10"`, most.Type)
}
