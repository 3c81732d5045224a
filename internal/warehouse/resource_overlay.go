package warehouse

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/fhirwh/fhirwh/internal/parse"
)

// An overlay is the _extra of one row as a tree: what stands in the place of
// typed values, or beside them.
type overlay struct {
	name   string
	index  int           // name as a position in a list; -1 if it is none
	value  *parse.Value  // stands here, whatever is typed and whatever is below
	before []parse.Value // losers among members of this name, in order; they stand before the winner
	below  []*overlay
	byName map[string]*overlay // of below, once they are many
	used   bool                // there is a column for it
	order  int                 // among the members of its object, where there is none
}

// readOverlay reads _extra.
func readOverlay(text []byte) (*overlay, error) {
	extra, err := parse.ParseExtra(text)
	if err != nil {
		return nil, err
	}
	root := &overlay{index: -1}
	for i := range extra.Values {
		o, err := root.at(extra.Values[i].Pointer)
		if err != nil {
			return nil, err
		}
		if o.value == nil { // of two with one pointer DuckDB reads the first
			o.value = &extra.Values[i].Value
		}
	}
	for _, x := range extra.Duplicates {
		o, err := root.at(x.Pointer)
		if err != nil {
			return nil, err
		}
		o.before = append(o.before, x.Value)
	}
	return root, nil
}

// at returns the overlay at a JSON Pointer, which it makes if it is not there.
func (o *overlay) at(pointer string) (*overlay, error) {
	tokens, err := parse.SplitPointer(pointer)
	if err != nil {
		return nil, fmt.Errorf("read _extra: %w", err)
	}
	for _, token := range tokens {
		o = o.child(token)
	}
	return o, nil
}

// manyBelow is how many children are searched one by one. A row may have a
// million: then only a map is fast.
const manyBelow = 16

func (o *overlay) child(name string) *overlay {
	if x := o.find(name); x != nil {
		return x
	}
	x := &overlay{name: name, index: position(name)}
	o.below = append(o.below, x)
	switch {
	case o.byName != nil:
		o.byName[name] = x
	case len(o.below) > manyBelow:
		o.byName = make(map[string]*overlay, 2*manyBelow)
		for _, x := range o.below {
			o.byName[x.name] = x
		}
	}
	return x
}

func (o *overlay) find(name string) *overlay {
	if o.byName != nil {
		return o.byName[name]
	}
	for _, x := range o.below {
		if x.name == name {
			return x
		}
	}
	return nil
}

// position reads a pointer's token as a position in a list, -1 if it is none.
func position(token string) int {
	if len(token) > 1 && token[0] == '0' {
		return -1
	}
	n, err := strconv.ParseUint(token, 10, 31)
	if err != nil {
		return -1
	}
	return int(n)
}

var errOverlay = errors.New("overlay _extra: a pointer leads to a place that the typed columns do not have")

// appendOver appends value i, present or not, with an overlay.
func (b *rebuilder) appendOver(dst []byte, c *column, i int, o *overlay) []byte {
	switch {
	case o.value != nil:
		return o.value.AppendJSON(dst)
	case len(o.below) == 0:
		return b.appendItem(dst, c, i)
	case c.kind == objectColumn:
		return b.appendMembersOver(dst, c, i, o)
	case c.kind == listColumn && !c.null(i):
		return b.appendItemsOver(dst, c, i, o)
	}
	b.err = errOverlay
	return dst
}

// appendMembersOver appends the members that have a column and those that have
// none, all in the order of the specification: what a resource looks like must
// not depend on how far its table has grown.
func (b *rebuilder) appendMembersOver(dst []byte, c *column, i int, o *overlay) []byte {
	start := len(dst)
	absent := c != b.root && c.null(i)
	rest := o.withoutColumn(c)
	for _, f := range c.fields {
		for len(rest) > 0 && rest[0].order < f.order {
			dst = b.appendMemberOver(dst, c.newField(rest[0].name), i, rest[0], true)
			rest = rest[1:]
		}
		if x := o.find(f.name); x != nil {
			dst = b.appendMemberOver(dst, f, i, x, absent)
		} else if !absent && !f.null(i) {
			dst = append(dst, f.key...)
			dst = b.appendValue(dst, f, i)
		}
	}
	for _, x := range rest {
		dst = b.appendMemberOver(dst, c.newField(x.name), i, x, true)
	}
	return closeObject(dst, start)
}

// withoutColumn returns the members for which c has no column, in order.
func (o *overlay) withoutColumn(c *column) []*overlay {
	for _, f := range c.fields {
		if x := o.find(f.name); x != nil {
			x.used = true
		}
	}
	var rest []*overlay
	for _, x := range o.below {
		if !x.used {
			x.order = c.orderOf(x.name)
			rest = append(rest, x)
		}
	}
	slices.SortStableFunc(rest, func(x, y *overlay) int { return x.order - y.order })
	return rest
}

// appendMemberOver appends a member with an overlay, behind the losers of its
// name. absent says that the object which the member belongs to is NULL in the
// table: then f holds nothing for it.
func (b *rebuilder) appendMemberOver(dst []byte, f *column, i int, x *overlay, absent bool) []byte {
	for _, v := range x.before {
		dst = v.AppendJSON(append(dst, f.key...))
	}
	if absent {
		f = &column{key: f.key, kind: f.kind, fields: f.fields, typ: f.typ}
	}
	if x.value == nil && len(x.below) == 0 && f.null(i) {
		return dst
	}
	return b.appendOver(append(dst, f.key...), f, i, x)
}

func (b *rebuilder) appendItemsOver(dst []byte, c *column, i int, o *overlay) []byte {
	slices.SortFunc(o.below, func(x, y *overlay) int { return x.index - y.index })
	dst = append(dst, '[')
	from, to := c.span(i)
	below := o.below
	for k := from; k < to; k++ {
		if k > from {
			dst = append(dst, ',')
		}
		if len(below) > 0 && below[0].index == k-from {
			dst = b.appendOver(dst, c.item, k, below[0])
			below = below[1:]
		} else {
			dst = b.appendItem(dst, c.item, k)
		}
	}
	if len(below) > 0 {
		b.err = errOverlay
	}
	return append(dst, ']')
}
