package main

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// A typ is one type of r4.txt, without the elements that it inherits.
type typ struct {
	name, base, short string
	elements          []element
}

type element struct {
	name  string
	min   int
	max   string
	types []string // as r4.txt writes them
	short string
}

// types lists all types: data types, then resources, each followed by the types
// of its backbone elements.
func (d *definitions) types() ([]typ, error) {
	p := d.published()
	primitive := map[string]bool{}
	var all []typ
	for _, s := range slices.Concat(d.dataTypes, d.resources) {
		switch {
		case s.Kind == "primitive-type":
			primitive[s.ID] = true
		case s.FHIRVersion != "4.0.1", s.Kind == "logical", s.Derivation == "constraint":
		default:
			all = append(all, typesOf(s, p)...)
		}
	}
	return all, checkTypes(all, primitive)
}

func typesOf(s structure, p *published) []typ {
	root := s.Snapshot.Element[0]
	types := []typ{{name: s.ID, base: path.Base(s.BaseDefinition), short: oneLine(root.Short)}}
	if s.BaseDefinition == "" {
		types[0].base = ""
	}
	index := map[string]int{s.ID: 0}
	for _, e := range p.correct(s.Snapshot.Element[1:]) {
		if e.ContentReference == "" && e.composite() {
			index[e.Path] = len(types)
			types = append(types, typ{name: e.Path, base: e.Type[0].Code, short: oneLine(e.Short)})
		}
		if !inherited(e) {
			t := &types[index[ownerOf(e.Path)]]
			t.elements = append(t.elements, newElement(e))
		}
	}
	return types
}

func newElement(e definition) element {
	n := element{name: path.Ext(e.Path)[1:], min: e.Min, max: e.Max, short: oneLine(e.Short)}
	if e.ContentReference != "" {
		n.types = []string{e.ContentReference}
	}
	for _, t := range e.Type {
		n.types = append(n.types, typeText(e.Path, t))
	}
	if slices.Equal(codes(n.types), openTypes) {
		n.types = []string{"*"}
	}
	return n
}

// typeText writes a type as "Quantity" or "Reference(Patient|Group)". A target
// of Resource, which is any, is left out.
func typeText(path string, t typeRef) string {
	code := t.Code
	if strings.HasPrefix(code, "http://hl7.org/fhirpath/") {
		code = plainType(path)
	}
	var targets []string
	for _, profile := range t.TargetProfile {
		if name := profile[strings.LastIndexByte(profile, '/')+1:]; name != "Resource" {
			targets = append(targets, name)
		}
	}
	if len(targets) == 0 {
		return code
	}
	return code + "(" + strings.Join(targets, "|") + ")"
}

// plainType names the type of an element that is an attribute in XML: its value
// can have no extensions, whence the "@". The id of a resource is none, though
// HL7 defines it as if it were.
func plainType(path string) string {
	switch path {
	case "Resource.id":
		return "id"
	case "Extension.url":
		return "@uri"
	}
	return "@string"
}

func codes(types []string) []string {
	var c []string
	for _, t := range types {
		code, _, _ := strings.Cut(t, "(")
		c = append(c, code)
	}
	return c
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// openTypes are the types that a "*" stands for in the specification.
var openTypes = strings.Fields(`base64Binary boolean canonical code date dateTime decimal id instant integer
	markdown oid positiveInt string time unsignedInt uri url uuid
	Address Age Annotation Attachment CodeableConcept Coding ContactPoint Count Distance Duration HumanName
	Identifier Money Period Quantity Range Ratio Reference SampledData Signature Timing
	ContactDetail Contributor DataRequirement Expression ParameterDefinition RelatedArtifact TriggerDefinition
	UsageContext Dosage Meta`)

// checkTypes refuses what package schema would not read back.
func checkTypes(types []typ, primitive map[string]bool) error {
	known := map[string]bool{"*": true, "@string": true, "@uri": true}
	for _, t := range types {
		known[t.name], known["#"+t.name] = true, true
	}
	for _, t := range types {
		for _, e := range t.elements {
			for _, code := range codes(e.types) {
				if !known[code] && !primitive[code] {
					return fmt.Errorf("%s.%s has the unknown type %s", t.name, e.name, code)
				}
			}
		}
	}
	return nil
}
