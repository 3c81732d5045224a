package parse

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"
)

// maxDepth is how deep arrays and objects may nest.
const maxDepth = 512

// A scanner reads JSON text. A byte that is neither JSON nor white space must
// stand at end (a scanner's user puts a 0 there), and at least [Padding] bytes
// behind it must be readable: so no loop needs to compare p with end.
//
// The scanner's methods report failure by returning false, after fail noted why
// and where.
type scanner struct {
	buf   []byte
	base  unsafe.Pointer // of buf
	p     int
	end   int
	depth int

	reason Reason
	what   string // more exact than reason, for an error's text; never a value
	failed int    // where

	exponent bool     // the last number had one
	controls bool     // the last string that was spelled has a control character other than tab, line feed, carriage return
	names    []string // of the objects around p, to find repeated ones
	scratch  []byte
}

// set points the scanner at buf[start:end].
func (s *scanner) set(buf []byte, start, end int) {
	s.buf, s.base = buf[:end], unsafe.Pointer(unsafe.SliceData(buf))
	s.p, s.end, s.depth = start, end, 0
	s.reason, s.what = "", ""
	s.names = s.names[:0]
}

// scanText returns a scanner over a copy of text.
func scanText(text []byte) *scanner {
	buf := make([]byte, len(text), len(text)+Padding)
	copy(buf, text)
	s := new(scanner)
	s.set(buf, 0, len(text))
	return s
}

func (s *scanner) at(p int) byte { return *(*byte)(unsafe.Add(s.base, p)) }

// word returns the 8 bytes at p, the first one lowest.
func (s *scanner) word(p int) uint64 {
	return binary.LittleEndian.Uint64((*[8]byte)(unsafe.Add(s.base, p))[:])
}

// text returns buf[start:end] as a string that shares its memory.
func (s *scanner) text(start, end int) string {
	return unsafe.String((*byte)(unsafe.Add(s.base, start)), end-start)
}

// fail notes the first failure and returns false.
func (s *scanner) fail(r Reason, what string) bool {
	if s.reason == "" {
		s.reason, s.what, s.failed = r, what, s.p
	}
	return false
}

// unexpected fails because of the byte at p.
func (s *scanner) unexpected(what string) bool {
	c := s.at(s.p)
	switch {
	case s.p >= s.end:
		return s.fail(NotJSON, "unexpected end")
	case c < utf8.RuneSelf:
		return s.fail(NotJSON, what)
	case c == 0xEF && string(s.buf[s.p:min(s.p+3, s.end)]) == "\xEF\xBB\xBF":
		return s.fail(MisplacedBOM, "byte order mark")
	}
	if r, n := utf8.DecodeRune(s.buf[s.p:]); r == utf8.RuneError && n <= 1 {
		return s.fail(InvalidUTF8, "no UTF-8")
	}
	return s.fail(NotJSON, what)
}

// space moves p to the next byte that is no white space and returns it.
func (s *scanner) space() byte {
	p := s.p
	c := s.at(p)
	if c > ' ' {
		return c
	}
	for c == ' ' || c == '\n' || c == '\r' || c == '\t' {
		p++
		c = s.at(p)
	}
	s.p = p
	return c
}

