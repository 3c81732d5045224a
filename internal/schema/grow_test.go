package schema_test

import (
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/schema"
)

// shape returns the shape of a path below typ, such as "component.code.text".
func shape(t *testing.T, typ *schema.Type, path string) *schema.Shape {
	t.Helper()
	name, rest, more := strings.Cut(path, ".")
	e := typ.Element(name)
	if e == nil {
		t.Fatalf("%s has no element %s", typ.Name, name)
	}
	s := &schema.Shape{Element: e}
	if more {
		s.Fields = []*schema.Shape{shape(t, e.Type, rest)}
	}
	return s
}

func shapes(t *testing.T, typ *schema.Type, paths string) []*schema.Shape {
	t.Helper()
	var all []*schema.Shape
	for _, path := range strings.Fields(paths) {
		all = append(all, shape(t, typ, path))
	}
	return all
}

// text writes nodes as "id meta(lastUpdated)".
func text(nodes []*schema.Node) string {
	var words []string
	for _, n := range nodes {
		word := n.Element.Name
		if n.Fields != nil {
			word += "(" + text(n.Fields) + ")"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func names(nodes []*schema.Node) string {
	var words []string
	for _, n := range nodes {
		words = append(words, n.Element.Name)
	}
	return strings.Join(words, " ")
}

func paths(refused [][]*schema.Element) string {
	var words []string
	for _, path := range refused {
		var names []string
		for _, e := range path {
			names = append(names, e.Name)
		}
		words = append(words, strings.Join(names, "."))
	}
	return strings.Join(words, " ")
}

func TestGrow(t *testing.T) {
	tests := []struct {
		name, before, met    string
		want                 string // columns
		added, changed, lost string
	}{
		{name: "nothing", before: "id", met: "id", want: "id"},
		{name: "a primitive", before: "id", met: "short", want: "id short", added: "short"},
		{name: "sorted, behind what is there", before: "sliceName", met: "alias label alias", want: "sliceName label alias", added: "label alias"},
		{name: "a new struct, sorted inside", before: "id", met: "slicing.rules slicing.ordered", want: "id slicing(ordered rules)", added: "slicing"},
		{name: "new fields, behind what is there", before: "slicing.ordered", met: "slicing.rules slicing.description slicing.ordered",
			want: "slicing(ordered description rules)", changed: "slicing"},
		{name: "new fields two levels down", before: "slicing.discriminator.path", met: "slicing.discriminator.type",
			want: "slicing(discriminator(path type))", changed: "slicing"},
		{name: "a struct of which nothing is known", before: "label", met: "slicing", want: "label slicing(id)", added: "slicing"},
		{name: "and then something", before: "slicing", met: "slicing.rules", want: "slicing(id rules)", changed: "slicing"},
	}
	typ := schema.Lookup("ElementDefinition")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table := &schema.Table{Type: typ}
			table.Grow(shapes(t, typ, tt.before))
			g := table.Grow(shapes(t, typ, tt.met))
			if got := text(table.Columns); got != tt.want {
				t.Errorf("columns: got %s, want %s", got, tt.want)
			}
			if names(g.New) != tt.added || names(g.Changed) != tt.changed || len(g.Refused) > 0 {
				t.Errorf("got new %q, changed %q, refused %q; want %q, %q, none", names(g.New), names(g.Changed), paths(g.Refused), tt.added, tt.changed)
			}
			if g := table.Grow(shapes(t, typ, tt.met)); len(g.New)+len(g.Changed)+len(g.Refused) > 0 {
				t.Errorf("again: got %+v", g)
			}
		})
	}
}

func TestGrowDoesNotDependOnTheOrderOfWhatItMet(t *testing.T) {
	typ := schema.Resource("Observation")
	a, b := schema.Base(typ), schema.Base(typ)
	a.Grow(shapes(t, typ, "component.valueRatio.numerator language text.status component.id _status.extension.valueDate"))
	b.Grow(shapes(t, typ, "_status.extension.valueDate text.status component.id language component.valueRatio.numerator language"))
	if text(a.Columns) != text(b.Columns) {
		t.Errorf("got\n%s\n%s", text(a.Columns), text(b.Columns))
	}
}

func TestGrowLeavesReservedNamesOut(t *testing.T) {
	typ := schema.Resource("DocumentManifest")
	table := schema.Base(typ)
	g := table.Grow(shapes(t, typ, "_source.extension source"))
	if names(g.New) != "source" || paths(g.Refused) != "_source" {
		t.Errorf("got new %q, refused %q", names(g.New), paths(g.Refused))
	}
}

