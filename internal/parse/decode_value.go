package parse

import (
	"strconv"
	"unicode/utf8"
	"unsafe"

	"github.com/fhirwh/fhirwh/internal/schema"
)

// field writes the value at p, of a member, to a row of n.
func (d *decoder) field(n *node, row int) bool {
	switch c := d.at(d.p); {
	case c == 'n':
		return d.null(n)
	case n.List:
		return d.elements(n, row)
	default:
		return d.one(n, row, c)
	}
}

// null keeps a null that FHIR does not allow.
func (d *decoder) null(n *node) bool {
	start := d.p
	if !d.literal("null") {
		return false
	}
	d.block.Warned.MisplacedNulls++
	d.keepValue(d.point(n), start)
	return true
}

// elements writes the array at p to a row of the list n.
func (d *decoder) elements(n *node, row int) bool {
	start := d.p
	if d.at(start) != '[' {
		return d.misfit(n)
	}
	if !d.open(']') {
		return d.reason == "" && d.keepEmpty(n, start)
	}
	e := n.elem
	first := e.Rows
	i := 0
	for more := true; more; more = d.next(']') {
		n.pos = i
		if !d.element(e, first+i) {
			return false
		}
		i++
	}
	e.Rows = first + i
	n.putSpan(row, Span{uint64(first), uint64(i)})
	return d.reason == ""
}

// element writes the value at p to a row of e, the elements of a list. Among
// primitives, and among their extensions, FHIR allows null: where the other of
// the two arrays has an element.
func (d *decoder) element(e *node, row int) bool {
	c := d.at(d.p)
	if c != 'n' {
		return d.one(e, row, c)
	}
	if e.Element.Of == nil && (e.kind == schema.Struct || e.kind == schema.JSON) {
		return d.null(e)
	}
	return d.literal("null")
}

// one writes the value at p, which begins with c, to a row of n.
func (d *decoder) one(n *node, row int, c byte) bool {
	switch n.kind {
	case schema.String:
		if c == '"' {
			return d.stringValue(n, row)
		}
	case schema.Struct:
		if c == '{' {
			n.setValid(row)
			return d.object(n, row)
		}
	case schema.Decimal:
		if c == '-' || c-'0' <= 9 {
			return d.decimal(n, row)
		}
	case schema.Integer:
		if c == '-' || c-'0' <= 9 {
			return d.integer(n, row)
		}
	case schema.Boolean:
		if c == 't' || c == 'f' {
			return d.boolean(n, row, c == 't')
		}
	case schema.JSON:
		if c == '{' {
			return d.jsonValue(n, row)
		}
	}
	return d.misfit(n)
}

// misfit keeps the value at p, which is not of n's type.
func (d *decoder) misfit(n *node) bool {
	start := d.p
	var f findings
	if !d.skip(d.check, &f) {
		return d.locate(n, "")
	}
	d.count(&f)
	d.block.Warned.UntypedValues++
	d.keepValue(d.point(n), start)
	return true
}

func (d *decoder) boolean(n *node, row int, v bool) bool {
	n.putBool(row, v)
	if v {
		return d.literal("true")
	}
	return d.literal("false")
}

func (d *decoder) stringValue(n *node, row int) bool {
	start := d.p + 1
	end, escaped, high := scanString(d.base, start)
	if d.at(end) != '"' {
		d.p = end
		return d.badString()
	}
	d.p = end + 1
	if !escaped && (!high || utf8.Valid(d.buf[start:end])) {
		n.putString(row, unsafe.Add(d.base, start), end-start)
		return true
	}
	return d.oddString(n, row, token{start, end, escaped, high})
}

// oddString writes a string with escapes, or keeps one that is no UTF-8.
func (d *decoder) oddString(n *node, row int, t token) bool {
	how := raw
	if t.escaped {
		how = d.codedString(n, row, t)
	}
	if how == raw {
		d.block.Warned.RawStrings++
		d.block.Warned.UntypedValues++
		d.keepValue(d.point(n), t.start-1)
	}
	return how != broken
}

