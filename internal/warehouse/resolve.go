package warehouse

import (
	"fmt"
	"strings"

	"github.com/duckdb/duckdb-go/v2/mapping"

	"github.com/fhirwh/fhirwh/internal/parse"
	"github.com/fhirwh/fhirwh/internal/schema"
)

// resolve decides, for every identity with rows in a staging table, which
// content is current, and puts everything where it belongs: the current one into
// the typed table, others into ledger.variants or nowhere.
func (l *loader) resolve() error {
	for _, t := range l.stagedTables() {
		if err := l.resolveTable(t); err != nil {
			return fmt.Errorf("decide current versions of %s: %w", t.name(), err)
		}
	}
	for _, t := range l.stagedTables() {
		if err := l.c.exec(l.ctx, "drop table "+t.staging); err != nil {
			return fmt.Errorf("drop staging table: %w", err)
		}
	}
	return nil
}

// resolveRows is about how many staged rows are decided at once. It bounds the
// memory that deciding takes.
const resolveRows = 200_000

func (l *loader) resolveTable(t *table) error {
	if err := l.allowStored(t); err != nil {
		return err
	}
	slices := t.staged/resolveRows + 1
	for i := range slices {
		d := &decider{loader: l, table: t, slice: fmt.Sprintf("hash(id) %% %d = %d", slices, i)}
		if err := d.run(); err != nil {
			return err
		}
	}
	return nil
}

// allowStored lifts DuckDB's memory limit for a table that has very long rows from
// before: to read one value of a column it holds those of a vector of rows. Text in
// the file is compressed, base64 to three quarters, and is held beside what it
// becomes.
func (l *loader) allowStored(t *table) error {
	const others = 128 * mib
	var longest int64
	err := l.c.value(l.ctx, &longest, fmt.Sprintf(`
		select coalesce(max(len(additional_block_ids) * 262144 * least(count, %d) // greatest(count, 1)), 0)::bigint
		from pragma_storage_info(%s) where persistent`, parse.MaxRows, quoteText(t.quoted())))
	if err != nil {
		return fmt.Errorf("look at the size of rows: %w", err)
	}
	return l.lift(others + longest*3)
}

// A decider settles the contested identities of one slice of one table.
type decider struct {
	loader *loader
	table  *table
	slice  string // SQL condition on id

	groups   []*group
	variants map[identity][]uhuge // that the ledger has already
	verdicts [][]any
	losers   []loser
}

// An identity is what a resource is known by within a type.
type identity struct{ source, resourceType, id string }

// A group is one contested identity.
type group struct {
	identity
	candidates []*candidate // in order of origin
}

// A candidate is one row of a group.
type candidate struct {
	at      origin
	staged  bool // in the staging table; else in the typed table
	here    bool // sent by this import
	sentAt  origin
	content uhuge
	updated instant
	asSent  string // meta.lastUpdated
	repeats bool   // equals a contained resource of this import
}

// A loser is a row that goes to ledger.variants.
type loser struct {
	group *group
	*candidate
}

