package warehouse

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/fhirwh/fhirwh/internal/parse"
)

// taken and a number stand in an envelope where a resource was. No text that a
// source may reasonably have begins so.
const taken = "\x00fhirwh: a line of its own: "

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
	for i, r := range opened[first:] {
		if r.Start >= whole.End {
			break
		}
		if r.Start < from {
			continue // inside the one before
		}
		text = append(text, b.Bytes[from:r.Start]...)
		text = appendText(text, strconv.AppendInt([]byte(taken), int64(first+i), 10))
		from = r.End
	}
	text = append(text, b.Bytes[from:whole.End]...)
	v, err := parse.ParseValue(text)
	if err != nil {
		return v, err
	}
	return v, removeTaken(&v, func(i int) []byte { return b.Bytes[opened[i].Start:opened[i].End] })
}

// removeTaken removes the members of entries that stand for a resource. Where a
// member's name is no UTF-8, the object around it is kept as its text, resource
// and all: then the resource comes back.
func removeTaken(bundle *parse.Value, original func(int) []byte) error {
	all := hasRawName(bundle)
	for i := range bundle.Members {
		m := &bundle.Members[i]
		if m.Name != "entry" || m.Raw {
			continue
		}
		for k := range m.Value.Items {
			entry := &m.Value.Items[k]
			if err := settleEntry(entry, all || hasRawName(entry), original); err != nil {
				return err
			}
		}
	}
	return nil
}

func hasRawName(v *parse.Value) bool {
	return slices.ContainsFunc(v.Members, func(m parse.Member) bool { return m.Raw })
}

func settleEntry(entry *parse.Value, restore bool, original func(int) []byte) error {
	kept := entry.Members[:0]
	for _, m := range entry.Members {
		if number, ok := strings.CutPrefix(m.Value.Text, taken); ok && m.Name == "resource" && m.Value.Kind == parse.Text {
			if !restore {
				continue
			}
			i, err := strconv.Atoi(number)
			if err != nil {
				return err
			}
			if m.Value, err = parse.ParseValue(original(i)); err != nil {
				return err
			}
		}
		kept = append(kept, m)
	}
	entry.Members = kept
	return nil
}
