package parse

import "strings"

// entryResource passes the resource of a Bundle's entry, to be decoded after the
// Bundle. What cannot be a resource stays in the Bundle's _extra.
func (d *decoder) entryResource(n *node, row int) bool {
	if !d.opens() {
		return d.strayResource(n)
	}
	v := item{start: d.p, row: row}
	var f findings
	if !d.skip(syntaxOnly, &f) {
		return false
	}
	v.end = d.p
	if d.rewritten {
		v.start, v.end = d.origins[len(d.found)].start, d.origins[len(d.found)].end
	}
	d.found = append(d.found, v)
	return true
}

// opens reports whether the value at p may be a resource.
func (d *decoder) opens() bool {
	if d.at(d.p) != '{' {
		return false
	}
	start := d.p
	g := d.glance(false)
	d.p, d.reason = start, ""
	return g.problem == ""
}

// strayResource keeps the value at p, in place of an entry's resource.
func (d *decoder) strayResource(n *node) bool {
	const name = "resource"
	start := d.p
	var f findings
	if !d.skip(d.check, &f) {
		return d.locate(n, name)
	}
	d.count(&f)
	d.block.Warned.UntypedValues++
	d.keepValue(d.pointTo(n, name), start)
	return true
}

// entries lists the entries of the Bundle in the row behind the last of b, and
// queues their resources.
func (d *decoder) entries(b *Batch, v item) {
	list := b.root.field("entry")
	if list == nil || !list.Has(b.Rows) {
		return
	}
	span := list.Spans[b.Rows]
	found := d.found
	for i := range int(span.Length) {
		row := int(span.Offset) + i
		d.block.Entries = append(d.block.Entries, d.entry(list.elem, row, v.line))
		if len(found) > 0 && found[0].row == row {
			r := found[0]
			r.line, r.entry, r.listed = v.line, d.counter, len(d.block.Entries)
			d.queue = append(d.queue, r)
			found = found[1:]
		}
		d.counter++
	}
}

// entry describes the entry in a row of the column of entries.
func (d *decoder) entry(n *node, row int, line int64) BundleEntry {
	e := BundleEntry{Line: line, Entry: d.counter}
	if c := n.field("fullUrl"); c != nil {
		e.HasFullURL = c.Has(row)
		e.FullURL = strings.Clone(c.Text(row))
	}
	if c := n.field("request"); c != nil {
		if c := c.field("method"); c != nil && c.Text(row) == "DELETE" {
			d.block.Deletes++
		}
	}
	return e
}