// Everything that an ElementDefinition may have is more than a table may have.
func TestGrowStopsWhenTheTableIsFull(t *testing.T) {
	typ := schema.Lookup("ElementDefinition")
	table := &schema.Table{Type: typ}
	g := table.Grow(everything(typ, 4))
	if n := table.Leaves(); n != schema.MaxLeaves {
		t.Errorf("got %d leaves, want %d", n, schema.MaxLeaves)
	}
	if len(g.Refused) == 0 {
		t.Error("nothing was refused")
	}
	before := text(table.Columns)
	again := table.Grow(everything(typ, 4))
	if text(table.Columns) != before || len(again.New)+len(again.Changed) > 0 || len(again.Refused) < len(g.Refused) {
		t.Errorf("again: %d new, %d changed, %d refused after %d", len(again.New), len(again.Changed), len(again.Refused), len(g.Refused))
	}
	for _, path := range g.Refused {
		if has(table.Columns, path) {
			t.Errorf("%s was refused, but is there", paths([][]*schema.Element{path}))
		}
	}
	everyStructHasAField(t, "full", table.Columns)
}

func everything(typ *schema.Type, depth int) []*schema.Shape {
	var all []*schema.Shape
	for _, e := range typ.Elements {
		s := &schema.Shape{Element: e}
		if e.Kind == schema.Struct && depth > 1 {
			s.Fields = everything(e.Type, depth-1)
		}
		all = append(all, s)
	}
	return all
}

func has(nodes []*schema.Node, path []*schema.Element) bool {
	for _, n := range nodes {
		if n.Element == path[0] {
			return len(path) == 1 || has(n.Fields, path[1:])
		}
	}
	return false
}

func everyStructHasAField(t *testing.T, where string, nodes []*schema.Node) {
	t.Helper()
	for _, n := range nodes {
		if n.Element.Kind == schema.Struct && len(n.Fields) == 0 {
			t.Errorf("%s.%s has no field", where, n.Element.Name)
		}
		everyStructHasAField(t, where+"."+n.Element.Name, n.Fields)
	}
}

func TestNewNodeHasWhatMacrosRead(t *testing.T) {
	const concept = "coding(system code display userSelected) text"
	tests := []struct{ path, want string }{
		{"Observation.code", "code(" + concept + ")"},
		{"Observation.component.interpretation", "interpretation(" + concept + ")"},
		{"Encounter.class", "class(system code display userSelected)"},
		{"Observation.referenceRange.low", "low(value comparator unit system code)"},
		{"Observation.effectivePeriod", "effectivePeriod(start end)"},
		{"Observation.status", "status"},
		{"Observation._status", "_status(id)"},
		{"Patient.photo", "photo(id)"},
	}
	for _, tt := range tests {
		if got := text([]*schema.Node{schema.NewNode(at(t, tt.path))}); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.path, got, tt.want)
		}
	}
}

func TestGrowUsesNewNodeAtAnyDepth(t *testing.T) {
	typ := schema.Resource("Account")
	table := &schema.Table{Type: typ}
	table.Grow(shapes(t, typ, "extension.extension.valueAnnotation.authorReference.type"))
	reference := schema.NewNode(at(t, "Annotation.authorReference"))
	n := table.Columns[0].Field(at(t, "Extension.extension")).Field(at(t, "Extension.valueAnnotation")).Field(at(t, "Annotation.authorReference"))
	for _, f := range reference.Fields {
		if n.Field(f.Element) == nil {
			t.Errorf("no field %s in %s", f.Element.Name, text([]*schema.Node{n}))
		}
	}
}

func TestRepeats(t *testing.T) {
	item := at(t, "Questionnaire.item")
	inner := at(t, "Questionnaire.item.item")
	path := []*schema.Element{item, inner, inner, inner}
	if schema.Repeats(path, inner) {
		t.Error("a fourth time is one too many")
	}
	if path = append(path, inner); !schema.Repeats(path, inner) {
		t.Error("a fifth time is allowed")
	}
	if schema.Repeats(path, item) {
		t.Error("a second item is one too many")
	}
}

func TestClone(t *testing.T) {
	typ := schema.Resource("Patient")
	table := schema.Base(typ)
	before := text(table.Columns)
	copied := table.Clone()
	copied.Grow(shapes(t, typ, "language name.id"))
	if text(table.Columns) != before {
		t.Error("growing a copy changed the table")
	}
	if text(table.Clone().Columns) != before {
		t.Error("the copy is another table")
	}
}

func TestSQL(t *testing.T) {
	typ := schema.Resource("Group")
	table := &schema.Table{Type: typ}
	table.Grow(shapes(t, typ, "active quantity contained member.period characteristic.valueQuantity.value"))
	var got []string
	for _, c := range table.Columns {
		got = append(got, c.Element.Name+" "+c.SQL())
	}
	const quantity = `STRUCT("value" DOUBLE, "comparator" VARCHAR, "unit" VARCHAR, "system" VARCHAR, "code" VARCHAR)`
	want := "contained JSON[]\nactive BOOLEAN\nquantity INTEGER\n" +
		`characteristic STRUCT("valueQuantity" ` + quantity + ")[]\n" +
		`member STRUCT("period" STRUCT("start" VARCHAR, "end" VARCHAR))[]`
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
	if n := table.Leaves(); n != 10 {
		t.Errorf("got %d leaves, want 10", n)
	}
}
