package parse

import (
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/fhirwh/fhirwh/internal/schema"
)

// A target is where the resources of one type go.
type target struct {
	typ     *schema.Type
	batches []*Batch // of the block
	open    *Batch   // the last of them
}

// target returns where resources of that type go.
func (d *decoder) target(resourceType string) *target {
	if t := d.targets[resourceType]; t != nil {
		return t
	}
	typ := schema.Resource(resourceType)
	if typ == nil {
		return d.other
	}
	t := &target{typ: typ}
	d.targets[typ.Name] = t
	return t
}

// batch returns a batch with room for a row.
func (d *decoder) batch(t *target) *Batch {
	if t.open != nil && t.open.Rows < MaxRows {
		return t.open
	}
	if len(t.batches) == 0 {
		d.met = append(d.met, t)
	}
	t.open = d.newBatch(t.typ)
	t.batches = append(t.batches, t.open)
	return t.open
}

func (d *decoder) newBatch(typ *schema.Type) *Batch {
	if b := d.takeSpare(typ); b != nil {
		b.reset()
		return b
	}
	return &Batch{Type: typ, root: newRoot(typ, nil)}
}

// takeSpare returns a used batch, or nil.
func (d *decoder) takeSpare(typ *schema.Type) *Batch {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.spare[typ]
	if s == nil {
		return nil
	}
	s.used = d.now
	if len(s.batches) == 0 {
		return nil
	}
	b := s.batches[len(s.batches)-1]
	s.batches = s.batches[:len(s.batches)-1]
	return b
}

func (b *Batch) reset() {
	b.Rows = 0
	b.Lines, b.Entries = b.Lines[:0], b.Entries[:0]
	b.Hashes, b.Raws = b.Hashes[:0], b.Raws[:0]
	b.Extra.reset()
	for _, f := range b.root.Fields {
		f.reset()
	}
}

// finish fills the fields that are the same for all rows.
func (b *Batch) finish() {
	for _, f := range b.root.Fields {
		f.tally(false)
	}
	b.Extra.tally(false)
	b.Root = Column{Rows: b.Rows, Fields: b.root.Fields}
	b.IDs = &Column{}
	if b.ids != nil {
		b.IDs = &b.ids.Column
	}
}

// undo takes back what was written to the row behind the last.
func (b *Batch) undo() {
	for _, f := range b.root.Fields {
		f.truncate(b.Rows)
	}
}

// item decodes a resource.
func (d *decoder) item(v item) {
	d.set(d.bytes, v.start, v.end)
	d.where = ""
	if d.at(v.start) != '{' {
		d.rejectWhole(v, NotObject)
		return
	}
	g := d.glance(d.o.Known != nil)
	d.set(d.bytes, v.start, v.end)
	if g.problem != "" {
		d.rejectWhole(v, g.problem)
		return
	}
	t := d.target(g.resourceType)
	d.resourceType = g.resourceType
	hash := xxh3.Hash(d.bytes[v.start:v.end])
	known := g.id != "" && d.o.Known(d.block.File.Source, t.typ, []byte(g.id), hash)
	isBundle := t.typ.Name == "Bundle"
	if known && !isBundle {
		d.known(t, v, g.id, hash)
		return
	}
	b := d.batch(t)
	if !d.row(b, v) {
		d.rejectItem(v)
		return
	}
	if isBundle {
		d.entries(b, v)
	}
	if known {
		b.undo()
		d.known(t, v, g.id, hash)
		return
	}
	d.commit(b, v, hash)
}

// rejectWhole rejects an item that cannot be a resource: because it is no JSON
// or, if it is, for reason r.
func (d *decoder) rejectWhole(v item, r Reason) {
	var f findings
	if d.skip(d.check, &f) && d.atEnd() {
		d.fail(r, "")
	}
	d.rejectItem(v)
}

// known notes a resource that need not be decoded.
func (d *decoder) known(t *target, v item, id string, hash uint64) {
	d.block.Known = append(d.block.Known, KnownRow{Type: t.typ, ID: id, Hash: hash, Line: v.line, Entry: v.entry})
	d.complete(v, id)
}

