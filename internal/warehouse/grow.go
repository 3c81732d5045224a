package warehouse

import (
	"slices"

	"github.com/fhirwh/fhirwh/internal/parse"
	"github.com/fhirwh/fhirwh/internal/schema"
)

// A growth is what a window adds to a table. The table itself is altered once
// for all of it: each alteration of a nested column in one transaction costs
// more than the one before.
type growth struct {
	added, changed []*schema.Node
}

func (g *growth) none() bool { return len(g.added) == 0 && len(g.changed) == 0 }

func (g *growth) note(more schema.Growth) {
	g.added = append(g.added, more.New...)
	for _, n := range more.Changed {
		if !slices.Contains(g.added, n) && !slices.Contains(g.changed, n) {
			g.changed = append(g.changed, n)
		}
	}
}

// growAll adds what the batches hold to the table's columns.
func (l *loader) growAll(tab *table, all []*work) (growth, error) {
	var g growth
	for _, w := range all {
		if err := l.grow(tab, w, &g); err != nil {
			return g, err
		}
	}
	return g, nil
}

// grow adds what a batch holds to the table's columns. Batch by batch in the
// order of the source, so that neither workers nor windows decide about the
// order of columns. A table that is full takes no more: what a batch holds beyond
// its columns is decoded again, into _extra.
func (l *loader) grow(tab *table, w *work, g *growth) error {
	if holdsAll(tab.fhir.Columns, w.batch.Root.Fields) {
		return nil
	}
	if !tab.full {
		more := tab.fhir.Grow(shapes(w.batch.Root.Fields))
		g.note(more)
		tab.full = len(more.Refused) > 0
	}
	if tab.full && !holdsAll(tab.fhir.Columns, w.batch.Root.Fields) {
		return w.block.Redecode(w.batch, tab.fhir)
	}
	return nil
}

// holdsAll reports whether there is a node for every column that has values.
func holdsAll(nodes []*schema.Node, columns []*parse.Column) bool {
	near := 0
	for _, c := range columns {
		if c.NValid == 0 {
			continue
		}
		n := nodeNear(nodes, c.Element, near)
		if n < 0 {
			return false
		}
		near = n + 1
		if c.Element.Kind == schema.Struct && !holdsAll(nodes[n].Fields, fieldsOf(c)) {
			return false
		}
	}
	return true
}

// nodeNear returns the position of the element's node, -1 if there is none,
// looking at position near first.
func nodeNear(nodes []*schema.Node, e *schema.Element, near int) int {
	if near < len(nodes) && nodes[near].Element == e {
		return near
	}
	return slices.IndexFunc(nodes, func(n *schema.Node) bool { return n.Element == e })
}

// fieldsOf returns the fields of a struct column, or of a list of structs.
func fieldsOf(c *parse.Column) []*parse.Column {
	if c.List {
		return c.Child.Fields
	}
	return c.Fields
}

// shapes describes the columns that have values.
func shapes(columns []*parse.Column) []*schema.Shape {
	var all []*schema.Shape
	for _, c := range columns {
		if c.NValid == 0 {
			continue
		}
		s := &schema.Shape{Element: c.Element}
		if c.Element.Kind == schema.Struct {
			s.Fields = shapes(fieldsOf(c))
		}
		all = append(all, s)
	}
	return all
}
