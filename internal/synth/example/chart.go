package example

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/samply/golang-fhir-models/fhir-models/fhir"
)

// A chart collects the lines of an export. The first error sticks, so that the
// story can be told without an error check a sentence.
type chart struct {
	lines []line
	err   error
}

// A line is one resource, as text and still as a tree (nil for a blank line).
type line struct {
	text string
	body *object
}

// An edit changes a resource after the models have written it: what they have
// no field for, and what no model would write but real servers send.
type edit func(*object) error

// add writes a resource under the id that its key stands for.
func (c *chart) add(key string, resource any, edits ...edit) {
	c.put(key, resource, appendTree, edits)
}

// addReached writes a resource as the service writes those that it fetched
// because another one refers to them: members sorted, < > & escaped, numbers
// through float64.
func (c *chart) addReached(key string, resource any, edits ...edit) {
	c.put(key, resource, appendSorted, edits)
}

func appendTree(o *object) ([]byte, error) { return appendJSON(nil, o), nil }

func appendSorted(o *object) ([]byte, error) { return json.Marshal(generic(o)) }

func (c *chart) put(key string, resource any, write func(*object) ([]byte, error), edits []edit) {
	if c.err != nil {
		return
	}
	o, err := tree(key, resource)
	for _, e := range edits {
		if err == nil {
			err = e(o)
		}
	}
	if err != nil {
		c.err = fmt.Errorf("write resource %s: %w", key, err)
		return
	}
	c.emitContained(o)
	text, err := write(o)
	if err != nil {
		c.err = fmt.Errorf("write resource %s: %w", key, err)
		return
	}
	c.lines = append(c.lines, line{string(text), o})
}

// emitContained writes each contained resource that has an id as a line of its
// own, before its parent and under its bare fragment id, as the service does.
func (c *chart) emitContained(parent *object) {
	list, _ := parent.get("contained").([]any)
	for _, v := range list {
		if o := v.(*object); o.text("id") != "" {
			c.lines = append(c.lines, line{string(appendJSON(nil, o)), o})
		}
	}
}

// repeat writes the last line once more, byte for byte.
func (c *chart) repeat() {
	if c.err == nil {
		c.lines = append(c.lines, c.lines[len(c.lines)-1])
	}
}

// blank writes an empty line.
func (c *chart) blank() { c.lines = append(c.lines, line{}) }

func (c *chart) writeTo(w io.Writer) error {
	if c.err != nil {
		return c.err
	}
	for _, l := range c.lines {
		if _, err := io.WriteString(w, l.text+"\n"); err != nil {
			return fmt.Errorf("write example: %w", err)
		}
	}
	return nil
}

// tree is a model's JSON with resourceType and id in front.
func tree(key string, resource any) (*object, error) {
	text, err := json.Marshal(resource)
	if err != nil {
		return nil, err
	}
	v, err := parse(text)
	if err != nil {
		return nil, err
	}
	o := prune(v).(*object)
	typ := o.text("resourceType")
	o.remove("resourceType")
	o.remove("id")
	o.insert(0, "resourceType", typ)
	if key != "" {
		o.insert(1, "id", id(typ, key))
	}
	return o, nil
}

// set puts a JSON text at a JSON Pointer whose parent exists.
func set(pointer, text string) edit {
	return func(o *object) error {
		v, err := parse([]byte(text))
		if err != nil {
			return err
		}
		cut := strings.LastIndexByte(pointer, '/')
		parent, err := at(o, pointer[:cut])
		if err != nil {
			return err
		}
		p, ok := parent.(*object)
		if !ok {
			return fmt.Errorf("set %q: parent is no object", pointer)
		}
		p.set(pointer[cut+1:], v)
		return nil
	}
}

// withID replaces the id.
func withID(id string) edit {
	return func(o *object) error {
		o.set("id", id)
		return nil
	}
}

// withoutID removes the id.
func withoutID(o *object) error {
	o.remove("id")
	return nil
}

// contain puts a resource inside, under a fragment id ("" for none).
func contain(fragment string, resource any) edit {
	return func(o *object) error {
		inner, err := tree("", resource)
		if err != nil {
			return err
		}
		if fragment != "" {
			inner.insert(1, "id", fragment)
		}
		list, _ := o.get("contained").([]any)
		if list == nil {
			o.insert(containedAt(o), "contained", nil)
		}
		o.set("contained", append(list, inner))
		return nil
	}
}

// containedAt is where FHIR puts contained: behind id, meta, language and text.
func containedAt(o *object) int {
	n := 0
	for i, m := range o.members {
		switch m.name {
		case "resourceType", "id", "meta", "implicitRules", "language", "text":
			n = i + 1
		}
	}
	return n
}

// idLength gives the length of ids like those of the EHR that the example
// imitates: many are longer than the 64 characters that FHIR allows.
func idLength(typ string) int {
	switch typ {
	case "Observation":
		return 70
	case "DiagnosticReport", "ServiceRequest", "AllergyIntolerance":
		return 88
	case "Medication", "Specimen":
		return 66
	case "Provenance":
		return 109
	case "MedicationRequest", "MedicationDispense", "DocumentReference", "Binary", "Condition", "Procedure":
		return 45
	}
	return 24
}

// id makes an opaque id that depends on nothing but type and key, so that the
// example can grow without changing what is there.
func id(typ, key string) string {
	n := idLength(typ) - 2
	var s string
	for round := 0; len(s) < n; round++ {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s/%s/%d", typ, key, round))
		s += strings.ReplaceAll(base64.RawURLEncoding.EncodeToString(sum[:]), "_", ".")
	}
	return "e" + s[:n] + "3"
}

func ref(typ, key, display string) fhir.Reference {
	r := fhir.Reference{Reference: new(typ + "/" + id(typ, key))}
	if display != "" {
		r.Display = &display
	}
	return r
}
