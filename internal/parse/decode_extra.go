package parse

// point returns the pointer of n's value, valid until the next call of point or
// pointTo.
func (d *decoder) point(n *node) []byte {
	d.pointer = n.appendPointer(d.pointer[:0])
	return d.pointer
}

// pointTo returns the pointer of a member of n's object.
func (d *decoder) pointTo(n *node, name string) []byte {
	d.pointer = AppendPointer(d.point(n), name)
	return d.pointer
}

// keepValue adds the value in buf[start:p] to _extra.
func (d *decoder) keepValue(pointer []byte, start int) {
	d.extra = append(appendQuoted(d.extra, pointer), ':')
	d.extra = append(d.keepText(d.extra, start), ',')
}

// keepText appends the value in buf[start:p] as _extra has it.
func (d *decoder) keepText(dst []byte, start int) []byte {
	p := d.p
	d.p = start
	dst, _ = d.keep(dst, false)
	d.p = p
	return dst
}

// keepEmpty keeps the empty object or array in buf[start:p].
func (d *decoder) keepEmpty(n *node, start int) bool {
	d.block.Warned.UntypedValues++
	d.keepValue(d.point(n), start)
	return true
}

// keepWhole keeps the object in buf[start:p]. What is in _extra from mark on is
// of its parts.
func (d *decoder) keepWhole(n *node, start, mark int) {
	if d.rewritten {
		return // done by rewrite
	}
	d.extra = d.extra[:mark]
	d.keepValue(d.point(n), start)
	if n.parent == nil { // the whole resource: repeated members are in it
		d.duplicates = d.duplicates[:0]
	}
}

// keepDuplicate adds the value in buf[start:p] to the duplicates.
func (d *decoder) keepDuplicate(pointer []byte, start int) {
	if d.muted > 0 {
		return
	}
	d.duplicates = appendQuoted(append(d.duplicates, `{"pointer":`...), pointer)
	d.duplicates = d.keepText(append(d.duplicates, `,"value":`...), start)
	d.duplicates = append(d.duplicates, `},`...)
}

// putExtra writes what was kept to a row of the column _extra.
func (d *decoder) putExtra(c *Column, row int) {
	text := d.arena.room(len(d.extra) + len(d.duplicates) + len(`{"`+markDuplicate+`":[]}`))
	text = append(append(text, '{'), d.extra...)
	if len(d.duplicates) > 0 {
		text = append(text, `"`+markDuplicate+`":[`...)
		text = append(text, d.duplicates[:len(d.duplicates)-1]...)
		text = append(text, `],`...)
	}
	text[len(text)-1] = '}'
	d.arena.take(text)
	c.putString(row, pointerTo(text), len(text))
}

// count adds findings to the block's warnings.
func (d *decoder) count(f *findings) {
	w := &d.block.Warned
	w.RawStrings += f.rawTexts + f.rawNames
	w.ControlChars += f.controls
	w.DuplicateNames += f.repeats
}
