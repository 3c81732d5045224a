package parse

import "github.com/fhirwh/fhirwh/internal/schema"

// A rewriting is what the decoder knows of a resource that repeats member
// names, under [Options.LastDuplicate].
type rewriting struct {
	rewritten bool   // the text that is being decoded is not what was sent
	origins   []item // then: where the resources in a Bundle's entries are
	whole     bool   // _extra has all of the resource
	muted     int    // how many of the objects around p are in _extra with all they hold
}

// rewrite decodes the resource again, to the row behind the last of b, from a
// text that has only the last of several members of one name. The others
// become duplicates.
func (d *decoder) rewrite(b *Batch, v item) bool {
	d.set(d.bytes, v.start, v.end)
	d.where = ""
	d.rewriting = rewriting{origins: d.origins[:0]}
	d.extra, d.duplicates, d.found = d.extra[:0], d.duplicates[:0], d.found[:0]
	text, ok := d.lastMembers(nil, b.root)
	if !ok || !d.atEnd() {
		return false
	}
	text = d.arena.copyOf(append(text, 0))
	d.set(text, 0, len(text)-1)
	d.rewritten = true
	ok = d.object(b.root, b.Rows)
	d.rewritten = false
	if d.whole {
		d.duplicates = d.duplicates[:0]
	}
	return ok
}

// A sent is a member as it was sent.
type sent struct {
	how        spelling
	name       string
	from       int // of the name
	start, end int // of the value
}

// lastMembers appends the object at p, which is to be decoded to n, with only
// the last of several members of one name in each object that becomes columns.
// Members whose name is no UTF-8 are left out: then _extra gets the object
// whole.
func (d *decoder) lastMembers(dst []byte, n *node) ([]byte, bool) {
	start := d.p
	members, ok := d.sentMembers()
	if !ok {
		return dst, false
	}
	end := d.p
	last := map[string]int{}
	whole := n.whole
	for i, m := range members {
		last[m.name] = i
		whole = whole || m.how == raw
	}
	if whole {
		d.setWhole(n, start)
		defer func() { d.muted-- }()
	}
	dst = append(dst, '{')
	for i, m := range members {
		if m.how == raw {
			d.block.Warned.RawStrings++
			continue
		}
		dst = d.lastMember(dst, n, m, last[m.name] == i)
	}
	d.p = end
	if dst[len(dst)-1] == ',' {
		dst = dst[:len(dst)-1]
	}
	return append(dst, '}'), d.reason == ""
}

// setWhole keeps the object in buf[start:p] whole. The caller counts muted down
// at its end.
func (d *decoder) setWhole(n *node, start int) {
	if d.muted++; d.muted == 1 {
		d.keepValue(d.point(n), start)
	}
	d.whole = d.whole || n.parent == nil
}

// sentMembers passes the object at p and returns its members.
func (d *decoder) sentMembers() ([]sent, bool) {
	var members []sent
	var f findings
	for more := d.open('}'); more; more = d.next('}') {
		m := sent{from: d.p}
		var ok bool
		if m.how, m.name, ok = d.memberName(); !ok {
			return nil, false
		}
		m.start = d.p
		if !d.skip(d.check, &f) {
			return nil, false
		}
		m.end = d.p
		members = append(members, m)
	}
	return members, d.reason == ""
}

// lastMember appends a member and a comma, or keeps it as a duplicate. Of a
// resource's type all are appended, to be compared.
func (d *decoder) lastMember(dst []byte, n *node, m sent, last bool) []byte {
	i := n.find(m.name, 0)
	if !last && (i < 0 || n.members[i].role != typeName) {
		d.block.Warned.DuplicateNames++
		d.p = m.end
		d.keepDuplicate(d.pointTo(n, m.name), m.start)
		return dst
	}
	dst = append(dst, d.buf[m.from:m.start]...)
	d.p = m.start
	switch {
	case i >= 0 && n.members[i].role == typed && n.members[i].node.kind == schema.Struct:
		dst = d.lastStruct(dst, n.members[i].node, m)
	case i >= 0 && n.members[i].role == entryResource:
		if d.opens() {
			d.origins = append(d.origins, item{start: m.start, end: m.end})
		}
		fallthrough
	default:
		dst = append(dst, d.buf[m.start:m.end]...)
	}
	return append(dst, ',')
}

// lastStruct appends the value of a member whose column has fields.
func (d *decoder) lastStruct(dst []byte, n *node, m sent) []byte {
	c := d.at(d.p)
	if c == '{' && !n.List {
		dst, _ = d.lastMembers(dst, n)
		return dst
	}
	if c != '[' || !n.List {
		return append(dst, d.buf[m.start:m.end]...)
	}
	dst = append(dst, '[')
	n.pos = 0
	for more := d.open(']'); more; {
		dst = d.lastElement(dst, n)
		n.pos++
		if more = d.next(']'); more {
			dst = append(dst, ',')
		}
	}
	return append(dst, ']')
}

func (d *decoder) lastElement(dst []byte, n *node) []byte {
	if d.at(d.p) == '{' {
		dst, _ = d.lastMembers(dst, n.elem)
		return dst
	}
	start := d.p
	var f findings
	d.skip(d.check, &f)
	return append(dst, d.buf[start:d.p]...)
}