func (d *decider) run() error {
	for _, step := range []func() error{
		d.readGroups, d.readContents, d.readVariants, d.markRepeats, d.decide, d.keepLosers, d.apply,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// readGroups reads the contested identities with all their rows.
func (d *decider) readGroups() error {
	kind := "''"
	same := "s.id = t.id and s._source = t._source"
	updated := "meta.lastUpdated"
	if d.table.fhir.Type == schema.Unknown() {
		kind, same, updated = `"resourceType"`, same+` and s."resourceType" is not distinct from t."resourceType"`, "null::varchar"
	}
	columns := fmt.Sprintf("_source, coalesce(%s, '') as kind, id, _file, _line, _entry, %s as updated", kind, updated)
	r, err := d.loader.c.query(d.loader.ctx, fmt.Sprintf(`
		select false as staged, %[1]s from %[2]s t
		where %[3]s and exists (from %[4]s s where %[5]s)
		union all
		select true, %[1]s from %[4]s where %[3]s
		order by _source, kind, id, _file, _line, _entry nulls first`,
		columns, d.table.quoted(), d.slice, d.table.staging, same))
	if err != nil {
		return fmt.Errorf("read contested rows: %w", err)
	}
	defer r.close()
	for r.next() {
		if err := d.addCandidate(r); err != nil {
			return fmt.Errorf("read contested rows: %w", err)
		}
	}
	return r.close()
}

func (d *decider) addCandidate(r *rows) error {
	var id identity
	c := &candidate{}
	var entry *int32
	if err := r.scan(&c.staged, &id.source, &id.resourceType, &id.id, &c.at.file, &c.at.line, &entry, &c.asSent); err != nil {
		return err
	}
	c.at.entry = -1
	if entry != nil {
		c.at.entry = *entry
	}
	if d.table.fhir.Type != schema.Unknown() {
		id.resourceType = d.table.name()
	}
	c.updated = parseInstant(c.asSent)
	d.place(id, c)
	if n := len(d.groups); n == 0 || d.groups[n-1].identity != id {
		d.groups = append(d.groups, &group{identity: id})
	}
	g := d.groups[len(d.groups)-1]
	g.candidates = append(g.candidates, c)
	return nil
}

// place finds out whether, and where, this import sent the row's content.
func (d *decider) place(id identity, c *candidate) {
	l := d.loader
	c.here, c.sentAt = l.wrote(c.at), c.at
	if c.here {
		return
	}
	key := keyOf(id.source, id.resourceType, id.id)
	if at, ok := l.resent[key]; ok {
		c.here, c.sentAt = true, at
		return
	}
	// an unchanged row that came before the first other content: first of all
	_, seen := l.seen.get(key)
	c.here = l.overflow || seen || l.existing != nil && l.existing.marked(key)
	c.sentAt = origin{}
}

// wrote reports whether this import wrote the row.
func (l *loader) wrote(at origin) bool { return at.file >= l.firstFile || l.replayed[at] }

// readContents computes the content hash of every candidate whose group is not
// settled by meta.lastUpdated alone.
func (d *decider) readContents() error {
	wanted := map[origin]*candidate{}
	for _, g := range d.groups {
		if g.settled() {
			continue
		}
		for _, c := range g.candidates {
			wanted[c.at] = c
		}
	}
	return d.eachResource(wanted, func(c *candidate, resource []byte) error {
		hi, lo, err := parse.Content(resource)
		c.content = uhuge{hi, lo}
		return err
	})
}

// settled reports whether no content has to be compared: one row there, one
// sent, the times of both known and different; or one row alone.
func (g *group) settled() bool {
	if len(g.candidates) == 1 {
		return true
	}
	if len(g.candidates) != 2 {
		return false
	}
	a, b := g.candidates[0], g.candidates[1]
	return !a.here && a.updated.differs(b.updated)
}

// eachResource rebuilds the wanted rows from the typed and the staging table.
func (d *decider) eachResource(wanted map[origin]*candidate, do func(*candidate, []byte) error) error {
	if len(wanted) == 0 {
		return nil
	}
	for _, from := range []string{d.table.quoted(), d.table.staging} {
		if err := d.rebuild(from, wanted, do); err != nil {
			return fmt.Errorf("rebuild contested rows: %w", err)
		}
	}
	return nil
}

func (d *decider) rebuild(from string, wanted map[origin]*candidate, do func(*candidate, []byte) error) error {
	l := d.loader
	places := make([][]any, 0, len(wanted))
	for at := range wanted {
		places = append(places, []any{at.file, at.line, entryValue(at.entry)})
	}
	r, done, err := l.c.querySource(l.ctx, valueTable(placeColumns, places),
		"select t.* from "+from+" t join %s p on "+samePlace)
	if err != nil {
		return err
	}
	defer done()
	defer r.close()
	b, err := newRebuilder(r, d.table.fhir.Type)
	if err != nil {
		return err
	}
	var buf []byte
	for b.nextChunk() {
		for row := range r.size {
			if buf, err = b.appendRow(buf[:0], row); err != nil {
				return err
			}
			at := b.position(row)
			if err := do(wanted[at], buf); err != nil {
				return fmt.Errorf("file %d, line %d: %w", at.file, at.line, err)
			}
		}
	}
	return r.close()
}

var placeColumns = []sourceColumn{
	{"file", simple(mapping.TypeInteger)}, {"line", simple(mapping.TypeBigInt)}, {"entry", simple(mapping.TypeInteger)},
}

// samePlace joins a typed row t with a place p.
const samePlace = "t._file = p.file and t._line = p.line and t._entry is not distinct from p.entry"

// readVariants reads the variants that the ledger has of the contested
// identities.
func (d *decider) readVariants() error {
	d.variants = map[identity][]uhuge{}
	r, err := d.loader.c.query(d.loader.ctx, `select source, resource_type, id, content from ledger.variants
		where `+d.slice+` and (resource_type = ? or ?)`, d.table.name(), d.table.fhir.Type == schema.Unknown())
	if err != nil {
		return fmt.Errorf("read variants: %w", err)
	}
	defer r.close()
	for r.next() {
		var id identity
		var content uhuge
		if err := r.scan(&id.source, &id.resourceType, &id.id, &content); err != nil {
			return fmt.Errorf("read variants: %w", err)
		}
		d.variants[id] = append(d.variants[id], content)
	}
	return r.close()
}

// markRepeats marks the candidates whose content a resource of this import also
// has among its contained ones: exports repeat those as lines of their own,
// under ids that mean nothing outside their parent.
func (d *decider) markRepeats() error {
	ids := map[string]bool{}
	for _, g := range d.groups {
		if g.disputedHere() {
			ids[g.id] = true
		}
	}
	if len(ids) == 0 {
		return nil
	}
	contained, err := d.loader.containedContents(ids)
	if err != nil {
		return err
	}
	for _, g := range d.groups {
		for _, c := range g.candidates {
			c.repeats = c.here && contained[c.content]
		}
	}
	return nil
}

// disputedHere reports whether this import sent several contents.
func (g *group) disputedHere() bool {
	var first *candidate
	for _, c := range g.candidates {
		switch {
		case !c.here:
		case first == nil:
			first = c
		case first.content != c.content:
			return true
		}
	}
	return false
}

// containedContents returns the content hashes of the contained resources of
// this import that have one of the ids.
func (l *loader) containedContents(ids map[string]bool) (map[uhuge]bool, error) {
	wanted := make([][]any, 0, len(ids))
	for id := range ids {
		wanted = append(wanted, []any{id})
	}
	contents := map[uhuge]bool{}
	for _, from := range l.tablesWithContained() {
		if err := l.addContained(from, wanted, contents); err != nil {
			return nil, fmt.Errorf("read contained resources: %w", err)
		}
	}
	return contents, nil
}

func (l *loader) addContained(from string, ids [][]any, contents map[uhuge]bool) error {
	s := valueTable([]sourceColumn{{"id", simple(mapping.TypeVarchar)}}, ids)
	r, done, err := l.c.querySource(l.ctx, s, fmt.Sprintf(`
		with sent as (select unnest(contained) as resource from %s where _file >= %d and contained is not null)
		select resource::varchar from sent where resource ->> '$.id' in (select id from %%s)`, from, l.firstFile))
	if err != nil {
		return err
	}
	defer done()
	defer r.close()
	for r.next() {
		var resource []byte
		if err := r.scan(&resource); err != nil {
			return err
		}
		hi, lo, err := parse.Content(resource)
		if err != nil {
			return err
		}
		contents[uhuge{hi, lo}] = true
	}
	return r.close()
}

// tablesWithContained lists the typed and staging tables that have a contained
// column, in a fixed order.
func (l *loader) tablesWithContained() []string {
	var names []string
	for _, t := range l.sortedTables() {
		e := t.fhir.Type.Element("contained")
		if e == nil || t.fhir.Column(e) == nil {
			continue
		}
		names = append(names, t.quoted())
		if t.staging != "" {
			names = append(names, t.staging)
		}
	}
	return names
}

func (l *loader) sortedTables() []*table {
	byName := map[string]*table{}
	for _, t := range l.tables {
		byName[t.name()] = t
	}
	var all []*table
	for _, t := range schema.Resources() {
		if x := byName[t.Name]; x != nil {
			all = append(all, x)
		}
	}
	if x := byName[schema.Unknown().Name]; x != nil {
		all = append(all, x)
	}
	return all
}

func (l *loader) stagedTables() []*table {
	var all []*table
	for _, t := range l.sortedTables() {
		if t.staged > 0 {
			all = append(all, t)
		}
	}
	return all
}

func quoteNames(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = quoteName(n)
	}
	return strings.Join(quoted, ", ")
}
