package parse

// An object is what the decoder knows of the object that it is in.
type object struct {
	number  uint64
	whole   bool    // _extra has all of it
	unknown nameSet // members that R4 does not know
}

// object writes the object at p to the fields of n.
func (d *decoder) object(n *node, row int) bool {
	start, mark := d.p, len(d.extra)
	if !d.open('}') {
		return d.reason == "" && d.keepEmpty(n, start)
	}
	d.objects++
	o := object{number: d.objects, whole: n.whole, unknown: d.enter()}
	last, next := -1, n.first
	for more := true; more; more = d.next('}') {
		i := next
		if i < len(n.members) && d.begins(&n.members[i].key) {
			d.p += len(n.members[i].key.text)
			d.space()
		} else {
			how, name, ok := d.memberName()
			if !ok {
				return false
			}
			if i = n.lookUp(how, name, next); i < 0 {
				if !d.unknown(n, &o, how, name) {
					return false
				}
				continue
			}
			n.follow(last, i)
		}
		m := &n.members[i]
		last, next = i, m.next
		if m.role != typed || m.seen == o.number {
			if !d.special(n, m, &o, row) {
				return false
			}
			continue
		}
		m.seen = o.number
		if !d.field(m.node, row) {
			return false
		}
	}
	d.leave(o.unknown)
	if d.reason == "" && o.whole {
		d.keepWhole(n, start, mark)
	}
	return d.reason == ""
}

// begins reports whether the text at p begins with the key.
func (d *decoder) begins(k *key) bool {
	if d.word(d.p)&k.mask != k.head || k.back > 0 && d.word(d.p+k.back) != k.tail {
		return false
	}
	return k.back <= 8 || d.text(d.p, d.p+k.back) == k.text[:k.back]
}

// memberName reads the member name at p and moves to its value.
func (d *decoder) memberName() (spelling, string, bool) {
	t, ok := d.member()
	if !ok {
		return broken, "", false
	}
	how, name := d.scanner.name(t)
	return how, name, how != broken
}

func (n *node) lookUp(how spelling, name string, near int) int {
	if how == raw {
		return -1
	}
	return n.find(name, near)
}

// unknown keeps a member that R4 does not know. If its name is no UTF-8, so no
// pointer can lead there, the object is kept whole.
func (d *decoder) unknown(n *node, o *object, how spelling, name string) bool {
	start := d.p
	var f findings
	switch {
	case how == raw:
		o.whole = true
		f.rawNames++
	case d.repeated(&o.unknown, name):
		return d.repeat(n, "")
	}
	if !d.skip(d.check, &f) {
		return d.locate(n, "")
	}
	d.count(&f)
	if !o.whole {
		d.block.Warned.UnknownElements++
		d.keepValue(d.pointTo(n, name), start)
	}
	return true
}

// special deals with a member that is not simply a column, or a repeated one.
func (d *decoder) special(n *node, m *memberOf, o *object, row int) bool {
	again := m.seen == o.number
	m.seen = o.number
	switch {
	case m.role == typeName:
		return d.typeName(m, row, again)
	case again:
		return d.repeat(n, m.name())
	case m.role == entryResource:
		return d.entryResource(n, row)
	}
	start := d.p
	var f findings
	if !d.skip(d.check, &f) {
		return d.locate(n, m.name())
	}
	d.count(&f)
	d.block.Warned.UntypedValues++
	d.keepValue(d.pointTo(n, m.name()), start)
	return true
}

// repeat fails because of a second member of that name in n's object. The name
// is "" if R4 does not know it: then it may say something about a person.
func (d *decoder) repeat(n *node, name string) bool {
	d.fail(DuplicateMember, "repeated member name")
	return d.locate(n, name)
}

// locate adds to a failure because of a repeated member where it is: in n, or
// its member of that name. It returns false.
func (d *decoder) locate(n *node, name string) bool {
	if d.reason != DuplicateMember || d.where != "" {
		return false
	}
	if name != "" {
		d.where = string(d.pointTo(n, name))
	} else {
		d.where = string(d.point(n))
	}
	return false
}

// typeName checks that the resourceType is the one that was seen at first
// glance.
func (d *decoder) typeName(m *memberOf, row int, again bool) bool {
	start := d.p
	if d.at(start) != '"' {
		return d.fail(BadResourceType, "")
	}
	t, ok := d.str()
	if !ok {
		return false
	}
	how, text := d.scanner.name(t)
	switch {
	case how == broken:
		return false
	case how == raw:
		return d.fail(BadResourceType, "")
	case text != d.resourceType:
		return d.fail(TwoResourceTypes, "")
	case again:
		d.block.Warned.DuplicateNames++
		d.keepDuplicate([]byte("/resourceType"), start)
	case m.node != nil:
		b := d.arena.copyOf([]byte(text))
		m.node.putString(row, pointerTo(b), len(b))
	}
	return true
}
