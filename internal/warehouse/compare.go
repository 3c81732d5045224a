package warehouse

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/fhirwh/fhirwh/internal/parse"
	"github.com/fhirwh/fhirwh/internal/schema"
)

// A digest stands for a JSON value: equal for two that differ in the order of
// members, white space and the spelling of escapes only.
//
// It is not [parse.Content], by which an import tells contents apart: verify
// would repeat the import's mistakes with it.
type digest struct{ hi, lo uint64 }

// A digester computes digests. It keeps memory between calls.
type digester struct {
	buf   []byte
	names []namedDigest
}

// A namedDigest is a member. Members are sorted by the hash of their names, those
// of one name stay in the order sent.
type namedDigest struct{ name, value digest }

// of returns the digest of v. source is hashed with it.
func (d *digester) of(source string, v *parse.Value) digest {
	content := d.value(v)
	h := xxh3.HashString128(source)
	return d.sum(7, digest{h.Hi, h.Lo}, content)
}

func (d *digester) value(v *parse.Value) digest {
	switch v.Kind {
	case parse.Number:
		return textDigest(v.Text, 1)
	case parse.Text:
		return stringDigest(v.Text, v.Raw)
	case parse.Array:
		start := len(d.buf)
		for i := range v.Items {
			d.push(d.value(&v.Items[i]))
		}
		return d.pop(start, 4)
	case parse.Object:
		return d.object(v.Members)
	}
	return textDigest(string('0'+rune(v.Kind)), 5) // null, false, true
}

func stringDigest(text string, raw bool) digest {
	if raw {
		return textDigest(text, 3)
	}
	return textDigest(text, 2)
}

func textDigest(text string, seed uint64) digest {
	h := xxh3.HashString128Seed(text, seed)
	return digest{h.Hi, h.Lo}
}

func (d *digester) object(members []parse.Member) digest {
	first := len(d.names)
	for i := range members {
		m := &members[i]
		d.names = append(d.names, namedDigest{stringDigest(m.Name, m.Raw), d.value(&m.Value)})
	}
	own := d.names[first:]
	slices.SortStableFunc(own, func(a, b namedDigest) int {
		return cmp.Or(cmp.Compare(a.name.hi, b.name.hi), cmp.Compare(a.name.lo, b.name.lo))
	})
	start := len(d.buf)
	for _, m := range own {
		d.push(m.name)
		d.push(m.value)
	}
	d.names = d.names[:first]
	return d.pop(start, 6)
}

func (d *digester) push(x digest) {
	d.buf = binary.LittleEndian.AppendUint64(d.buf, x.hi)
	d.buf = binary.LittleEndian.AppendUint64(d.buf, x.lo)
}

// pop returns the digest of what was pushed since the buffer had length start.
func (d *digester) pop(start int, seed uint64) digest {
	h := xxh3.Hash128Seed(d.buf[start:], seed)
	d.buf = d.buf[:start]
	return digest{h.Hi, h.Lo}
}

func (d *digester) sum(seed uint64, parts ...digest) digest {
	start := len(d.buf)
	for _, p := range parts {
		d.push(p)
	}
	return d.pop(start, seed)
}

// A comparison finds the elements in which a resource of a source and that of the
// warehouse differ.
type comparison struct {
	max   int // how many are described
	show  bool
	found []ElementDifference
	count int

	pointer []byte
}

// compareResources compares two resources.
func (c *comparison) compareResources(source, warehouse *parse.Value) {
	c.compare(source, warehouse, typeOf(source))
}

// typeOf returns the resource type that an object names, nil if R4 does not
// know it.
func typeOf(v *parse.Value) *schema.Type {
	if m := member(v, "resourceType"); m != nil && m.Kind == parse.Text {
		return schema.Resource(m.Text)
	}
	return nil
}

// member returns the last member of that name, or nil.
func member(v *parse.Value, name string) *parse.Value {
	for i := len(v.Members) - 1; i >= 0; i-- {
		if m := &v.Members[i]; m.Name == name && !m.Raw {
			return &m.Value
		}
	}
	return nil
}

