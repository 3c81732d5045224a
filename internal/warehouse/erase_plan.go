package warehouse

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fhirwh/fhirwh/internal/schema"
	fhirsql "github.com/fhirwh/fhirwh/sql"
)

// An erasePlan is what is to be erased from the warehouse that is the current
// database of a connection.
type erasePlan struct {
	ctx     context.Context
	c       *conn
	source  string
	patient string // "" if all of the source is to go

	tables  []*eraseTable
	typed   []*eraseTable // of tables: those of resource types
	still   []NamedIn
	unclear []NamedIn
	others  []string // other sources that have a Patient of that id
	files   string   // of a source: its files, as ledger.erasures has them; SQL
}

// An eraseTable is a table of the warehouse.
type eraseTable struct {
	schema, name string
	number       int    // of typed ones
	typed        *table // nil if it is not of a resource type
	gone         string // SQL condition on its rows; "" if all stay
	blanked      string // of ledger.rejects: SQL condition on rows that stay without their content
	made         bool   // an import makes it anew from the others
	own          bool   // the user's

	before, erased, emptied int64
}

func (t *eraseTable) quoted() string { return quoteName(t.schema) + "." + quoteName(t.name) }

func (t *eraseTable) String() string {
	if t.schema == "main" {
		return t.name
	}
	return t.schema + "." + t.name
}

// A NamedIn counts resources of a table.
type NamedIn struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
}

