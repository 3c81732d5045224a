package schema

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
)

// baseText names the columns and fields that our views and macros read.
//
//go:embed base.txt
var baseText string

// bases has what base.txt says of each type.
var bases = sync.OnceValue(func() map[*Type][]*Shape {
	b, err := readBase(baseText)
	if err != nil {
		panic("internal error: base.txt: " + err.Error())
	}
	return b
})

// Base returns the columns of a resource type that our views read, as a table
// that has met nothing else. A column costs time and space in every row, though
// nothing is in it, so no table is made with all of these: the warehouse stands
// in for those that a table lacks.
func Base(t *Type) *Table {
	table := &Table{Type: t}
	table.Grow(bases()[t])
	return table
}

// New returns the table of a resource type as it is made: lean.
func New(t *Type) *Table {
	table := &Table{Type: t}
	table.Grow(lean(t))
	return table
}

// lean returns the columns that a table of the type is made with: those that
// base.txt lists for every resource type.
func lean(t *Type) []*Shape {
	if t == Unknown() {
		return bases()[t]
	}
	b := map[*Type][]*Shape{}
	if err := addPaths(b, []*Type{t}, everyType()); err != nil {
		panic("internal error: base.txt: " + err.Error())
	}
	return b[t]
}

// everyType returns the paths of the line "*" of base.txt.
var everyType = sync.OnceValue(func() []string {
	for line := range strings.Lines(baseText) {
		if paths, ok := strings.CutPrefix(line, "*:"); ok {
			return strings.Fields(paths)
		}
	}
	return nil
})

// Complete gives a table that an earlier version of the program made what the
// views and macros of this one read in its columns.
func (t *Table) Complete() Growth {
	shapes := append(lean(t.Type), completed(t.Columns)...)
	for _, s := range bases()[t.Type] {
		if t.Column(s.Element) != nil {
			shapes = append(shapes, s)
		}
	}
	return t.Grow(shapes)
}

// completed returns the shape of nodes with the least fields of each.
func completed(nodes []*Node) []*Shape {
	var shapes []*Shape
	for _, n := range nodes {
		s := &Shape{Element: n.Element, Fields: completed(n.Fields)}
		if n.Element.Kind == Struct {
			s.Fields = append(s.Fields, bases()[n.Element.Type]...)
		}
		shapes = append(shapes, s)
	}
	return shapes
}

// leastFields returns new nodes of the fields that a STRUCT of that type has at
// least.
func leastFields(t *Type) []*Node {
	var n Node
	s := space{left: MaxLeaves}
	s.merge(&n, bases()[t], nil)
	return n.Fields
}

// readBase reads lines "TYPE: PATH...", of which several may be of one type. The
// line of type "*" is of every resource type.
func readBase(text string) (map[*Type][]*Shape, error) {
	b := map[*Type][]*Shape{}
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		name, paths, _ := strings.Cut(line, ":")
		types := Resources()
		switch name = strings.TrimSpace(name); name {
		case "":
			continue
		case "*":
		default:
			types = []*Type{Lookup(name)}
		}
		if err := addPaths(b, types, strings.Fields(paths)); err != nil {
			return nil, fmt.Errorf("type %s: %w", name, err)
		}
	}
	u := Unknown()
	for _, e := range u.Elements {
		b[u] = append(b[u], &Shape{Element: e})
	}
	return b, nil
}

func addPaths(b map[*Type][]*Shape, types []*Type, paths []string) error {
	for _, t := range types {
		for _, path := range paths {
			s, err := shapeOf(t, path)
			if err != nil {
				return err
			}
			b[t] = append(b[t], s)
		}
	}
	return nil
}

// shapeOf returns the shape of a path of JSON names, such as
// "component.code.text".
func shapeOf(t *Type, path string) (*Shape, error) {
	name, rest, more := strings.Cut(path, ".")
	if t == nil || t.Element(name) == nil {
		return nil, fmt.Errorf("no element %s", name)
	}
	s := &Shape{Element: t.Element(name)}
	if more {
		below, err := shapeOf(s.Element.Type, rest)
		if err != nil {
			return nil, err
		}
		s.Fields = []*Shape{below}
	}
	return s, nil
}