// A token is a string in the text: its bytes are buf[start:end], without the
// quotes.
type token struct {
	start, end int
	escaped    bool // holds a backslash
	high       bool // holds a byte above 0x7F
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// str reads the string whose opening quote is at p, and moves p behind it.
func (s *scanner) str() (token, bool) {
	start := s.p + 1
	end, escaped, high := scanString(s.base, start)
	s.p = end + 1
	if s.at(end) != '"' {
		s.p = end
		return token{}, s.badString()
	}
	return token{start, end, escaped, high}, true
}

// badString fails because of the control character at p.
func (s *scanner) badString() bool {
	if s.p >= s.end {
		return s.fail(NotJSON, "unexpected end in a string")
	}
	return s.fail(ControlCharacter, "control character in a string")
}

// scanString returns the position of the first quote or control character from
// p on that is not escaped (a control character even if it is).
func scanString(base unsafe.Pointer, p int) (end int, escaped, high bool) {
	var any uint64
	for {
		v := binary.LittleEndian.Uint64((*[8]byte)(unsafe.Add(base, p))[:])
		quote := v ^ '"'*ones
		slash := v ^ '\\'*ones
		stop := ((quote-ones)&^quote | (slash-ones)&^slash | (v-0x20*ones)&^v) & highs
		if stop == 0 {
			any |= v
			p += 8
			continue
		}
		n := bits.TrailingZeros64(stop)
		any |= v & (1<<(n&^7) - 1)
		p += n >> 3
		if *(*byte)(unsafe.Add(base, p)) != '\\' {
			return p, escaped, any&highs != 0
		}
		escaped = true
		if *(*byte)(unsafe.Add(base, p+1)) < ' ' {
			return p + 1, true, any&highs != 0
		}
		any |= uint64(*(*byte)(unsafe.Add(base, p+1)))
		p += 2
	}
}

// A spelling says what the bytes of a string stand for.
type spelling uint8

const (
	plain  spelling = iota // themselves
	coded                  // the text in scanner.scratch
	raw                    // nothing: invalid UTF-8, or half of a surrogate pair
	broken                 // no JSON: an unknown escape
)

// spell finds what a string stands for. The text, if it is coded, is valid
// until the next call.
func (s *scanner) spell(t token) (spelling, []byte) {
	src := s.buf[t.start:t.end]
	s.controls = false
	if !t.escaped {
		if t.high && !utf8.Valid(src) {
			return raw, src
		}
		return plain, src
	}
	out, how := s.unescape(s.scratch[:0], src)
	s.scratch = out
	if how == coded && t.high && !utf8.Valid(out) {
		how = raw
	}
	if how == broken {
		s.fail(NotJSON, "invalid escape")
		return broken, nil
	}
	if how == raw {
		return raw, src
	}
	return coded, out
}

// name is spell for a member name. The string lives as long as buf or, if it is
// coded, for ever.
func (s *scanner) name(t token) (spelling, string) {
	if !t.escaped && !t.high {
		return plain, s.text(t.start, t.end)
	}
	how, b := s.spell(t)
	if how == coded {
		return coded, string(b)
	}
	return how, s.text(t.start, t.end)
}

// unescape appends the text of a string with escapes to dst. It is never longer
// than src.
func (s *scanner) unescape(dst, src []byte) ([]byte, spelling) {
	how := coded
	for i := 0; i < len(src); {
		n := bytes.IndexByte(src[i:], '\\')
		if n < 0 {
			return append(dst, src[i:]...), how
		}
		dst = append(dst, src[i:i+n]...)
		i += n
		if src[i+1] != 'u' {
			c := escaped[src[i+1]]
			if c == 0 {
				return dst, broken
			}
			s.controls = s.controls || c == '\b' || c == '\f'
			dst = append(dst, c)
			i += 2
			continue
		}
		r, n := escapedRune(src[i:])
		if n == 0 {
			return dst, broken
		}
		i += n
		if r < 0 {
			how = raw
			continue
		}
		s.controls = s.controls || r < ' ' && r != '\t' && r != '\n' && r != '\r'
		dst = utf8.AppendRune(dst, r)
	}
	return dst, how
}

// escaped is what a letter after a backslash stands for.
var escaped = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escapedRune reads the \uXXXX or pair of them that src begins with, and
// returns the rune, -1 for half a pair, and how many bytes it took, 0 if it is
// none.
func escapedRune(src []byte) (rune, int) {
	r, ok := hex4(src)
	if !ok {
		return 0, 0
	}
	if r < 0xD800 || r > 0xDFFF {
		return r, 6
	}
	if low, ok := hex4(src[6:]); ok && r < 0xDC00 && low >= 0xDC00 && low <= 0xDFFF {
		return (r-0xD800)<<10 | (low - 0xDC00) + 0x10000, 12
	}
	return -1, 6
}

// hex4 reads a \uXXXX.
func hex4(src []byte) (rune, bool) {
	if len(src) < 6 || src[0] != '\\' || src[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range src[2:6] {
		switch {
		case c-'0' <= 9:
			c -= '0'
		case c|0x20-'a' <= 5:
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// literal reads word, such as true, at p.
func (s *scanner) literal(word string) bool {
	if s.end-s.p < len(word) || s.text(s.p, s.p+len(word)) != word {
		return s.unexpected("invalid literal")
	}
	s.p += len(word)
	return true
}

// number reads the number at p, and moves p behind it.
func (s *scanner) number() bool {
	p := s.p
	if s.at(p) == '-' {
		p++
	}
	first := p
	p = s.digits(p)
	ok := p > first && (s.at(first) != '0' || p == first+1)
	if ok && s.at(p) == '.' {
		p++
		first = p
		p = s.digits(p)
		ok = p > first
	}
	s.exponent = ok && s.at(p)|0x20 == 'e'
	if s.exponent {
		p++
		if c := s.at(p); c == '+' || c == '-' {
			p++
		}
		first = p
		p = s.digits(p)
		ok = p > first
	}
	if !ok {
		return s.unexpected("invalid number")
	}
	s.p = p
	return true
}

func (s *scanner) digits(p int) int {
	for s.at(p)-'0' <= 9 {
		p++
	}
	return p
}

// inRange reports whether a float64 can hold the number, if perhaps not all its
// digits: it is neither infinite nor, unless it is 0, becomes 0.
func inRange(literal string) bool {
	f, err := strconv.ParseFloat(literal, 64)
	return err == nil && (f != 0 || isZero(literal))
}

// isZero reports whether all digits before the exponent are 0.
func isZero(literal string) bool {
	for i := range len(literal) {
		switch c := literal[i]; {
		case c|0x20 == 'e':
			return true
		case c >= '1' && c <= '9':
			return false
		}
	}
	return true
}

// parseInt32 returns the value of a number literal, if it is integral and fits:
// also of 1.0 and 1e3.
func parseInt32(literal string) (int32, bool) {
	if v, err := strconv.ParseInt(literal, 10, 32); err == nil {
		return int32(v), true
	}
	mantissa, exponent := literal, 0
	if i := strings.IndexAny(literal, "eE"); i >= 0 {
		var err error
		mantissa = literal[:i]
		if exponent, err = strconv.Atoi(literal[i+1:]); err != nil {
			return 0, isZero(literal)
		}
	}
	whole, decimals, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimRight(whole+decimals, "0")
	zeros := exponent - len(decimals) + len(whole) + len(decimals) - len(digits)
	if isZero(literal) {
		return 0, true
	}
	if zeros < 0 || zeros > 10 {
		return 0, false
	}
	v, err := strconv.ParseInt(digits+strings.Repeat("0", zeros), 10, 32)
	return int32(v), err == nil
}