// codedString writes a string with escapes, unless it is raw or broken.
func (d *decoder) codedString(n *node, row int, t token) spelling {
	d.controls = false
	text, how := d.unescape(d.arena.room(t.end-t.start), d.buf[t.start:t.end])
	switch {
	case how == broken:
		d.fail(NotJSON, "invalid escape")
	case how == raw || t.high && !utf8.Valid(text):
		return raw
	default:
		if d.controls {
			d.block.Warned.ControlChars++
		}
		d.arena.take(text)
		n.putString(row, pointerTo(text), len(text))
	}
	return how
}

func pointerTo(b []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(b)) }

// jsonValue writes the text of the object at p, unless DuckDB's JSON would
// refuse it.
func (d *decoder) jsonValue(n *node, row int) bool {
	start := d.p
	var f findings
	if !d.skip(d.check, &f) {
		return d.locate(n, "")
	}
	d.count(&f)
	if f.rawTexts+f.rawNames+f.huge > 0 {
		d.block.Warned.UntypedValues++
		d.keepValue(d.point(n), start)
		return true
	}
	n.putString(row, unsafe.Add(d.base, start), d.p-start)
	return true
}

// decimal writes the number at p. What the float64 does not give back digit by
// digit is kept too.
func (d *decoder) decimal(n *node, row int) bool {
	if v, end, ok := d.shortDecimal(); ok {
		d.p = end
		n.putFloat(row, v)
		return true
	}
	start := d.p
	if !d.number() {
		return false
	}
	literal := d.text(start, d.p)
	if !inRange(literal) {
		d.block.Warned.UntypedValues++
		d.keepValue(d.point(n), start)
		return true
	}
	v, _ := strconv.ParseFloat(literal, 64)
	n.putFloat(row, v)
	var digits [400]byte
	if string(strconv.AppendFloat(digits[:0], v, 'f', -1, 64)) != literal || literal == "-0" {
		d.keepValue(d.point(n), start)
	}
	return true
}

// shortDecimal reads the number at p if it is of the usual form: at most 15
// digits, no exponent, no needless 0. Such a number is what strconv would make
// of it, and strconv would write it so.
func (d *decoder) shortDecimal() (v float64, end int, ok bool) {
	p := d.p
	negative := d.at(p) == '-'
	if negative {
		p++
	}
	first := p
	var digits uint64
	for ; d.at(p)-'0' <= 9; p++ {
		digits = digits*10 + uint64(d.at(p)-'0')
	}
	whole := p - first
	if whole == 0 || whole > 15 || d.at(first) == '0' && whole > 1 {
		return 0, 0, false
	}
	decimals := 0
	if d.at(p) == '.' {
		p++
		for ; d.at(p)-'0' <= 9; p++ {
			digits = digits*10 + uint64(d.at(p)-'0')
		}
		decimals = p - first - whole - 1
		if decimals == 0 || whole+decimals > 15 || d.at(p-1) == '0' {
			return 0, 0, false
		}
	}
	if d.at(p)|0x20 == 'e' || negative && digits == 0 {
		return 0, 0, false
	}
	v = float64(digits) / powers[decimals] // both exact, so rounded once
	if negative {
		v = -v
	}
	return v, p, true
}

var powers = [16]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// integer writes the number at p if it is integral and fits. What the integer
// does not give back digit by digit is kept too.
func (d *decoder) integer(n *node, row int) bool {
	start := d.p
	if !d.number() {
		return false
	}
	literal := d.text(start, d.p)
	v, ok := parseInt32(literal)
	if ok {
		n.putInt(row, v)
	} else {
		d.block.Warned.UntypedValues++
	}
	var digits [12]byte
	if !ok || string(strconv.AppendInt(digits[:0], int64(v), 10)) != literal {
		d.keepValue(d.point(n), start)
	}
	return true
}
