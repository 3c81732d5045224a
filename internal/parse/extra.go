package parse

import (
	"encoding/base64"
	"errors"
	"fmt"
	"unicode/utf8"
)

// The members of an object in _extra that stands for something else.
const (
	markNumber    = "$number"    // a number's literal
	markRaw       = "$raw"       // base64 of a string's bytes as sent
	markJSON      = "$json"      // the text of an object
	markRawJSON   = "$rawjson"   // base64 of the text of an object
	markDuplicate = "$duplicate" // in place of a pointer: list of members that a later one of the same name replaced
)

// An Extra is what the typed columns of a resource do not hold.
type Extra struct {
	Values     []Kept // each in place of what the columns have there; parents come before their children
	Duplicates []Kept // members that a later one of the same name replaced, in the order sent
}

// A Kept is a value and its place in the resource, an RFC 6901 JSON Pointer.
type Kept struct {
	Pointer string
	Value   Value
}

// AppendExtra appends the JSON object that column _extra holds: from pointer to
// value. In the values
//
//	{"$number":"1.50"}        is a number,
//	{"$raw":"<base64>"}       a string that is no UTF-8, the bytes between its quotes,
//	{"$json":"<text>"}        an object with a member whose name begins with $,
//	{"$rawjson":"<base64>"}   an object that has, at any depth, two members of one name or
//	                          a name that is no UTF-8,
//
// and all else itself. The one key that is no pointer is "$duplicate", a list
// of {"pointer":...,"value":...}.
func AppendExtra(dst []byte, e Extra) []byte {
	dst = append(dst, '{')
	for i, k := range e.Values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendQuoted(dst, k.Pointer), ':')
		dst = appendKept(dst, k.Value)
	}
	if len(e.Duplicates) == 0 {
		return append(dst, '}')
	}
	if len(e.Values) > 0 {
		dst = append(dst, ',')
	}
	dst = append(dst, `"`+markDuplicate+`":[`...)
	for i, k := range e.Duplicates {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendQuoted(append(dst, `{"pointer":`...), k.Pointer)
		dst = appendKept(append(dst, `,"value":`...), k.Value)
		dst = append(dst, '}')
	}
	return append(dst, `]}`...)
}

func appendKept(dst []byte, v Value) []byte {
	s := scanText(v.AppendJSON(nil))
	dst, _ = s.keep(dst, false)
	return dst
}

// keep appends the value at p, which must be valid, as [AppendExtra] says, and
// moves p behind it. It reports whether an object around the value must be kept
// as text; inside tells that there is one.
func (s *scanner) keep(dst []byte, inside bool) (out []byte, whole bool) {
	start := s.p
	switch s.space() {
	case '{':
		return s.keepObject(dst, inside)
	case '[':
		return s.keepArray(dst, inside)
	case '"':
		t, _ := s.str()
		if how, _ := s.spell(t); how == raw {
			return appendMarked(dst, markRaw, s.buf[t.start:t.end]), false
		}
	case 't', 'n':
		s.p += len("true")
	case 'f':
		s.p += len("false")
	default:
		s.number()
		dst = append(dst, `{"`+markNumber+`":"`...)
		dst = append(dst, s.buf[start:s.p]...)
		return append(dst, `"}`...), false
	}
	return append(dst, s.buf[start:s.p]...), false
}

func (s *scanner) keepArray(dst []byte, inside bool) ([]byte, bool) {
	dst = append(dst, '[')
	whole := false
	for more := s.open(']'); more; {
		var w bool
		dst, w = s.keep(dst, inside)
		whole = whole || w
		if more = s.next(']'); more {
			dst = append(dst, ',')
		}
	}
	return append(dst, ']'), whole
}

func (s *scanner) keepObject(dst []byte, inside bool) ([]byte, bool) {
	start, mark := s.p, len(dst)
	whole, dollar := false, false
	names := s.enter()
	dst = append(dst, '{')
	for more := s.open('}'); more; {
		t, _ := s.member()
		how, name := s.name(t)
		whole = whole || how == raw || s.repeated(&names, name)
		dollar = dollar || len(name) > 0 && name[0] == '$'
		dst = append(dst, s.buf[t.start-1:t.end+1]...)
		dst = append(dst, ':')
		var w bool
		dst, w = s.keep(dst, true)
		whole = whole || w
		if more = s.next('}'); more {
			dst = append(dst, ',')
		}
	}
	s.leave(names)
	text := s.buf[start:s.p]
	switch {
	case whole && inside: // the outermost object is kept as text
	case whole, dollar && !utf8.Valid(text):
		dst = appendMarked(dst[:mark], markRawJSON, text)
	case dollar:
		dst = append(dst[:mark], `{"`+markJSON+`":`...)
		dst = append(appendQuoted(dst, text), '}')
	default:
		dst = append(dst, '}')
	}
	return dst, whole
}

