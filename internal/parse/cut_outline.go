package parse

import "unsafe"

// An outline follows the structure of one JSON value to find its end, in pieces
// of any size.
//
// It looks at brackets, commas, colons and quotes only. What it calls whole may
// still be no JSON, which is for the decoder to find; what it calls broken is
// none.
type outline struct {
	expect  expectation
	name    bool     // inString: the string is a member's name
	escaped bool     // inString: a backslash came last
	depth   int      // of the open arrays and objects
	objects []uint64 // which of those are objects, by depth
}

// An expectation is what an outline may meet next.
type expectation uint8

const (
	aValue     expectation = iota
	anElement              // a value or the array's end
	aFirstName             // a member's name or the object's end
	aName
	aColon
	aComma   // or the end of what is open
	inString // its next byte
	inScalar // the next byte of a number, true, false or null, or what follows
)

// A verdict is what an outline found.
type verdict uint8

const (
	isOpen   verdict = iota // all bytes belong to the value, more must follow
	isWhole                 // the value has ended
	isBroken                // no value begins like this
)

// maxOutline is how many open arrays and objects an outline follows: more than
// the decoder takes, so that the end of a value it refuses is found.
const maxOutline = 1 << 20

func (o *outline) reset() { *o = outline{objects: o.objects[:0]} }

// scan goes on at b[p] and returns where it stopped: behind the value, at the
// byte where it breaks, or at the end of b. At least [Padding] bytes behind b are
// writable.
func (o *outline) scan(b []byte, p int) (int, verdict) {
	n := len(b)
	b = b[:n+1]
	b[n] = 0 // where scanString and white space stop
	for p < n {
		switch o.expect {
		case inString:
			var ok bool
			if p, ok = o.scanString(b[:n], p); !ok {
				return p, isBroken
			}
		case inScalar:
			if !endsScalar[b[p]] {
				p++
				continue
			}
			o.expect = aComma
		default:
			for isSpace(b[p]) {
				p++
			}
			if p == n {
				return p, isOpen
			}
			if !o.step(b[p]) {
				return p, isBroken
			}
			p++
		}
		if o.expect == aComma && o.depth == 0 {
			return p, isWhole
		}
	}
	return p, isOpen
}

// endsScalar has the bytes that no number and no literal holds.
var endsScalar = [256]bool{
	' ': true, '\n': true, '\r': true, '\t': true,
	',': true, ':': true, '"': true, '{': true, '}': true, '[': true, ']': true,
}

// step takes a byte outside strings and scalars that is no white space.
func (o *outline) step(c byte) bool {
	switch o.expect {
	case aValue, anElement:
		return o.value(c)
	case aFirstName, aName:
		if c == '}' && o.expect == aFirstName {
			return o.close(c)
		}
		o.expect, o.name = inString, true
		return c == '"'
	case aColon:
		o.expect = aValue
		return c == ':'
	}
	if c != ',' {
		return o.close(c)
	}
	o.expect = aValue
	if o.inObject() {
		o.expect = aName
	}
	return true
}

// value takes the first byte of a value, or the end of an empty array.
func (o *outline) value(c byte) bool {
	switch {
	case c == '{':
		o.expect = aFirstName
		return o.open(1)
	case c == '[':
		o.expect = anElement
		return o.open(0)
	case c == '"':
		o.expect, o.name = inString, false
	case c == ']' && o.expect == anElement:
		return o.close(c)
	case c < ' ' || endsScalar[c]:
		return false
	default:
		o.expect = inScalar
	}
	return true
}

func (o *outline) open(object uint64) bool {
	i, bit := o.depth/64, o.depth%64
	if i == len(o.objects) {
		o.objects = append(o.objects, 0)
	}
	o.objects[i] = o.objects[i]&^(1<<bit) | object<<bit
	o.depth++
	return o.depth <= maxOutline
}

func (o *outline) inObject() bool {
	return o.objects[(o.depth-1)/64]>>((o.depth-1)%64)&1 == 1
}

// close takes the byte that ends the innermost array or object.
func (o *outline) close(c byte) bool {
	if c != '}' && c != ']' || (c == '}') != o.inObject() {
		return false
	}
	o.depth--
	o.expect = aComma
	return true
}

// scanString goes on inside a string. A newline cannot be in one: where it is,
// something is missing, so ok is false. Other control characters are the
// decoder's to refuse.
func (o *outline) scanString(b []byte, p int) (next int, ok bool) {
	if o.escaped {
		o.escaped = false
		if b[p] == '\n' {
			return p, false
		}
		p++
	}
	from := p
	for p < len(b) {
		p, _, _ = scanString(unsafe.Pointer(unsafe.SliceData(b)), p)
		switch {
		case p >= len(b):
			o.escaped = oddBackslashes(b[from:])
			return len(b), true
		case b[p] == '\n':
			return p, false
		case b[p] == '"':
			o.expect = aComma
			if o.name {
				o.expect = aColon
			}
			return p + 1, true
		}
		p++
	}
	return p, true
}

// oddBackslashes reports whether b ends in the middle of an escape sequence of
// two bytes.
func oddBackslashes(b []byte) bool {
	n := 0
	for n < len(b) && b[len(b)-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}
