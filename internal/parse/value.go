package parse

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"
)

// A ValueKind is the JSON type of a [Value].
type ValueKind uint8

// The JSON types.
const (
	Null ValueKind = iota
	False
	True
	Number
	Text
	Array
	Object
)

// A Value is a JSON value as it was sent: number literals digit by digit,
// members in order and with their duplicates, undecodable strings byte by byte.
type Value struct {
	Kind ValueKind
	// Text is a Number's literal, or a string's text with its escapes decoded.
	// If Raw is set the string is no UTF-8 even then, and Text is the bytes
	// between its quotes as sent, escapes and all.
	Text    string
	Raw     bool
	Items   []Value  // of an Array
	Members []Member // of an Object
}

// A Member is a name and a value in an Object.
type Member struct {
	Name  string
	Raw   bool // as Value.Raw, for the name
	Value Value
}

// ParseValue reads text, which must be one JSON value and white space around
// it, nested at most 512 deep. Invalid UTF-8 is accepted inside strings only, and
// kept.
//
// The error says what is wrong and at which byte; it quotes nothing of text.
func ParseValue(text []byte) (Value, error) {
	s := scanText(text)
	v, ok := s.value()
	if ok && (s.space() != 0 || s.p < s.end) {
		ok = s.unexpected("more than one value")
	}
	if !ok {
		return Value{}, s.err()
	}
	return v, nil
}

func (s *scanner) err() error {
	return fmt.Errorf("parse JSON: %s at byte %d", s.what, s.failed)
}

// value reads the value at p.
func (s *scanner) value() (Value, bool) {
	switch c := s.space(); c {
	case '"':
		t, ok := s.str()
		if !ok {
			return Value{}, false
		}
		how, text := s.name(t)
		return Value{Kind: Text, Text: text, Raw: how == raw}, how != broken
	case '{':
		return s.objectValue()
	case '[':
		return s.arrayValue()
	case 't':
		return Value{Kind: True}, s.literal("true")
	case 'f':
		return Value{Kind: False}, s.literal("false")
	case 'n':
		return Value{Kind: Null}, s.literal("null")
	}
	start := s.p
	if !s.number() {
		return Value{}, false
	}
	return Value{Kind: Number, Text: s.text(start, s.p)}, true
}

func (s *scanner) arrayValue() (Value, bool) {
	v := Value{Kind: Array, Items: []Value{}}
	more := s.open(']')
	for more {
		item, ok := s.value()
		if !ok {
			return v, false
		}
		v.Items = append(v.Items, item)
		more = s.next(']')
	}
	return v, s.reason == ""
}

func (s *scanner) objectValue() (Value, bool) {
	v := Value{Kind: Object, Members: []Member{}}
	more := s.open('}')
	for more {
		t, ok := s.member()
		if !ok {
			return v, false
		}
		how, name := s.name(t)
		if how == broken {
			return v, false
		}
		m, ok := s.value()
		if !ok {
			return v, false
		}
		v.Members = append(v.Members, Member{Name: name, Raw: how == raw, Value: m})
		more = s.next('}')
	}
	return v, s.reason == ""
}

// open enters the array or object at p and reports whether it has an element;
// next moves on from one. They return false at the end, and when they fail.
func (s *scanner) open(closing byte) bool {
	s.p++
	if s.depth++; s.depth > maxDepth {
		return s.fail(TooDeep, "nested too deep")
	}
	if s.space() == closing {
		s.p++
		s.depth--
		return false
	}
	return true
}

func (s *scanner) next(closing byte) bool {
	if s.at(s.p) == ',' && s.at(s.p+1) > ' ' {
		s.p++
		return true
	}
	return s.nextSpaced(closing)
}

func (s *scanner) nextSpaced(closing byte) bool {
	switch s.space() {
	case ',':
		s.p++
		s.space()
		return true
	case closing:
		s.p++
		s.depth--
		return false
	}
	return s.unexpected("neither comma nor end")
}

