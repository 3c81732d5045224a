// Package schema says what FHIR R4 is: which elements every resource type and
// data type has, how each is stored in DuckDB, and how a table grows when the
// data bring elements that it has not met.
//
// The package knows neither JSON nor a database: it hands out descriptions.
package schema

import "sync"

// A Kind is how a value of an element is stored.
type Kind uint8

// The kinds. A list of any kind is marked by [Element.List].
const (
	String  Kind = iota // VARCHAR: all of FHIR's text-like primitives, dates included
	Boolean             // BOOLEAN
	Integer             // INTEGER: integer, positiveInt, unsignedInt
	Decimal             // DOUBLE
	JSON                // JSON text: a resource inside a resource
	Struct              // STRUCT: every complex data type
)

// A Type is a resource type ("Observation"), a data type ("Quantity") or the
// unnamed type of a backbone element ("Observation.component").
type Type struct {
	Name     string
	Resource bool
	Short    string     // what it is, in the specification's words
	Elements []*Element // in the order of the specification

	index  sync.Once
	byName map[string]*Element
}

// Element returns the element with the JSON member name, or nil. It may be
// called from several goroutines at once.
func (t *Type) Element(name string) *Element {
	t.index.Do(t.makeIndex)
	return t.byName[name]
}

func (t *Type) makeIndex() {
	t.byName = make(map[string]*Element, len(t.Elements))
	for _, e := range t.Elements {
		t.byName[e.Name] = e
	}
}

// An Element is one member that an object of a [Type] may have, by its JSON
// name. Choice types are expanded (valueQuantity, valueString, ...) and each
// primitive is followed by the element for its extensions (birthDate,
// _birthDate).
type Element struct {
	Name    string   // JSON member name
	Index   int      // position in Type.Elements of the type that has it
	Kind    Kind     // how one value is stored
	List    bool     // FHIR's max is not 1
	Type    *Type    // of Kind Struct: the fields; nil otherwise
	Code    string   // FHIR type code: "dateTime", "Reference", "BackboneElement"
	Choice  string   // of a form of a choice its name without type: "value"; else "", as of "_valueString"
	Of      *Element // of "_birthDate" the element birthDate; else nil
	Min     int      // fewest occurrences that FHIR allows (0 for each form of a choice)
	Short   string   // what it means, in the specification's words
	Targets []string // of a Reference or canonical: resource types it may point to; nil is any
}
