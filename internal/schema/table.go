package schema

import "strings"

// A Node is a column of a table, or a field inside one.
type Node struct {
	Element *Element
	Fields  []*Node // of Kind Struct, in the order DuckDB has them
}

// A Table is the columns of one resource type that a warehouse has, in the
// order DuckDB has them, without the bookkeeping columns.
type Table struct {
	Type    *Type
	Columns []*Node
}

// SQL returns the node's DuckDB type, such as STRUCT("system" VARCHAR)[].
func (n *Node) SQL() string {
	var b strings.Builder
	n.writeSQL(&b)
	return b.String()
}

func (n *Node) writeSQL(b *strings.Builder) {
	switch n.Element.Kind {
	case String:
		b.WriteString("VARCHAR")
	case Boolean:
		b.WriteString("BOOLEAN")
	case Integer:
		b.WriteString("INTEGER")
	case Decimal:
		b.WriteString("DOUBLE")
	case JSON:
		b.WriteString("JSON")
	case Struct:
		b.WriteString("STRUCT(")
		for i, f := range n.Fields {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(`"` + f.Element.Name + `" `)
			f.writeSQL(b)
		}
		b.WriteString(")")
	}
	if n.Element.List {
		b.WriteString("[]")
	}
}

// Field returns the field of that element, or nil.
func (n *Node) Field(e *Element) *Node { return find(n.Fields, e) }

// Column returns the column of that element, or nil.
func (t *Table) Column(e *Element) *Node { return find(t.Columns, e) }

// Leaves counts the node's columns that are no struct: itself, or those of its
// fields.
func (n *Node) Leaves() int {
	if n.Element.Kind != Struct {
		return 1
	}
	return leaves(n.Fields)
}

// Leaves counts the table's columns and fields that are no struct.
func (t *Table) Leaves() int { return leaves(t.Columns) }

func leaves(nodes []*Node) int {
	sum := 0
	for _, n := range nodes {
		sum += n.Leaves()
	}
	return sum
}

// Clone returns a copy that shares nothing but the elements.
func (n *Node) Clone() *Node { return &Node{Element: n.Element, Fields: clone(n.Fields)} }

// Clone returns a copy that shares nothing but the type and its elements.
func (t *Table) Clone() *Table { return &Table{Type: t.Type, Columns: clone(t.Columns)} }

func clone(nodes []*Node) []*Node {
	var copies []*Node
	for _, n := range nodes {
		copies = append(copies, n.Clone())
	}
	return copies
}

func find(nodes []*Node, e *Element) *Node {
	for _, n := range nodes {
		if n.Element == e {
			return n
		}
	}
	return nil
}
