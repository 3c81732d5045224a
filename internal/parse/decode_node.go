package parse

import (
	"encoding/binary"
	"strconv"

	"github.com/fhirwh/fhirwh/internal/schema"
)

// A node is a column that is being filled, with what the decoder needs to know
// about it. The nodes of a batch are a tree by path: a list and its elements are
// two nodes, parent and child.
type node struct {
	Column
	kind    schema.Kind
	fields  *schema.Type // of Kind Struct: the elements it may have; of the root those of the resource type
	parent  *node        // the object it is a field of, or the list it is the elements of; nil at the root
	elem    *node        // of a list: its elements
	isElem  bool
	whole   bool           // root of resources that R4 does not know: _extra has all of them
	pos     int            // of a list: the element that is being decoded
	size    *int           // number of nodes in the tree
	limited bool           // only elements in allowed become columns
	allowed []*schema.Node // of the table
	members []memberOf     // in the order they were first met
	first   int            // the member that came first in the last object
}

// A memberOf is an element that objects of a node may have.
type memberOf struct {
	key  key
	next int    // the member that followed the last time
	seen uint64 // number of the last object that had it
	node *node  // its column
	role role
}

func (m *memberOf) name() string { return m.key.text[1 : len(m.key.text)-2] }

// A key is a member name as it stands in the text, `"name":`, ready to be
// compared 8 bytes at a time.
type key struct {
	text       string
	head, mask uint64 // the first 8 bytes, or fewer
	tail       uint64 // the last 8 bytes
	back       int    // where tail begins; 0 if there are at most 8
}

func newKey(name string) key {
	k := key{text: `"` + name + `":`, mask: 1<<64 - 1}
	var b [8]byte
	if n := copy(b[:], k.text); n < len(b) {
		k.mask >>= 64 - 8*n
	}
	k.head = binary.LittleEndian.Uint64(b[:])
	if k.back = max(0, len(k.text)-len(b)); k.back > 0 {
		k.tail = binary.LittleEndian.Uint64([]byte(k.text[k.back:]))
	}
	return k
}

// A role says what becomes of a member.
type role uint8

const (
	typed         role = iota // a column
	untyped                   // _extra
	typeName                  // the resourceType of a resource
	entryResource             // the resource of a Bundle's entry
)

// newRoot returns the root of a batch. If t is not nil, only its columns are
// made.
func newRoot(typ *schema.Type, t *schema.Table) *node {
	n := &node{kind: schema.Struct, fields: typ, whole: typ == schema.Unknown(), size: new(int)}
	if t != nil {
		n.limited, n.allowed = true, t.Columns
	}
	return n
}

// newNode returns the node of an element of n's objects.
func (n *node) newNode(e *schema.Element, allowed []*schema.Node) *node {
	c := &node{kind: e.Kind, fields: e.Type, parent: n, size: n.size, limited: n.limited, allowed: allowed}
	*n.size++
	c.Element = e
	if e.List {
		elem := *c
		elem.parent, elem.isElem = c, true
		c.List, c.elem, c.Child = true, &elem, &elem.Column
	}
	n.Fields = append(n.Fields, &c.Column)
	return c
}

// find returns the index of the member of that name, -1 if R4 knows none. It
// looks from position near on.
func (n *node) find(name string, near int) int {
	for i := near; i < len(n.members); i++ {
		if n.members[i].name() == name {
			return i
		}
	}
	for i := range min(near, len(n.members)) {
		if n.members[i].name() == name {
			return i
		}
	}
	return n.meet(name)
}

// meet adds the member of that name, and returns -1 if R4 knows none.
func (n *node) meet(name string) int {
	m := memberOf{key: newKey(name), next: len(n.members) + 1}
	e := n.fields.Element(name)
	switch {
	case n.parent == nil && name == "resourceType":
		if m.role = typeName; e != nil {
			m.node = n.newNode(e, nil)
		}
	case e == nil:
		return -1
	case n.fields.Name == "Bundle.entry" && name == "resource":
		m.role = entryResource
	default:
		m.role = untyped
		if allowed, ok := n.allows(e); ok {
			m.role, m.node = typed, n.newNode(e, allowed)
		}
	}
	n.members = append(n.members, m)
	return len(n.members) - 1
}

// allows reports whether an element may become a column of n, and which fields
// that may have if n is limited.
func (n *node) allows(e *schema.Element) ([]*schema.Node, bool) {
	if n.parent == nil && schema.Reserved(e.Name) {
		return nil, false
	}
	times := 0
	for a := n; a != nil; a = a.parent {
		if a.Element == e && !a.isElem {
			times++
		}
	}
	if times >= schema.MaxRecursion {
		return nil, false
	}
	if !n.limited {
		return nil, true
	}
	for _, c := range n.allowed {
		if c.Element == e {
			return c.Fields, true
		}
	}
	return nil, false
}

// follow notes that member i came behind member last, or first if that is
// negative.
func (n *node) follow(last, i int) {
	if last < 0 {
		n.first = i
	} else {
		n.members[last].next = i
	}
}

// field returns the node of a member that was met, or nil.
func (n *node) field(name string) *node {
	for i := range n.members {
		if n.members[i].name() == name {
			return n.members[i].node
		}
	}
	return nil
}

// appendPointer appends the JSON Pointer of the value that is being decoded.
func (n *node) appendPointer(dst []byte) []byte {
	if n.parent == nil {
		return dst
	}
	dst = n.parent.appendPointer(dst)
	if n.isElem {
		return strconv.AppendInt(append(dst, '/'), int64(n.parent.pos), 10)
	}
	return AppendPointer(dst, n.Element.Name)
}