// member reads the name at p and moves to its value.
func (s *scanner) member() (token, bool) {
	if s.at(s.p) != '"' {
		return token{}, s.unexpected("no member name")
	}
	t, ok := s.str()
	if !ok {
		return t, false
	}
	if s.space() != ':' {
		return t, s.unexpected("no colon")
	}
	s.p++
	s.space()
	return t, true
}

// AppendJSON appends the value as JSON without white space: numbers as sent,
// undecodable strings and names byte by byte (so the result may be no UTF-8),
// other strings with as few escapes as JSON allows.
func (v Value) AppendJSON(dst []byte) []byte {
	switch v.Kind {
	case Text:
		return appendString(dst, v.Text, v.Raw)
	case Array:
		dst = append(dst, '[')
		for i, item := range v.Items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.AppendJSON(dst)
		}
		return append(dst, ']')
	case Object:
		dst = append(dst, '{')
		for i, m := range v.Members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, m.Name, m.Raw), ':')
			dst = m.Value.AppendJSON(dst)
		}
		return append(dst, '}')
	}
	return append(dst, v.word()...)
}

// word is the JSON text of a number or literal.
func (v Value) word() string {
	switch v.Kind {
	case False:
		return "false"
	case True:
		return "true"
	case Number:
		return v.Text
	}
	return "null"
}

// AppendCanonical appends the value's canonical JSON: equal for two values that
// differ only in the order of members, white space and the spelling of escapes.
// Members are sorted bytewise by decoded name, those of one name as sent; an
// undecodable string is {"$raw":"<base64>"}, an undecodable name is left as
// sent.
func (v Value) AppendCanonical(dst []byte) []byte {
	switch v.Kind {
	case Text:
		if v.Raw {
			return appendMarked(dst, markRaw, v.Text)
		}
		return appendQuoted(dst, v.Text)
	case Array:
		dst = append(dst, '[')
		for i, item := range v.Items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.AppendCanonical(dst)
		}
		return append(dst, ']')
	case Object:
		dst = append(dst, '{')
		for i, m := range sorted(v.Members) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, m.Name, m.Raw), ':')
			dst = m.Value.AppendCanonical(dst)
		}
		return append(dst, '}')
	}
	return append(dst, v.word()...)
}

func sorted(members []Member) []Member {
	byName := func(a, b Member) int { return strings.Compare(a.Name, b.Name) }
	if slices.IsSortedFunc(members, byName) {
		return members
	}
	members = slices.Clone(members)
	slices.SortStableFunc(members, byName)
	return members
}

// Content returns the xxh3-128 of the value's canonical JSON.
func (v Value) Content() (hi, lo uint64) {
	h := xxh3.Hash128(v.AppendCanonical(nil))
	return h.Hi, h.Lo
}

// Content returns the [Value.Content] of JSON text. The error is [ParseValue]'s.
func Content(text []byte) (hi, lo uint64, err error) {
	v, err := ParseValue(text)
	if err != nil {
		return 0, 0, err
	}
	hi, lo = v.Content()
	return hi, lo, nil
}

func appendString(dst []byte, text string, isRaw bool) []byte {
	if !isRaw {
		return appendQuoted(dst, text)
	}
	dst = append(dst, '"')
	dst = append(dst, text...)
	return append(dst, '"')
}

// appendQuoted appends text as a JSON string with as few escapes as JSON allows.
func appendQuoted[T string | []byte](dst []byte, text T) []byte {
	dst = append(dst, '"')
	done := 0
	for i := range len(text) {
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, text[done:i]...)
		dst = appendEscape(dst, c)
		done = i + 1
	}
	dst = append(dst, text[done:]...)
	return append(dst, '"')
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, `\b`...)
	case '\f':
		return append(dst, `\f`...)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

// appendMarked appends {"mark":"<base64 of bytes>"}.
func appendMarked[T string | []byte](dst []byte, mark string, bytes T) []byte {
	dst = append(dst, `{"`...)
	dst = append(dst, mark...)
	dst = append(dst, `":"`...)
	dst = base64.StdEncoding.AppendEncode(dst, []byte(bytes))
	return append(dst, `"}`...)
}
