package schema

import (
	"cmp"
	"slices"
)

// MaxLeaves is how many leaf columns (see [Table.Leaves]) a table may have.
const MaxLeaves = 2000

// MaxRecursion is how often one element may occur on the path from the root of
// a resource to a value.
const MaxRecursion = 4

// Repeats reports whether e, met below path, would occur more than
// [MaxRecursion] times. Elements of types that contain themselves
// (Questionnaire.item.item) do not end by themselves.
func Repeats(path []*Element, e *Element) bool {
	n := 1
	for _, p := range path {
		if p == e {
			n++
		}
	}
	return n > MaxRecursion
}

// Reserved reports whether a column of a resource's table may not have that
// name, because our bookkeeping has it. An element of that name at the root of
// a resource does not become a column.
func Reserved(name string) bool {
	switch name {
	case "_source", "_file", "_line", "_entry", "_hash", "_content", "_extra":
		return true
	}
	return false
}

// A Shape says that data have an element, and which of its fields.
type Shape struct {
	Element *Element
	Fields  []*Shape // of Kind Struct, in any order; an element may come twice
}

// A Growth says how a table changed.
type Growth struct {
	New     []*Node      // columns that it did not have, in the order they were added
	Changed []*Node      // columns that have new fields, at any depth
	Refused [][]*Element // what is no column, because its name is reserved or the table is full: paths from the root; what is below them is not listed
}

// Grow gives the table what it lacks of met. New columns and fields come
// behind those that are there, sorted by [Element.Index], and have at least the
// fields of [NewNode]. The order of met does not matter.
//
// The table never gets more than [MaxLeaves] leaves: what would not fit is
// refused, and what comes behind it still tried.
func (t *Table) Grow(met []*Shape) Growth {
	var g Growth
	s := space{left: MaxLeaves - t.Leaves()}
	for _, shape := range inOrder(append(met[:len(met):len(met)], t.basesOf(met)...)) {
		if Reserved(shape.Element.Name) {
			s.refuse(nil, shape.Element)
			continue
		}
		if n := t.Column(shape.Element); n != nil {
			if s.merge(n, shape.Fields, nil) {
				g.Changed = append(g.Changed, n)
			}
		} else if n := s.newNode(shape, nil); n != nil {
			t.Columns = append(t.Columns, n)
			g.New = append(g.New, n)
		}
	}
	g.Refused = s.refused
	return g
}

// basesOf returns what base.txt says of columns that t is about to get: whoever
// reads a column finds in it all that our views read.
func (t *Table) basesOf(met []*Shape) []*Shape {
	var shapes []*Shape
	for _, s := range bases()[t.Type] {
		isNew := func(m *Shape) bool { return m.Element == s.Element && m != s && t.Column(s.Element) == nil }
		if slices.ContainsFunc(met, isNew) {
			shapes = append(shapes, s)
		}
	}
	return shapes
}

// NewNode returns a new column or field of that element: of a data type with
// the fields that our SQL macros read in it, so that no macro ever misses one,
// else with the one field that DuckDB wants in a STRUCT.
func NewNode(e *Element) *Node {
	s := space{left: MaxLeaves}
	return s.newNode(&Shape{Element: e}, nil)
}

// A space is what a table has left for new leaves.
type space struct {
	left    int
	refused [][]*Element
}

// merge adds the fields that n lacks and reports whether there were any. path
// leads to n.
func (s *space) merge(n *Node, fields []*Shape, path []*Element) bool {
	grew := false
	path = append(path, n.Element)
	for _, shape := range inOrder(fields) {
		if f := n.Field(shape.Element); f != nil {
			grew = s.merge(f, shape.Fields, path) || grew
		} else if f := s.newNode(shape, path); f != nil {
			n.Fields = append(n.Fields, f)
			grew = true
		}
	}
	return grew
}

// newNode makes the node of a shape, or refuses it and returns nil.
func (s *space) newNode(shape *Shape, path []*Element) *Node {
	e := shape.Element
	n := &Node{Element: e}
	if e.Kind != Struct {
		if s.left < 1 {
			s.refuse(path, e)
			return nil
		}
		s.left--
		return n
	}
	least := leastFields(e.Type)
	if s.left < max(1, leaves(least)) {
		s.refuse(path, e)
		return nil
	}
	n.Fields = least
	s.left -= leaves(least)
	s.merge(n, shape.Fields, path)
	if len(n.Fields) == 0 {
		n.Fields = []*Node{{Element: e.Type.Elements[0]}}
		s.left--
	}
	slices.SortFunc(n.Fields, func(a, b *Node) int { return cmp.Compare(a.Element.Index, b.Element.Index) })
	return n
}

func (s *space) refuse(path []*Element, e *Element) {
	s.refused = append(s.refused, append(slices.Clone(path), e))
}

// inOrder sorts shapes and makes one of those of the same element.
func inOrder(shapes []*Shape) []*Shape {
	sorted := slices.SortedStableFunc(slices.Values(shapes), func(a, b *Shape) int {
		return cmp.Compare(a.Element.Index, b.Element.Index)
	})
	one := sorted[:0]
	for _, s := range sorted {
		if last := len(one) - 1; last >= 0 && one[last].Element == s.Element {
			one[last] = &Shape{Element: s.Element, Fields: slices.Concat(one[last].Fields, s.Fields)}
		} else {
			one = append(one, s)
		}
	}
	return one
}
