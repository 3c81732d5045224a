package warehouse

import (
	"strings"

	"github.com/fhirwh/fhirwh/internal/schema"
	fhirsql "github.com/fhirwh/fhirwh/sql"
)

// identifying are the data types in which nothing is shown, codes included: what
// they are about is who somebody is, or may be.
var identifying = map[string]bool{
	"Identifier": true, "HumanName": true, "Address": true, "ContactPoint": true, "Extension": true, "Reference": true, "Signature": true,
}

// codedFields are the fields of data types whose most frequent values may be shown
// beside elements of type code and boolean.
var codedFields = map[string]bool{
	"Coding.system": true, "Coding.code": true, "Coding.display": true,
	"Quantity.unit": true, "Quantity.system": true, "Quantity.code": true,
	"Age.unit": true, "Age.system": true, "Age.code": true,
	"Count.unit": true, "Count.system": true, "Count.code": true,
	"Distance.unit": true, "Distance.system": true, "Distance.code": true,
	"Duration.unit": true, "Duration.system": true, "Duration.code": true,
}

// isCoded reports whether the most frequent values of an element of t may be
// shown: it holds codes, or what stands for one. e may be nil.
func isCoded(t *schema.Type, e *schema.Element) bool {
	if e == nil || identifying[t.Name] {
		return false
	}
	return e.Code == "code" || e.Code == "boolean" || codedFields[t.Name+"."+e.Name]
}

// fullPaths returns the paths of an origin with the resource types that they are
// of: those of the view that have the element, where the origin does not say.
func fullPaths(o fhirsql.Origin) []string {
	var full []string
	for _, path := range o.Paths {
		if path[0] >= 'A' && path[0] <= 'Z' {
			full = append(full, path)
			continue
		}
		for _, name := range o.Types {
			if strings.HasPrefix(path, "extension(") || elementAtPath(schema.Resource(name), path) != nil {
				full = append(full, name+"."+path)
			}
		}
	}
	return full
}

// elementAtPath returns the element at a path of sql/paths.txt, nil if there is
// none. Of a choice named without a type it is one of the forms.
func elementAtPath(t *schema.Type, path string) (e *schema.Element) {
	for name := range strings.SplitSeq(path, ".") {
		if t == nil {
			return nil
		}
		if e = elementOrChoice(t, name); e == nil {
			return nil
		}
		t = e.Type
	}
	return e
}

func elementOrChoice(t *schema.Type, name string) *schema.Element {
	if e := t.Element(name); e != nil {
		return e
	}
	for _, e := range t.Elements {
		if e.Choice == name {
			return e
		}
	}
	return nil
}