// compare compares two values; t is the type of the elements of an object, nil
// if that is not known.
func (c *comparison) compare(source, warehouse *parse.Value, t *schema.Type) {
	a, b := source, warehouse
	switch {
	case isBoolean(a) && isBoolean(b):
		c.check(a.Kind == b.Kind, "boolean", a, b)
	case a.Kind != b.Kind:
		c.differ("type", a, b)
	case a.Kind == parse.Number:
		c.check(a.Text == b.Text, "number", a, b)
	case a.Kind == parse.Text:
		c.check(a.Text == b.Text && a.Raw == b.Raw, "text", a, b)
	case a.Kind == parse.Array:
		c.compareItems(a, b, t)
	case a.Kind == parse.Object:
		c.compareMembers(a.Members, b.Members, t)
	}
}

func isBoolean(v *parse.Value) bool { return v.Kind == parse.True || v.Kind == parse.False }

func (c *comparison) check(same bool, kind string, a, b *parse.Value) {
	if !same {
		c.differ(kind, a, b)
	}
}

func (c *comparison) compareItems(a, b *parse.Value, t *schema.Type) {
	c.check(len(a.Items) == len(b.Items), "length", a, b)
	for i := range min(len(a.Items), len(b.Items)) {
		c.at(strconv.Itoa(i), func() {
			c.compare(&a.Items[i], &b.Items[i], within(&a.Items[i], t))
		})
	}
}

// within returns the type of a value's elements where the specification says t:
// a resource inside a resource has its own.
func within(v *parse.Value, t *schema.Type) *schema.Type {
	if t == nil && v.Kind == parse.Object {
		return typeOf(v)
	}
	return t
}

func (c *comparison) compareMembers(a, b []parse.Member, t *schema.Type) {
	a, b = sortedMembers(a), sortedMembers(b)
	for len(a) > 0 || len(b) > 0 {
		order := 0
		switch {
		case len(a) == 0:
			order = 1
		case len(b) == 0:
			order = -1
		default:
			order = compareNames(a[0], b[0])
		}
		switch {
		case order < 0:
			c.at(c.name(a[0], t), func() { c.differ("missing", &a[0].Value, nil) })
			a = a[1:]
		case order > 0:
			c.at(c.name(b[0], t), func() { c.differ("added", nil, &b[0].Value) })
			b = b[1:]
		default:
			c.at(c.name(a[0], t), func() { c.compare(&a[0].Value, &b[0].Value, typeOfMember(a[0], t)) })
			a, b = a[1:], b[1:]
		}
	}
}

// sortedMembers returns members by name, those of one name as they were sent.
func sortedMembers(members []parse.Member) []parse.Member {
	members = slices.Clone(members)
	slices.SortStableFunc(members, compareNames)
	return members
}

func compareNames(a, b parse.Member) int {
	if a.Raw != b.Raw {
		if a.Raw {
			return 1
		}
		return -1
	}
	return strings.Compare(a.Name, b.Name)
}

func typeOfMember(m parse.Member, t *schema.Type) *schema.Type {
	if t == nil {
		return within(&m.Value, nil)
	}
	if e := t.Element(m.Name); e != nil && e.Kind != schema.JSON {
		return e.Type
	}
	return within(&m.Value, nil)
}

// name returns a member's name if it is safe to show.
func (c *comparison) name(m parse.Member, t *schema.Type) string {
	if c.show || m.Name == "resourceType" || t != nil && t.Element(m.Name) != nil {
		return m.Name
	}
	return "?"
}

// at calls do for what is below the pointer's place.
func (c *comparison) at(token string, do func()) {
	n := len(c.pointer)
	c.pointer = parse.AppendPointer(c.pointer, token)
	do()
	c.pointer = c.pointer[:n]
}

func (c *comparison) differ(kind string, source, warehouse *parse.Value) {
	c.count++
	if len(c.found) >= c.max {
		return
	}
	d := ElementDifference{Pointer: string(c.pointer), Kind: kind}
	if c.show {
		d.Source, d.Warehouse = shown(source), shown(warehouse)
	}
	c.found = append(c.found, d)
}

// shown is a value for a report. What is too long to read is cut.
func shown(v *parse.Value) string {
	const most = 500
	if v == nil {
		return ""
	}
	text := v.AppendJSON(nil)
	if len(text) > most {
		text = append(text[:most], "..."...)
	}
	return strings.ToValidUTF8(string(text), "\uFFFD")
}
