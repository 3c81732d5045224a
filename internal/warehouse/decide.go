package warehouse

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/duckdb/duckdb-go/v2/mapping"

	"github.com/fhirwh/fhirwh/internal/parse"
	"github.com/fhirwh/fhirwh/internal/schema"
)

// decide settles every group.
func (d *decider) decide() error {
	for _, g := range d.groups {
		d.settle(g)
	}
	return nil
}

// settle finds the current content of an identity and says what happens to each
// of its rows.
//
// Among what this import sent the fold of [sentWinner] decides. What the
// warehouse had from before gives way to that, unless its meta.lastUpdated is
// later.
func (d *decider) settle(g *group) {
	before := g.before()
	winner := sentWinner(g.candidates)
	if before != nil && (winner == nil || winner.updated.before(before.updated)) {
		winner = before
	}
	winner = g.inPlace(winner)
	d.countGroup(g, winner)
	kept := d.loseOthers(g, winner, before)
	d.keepWinner(g, winner, kept)
}

// inPlace returns the row of the typed table that has the winner's content, if
// there is one: then nothing has to move.
func (g *group) inPlace(winner *candidate) *candidate {
	if g.settled() {
		return winner
	}
	for _, c := range g.candidates {
		if !c.staged && c.content == winner.content {
			return c
		}
	}
	return winner
}

// before returns the row that was there and that this import did not send.
func (g *group) before() *candidate {
	for _, c := range g.candidates {
		if !c.here {
			return c
		}
	}
	return nil
}

// sentWinner returns which of the rows that this import sent is current, by
// taking them in the order they were sent: each one wins over the one so far
// unless its meta.lastUpdated is earlier. Content that merely repeats a
// contained resource never wins over content that does not.
func sentWinner(candidates []*candidate) (winner *candidate) {
	sent := slices.DeleteFunc(slices.Clone(candidates), func(c *candidate) bool { return !c.here })
	slices.SortFunc(sent, func(a, b *candidate) int {
		if a.sentAt.after(b.sentAt) {
			return 1
		}
		return -1
	})
	for _, c := range sent {
		if winner == nil || c.beats(winner) {
			winner = c
		}
	}
	return winner
}

func (c *candidate) beats(earlier *candidate) bool {
	if c.repeats != earlier.repeats {
		return earlier.repeats
	}
	return !c.updated.before(earlier.updated)
}

// loseOthers sends the contents that are not current where they belong. It
// returns whether the identity has variants.
func (d *decider) loseOthers(g *group, winner, before *candidate) (kept bool) {
	known := map[uhuge]bool{winner.content: true}
	for _, v := range d.variants[g.identity] {
		kept = true
		known[v] = true
	}
	for _, c := range g.candidates {
		if c == winner {
			continue
		}
		if !c.staged {
			d.verdict(c, removed, uhuge{})
		}
		if len(g.candidates) == 2 && g.settled() || known[c.content] {
			continue
		}
		if dropped(c, winner, before) {
			continue
		}
		known[c.content] = true
		kept = true
		d.losers = append(d.losers, loser{g, c})
	}
	return kept
}

// dropped reports whether a content that is not current is not kept either: its
// meta.lastUpdated is earlier than that of the current one, which another import
// brought.
func dropped(c, winner, before *candidate) bool {
	if c == before {
		return c.updated.before(winner.updated)
	}
	return winner == before && c.updated.before(winner.updated)
}

// keepWinner puts the current row in place.
func (d *decider) keepWinner(g *group, winner *candidate, hasVariants bool) {
	content := uhuge{}
	if hasVariants {
		content = winner.content
	}
	if winner.staged {
		d.verdict(winner, inserted, content)
	} else if hasVariants {
		d.verdict(winner, stamped, content)
	}
}

// countGroup counts the group's rows that this import sent and staged: each once.
// A row of the typed table was counted when it was put there.
func (d *decider) countGroup(g *group, winner *candidate) {
	counts := d.loader.count(g.resourceType)
	known := map[uhuge]bool{}
	for _, v := range d.variants[g.identity] {
		known[v] = true
	}
	var there *candidate
	for _, c := range g.candidates {
		if !c.staged {
			there = c
			known[c.content] = true
		}
	}
	for _, c := range g.candidates {
		if c.staged {
			d.countRow(counts, c, winner, there, known[c.content] && !g.settled())
			known[c.content] = true
		}
	}
}

// countRow counts one staged row. there is the row of the typed table, if any.
func (d *decider) countRow(counts *Counts, c, winner, there *candidate, known bool) {
	earlier := there != nil && !d.loader.wrote(there.at)
	switch {
	case there == nil && c == winner:
		counts.New++
	case c == winner && earlier:
		counts.Changed++
		d.loader.noteChange(c.at.file)
		if !there.updated.before(c.updated) {
			counts.Unordered++
		}
	case known && c != winner:
		counts.Unchanged++
	case earlier && !there.here && winner == there && c.updated.before(winner.updated):
		counts.Superseded++
	default:
		counts.Variants++
	}
}

