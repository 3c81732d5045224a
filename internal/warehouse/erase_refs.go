package warehouse

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fhirwh/fhirwh/internal/schema"
)

// A refColumn is a column of a typed table that references may be in.
type refColumn struct {
	role   bool   // it says whose the resource is
	anchor bool   // it says what the resource hangs on
	sql    string // all references in it: a VARCHAR[] or NULL
}

// anchors are the elements that a resource hangs on which names no patient.
var anchors = []string{"encounter", "context", "target", "entity"}

// refColumns returns the columns of a table that references may be in, those of
// _extra and of contained resources among them.
func refColumns(t *table) []refColumn {
	var columns []refColumn
	for _, n := range t.fhir.Columns {
		if sql := refsIn(n, quoteName(n.Element.Name), 0); sql != "" {
			c := refColumn{sql: sql}
			c.role = slices.Contains(patientElements, n.Element.Name) && isReference(n.Element)
			c.anchor = slices.Contains(anchors, n.Element.Name)
			columns = append(columns, c)
		}
	}
	return append(columns, refColumn{sql: refsInJSON("_extra")})
}

func isReference(e *schema.Element) bool { return e.Code == "Reference" }

// refsIn returns SQL for the references at or below a column or field, whose SQL
// is base: a VARCHAR[]; "" if there can be none.
func refsIn(n *schema.Node, base string, depth int) string {
	e := n.Element
	if !e.List {
		return refsInOne(n, base, depth)
	}
	x := fmt.Sprint("x", depth)
	one := refsInOne(n, x, depth+1)
	if one == "" {
		return ""
	}
	return fmt.Sprintf("flatten(list_transform(%s, lambda %s: %s))", base, x, one)
}

func refsInOne(n *schema.Node, base string, depth int) string {
	switch {
	case n.Element.Kind == schema.JSON:
		return refsInJSON(base)
	case n.Element.Kind != schema.Struct:
		return ""
	}
	var parts []string
	for _, f := range n.Fields {
		field := base + "." + quoteName(f.Element.Name)
		if isRefText(n.Element, f.Element) {
			parts = append(parts, "["+field+"]")
		} else if sql := refsIn(f, field, depth); sql != "" {
			parts = append(parts, sql)
		}
	}
	switch len(parts) {
	case 0:
		return ""
	case 1:
		return parts[0]
	}
	return "list_concat(" + strings.Join(parts, ", ") + ")"
}

// isRefText reports whether a field says what a reference or attachment leads
// to.
func isRefText(of, field *schema.Element) bool {
	return of.Code == "Reference" && field.Name == "reference" || of.Code == "Attachment" && field.Name == "url"
}

// refsInJSON finds the strings in JSON text that look like references: with a
// type and an id, or urns.
func refsInJSON(base string) string {
	return fmt.Sprintf(`regexp_extract_all(replace(%s::varchar, '\/', '/'), '"((?:[^"\\]*/)?[A-Z][A-Za-z]+/[^"\\]+|urn:[^"\\]+)"', 1)`, base)
}

// canName reports whether R4 has an element of the type, at any depth but not in
// extensions, that may refer to a Patient. An OperationOutcome says in words which
// search it is about, and of an unknown type anything is possible; a Bundle goes by
// its entries, and another Patient is another one.
func canName(t *schema.Type) bool {
	switch t.Name {
	case "OperationOutcome", schema.Unknown().Name:
		return true
	case "Bundle", "Patient":
		return false
	}
	return mayName(t, map[*schema.Type]bool{})
}

func mayName(t *schema.Type, seen map[*schema.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	for _, e := range t.Elements {
		switch {
		case e.Code == "Extension", e.Type == nil:
			continue
		case isReference(e) && (len(e.Targets) == 0 || slices.Contains(e.Targets, "Patient")):
			return true
		case mayName(e.Type, seen):
			return true
		}
	}
	return false
}

// isDependent reports whether resources of the type are nothing without the one
// that they are about: those with a subject, and Binaries.
func isDependent(t *schema.Type) bool {
	if t.Name == "Binary" {
		return true
	}
	return slices.ContainsFunc(patientElements, func(name string) bool {
		e := t.Element(name)
		return e != nil && isReference(e) && (len(e.Targets) == 0 || slices.Contains(e.Targets, "Patient"))
	})
}