// makeErasePlan finds what is to be erased. It changes nothing but temporary
// tables.
func makeErasePlan(ctx context.Context, c *conn, o EraseOptions) (*erasePlan, error) {
	p := &erasePlan{ctx: ctx, c: c, source: o.Source, patient: o.Patient}
	n, err := readLayout(ctx, c)
	switch {
	case err != nil:
		return nil, err
	case n == 0:
		return nil, &NoLedgerError{}
	case n > layout:
		return nil, &NewerLayoutError{Layout: n, Known: layout}
	}
	if err := p.readTables(); err != nil {
		return nil, err
	}
	steps := []func() error{p.chooseSource, p.mark, p.count}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// readTables lists all tables.
func (p *erasePlan) readTables() error {
	typed, err := readTables(p.ctx, p.c)
	if err != nil {
		return err
	}
	rows, err := p.c.query(p.ctx, `
		select schema_name, table_name from duckdb_tables()
		where database_name = current_database() and not internal and not temporary order by schema_name <> 'main', schema_name, table_name`)
	if err != nil {
		return fmt.Errorf("list the tables: %w", err)
	}
	defer rows.close()
	for rows.next() {
		t := &eraseTable{number: -1}
		if err := rows.scan(&t.schema, &t.name); err != nil {
			return err
		}
		t.classify(typed)
		if t.typed != nil {
			t.number = len(p.typed)
			p.typed = append(p.typed, t)
		}
		p.tables = append(p.tables, t)
	}
	return rows.close()
}

// classify tells whose the table is.
func (t *eraseTable) classify(typed map[*schema.Type]*table) {
	isKept := slices.ContainsFunc(fhirsql.Kept(), func(s fhirsql.Script) bool { return strings.EqualFold(s.Name, t.name) })
	switch {
	case t.schema == "main" && typed[typeOfTable(t.name)] != nil:
		t.typed = typed[typeOfTable(t.name)]
	case isKept && (t.schema == "main" || t.schema == "ledger"):
		t.made = true
	case t.schema != "ledger":
		t.own = true
	}
}

func (p *erasePlan) table(name string) *eraseTable {
	i := slices.IndexFunc(p.tables, func(t *eraseTable) bool { return t.String() == name })
	if i < 0 {
		return nil
	}
	return p.tables[i]
}

// chooseSource checks that there is something of the source, and finds the only
// source of a patient.
func (p *erasePlan) chooseSource() error {
	var all, having []string
	var err error
	if all, err = p.texts(p.sourcesSQL()); err != nil {
		return fmt.Errorf("look for sources: %w", err)
	}
	if t := p.table("Patient"); t != nil && p.patient != "" {
		if having, err = p.texts("select distinct _source from " + t.quoted() + " where id = " + quoteText(p.patient) + " order by 1"); err != nil {
			return fmt.Errorf("look for the patient: %w", err)
		}
	}
	switch {
	case p.source != "" && !slices.Contains(all, p.source):
		return &NotThereError{What: fmt.Sprintf("source %q", p.source), Advice: "fhirwh imports --json names the sources"}
	case p.source != "":
	case len(having) == 1:
		p.source = having[0]
	case len(having) > 1:
		return &ManySourcesError{Patient: p.patient, Sources: having}
	case len(all) == 1:
		p.source = all[0]
	default:
		return &NotThereError{What: "Patient of this id", Advice: "if other resources name one, say whose: --source LABEL"}
	}
	p.others = slices.DeleteFunc(having, func(s string) bool { return s == p.source })
	return nil
}

// sourcesSQL selects every label that something has.
func (p *erasePlan) sourcesSQL() string {
	selects := []string{"select source from ledger.files"}
	for _, t := range p.typed {
		selects = append(selects, "select _source from "+t.quoted())
	}
	return "select distinct source from (" + strings.Join(selects, " union all ") + ") where source is not null order by 1"
}

func (p *erasePlan) texts(sql string) ([]string, error) {
	return (&Reader{c: p.c}).texts(p.ctx, sql)
}

// A ManySourcesError says that several sources have a patient of that id, who
// need not be the same person.
type ManySourcesError struct {
	Patient string
	Sources []string
}

func (e *ManySourcesError) Error() string {
	return fmt.Sprintf("%d sources have a Patient of this id, and they need not be one person", len(e.Sources))
}

// Hint says what to do.
func (e *ManySourcesError) Hint() string {
	return "say which: --source " + strings.Join(e.Sources, " or --source ")
}

// mark sets for each table the condition on rows that go.
func (p *erasePlan) mark() error {
	if err := p.c.exec(p.ctx, "set variable erase_source = "+quoteText(p.source)); err != nil {
		return err
	}
	if p.patient != "" {
		return (&patientSearch{erasePlan: p}).run()
	}
	for _, t := range p.typed {
		t.gone = "_source = getvariable('erase_source')"
	}
	for _, t := range p.tables {
		if t.schema != "ledger" || t.made {
			continue
		}
		if err := p.markLedger(t); err != nil {
			return err
		}
	}
	return p.readFiles()
}

// readFiles reads how much of each import goes with the source.
func (p *erasePlan) readFiles() error {
	err := p.c.value(p.ctx, &p.files, `
		select coalesce(list({'import': import, 'files': files, 'bytes': bytes, 'resources': resources, 'rejected': rejected} order by import), [])::varchar
		from (
			select import, count(*) as files, sum(size)::bigint as bytes, sum(resources)::bigint as resources, sum(rejected)::bigint as rejected
			from ledger.files where source = getvariable('erase_source') group by import
		)`)
	if err != nil {
		return fmt.Errorf("count the files: %w", err)
	}
	return nil
}

// ledgerOf says how rows of the ledger tell their source, by the first of these
// columns that a table has.
var ledgerOf = []struct{ column, gone string }{
	{"source", "source = getvariable('erase_source')"},
	{"org_connection_id", "org_connection_id = getvariable('erase_source')"},
	{"task_id", "task_id in (select task_id from ledger.exports where org_connection_id = getvariable('erase_source'))"},
	{"file", "file in (select file from ledger.files where source = getvariable('erase_source'))"},
}

func (p *erasePlan) markLedger(t *eraseTable) error {
	columns, err := p.texts("select column_name from (describe select * from " + t.quoted() + ")")
	if err != nil {
		return fmt.Errorf("read the columns of %s: %w", t, err)
	}
	for _, of := range ledgerOf {
		if slices.Contains(columns, of.column) {
			t.gone = of.gone
			return nil
		}
	}
	return nil
}

// count counts the rows there are and those that go.
func (p *erasePlan) count() error {
	for _, t := range p.tables {
		if t.made {
			continue
		}
		r, err := p.c.query(p.ctx, fmt.Sprintf("select count(*), count(*) filter (where %s), count(*) filter (where %s) from %s",
			cmp.Or(t.gone, "false"), cmp.Or(t.blanked, "false"), t.quoted()))
		if err != nil {
			return fmt.Errorf("count the rows of %s: %w", t, err)
		}
		if r.next() {
			err = r.scan(&t.before, &t.erased, &t.emptied)
		}
		if err2 := r.close(); err == nil {
			err = err2
		}
		if err != nil {
			return fmt.Errorf("count the rows of %s: %w", t, err)
		}
	}
	return nil
}
