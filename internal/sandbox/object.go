package sandbox

import (
	"bytes"
	"encoding/json"
	"slices"
)

// An object is JSON whose members have an order, so that what the sandbox sends
// reads like the provider's examples and is the same in each run.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members in their order, letters as they are.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := e.Encode(m.name); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := e.Encode(m.value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// encode returns the JSON of v without a line feed.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// with returns o with a member set, in its place or at the end.
func (o object) with(name string, value any) object {
	o = slices.Clone(o)
	for i, m := range o {
		if m.name == name {
			o[i].value = value
			return o
		}
	}
	return append(o, member{name, value})
}

// without returns o without members.
func (o object) without(names ...string) object {
	return slices.DeleteFunc(slices.Clone(o), func(m member) bool { return slices.Contains(names, m.name) })
}

// text returns a member that is a string, or "".
func (o object) text(name string) string {
	for _, m := range o {
		if m.name == name {
			text, _ := m.value.(string)
			return text
		}
	}
	return ""
}
