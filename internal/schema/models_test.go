package schema_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/schema"
)

// differences names every way in which golang-fhir-models, which was generated
// from R4's definitions by other people, is not our element tree. A * stands for
// any type.
var differences = map[string]string{
	"*: the model has no _x":                      "it cannot hold extensions of primitive values",
	"*: the model has no contained":               "it cannot hold contained resources",
	"*: the model requires all forms of a choice": "R4 requires one of them",

	"ClaimResponse.addItem.adjudication: the model has another minimum":                  requiredReference,
	"ClaimResponse.addItem.detail.adjudication: the model has another minimum":           requiredReference,
	"ClaimResponse.addItem.detail.subDetail.adjudication: the model has another minimum": requiredReference,
	"ClaimResponse.item.detail.adjudication: the model has another minimum":              requiredReference,
	"TestReport.teardown.action.operation: the model has another minimum":                requiredReference,
	"TestScript.teardown.action.operation: the model has another minimum":                requiredReference,
}

const requiredReference = "R4 requires it; the model forgets that of an element whose content is defined elsewhere"

// TestTreeAgreesWithModels holds the tree against the models, type by type and
// in both directions.
func TestTreeAgreesWithModels(t *testing.T) {
	c := comparison{seen: map[reflect.Type]bool{}, types: map[*schema.Type]bool{}, found: map[string]bool{}}
	for _, m := range models {
		g := reflect.TypeOf(m)
		typ := schema.Lookup(g.Name())
		if typ == nil {
			t.Errorf("the tree has no %s", g.Name())
			continue
		}
		c.compare(typ, g)
	}
	for _, d := range slices.Sorted(maps.Keys(c.found)) {
		if differences[d] == "" {
			t.Errorf("unexplained: %s", d)
		}
	}
	for d := range differences {
		if !c.found[d] {
			t.Errorf("explained, but not there: %s", d)
		}
	}
	for _, typ := range schema.Types() {
		if abstract := slices.Contains(abstractTypes, typ.Name); c.types[typ] == abstract {
			t.Errorf("%s: compared %t", typ.Name, c.types[typ])
		}
	}
}

// abstractTypes have no model: they are what others are based on.
var abstractTypes = []string{"Element", "BackboneElement", "Resource", "DomainResource"}

type comparison struct {
	seen  map[reflect.Type]bool
	types map[*schema.Type]bool
	found map[string]bool
}

func (c *comparison) compare(typ *schema.Type, g reflect.Type) {
	if c.seen[g] {
		return
	}
	c.seen[g], c.types[typ] = true, true
	if want := modelName(typ); g.Name() != want {
		c.found[typ.Name+": the model is called "+g.Name()] = true
	}
	met := map[*schema.Element]bool{}
	last := -1
	for i := range g.NumField() {
		tag, omit, _ := strings.Cut(g.Field(i).Tag.Get("json"), ",")
		e := typ.Element(tag)
		if e == nil {
			c.found[typ.Name+": only the model has "+tag] = true
			continue
		}
		met[e] = true
		if e.Index < last {
			c.found[typ.Name+": the model has another order at "+tag] = true
		}
		last = e.Index
		c.compareElement(typ, e, g.Field(i).Type, omit == "")
	}
	for _, e := range typ.Elements {
		if !met[e] {
			c.found[missing(typ, e)] = true
		}
	}
}

func (c *comparison) compareElement(typ *schema.Type, e *schema.Element, g reflect.Type, required bool) {
	where := typ.Name + "." + e.Name
	single, list := unwrap(g)
	if list != e.List {
		c.found[where+": the model's list is "+g.String()] = true
	}
	if kind := kindOf(single); kind != e.Kind {
		c.found[where+": the model's type is "+single.String()] = true
	} else if kind == schema.Struct {
		c.compare(e.Type, single)
	}
	switch {
	case required && e.Choice != "":
		c.found["*: the model requires all forms of a choice"] = true
	case required != (e.Min > 0):
		c.found[where+": the model has another minimum"] = true
	}
}

func missing(typ *schema.Type, e *schema.Element) string {
	switch {
	case e.Of != nil:
		return "*: the model has no _x"
	case e.Name == "contained":
		return "*: the model has no contained"
	}
	return typ.Name + ": only the tree has " + e.Name
}

// modelName is how the models call a type: "ObservationComponent".
func modelName(typ *schema.Type) string {
	var name strings.Builder
	for part := range strings.SplitSeq(typ.Name, ".") {
		name.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return name.String()
}

var rawJSON = reflect.TypeFor[json.RawMessage]()

func unwrap(g reflect.Type) (single reflect.Type, list bool) {
	for {
		switch {
		case g.Kind() == reflect.Pointer:
			g = g.Elem()
		case g.Kind() == reflect.Slice && g != rawJSON:
			g, list = g.Elem(), true
		default:
			return g, list
		}
	}
}

func kindOf(g reflect.Type) schema.Kind {
	switch {
	case g == rawJSON:
		return schema.JSON
	case g == reflect.TypeFor[json.Number]():
		return schema.Decimal
	case g == reflect.TypeFor[int]():
		return schema.Integer
	case g.Kind() == reflect.Bool:
		return schema.Boolean
	case g.Kind() == reflect.Struct:
		return schema.Struct
	}
	return schema.String // a string, or an int that is written as a code
}
