package warehouse

import (
	"fmt"
	"strings"

	"github.com/fhirwh/fhirwh/internal/schema"
)

// checkIdentities looks for identities that occur twice.
func (v *verifier) checkIdentities() error {
	for _, t := range sortedTables(v.tables) {
		if err := v.unreadable(t.name(), v.checkIdentitiesOf(t)); err != nil {
			return fmt.Errorf("look for repeated identities in %s: %w", t.name(), err)
		}
	}
	return nil
}

// checkIdentitiesOf finds candidates by a hash, in little memory, and compares
// only those.
func (v *verifier) checkIdentitiesOf(t *table) error {
	key := "_source, id, if(id is null, _content, null)"
	if t.fhir.Type == schema.Unknown() {
		key += `, "resourceType"`
	}
	r, err := v.c.query(v.ctx, fmt.Sprintf(`
		with twice as (select hash(%[1]s) as h from %[2]s group by all having count(*) > 1)
		select count(*), coalesce(min(place._file), 0)::integer, coalesce(min(place._line), 0)
		from (
			select min({'_file': _file, '_line': _line}) as place
			from %[2]s
			where hash(%[1]s) in (from twice)
			group by %[1]s
			having count(*) > 1
		)`, key, t.quoted()))
	if err != nil {
		return err
	}
	defer r.close()
	var n, line int64
	var file int32
	for r.next() {
		if err := r.scan(&n, &file, &line); err != nil {
			return err
		}
	}
	if n > 0 {
		v.problem(t.name(), "identity twice", fmt.Sprintf("first at file %d, line %d", file, line), n)
	}
	return r.close()
}

// ledgerChecks count what does not agree in the ledger.
var ledgerChecks = []struct{ table, detail, sql string }{
	{"ledger.imports", "the parts of an import are not its resources",
		"select count(*) from ledger.imports where resources <> new + changed + unchanged + superseded + variants"},
	{"ledger.imports", "the types of an import do not add up to it", `
		select count(*)
		from ledger.imports
		where (new, changed, unchanged, superseded, variants, unordered) is distinct from (
			list_sum(list_transform(types, lambda t: t.new)), list_sum(list_transform(types, lambda t: t.changed)),
			list_sum(list_transform(types, lambda t: t.unchanged)), list_sum(list_transform(types, lambda t: t.superseded)),
			list_sum(list_transform(types, lambda t: t.variants)), list_sum(list_transform(types, lambda t: t.unordered)))
			and len(types) > 0`},
	{"ledger.files", "the files of an import do not add up to it", `
		select count(*)
		from ledger.imports i
		left join (
			select import, sum(files) as files, sum(bytes) as bytes, sum(resources) as resources, sum(rejected) as rejected
			from (
				select import, 1 as files, size as bytes, resources, rejected from ledger.files
				%s
			) group by all) f using (import)
		where i.files > 0 and (i.files, i.bytes, i.resources, i.rejected) is distinct from
			(coalesce(f.files, 0), coalesce(f.bytes, 0), coalesce(f.resources, 0), coalesce(f.rejected, 0))`},
	{"ledger.files", "a number or an import is there twice or not at all", `
		select (select count(*) - count(distinct file) from ledger.files)
			+ (select count(*) - count(distinct import) from ledger.imports)
			+ (select count(*) from ledger.files anti join ledger.imports using (import))`},
	{"ledger.rejects", "the rejected lines of a file are not as many as it says", `
		select count(*)
		from ledger.files f
		left join (select file, count(*) as n from ledger.rejects group by all) r using (file)
		where f.rejected - f.replayed <> coalesce(r.n, 0)`},
	{"ledger.rejects", "a line is of no file", "select count(*) from ledger.rejects anti join ledger.files using (file)"},
	{"ledger.variants", "a content is of no file", "select count(*) from ledger.variants anti join ledger.files using (file)"},
	{"ledger.bundle_entries", "an entry is of no file", "select count(*) from ledger.bundle_entries anti join ledger.files using (file)"},
}

// checkLedger compares the ledger's numbers with each other and with the tables.
func (v *verifier) checkLedger() error {
	erasures, err := v.readErasures()
	if err != nil {
		return err
	}
	for _, c := range ledgerChecks {
		if err := v.checkCount(c.table, c.detail, strings.Replace(c.sql, "%s", erasures.files, 1)); err != nil {
			return err
		}
	}
	for _, t := range sortedTables(v.tables) {
		if err := v.checkRows(t, erasures.rows[t.name()]); err != nil {
			return err
		}
	}
	return nil
}

// erasures is what was erased of what the imports brought.
type erasures struct {
	files string           // SQL that goes on from a selection of files by import
	rows  map[string]int64 // by typed table
}

// readErasures reads what was erased; nothing if the ledger is too old for that.
func (v *verifier) readErasures() (*erasures, error) {
	e := &erasures{rows: map[string]int64{}}
	if n, err := readLayout(v.ctx, v.c); err != nil || n < 3 {
		return e, err
	}
	e.files = "union all select unnest(imports, recursive := true) from ledger.erasures"
	r, err := v.c.query(v.ctx, "select resource_type, sum(rows)::bigint from (select unnest(types, recursive := true) from ledger.erasures) group by all")
	if err != nil {
		return nil, fmt.Errorf("read ledger.erasures: %w", err)
	}
	defer r.close()
	for r.next() {
		var name string
		var n int64
		if err := r.scan(&name, &n); err != nil {
			return nil, err
		}
		e.rows[name] = n
	}
	return e, r.close()
}

// checkRows compares the number of a table's rows, and of those that were erased,
// with what the imports brought.
func (v *verifier) checkRows(t *table, erased int64) error {
	err := v.checkCount(t.name(), "a row is of no file",
		"select count(*) from "+t.quoted()+" t anti join ledger.files f on f.file = t._file and f.source = t._source")
	if err != nil {
		return err
	}
	kind := "resource_type = " + quoteText(t.name())
	if t.fhir.Type == schema.Unknown() {
		kind = "resource_type not in (" + resourceTypeList() + ")"
	}
	return v.checkCount(t.name(), "the imports brought more or fewer new resources than there are",
		fmt.Sprintf("select abs((select count(*) + %d from %s) - (select coalesce(sum(new), 0)::bigint from (select unnest(types, recursive := true) from ledger.imports) where %s))", erased, t.quoted(), kind))
}

// checkCount reports a problem if the query gives another number than 0.
func (v *verifier) checkCount(table, detail, sql string) error {
	if v.damaged[table] {
		return nil
	}
	var n int64
	err := v.c.value(v.ctx, &n, sql)
	if err := v.unreadable(table, err); err != nil {
		return fmt.Errorf("check %s: %w", table, err)
	}
	if err == nil && n != 0 {
		v.problem(table, "ledger", detail, n)
	}
	return nil
}
