package main

import (
	"fmt"

	"github.com/fhirwh/fhirwh/internal/overview"
	"github.com/fhirwh/fhirwh/internal/render"
)

// A page is what a person reads of a warehouse or a patient: titles, and below each lines
// and tables, indented. All text on it may be of the data. The first error stays.
type page struct {
	std  stdio
	used bool // something stands on it
	err  error
}

// A column of a page's table is left out on terminals narrower than from, and where no
// row has anything in it.
type column struct {
	name    string
	numeric bool
	wrap    bool
	whole   bool // rather wrap others; if all else fails, wrap too
	from    int
}

func (std stdio) page() *page { return &page{std: std} }

func (p *page) end() error { return p.err }

// fits reports whether the page is at least that wide.
func (p *page) fits(width int) bool { return p.std.outWidth == 0 || p.std.outWidth >= width }

// room is how much of the page's width is left beside what takes used, but no more than
// most.
func (p *page) room(most, used int) int {
	if p.std.outWidth == 0 {
		return most
	}
	return max(10, min(most, p.std.outWidth-used))
}

// title begins a part of the page.
func (p *page) title(text string) {
	if p.used {
		p.line("")
	}
	p.write(render.Options{Bare: true}, []render.Column{{Wrap: true}}, [][]any{{text}})
}

// text writes a paragraph.
func (p *page) text(format string, args ...any) {
	p.bare([]column{{wrap: true}}, [][]string{{fmt.Sprintf(format, args...)}})
}

// lines writes those that are not empty.
func (p *page) lines(lines ...string) {
	for _, line := range nonEmpty(lines...) {
		p.text("%s", line)
	}
}

// sql writes a statement to copy, indented once more.
func (p *page) sql(text string) {
	p.write(render.Options{Bare: true}, []render.Column{{}, {}, {Wrap: true}}, [][]any{{"", "", text}})
}

func (p *page) line(text string) {
	if p.err == nil {
		_, p.err = fmt.Fprintln(p.std.out, text)
	}
}

// table writes rows below the names of the columns.
func (p *page) table(columns []column, rows [][]string) { p.rows(render.Options{}, columns, rows) }

// bare writes rows alone.
func (p *page) bare(columns []column, rows [][]string) {
	p.rows(render.Options{Bare: true}, columns, rows)
}

func (p *page) rows(o render.Options, columns []column, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	shown := []render.Column{{}} // the first one, empty, is the indent
	cells := make([][]any, len(rows))
	for i := range cells {
		cells[i] = []any{""}
	}
	for i, c := range columns {
		if !p.fits(c.from) || isEmpty(rows, i) {
			continue
		}
		shown = append(shown, render.Column{Name: c.name, Numeric: c.numeric, Wrap: c.wrap || c.whole, Whole: c.whole})
		for j, row := range rows {
			cells[j] = append(cells[j], row[i])
		}
	}
	p.write(o, shown, cells)
}

func isEmpty(rows [][]string, column int) bool {
	for _, row := range rows {
		if row[column] != "" {
			return false
		}
	}
	return true
}

func (p *page) write(o render.Options, columns []render.Column, rows [][]any) {
	if p.err != nil {
		return
	}
	p.used = true
	o.Width = p.std.outWidth
	w, err := render.New(render.Table, p.std.out, o)
	if err == nil {
		err = w.Begin(columns)
	}
	for i := 0; i < len(rows) && err == nil; i++ {
		err = w.Row(rows[i])
	}
	if err == nil {
		err = w.End()
	}
	p.err = err
}

// people lists whom an id belongs to.
func (p *page) people(people []overview.Person) {
	var rows [][]string
	for _, who := range people {
		name := who.Name
		if !who.HasPatient {
			name = "(no Patient here)"
		}
		rows = append(rows, []string{who.Source + "/" + who.ID, name, who.BirthDate, who.Gender})
	}
	p.table([]column{{name: "id", whole: true}, {name: "name", wrap: true}, {name: "born", from: 50}, {name: "gender", from: 70}}, rows)
}
