package main

import (
	"slices"
	"strings"
)

// Medplum ships HL7's profiles with changes of its own: elements of later
// versions (ResearchStudy, EvidenceVariable), of its product (Meta.project) and
// a type of R4B (SubscriptionStatus). It leaves dataelements.json alone, HL7's
// list of all elements that have a type, so that this list decides what R4 is.
type published struct {
	byPath map[string]definition
	ids    map[string]bool   // cut to 64 characters as HL7 did, where the last of equals won
	next   map[string]string // path to the path of the next element of the same type
}

func (d *definitions) published() *published {
	p := &published{byPath: map[string]definition{}, ids: map[string]bool{}, next: map[string]string{}}
	last := map[string]string{}
	for _, s := range d.elements {
		e := s.Snapshot.Element[0]
		p.ids[s.ID] = true
		if _, repeated := p.byPath[e.Path]; repeated {
			continue // Quantity.comparator again, as SimpleQuantity restricts it
		}
		p.byPath[e.Path] = e
		owner := ownerOf(e.Path)
		p.next[last[owner]] = e.Path
		last[owner] = e.Path
	}
	return p
}

func ownerOf(path string) string { return path[:strings.LastIndexByte(path, '.')] }

func (p *published) has(path string) bool {
	id := "de-" + strings.ReplaceAll(path, "[x]", "X")
	return p.ids[id[:min(len(id), 64)]]
}

// correct gives a type's elements as HL7 published them.
func (p *published) correct(elements []definition) []definition {
	var kept []definition
	gone := p.foreign(elements)
	for _, e := range elements {
		if under(e.Path, gone) {
			continue
		}
		if e.Path == "EvidenceVariable.characteristic" {
			e.Min = 1 // Medplum made it optional, and the list has only elements that have a type
		}
		if original, ok := p.byPath[e.Path]; ok {
			original.Base = e.Base
			e = original
		}
		kept = append(kept, e)
	}
	return p.restore(kept)
}

// foreign lists the paths that HL7 did not publish: elements that have a type
// of their own, and those made of nothing else.
func (p *published) foreign(elements []definition) []string {
	var gone []string
	native := map[string]bool{} // owners that have an element of HL7's
	for _, e := range elements {
		if e.composite() || inherited(e) {
			continue
		}
		if p.has(e.Path) {
			native[ownerOf(e.Path)] = true
		} else {
			gone = append(gone, e.Path)
		}
	}
	for _, path := range slices.Clone(gone) {
		if owner := ownerOf(path); strings.Contains(owner, ".") && !native[owner] {
			gone = append(gone, owner)
		}
	}
	return gone
}

func under(path string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return path == root || strings.HasPrefix(path, root+".")
	})
}

// restore adds the elements that HL7 published and Medplum removed, each behind
// the one it followed.
func (p *published) restore(elements []definition) []definition {
	have := map[string]bool{}
	for _, e := range elements {
		have[e.Path] = true
	}
	for i := 0; i < len(elements); i++ {
		next := p.next[elements[i].Path]
		if next != "" && !have[next] {
			have[next] = true
			elements = slices.Insert(elements, i+1, p.byPath[next])
		}
	}
	return elements
}

// inherited reports whether an element is its type's only because it is its
// base type's.
func inherited(e definition) bool { return e.Base.Path != "" && e.Base.Path != e.Path }

// composite reports whether an element's type is defined in place, or where
// another element is.
func (e definition) composite() bool {
	return e.ContentReference != "" || e.Type[0].Code == "BackboneElement" || e.Type[0].Code == "Element"
}