// complete fills in the entry of a Bundle that the resource is from.
func (d *decoder) complete(v item, id string) {
	if v.listed == 0 {
		return
	}
	e := &d.block.Entries[v.listed-1]
	e.ResourceType, e.ResourceID = strings.Clone(d.resourceType), strings.Clone(id)
	e.Raw = Raw{v.start, v.end}
}

// row writes the resource to the row behind the last of b. It leaves no trace of
// one that must be rejected.
func (d *decoder) row(b *Batch, v item) bool {
	before := d.block.Warned
	d.extra, d.duplicates, d.found = d.extra[:0], d.duplicates[:0], d.found[:0]
	ok := d.object(b.root, b.Rows) && d.atEnd()
	if !ok && d.reason == DuplicateMember && d.o.LastDuplicate {
		b.undo()
		d.block.Warned = before
		ok = d.rewrite(b, v)
	}
	if !ok {
		b.undo()
		d.block.Warned = before
		return false
	}
	d.checkID(b)
	return true
}

// commit makes the row part of the batch.
func (d *decoder) commit(b *Batch, v item, hash uint64) {
	if len(d.extra) > 0 || len(d.duplicates) > 0 {
		d.putExtra(&b.Extra, b.Rows)
	}
	if b.root.whole {
		d.block.Warned.UnknownTypes++
	}
	if v.listed > 0 {
		id := ""
		if b.ids != nil {
			id = b.ids.Text(b.Rows)
		}
		d.complete(v, id)
	}
	b.Rows++
	b.Lines = append(b.Lines, v.line)
	b.Entries = append(b.Entries, v.entry)
	b.Hashes = append(b.Hashes, hash)
	b.Raws = append(b.Raws, Raw{v.start, v.end})
}

// checkID looks at the id of the row behind the last. An empty one is none.
func (d *decoder) checkID(b *Batch) {
	if b.ids == nil {
		if b.ids = b.root.field("id"); b.ids == nil {
			return
		}
	}
	row := b.Rows
	if !b.ids.Has(row) {
		return
	}
	switch id := b.ids.Text(row); {
	case id == "":
		b.ids.truncate(row)
		d.block.Warned.UntypedValues++
		d.extra = append(d.extra, `"/id":"",`...)
	case !isID(id):
		d.block.Warned.LongIDs++
	}
}

// isID reports whether R4 allows the id.
func isID(id string) bool {
	for i := range len(id) {
		if !idByte[id[i]] {
			return false
		}
	}
	return len(id) <= 64
}

var idByte = func() (is [256]bool) {
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-." {
		is[c] = true
	}
	return is
}()

// A glance is what is seen of a resource before it is decoded.
type glance struct {
	resourceType string
	id           string // if that was asked for
	problem      Reason // why it is no resource
}

// glance looks at the members resourceType and, if ids is set, id of the object
// at p: the first of each. It checks nothing that it passes.
func (d *decoder) glance(ids bool) glance {
	g := glance{problem: NoResourceType}
	d.p++
	for d.space(); ; d.space() {
		t, ok := d.member()
		if !ok {
			return g
		}
		switch _, name := d.name(t); {
		case name == "resourceType" && g.problem == NoResourceType:
			g.resourceType, ok = d.glanceText()
			g.problem = ""
			if g.resourceType == "" {
				g.problem = BadResourceType
			}
		case name == "id" && ids:
			g.id, ok = d.glanceText()
			ids = false
		default:
			ok = d.pass()
		}
		if !ok || g.problem != NoResourceType && !ids || d.space() != ',' {
			return g
		}
		d.p++
	}
}

// glanceText reads a string; the text is empty if it is no UTF-8 or the value is
// no string.
func (d *decoder) glanceText() (string, bool) {
	if d.at(d.p) != '"' {
		return "", d.pass()
	}
	t, ok := d.str()
	if !ok {
		return "", false
	}
	how, text := d.name(t)
	if how > coded {
		text = ""
	}
	return text, true
}
