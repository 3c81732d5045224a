package schema

import "strings"

// A reader turns the text of r4.txt, which its head describes, into a tree. The
// text was checked when it was made: reading it cannot fail.
type reader struct {
	types map[string]*Type
	defs  map[string][]def // of each type, by its name: own elements only
	bases map[string]string
	names []string // of the types, in the order of the text
	any   string   // what a type of "*" stands for
	slab  []Element
}

// A def is one line of an element.
type def struct {
	name, types, short string
	min                int
	list               bool
}

func parseTree(text string) *tree {
	r := &reader{
		types: make(map[string]*Type, 1024),
		defs:  make(map[string][]def, 1024),
		bases: make(map[string]string, 1024),
	}
	r.readLines(text)
	for _, name := range r.names {
		r.fill(name)
	}
	t := &tree{types: r.types, unknown: unknownType()}
	t.collect()
	return t
}

func (r *reader) readLines(text string) {
	var defs []def
	var name string
	for line := range strings.Lines(text) {
		line = line[:len(line)-1]
		switch line[0] {
		case '#':
		case ' ':
			defs = append(defs, readDef(line[1:]))
			r.defs[name] = defs
		default:
			if any, ok := strings.CutPrefix(line, "any "); ok {
				r.any = any
				continue
			}
			name, defs = r.readHead(line), nil
		}
	}
}

// readHead reads "NAME : BASE MEANING".
func (r *reader) readHead(line string) (name string) {
	name, rest, _ := strings.Cut(line, " : ")
	base, short, _ := strings.Cut(strings.TrimPrefix(rest, "-"), " ")
	r.names = append(r.names, name)
	r.bases[name] = base
	resource := base == "Resource" || base == "DomainResource"
	r.types[name] = &Type{Name: name, Short: short, Resource: resource && name != "DomainResource"}
	return name
}

// readDef reads "NAME MIN..MAX TYPES MEANING".
func readDef(line string) def {
	name, rest, _ := strings.Cut(line, " ")
	limits, rest, _ := strings.Cut(rest, " ")
	types, short, _ := strings.Cut(rest, " ")
	return def{name: name, types: types, short: short, min: int(limits[0] - '0'), list: limits[3:] != "1"}
}

// fill gives a type its elements: its base's first.
func (r *reader) fill(name string) {
	t := r.types[name]
	t.Elements = make([]*Element, 0, 2*r.count(name))
	r.inherit(t, name)
	for i, e := range t.Elements {
		e.Index = i
	}
}

func (r *reader) count(name string) int {
	n := 0
	for ; name != ""; name = r.bases[name] {
		n += len(r.defs[name])
	}
	return n
}

// inherit adds the elements of the type called name, base types first, to t.
func (r *reader) inherit(t *Type, name string) {
	if base := r.bases[name]; base != "" {
		r.inherit(t, base)
	}
	for i := range r.defs[name] {
		r.add(t, &r.defs[name][i])
	}
}

// add adds the elements that a definition stands for to t.
func (r *reader) add(t *Type, d *def) {
	stem, choice := strings.CutSuffix(d.name, "[x]")
	if !choice {
		r.addOne(t, d, d.types).Name = d.name
		r.addExtensions(t, d.types)
		return
	}
	types := d.types
	if types == "*" {
		types = r.any
	}
	for one := range strings.SplitSeq(types, ",") {
		e := r.addOne(t, d, one)
		e.Name, e.Choice, e.Min = stem+capital(e.Code), stem, 0
		r.addExtensions(t, one)
	}
}

// addOne adds an element of one type to t: a "Quantity", "Reference(A|B)",
// "#Observation.referenceRange" or "@string".
func (r *reader) addOne(t *Type, d *def, typ string) *Element {
	code, targets, _ := strings.Cut(strings.TrimPrefix(typ, "@"), "(")
	e := r.newElement(t)
	e.List, e.Min, e.Short, e.Code = d.list, d.min, d.short, code
	if targets != "" {
		e.Targets = strings.Split(targets[:len(targets)-1], "|")
	}
	switch {
	case code[0] == '#':
		e.Kind, e.Code, e.Type = Struct, r.bases[code[1:]], r.types[code[1:]]
	case code == "BackboneElement" || code == "Element":
		e.Kind, e.Type = Struct, r.types[t.Name+"."+d.name]
	default:
		e.Kind = kindOf(code)
		e.Type = r.types[code]
	}
	if e.Kind != Struct {
		e.Type = nil
	}
	return e
}

// addExtensions adds, behind a primitive element, the one that has its
// extensions.
func (r *reader) addExtensions(t *Type, typ string) {
	of := t.Elements[len(t.Elements)-1]
	if of.Kind == Struct || of.Kind == JSON || typ[0] == '@' || of.Code == "xhtml" {
		return
	}
	e := r.newElement(t)
	e.Name, e.Kind, e.List, e.Code, e.Of = "_"+of.Name, Struct, of.List, "Element", of
	e.Type, e.Short = r.types["Element"], "Extensions of the value"
}

func (r *reader) newElement(t *Type) *Element {
	if len(r.slab) == 0 {
		r.slab = make([]Element, 1024)
	}
	e := &r.slab[0]
	r.slab = r.slab[1:]
	t.Elements = append(t.Elements, e)
	return e
}