// A nameSet is the member names of one object, part of scanner.names.
type nameSet struct {
	first int
	all   map[string]struct{} // made when there are many
}

// enter begins the names of an object, leave ends them.
func (s *scanner) enter() nameSet { return nameSet{first: len(s.names)} }

func (s *scanner) leave(n nameSet) { s.names = s.names[:n.first] }

// repeated adds a name and reports whether it was there.
func (s *scanner) repeated(n *nameSet, name string) bool {
	const few = 24
	list := s.names[n.first:]
	if len(list) < few {
		for _, other := range list {
			if other == name {
				return true
			}
		}
		s.names = append(s.names, name)
		return false
	}
	if n.all == nil {
		n.all = make(map[string]struct{})
		for _, other := range list {
			n.all[other] = struct{}{}
		}
	}
	before := len(n.all)
	n.all[name] = struct{}{}
	return len(n.all) == before
}

// ParseExtra reads what [AppendExtra] wrote.
func ParseExtra(text []byte) (Extra, error) {
	v, err := ParseValue(text)
	if err != nil {
		return Extra{}, fmt.Errorf("read _extra: %w", err)
	}
	if v.Kind != Object {
		return Extra{}, errors.New("read _extra: no object")
	}
	var e Extra
	for _, m := range v.Members {
		if m.Name == markDuplicate {
			e.Duplicates, err = keptDuplicates(m.Value)
		} else {
			e.Values, err = appendValue(e.Values, m.Name, m.Raw, m.Value)
		}
		if err != nil {
			return Extra{}, fmt.Errorf("read _extra: %w", err)
		}
	}
	return e, nil
}

func keptDuplicates(v Value) ([]Kept, error) {
	var kept []Kept
	for _, item := range v.Items {
		m := item.Members
		if len(m) != 2 || m[0].Name != "pointer" || m[1].Name != "value" {
			return nil, errors.New("duplicate without pointer and value")
		}
		var err error
		if kept, err = appendValue(kept, m[0].Value.Text, m[0].Value.Raw, m[1].Value); err != nil {
			return nil, err
		}
	}
	return kept, nil
}

func appendValue(kept []Kept, pointer string, raw bool, v Value) ([]Kept, error) {
	if raw {
		return nil, errors.New("a pointer is no UTF-8")
	}
	if _, err := SplitPointer(pointer); err != nil {
		return nil, err
	}
	v, err := unmark(v)
	return append(kept, Kept{pointer, v}), err
}

// unmark undoes keep.
func unmark(v Value) (Value, error) {
	var err error
	for i := range v.Items {
		if v.Items[i], err = unmark(v.Items[i]); err != nil {
			return v, err
		}
	}
	if len(v.Members) == 1 && v.Members[0].Name != "" && v.Members[0].Name[0] == '$' {
		return marked(v.Members[0])
	}
	for i := range v.Members {
		if v.Members[i].Value, err = unmark(v.Members[i].Value); err != nil {
			return v, err
		}
	}
	return v, nil
}

func marked(m Member) (Value, error) {
	text := []byte(m.Value.Text)
	if m.Name == markRaw || m.Name == markRawJSON {
		var err error
		if text, err = base64.StdEncoding.DecodeString(m.Value.Text); err != nil {
			return Value{}, errors.New("base64 is damaged")
		}
	}
	if m.Name == markRaw {
		text = append(append([]byte{'"'}, text...), '"')
	}
	v, err := ParseValue(text)
	if err != nil || m.Value.Kind != Text || v.Kind != markedKind[m.Name] {
		return Value{}, errors.New("marked value is damaged")
	}
	return v, nil
}

// markedKind is the kind of value that a mark stands for.
var markedKind = map[string]ValueKind{markNumber: Number, markRaw: Text, markJSON: Object, markRawJSON: Object}
