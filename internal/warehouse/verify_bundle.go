package warehouse

import (
	"cmp"
	"slices"

	"github.com/fhirwh/fhirwh/internal/parse"
)

// taken stands in an envelope where a resource was. No text that a source may
// reasonably have is equal to it.
const taken = "\x00fhirwh: a line of its own\x00"

// openedIn returns where the resources lie that a block's Bundles gave up,
// because they became rows or rejects of their own: in order, an outer one
// before those inside it.
func openedIn(b *parse.Block) []parse.Raw {
	var all []parse.Raw
	for _, e := range b.Entries {
		if e.Raw.End > e.Raw.Start {
			all = append(all, e.Raw)
		}
	}
	for _, r := range b.Rejects {
		if start := int(r.Offset - b.Offset); r.Entry >= 0 {
			all = append(all, parse.Raw{Start: start, End: start + int(r.Length)})
		}
	}
	slices.SortFunc(all, func(x, y parse.Raw) int {
		return cmp.Or(cmp.Compare(x.Start, y.Start), cmp.Compare(y.End, x.End))
	})
	return all
}

// envelope returns the Bundle at whole in a block without the resources at
// opened. They are cut out of the text first, so that a large Bundle is never
// held as a tree.
func envelope(b *parse.Block, whole parse.Raw, opened []parse.Raw) (parse.Value, error) {
	first, _ := slices.BinarySearchFunc(opened, whole.Start+1, func(r parse.Raw, start int) int { return cmp.Compare(r.Start, start) })
	var text []byte
	from := whole.Start
	for _, r := range opened[first:] {
		if r.Start >= whole.End {
			break
		}
		if r.Start < from {
			continue // inside the one before
		}
		text = append(text, b.Bytes[from:r.Start]...)
		text = appendText(text, []byte(taken))
		from = r.End
	}
	text = append(text, b.Bytes[from:whole.End]...)
	v, err := parse.ParseValue(text)
	removeTaken(&v)
	return v, err
}

// removeTaken removes the members of entries that stand for a resource.
func removeTaken(bundle *parse.Value) {
	for i := range bundle.Members {
		m := &bundle.Members[i]
		if m.Name != "entry" || m.Raw {
			continue
		}
		for k := range m.Value.Items {
			entry := &m.Value.Items[k]
			entry.Members = slices.DeleteFunc(entry.Members, func(m parse.Member) bool {
				return m.Name == "resource" && !m.Raw && m.Value.Kind == parse.Text && m.Value.Text == taken
			})
		}
	}
}
