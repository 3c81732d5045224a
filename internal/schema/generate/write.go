package main

import (
	"bytes"
	"fmt"
	"strings"
)

const head = `# The element tree of FHIR R4 (4.0.1). Made by go generate from %s; do not edit.
#
# A type is "NAME : BASE MEANING", followed by the elements that it has beyond its base's, each
# "NAME MIN..MAX TYPES MEANING". TYPES are separated by commas, a * is the types of the line "any";
# Reference(A|B) names targets, #X the type defined at X, @string a value without extensions. An
# element with BackboneElement or Element as its type has the type called as its path.
any %s
`

func write(b *bytes.Buffer, types []typ) {
	fmt.Fprintf(b, head, npmPackage, strings.Join(openTypes, ","))
	for _, t := range types {
		base := t.base
		if base == "" {
			base = "-"
		}
		fmt.Fprintf(b, "%s : %s %s\n", t.name, base, t.short)
		for _, e := range t.elements {
			fmt.Fprintf(b, " %s %d..%s %s %s\n", e.name, e.min, e.max, strings.Join(e.types, ","), e.short)
		}
	}
}
