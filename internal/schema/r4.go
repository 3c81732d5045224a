package schema

import (
	_ "embed"
	"maps"
	"slices"
	"strings"
	"sync"
)

//go:generate go run ./generate -out r4.txt

// r4Text is HL7's definitions as the command in folder generate writes them.
//
//go:embed r4.txt
var r4Text string

var r4 = sync.OnceValue(func() *tree { return parseTree(r4Text) })

// Resource returns the resource type of that name, or nil if R4 has none. The
// abstract types Resource and DomainResource are none.
func Resource(name string) *Type {
	if t := r4().types[name]; t != nil && t.Resource {
		return t
	}
	return nil
}

// Resources returns all resource types, sorted by name. Unknown is not among
// them.
func Resources() []*Type { return slices.Clone(r4().resources) }

// Lookup returns the type of that name: of a resource, a data type ("Quantity")
// or a backbone element, which is named by the path of its first use
// ("Observation.component"). It returns nil if R4 has none.
func Lookup(name string) *Type { return r4().types[name] }

// Types returns all types that [Lookup] knows, sorted by name.
func Types() []*Type {
	t := r4().types
	var all []*Type
	for _, name := range slices.Sorted(maps.Keys(t)) {
		all = append(all, t[name])
	}
	return all
}

// Unknown returns the type that stands for all resources of types that R4 does
// not know.
func Unknown() *Type { return r4().unknown }

func unknownType() *Type {
	return &Type{
		Name:     "Unknown",
		Resource: true,
		Short:    "Resources of types that R4 does not know",
		Elements: []*Element{
			{Name: "resourceType", Code: "code", Min: 1, Short: "Type of the resource"},
			{Name: "id", Index: 1, Code: "id", Short: "Logical id of this artifact"},
		},
	}
}

// A tree is all types of R4.
type tree struct {
	types     map[string]*Type
	resources []*Type
	unknown   *Type
}

func (t *tree) collect() {
	for _, name := range slices.Sorted(maps.Keys(t.types)) {
		if t.types[name].Resource {
			t.resources = append(t.resources, t.types[name])
		}
	}
}

// kindOf says how a value of a FHIR type is stored. FHIR writes the names of its
// primitive types small and all others large.
func kindOf(code string) Kind {
	switch code {
	case "boolean":
		return Boolean
	case "integer", "positiveInt", "unsignedInt":
		return Integer
	case "decimal":
		return Decimal
	case "Resource":
		return JSON
	}
	if isPrimitive(code) {
		return String
	}
	return Struct
}

func isPrimitive(code string) bool { return code[0] >= 'a' }

// capital returns a type code as it stands at the end of a choice's name.
func capital(code string) string { return strings.ToUpper(code[:1]) + code[1:] }
