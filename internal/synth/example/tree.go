package example

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// An object is a JSON object that keeps the order of its members, which a Go
// map would lose. Values are *object, []any, string, json.Number, bool or nil.
type object struct{ members []member }

type member struct {
	name  string
	value any
}

// parse reads one JSON value, numbers as their literals.
func parse(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	v, err := parseValue(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("parse JSON: more than one value")
	}
	return v, nil
}

func parseValue(d *json.Decoder) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, fmt.Errorf("parse JSON: %w", err)
	}
	switch t {
	case json.Delim('{'):
		return parseObject(d)
	case json.Delim('['):
		return parseArray(d)
	}
	return t, nil
}

func parseObject(d *json.Decoder) (any, error) {
	o := &object{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("parse JSON: %w", err)
		}
		v, err := parseValue(d)
		if err != nil {
			return nil, err
		}
		o.members = append(o.members, member{name.(string), v})
	}
	_, err := d.Token()
	return o, err
}

func parseArray(d *json.Decoder) (any, error) {
	list := []any{}
	for d.More() {
		v, err := parseValue(d)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := d.Token()
	return list, err
}

// index is the position of a member, or -1.
func (o *object) index(name string) int {
	for i, m := range o.members {
		if m.name == name {
			return i
		}
	}
	return -1
}

func (o *object) get(name string) any {
	if i := o.index(name); i >= 0 {
		return o.members[i].value
	}
	return nil
}

func (o *object) text(name string) string {
	s, _ := o.get(name).(string)
	return s
}

// set replaces a member, or puts a new one where a FHIR server would: `_x`
// behind `x`, all else at the end.
func (o *object) set(name string, v any) {
	if i := o.index(name); i >= 0 {
		o.members[i].value = v
		return
	}
	if i := o.index(strings.TrimPrefix(name, "_")); i >= 0 {
		o.insert(i+1, name, v)
		return
	}
	o.insert(len(o.members), name, v)
}

func (o *object) insert(at int, name string, v any) {
	o.members = append(o.members, member{})
	copy(o.members[at+1:], o.members[at:])
	o.members[at] = member{name, v}
}

func (o *object) remove(name string) {
	if i := o.index(name); i >= 0 {
		o.members = append(o.members[:i], o.members[i+1:]...)
	}
}

// at walks a JSON Pointer from v.
func at(v any, pointer string) (any, error) {
	for step := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if pointer == "" {
			break
		}
		switch x := v.(type) {
		case *object:
			v = x.get(step)
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(x) {
				return nil, fmt.Errorf("follow pointer %q: no such element", pointer)
			}
			v = x[i]
		default:
			return nil, fmt.Errorf("follow pointer %q: not an object or array", pointer)
		}
	}
	return v, nil
}

// appendJSON writes v compactly, without the escapes of < > & that Go's encoder
// adds and other servers do not.
func appendJSON(b []byte, v any) []byte {
	switch x := v.(type) {
	case *object:
		b = append(b, '{')
		for i, m := range x.members {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendString(b, m.name), ':')
			b = appendJSON(b, m.value)
		}
		return append(b, '}')
	case []any:
		b = append(b, '[')
		for i, e := range x {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, e)
		}
		return append(b, ']')
	case string:
		return appendString(b, x)
	case json.Number:
		return append(b, x...)
	case bool:
		return strconv.AppendBool(b, x)
	}
	return append(b, "null"...)
}

func appendString(b []byte, s string) []byte {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes
	return append(b, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...)
}

// generic turns v into what encoding/json decodes into: maps and float64.
func generic(v any) any {
	switch x := v.(type) {
	case *object:
		m := make(map[string]any, len(x.members))
		for _, e := range x.members {
			m[e.name] = generic(e.value)
		}
		return m
	case []any:
		list := make([]any, len(x))
		for i, e := range x {
			list[i] = generic(e)
		}
		return list
	case json.Number:
		f, _ := x.Float64()
		return f
	}
	return v
}

// prune removes the empty objects and strings that the models write for the
// choices of a mandatory choice type that were not taken.
func prune(v any) any {
	switch x := v.(type) {
	case *object:
		kept := x.members[:0]
		for _, m := range x.members {
			m.value = prune(m.value)
			if o, ok := m.value.(*object); ok && len(o.members) == 0 || m.value == "" {
				continue
			}
			kept = append(kept, m)
		}
		x.members = kept
	case []any:
		for i := range x {
			x[i] = prune(x[i])
		}
	}
	return v
}