// noteChange counts a row of a file that took the place of another.
func (l *loader) noteChange(file int32) {
	for _, f := range l.files {
		if f.number == file {
			f.changed++
		}
	}
}

// What happens to a row.
const (
	removed  = int32(iota) // from the typed table
	inserted               // from the staging table into the typed table
	stamped                // stays in the typed table, and gets its _content
)

func (d *decider) verdict(c *candidate, action int32, content uhuge) {
	var hash any
	if content != (uhuge{}) {
		hash = content
	}
	d.verdicts = append(d.verdicts, []any{c.at.file, c.at.line, entryValue(c.at.entry), action, hash})
}

// keepLosers writes the rows that are not current to ledger.variants, while they
// are still there to be rebuilt.
func (d *decider) keepLosers() error {
	const atOnce = 2000
	for some := range slices.Chunk(d.losers, atOnce) {
		if err := d.writeVariants(some); err != nil {
			return err
		}
	}
	return nil
}

func (d *decider) writeVariants(losers []loser) error {
	wanted := map[origin]*candidate{}
	groups := map[origin]*group{}
	for _, x := range losers {
		wanted[x.at], groups[x.at] = x.candidate, x.group
	}
	var rows [][]any
	err := d.eachResource(wanted, func(c *candidate, resource []byte) error {
		g := groups[c.at]
		text, raw := jsonOrRaw(resource)
		rows = append(rows, []any{g.source, g.resourceType, g.id, c.content, nullable(c.asSent, c.asSent != ""),
			c.at.file, c.at.line, entryValue(c.at.entry), text, raw})
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(rows, func(a, b []any) int { return comparePlaces(a[5:8], b[5:8]) })
	return d.loader.writeRows("ledger.variants", variantColumns, rows)
}

var variantColumns = []sourceColumn{
	{"source", simple(mapping.TypeVarchar)}, {"resource_type", simple(mapping.TypeVarchar)}, {"id", simple(mapping.TypeVarchar)},
	{"content", simple(mapping.TypeUHugeInt)}, {"last_updated", simple(mapping.TypeVarchar)},
	{"file", simple(mapping.TypeInteger)}, {"line", simple(mapping.TypeBigInt)}, {"entry", simple(mapping.TypeInteger)},
	{"resource", jsonType}, {"raw", simple(mapping.TypeBlob)},
}

// apply carries out the verdicts.
func (d *decider) apply() error {
	l := d.loader
	s := valueTable(append(slices.Clone(placeColumns),
		sourceColumn{"action", simple(mapping.TypeInteger)}, sourceColumn{"content", simple(mapping.TypeUHugeInt)}), d.verdicts)
	if err := l.c.withSource(l.ctx, s, "create or replace temp table verdicts as from %s"); err != nil {
		return fmt.Errorf("write verdicts: %w", err)
	}
	columns := quoteNames(d.table.columns)
	kind := ""
	if d.table.fhir.Type == schema.Unknown() {
		kind = ` and v.resource_type = t."resourceType"`
	} else {
		kind = " and v.resource_type = " + quoteText(d.table.name())
	}
	for _, sql := range []string{
		fmt.Sprintf("delete from %s t using temp.verdicts p where p.action = %d and %s", d.table.quoted(), removed, samePlace),
		fmt.Sprintf("insert into %s (%s) select t.* replace (p.content as _content) from %s t join temp.verdicts p on %s where p.action = %d order by t._file, t._line, t._entry",
			d.table.quoted(), columns, d.table.staging, samePlace, inserted),
		fmt.Sprintf("update %s t set _content = p.content from temp.verdicts p where p.action = %d and %s", d.table.quoted(), stamped, samePlace),
		// what is current now is no variant any more
		fmt.Sprintf("delete from ledger.variants v using %s t where v.source = t._source%s and v.id = t.id and v.content = t._content", d.table.quoted(), kind),
		"drop table temp.verdicts",
	} {
		if err := l.c.exec(l.ctx, sql); err != nil {
			return fmt.Errorf("apply verdicts: %w", err)
		}
	}
	return nil
}

// jsonOrRaw returns a resource as text for a JSON column, or as bytes if DuckDB's
// JSON cannot hold it.
func jsonOrRaw(resource []byte) (text, raw any) {
	if parse.HoldsInJSON(resource) {
		return string(resource), nil
	}
	return nil, slices.Clone(resource)
}

// comparePlaces orders (file, line, entry), the entry of a line itself first.
func comparePlaces(a, b []any) int {
	entry := func(v any) int32 {
		if v == nil {
			return -1
		}
		return v.(int32)
	}
	return cmp.Or(cmp.Compare(a[0].(int32), b[0].(int32)), cmp.Compare(a[1].(int64), b[1].(int64)), cmp.Compare(entry(a[2]), entry(b[2])))
}
