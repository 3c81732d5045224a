package parse

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fhirwh/fhirwh/internal/schema"
)

// rebuild returns the resource in a row of a batch: its columns, overlaid with
// its _extra.
func rebuild(b *Batch, row int) (Value, error) {
	v := rebuildStruct(&b.Root, row)
	if b.Type != schema.Unknown() {
		v.Members = append(v.Members, Member{Name: "resourceType", Value: Value{Kind: Text, Text: b.Type.Name}})
	}
	if !b.Extra.Has(row) {
		return v, nil
	}
	e, err := ParseExtra([]byte(b.Extra.Text(row)))
	if err != nil {
		return v, err
	}
	return overlay(v, e)
}

func rebuildStruct(c *Column, row int) Value {
	v := Value{Kind: Object}
	for _, f := range c.Fields {
		if f.Has(row) {
			v.Members = append(v.Members, Member{Name: f.Element.Name, Value: rebuildColumn(f, row)})
		}
	}
	return v
}

func rebuildColumn(c *Column, row int) Value {
	if c.List {
		v := Value{Kind: Array}
		s := c.Spans[row]
		for i := s.Offset; i < s.Offset+s.Length; i++ {
			item := Value{}
			if c.Child.Has(int(i)) {
				item = rebuildColumn(c.Child, int(i))
			}
			v.Items = append(v.Items, item)
		}
		return v
	}
	switch c.Element.Kind {
	case schema.Boolean:
		return Value{Kind: []ValueKind{False, True}[c.Bools[row]]}
	case schema.Integer:
		return Value{Kind: Number, Text: strconv.Itoa(int(c.Ints[row]))}
	case schema.Decimal:
		return Value{Kind: Number, Text: strconv.FormatFloat(c.Floats[row], 'f', -1, 64)}
	case schema.JSON:
		v, err := ParseValue([]byte(c.Text(row)))
		if err != nil {
			panic(err)
		}
		return v
	case schema.Struct:
		return rebuildStruct(c, row)
	}
	return Value{Kind: Text, Text: strings.Clone(c.Text(row))}
}

func overlay(v Value, e Extra) (Value, error) {
	slices.SortStableFunc(e.Values, func(a, b Kept) int { return len(a.Pointer) - len(b.Pointer) })
	var set []string
	below := func(p string) bool {
		return slices.ContainsFunc(set, func(s string) bool { return s == p || strings.HasPrefix(p, s+"/") })
	}
	for _, k := range e.Values {
		if below(k.Pointer) {
			continue
		}
		if err := put(&v, k, false); err != nil {
			return v, err
		}
		set = append(set, k.Pointer)
	}
	slices.Reverse(e.Duplicates) // each is put before the first of its name
	for _, k := range e.Duplicates {
		if below(k.Pointer[:strings.LastIndexByte(k.Pointer, '/')]) {
			return v, fmt.Errorf("duplicate %s below a value in _extra", k.Pointer)
		}
		if err := put(&v, k, true); err != nil {
			return v, err
		}
	}
	return v, nil
}

// put sets the value at a pointer, or inserts a duplicate of it.
func put(v *Value, k Kept, duplicate bool) error {
	names, err := SplitPointer(k.Pointer)
	if err != nil {
		return err
	}
	for i, name := range names {
		last := i == len(names)-1
		if v.Kind == Array {
			n, err := strconv.Atoi(name)
			if err != nil || n >= len(v.Items) {
				return fmt.Errorf("pointer %s leads to no element", k.Pointer)
			}
			v = &v.Items[n]
			continue
		}
		if v.Kind != Object {
			return fmt.Errorf("pointer %s leads into a value", k.Pointer)
		}
		at := slices.IndexFunc(v.Members, func(m Member) bool { return m.Name == name })
		if last && duplicate {
			if at < 0 {
				return fmt.Errorf("duplicate %s of nothing", k.Pointer)
			}
			v.Members = slices.Insert(v.Members, at, Member{Name: name, Value: k.Value})
			return nil
		}
		if at < 0 {
			if !last {
				return fmt.Errorf("parent of %s is missing", k.Pointer)
			}
			at = len(v.Members)
			v.Members = append(v.Members, Member{Name: name})
		}
		v = &v.Members[at].Value
	}
	if duplicate {
		return errors.New("duplicate that is no member")
	}
	*v = k.Value
	return nil
}

// withoutResources returns a Bundle without the resources in its entries that
// were opened.
func withoutResources(v Value) Value {
	v = Value{Kind: v.Kind, Text: v.Text, Raw: v.Raw, Items: v.Items, Members: slices.Clone(v.Members)}
	for i, m := range v.Members {
		if m.Name != "entry" || m.Value.Kind != Array || i != lastOf(v, "entry") {
			continue
		}
		items := slices.Clone(m.Value.Items)
		for j := range items {
			if k := lastOf(items[j], "resource"); k >= 0 && opens(items[j].Members[k].Value) {
				items[j].Members = slices.Delete(slices.Clone(items[j].Members), k, k+1)
			}
		}
		v.Members[i].Value.Items = items
	}
	return v
}

func lastOf(v Value, name string) int {
	for i := len(v.Members) - 1; i >= 0; i-- {
		if v.Members[i].Name == name {
			return i
		}
	}
	return -1
}

func opens(v Value) bool {
	i := slices.IndexFunc(v.Members, func(m Member) bool { return m.Name == "resourceType" })
	if i < 0 {
		return false
	}
	name := v.Members[i].Value
	return name.Kind == Text && !name.Raw && name.Text != ""
}
