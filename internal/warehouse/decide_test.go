package warehouse

import (
	"fmt"
	"strings"
	"testing"
)

// Each case is one identity. A row is written "content[@updated][=]" where
// updated is a year and = means that the content repeats a contained resource;
// rows before | were there before the import, and "!" behind one means that the
// import sent it again before anything else.
func TestSettle(t *testing.T) {
	tests := []struct {
		name, rows string
		current    string
		variants   string
		counts     Counts
	}{
		{"another content without times", "a | b", "b", "a", Counts{Changed: 1, Unordered: 1}},
		{"a later version", "a@2020 | b@2021", "b", "", Counts{Changed: 1}},
		{"an older version", "a@2021 | b@2020", "a", "", Counts{Superseded: 1}},
		{"the same time", "a@2020 | b@2020", "b", "a", Counts{Changed: 1, Unordered: 1}},
		{"one time missing", "a@2020 | b", "b", "a", Counts{Changed: 1, Unordered: 1}},
		{"the same content spelled otherwise", "a | a", "a", "", Counts{Unchanged: 1}},
		{"two contents in one import", "| a b", "b", "a", Counts{Variants: 1}},
		{"three, back to the first", "| a b a", "a", "b", Counts{Variants: 1, Unchanged: 1}},
		{"the older one later in one import", "| a@2021 b@2020", "a", "b", Counts{Variants: 1}},
		{"the older one first in one import", "| a@2020 b@2021", "b", "a", Counts{Variants: 1}},
		{"repeats a contained resource", "| a b=", "a", "b", Counts{Variants: 1}},
		{"repeats a contained resource, first", "| a= b", "b", "a", Counts{Variants: 1}},
		{"all repeat contained resources", "| a= b=", "b", "a", Counts{Variants: 1}},
		{"old content sent again, then another", "a! | b", "b", "a", Counts{Changed: 1, Unordered: 1}},
		{"old content sent again, then a later one", "a@2020! | b@2021", "b", "a", Counts{Changed: 1}},
		{"two new ones over an old one", "a@2020 | b@2021 c@2022", "c", "b", Counts{Changed: 1, Variants: 1}},
		{"two older ones", "a@2022 | b@2020 c@2021", "a", "", Counts{Superseded: 2}},
		{"alone", "| a", "a", "", Counts{New: 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, g := newTestGroup(tt.rows)
			d.settle(g)
			if got := currentOf(d, g); got != tt.current {
				t.Errorf("current is %q, want %q", got, tt.current)
			}
			var variants []string
			for _, l := range d.losers {
				variants = append(variants, contentName(l.content))
			}
			if got := strings.Join(variants, " "); got != tt.variants {
				t.Errorf("variants are %q, want %q", got, tt.variants)
			}
			if got := *d.loader.count("Patient"); got != tt.counts {
				t.Errorf("counts are %+v, want %+v", got, tt.counts)
			}
		})
	}
}

// newTestGroup makes the group that rows describes. The first row is in the
// typed table, as in an import.
func newTestGroup(rows string) (*decider, *group) {
	d := &decider{loader: &loader{counts: map[string]*Counts{}, firstFile: 2, files: []*fileState{{number: 2}}}, variants: map[identity][]uhuge{}}
	g := &group{identity: identity{"s", "Patient", "p"}}
	before, sent, _ := strings.Cut(rows, "|")
	add := func(text string, file int32) {
		c := &candidate{at: origin{file, int64(len(g.candidates)) + 1, -1}, here: file == 2, staged: len(g.candidates) > 0}
		text, c.repeats = strings.CutSuffix(text, "=")
		text, again := strings.CutSuffix(text, "!")
		name, year, dated := strings.Cut(text, "@")
		if dated {
			c.updated = parseInstant(year + "-01-01T00:00:00Z")
		}
		c.sentAt = c.at
		if again {
			c.here, c.sentAt = true, origin{}
		}
		c.content = uhuge{lo: uint64(name[0])}
		g.candidates = append(g.candidates, c)
	}
	for _, text := range strings.Fields(before) {
		add(text, 1)
	}
	for _, text := range strings.Fields(sent) {
		add(text, 2)
	}
	return d, g
}

func contentName(c uhuge) string { return string(rune(c.lo)) }

// currentOf returns what is in the typed table after the verdicts.
func currentOf(d *decider, g *group) string {
	rows := map[string]string{}
	for _, c := range g.candidates {
		if !c.staged {
			rows[fmt.Sprint(c.at.file, c.at.line)] = contentName(c.content)
		}
	}
	for _, v := range d.verdicts {
		key := fmt.Sprint(v[0], v[1])
		switch v[3] {
		case removed:
			delete(rows, key)
		case inserted:
			for _, c := range g.candidates {
				if fmt.Sprint(c.at.file, c.at.line) == key {
					rows[key] = contentName(c.content)
				}
			}
		}
	}
	var names []string
	for _, n := range rows {
		names = append(names, n)
	}
	return strings.Join(names, " and ")
}
