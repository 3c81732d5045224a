package warehouse

import (
	"fmt"

	"github.com/duckdb/duckdb-go/v2/mapping"

	"github.com/fhirwh/fhirwh/internal/parse"
	"github.com/fhirwh/fhirwh/internal/schema"
)

// A suspect is a resource of a source whose content was not found in the
// warehouse, or a rejected line.
type suspect struct {
	place  Place
	report *FileReport
	source string
	digest digest
	text   []byte // as JSON: the tree would take ten times the memory
	kind   string // resource type as sent
	id     string // "" if none
}

func newSuspect(place Place, source string, sum digest, v *parse.Value) *suspect {
	return &suspect{place: place, source: source, digest: sum, text: v.AppendJSON(nil),
		kind: textMember(v, "resourceType"), id: textMember(v, "id")}
}

// textMember returns a member that is a string, "" if there is none.
func textMember(v *parse.Value, name string) string {
	if m := member(v, name); m != nil && m.Kind == parse.Text && !m.Raw {
		return m.Text
	}
	return ""
}

// lastUpdated returns when a resource says that it was last updated.
func lastUpdated(v *parse.Value) instant {
	if m := member(v, "meta"); m != nil {
		return parseInstant(textMember(m, "lastUpdated"))
	}
	return instant{}
}

// A rival is a content that the warehouse has under the identity of a suspect.
type rival struct {
	value  parse.Value
	digest digest
	file   int32
}

// settleSuspects decides what the gathered suspects are.
func (v *verifier) settleSuspects() error {
	byType := map[*schema.Type][]*suspect{}
	for _, s := range v.suspects {
		byType[tableType(s.kind)] = append(byType[tableType(s.kind)], s)
	}
	rivals := map[identity][]rival{}
	for t, some := range byType {
		if err := v.findRivals(t, some, rivals); err != nil {
			return fmt.Errorf("look up resources of %s: %w", t.Name, err)
		}
	}
	for _, s := range v.suspects {
		if err := v.settle(s, rivals[s.identity()]); err != nil {
			return err
		}
	}
	clear(v.suspects)
	v.suspects, v.held = v.suspects[:0], 0
	return nil
}

// tableType returns the type whose table has the resources that name themselves
// kind.
func tableType(kind string) *schema.Type {
	if t := schema.Resource(kind); t != nil {
		return t
	}
	return schema.Unknown()
}

func (s *suspect) identity() identity { return identity{s.source, s.kind, s.id} }

// findRivals adds what table and ledger have under the identities of suspects of one
// type.
func (v *verifier) findRivals(t *schema.Type, some []*suspect, rivals map[identity][]rival) error {
	keys := make([][]any, 0, len(some))
	for _, s := range some {
		if s.id != "" {
			keys = append(keys, []any{s.source, s.kind, s.id})
		}
	}
	if len(keys) == 0 {
		return nil
	}
	if tab := v.tables[t]; tab != nil && !v.damaged[tab.name()] {
		if err := v.findCurrent(tab, keys, rivals); err != nil {
			return err
		}
	}
	return v.findVariants(keys, rivals)
}

var identityColumns = []sourceColumn{
	{"source", simple(mapping.TypeVarchar)}, {"kind", simple(mapping.TypeVarchar)}, {"id", simple(mapping.TypeVarchar)},
}

func (v *verifier) findCurrent(tab *table, keys [][]any, rivals map[identity][]rival) error {
	r, done, err := v.c.querySource(v.ctx, valueTable(identityColumns, keys),
		"select t.* from "+tab.quoted()+" t semi join %s k on t._source = k.source and t.id = k.id")
	if err != nil {
		return err
	}
	defer done()
	defer r.close()
	b, err := newRebuilder(r, tab.fhir.Type)
	if err != nil {
		return err
	}
	for b.nextChunk() {
		for i := range r.size {
			text, err := b.appendRow(nil, i)
			if err != nil {
				continue // is a problem of its own already
			}
			if err := addRival(rivals, b.label(i), text, b.position(i).file); err != nil {
				return err
			}
		}
	}
	return r.close()
}

func addRival(rivals map[identity][]rival, source string, text []byte, file int32) error {
	value, err := parse.ParseValue(text)
	if err != nil {
		return nil // is a problem of its own already
	}
	var d digester
	k := identity{source, textMember(&value, "resourceType"), textMember(&value, "id")}
	rivals[k] = append(rivals[k], rival{value, d.of(source, &value), file})
	return nil
}

func (v *verifier) findVariants(keys [][]any, rivals map[identity][]rival) error {
	r, done, err := v.c.querySource(v.ctx, valueTable(identityColumns, keys),
		"select v.source, "+variantText+", v.file from ledger.variants v semi join %s k on v.source = k.source and v.resource_type = k.kind and v.id = k.id")
	if err != nil {
		return err
	}
	defer done()
	defer r.close()
	for r.next() {
		var source string
		var text []byte
		var file int32
		if err := r.scan(&source, &text, &file); err != nil {
			return err
		}
		if err := addRival(rivals, source, text, file); err != nil {
			return err
		}
	}
	return r.close()
}

// settle decides what a suspect is, given what the warehouse has under its
// identity.
func (v *verifier) settle(s *suspect, rivals []rival) error {
	for _, r := range rivals {
		if r.digest == s.digest {
			s.report.Same++ // another content's digest stood in the way
			return nil
		}
	}
	if len(rivals) == 0 {
		s.report.Missing++
		v.list(s, Difference{Kind: "missing"})
		return nil
	}
	value, err := parse.ParseValue(s.text)
	if err != nil {
		return fmt.Errorf("%s: line %d: %w", s.place.File, s.place.Line, err)
	}
	if v.replaced(s, &value, rivals) {
		s.report.Replaced++
		if len(v.report.Replaced) < v.MaxListed {
			v.report.Replaced = append(v.report.Replaced, v.shownPlace(s))
		}
		return nil
	}
	s.report.Different++
	v.list(s, v.mostSimilar(&value, rivals))
	return nil
}

// replaced reports whether a content rightly gave way: to one that is later by
// meta.lastUpdated. Whatever that does not order is kept, and so is all that came
// with one import.
func (v *verifier) replaced(s *suspect, value *parse.Value, rivals []rival) bool {
	if tableType(s.kind) == schema.Unknown() {
		return false // its meta is not looked at
	}
	updated := lastUpdated(value)
	for _, r := range rivals {
		together := s.report.Import != 0 && v.imports[r.file] == s.report.Import
		if updated.before(lastUpdated(&r.value)) && !together {
			return true
		}
	}
	return false
}

// mostSimilar describes how a resource differs from the rival that it differs
// least from.
func (v *verifier) mostSimilar(value *parse.Value, rivals []rival) Difference {
	var best *comparison
	for i := range rivals {
		c := &comparison{max: v.MaxListed, show: v.ShowValues}
		c.compareResources(value, &rivals[i].value)
		if best == nil || c.count < best.count {
			best = c
		}
	}
	return Difference{Kind: "different", Elements: best.found, Count: best.count}
}

func (v *verifier) list(s *suspect, d Difference) {
	if len(v.report.Differences) < v.MaxListed {
		d.Place = v.shownPlace(s)
		v.report.Differences = append(v.report.Differences, d)
	}
}

func (v *verifier) shownPlace(s *suspect) Place {
	p := s.place
	if v.ShowValues {
		p.ID = s.id
	}
	return p
}
