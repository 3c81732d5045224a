package warehouse

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/fhirwh/fhirwh/internal/schema"
	fhirsql "github.com/fhirwh/fhirwh/sql"
)

// viewTables lists the resource types whose tables the views read: those that
// have base columns of their own.
func viewTables() []string {
	var names []string
	common := len(schema.Base(schema.Resource("Parameters")).Columns)
	for _, t := range schema.Resources() {
		if len(schema.Base(t).Columns) > common {
			names = append(names, t.Name)
		}
	}
	return names
}

// A NameTakenError says that a table, view or macro of the user's has a name that
// one of ours needs.
type NameTakenError struct{ Kind, Name string }

func (e *NameTakenError) Error() string {
	return fmt.Sprintf("the warehouse has a %s %s of your own, and fhirwh needs the name", e.Kind, quoteName(e.Name))
}

// Hint says what to do about it.
func (e *NameTakenError) Hint() string { return "rename or drop it, then import again" }

// viewOptions say what [applyViews] may rely on.
type viewOptions struct {
	temp     string // folder for a file; "" if there is none
	isNew    bool   // the database is: nothing in it is the user's
	thorough bool   // look whether macros are there, though ledger.views says so
}

// applyViews makes the macros and views that the warehouse lacks or has from
// other SQL than ours, drops those that are ours no longer, and brings the tables
// up to date that views look things up in, all in the transaction of c. tables are
// those of the warehouse, with all of [viewTables]. It reports whether a macro or view was
// made or dropped.
//
// What is ours has a row in ledger.views and a comment, which a user who replaces
// it loses. A name that something of the user's has is a [*NameTakenError].
func applyViews(ctx context.Context, c *conn, tables map[*schema.Type]*table, o viewOptions) (changed bool, err error) {
	m, err := readMade(ctx, c, o)
	if err != nil {
		return false, fmt.Errorf("look for views: %w", err)
	}
	codings := codingsIn(tables)
	if err := m.checkNames(append(allScripts(), codings)); err != nil {
		return false, err
	}
	steps := []func() error{
		func() error { return m.dropOld(ctx, c) },
		func() error { return m.copyTemplate(ctx, c, o.temp) },
		func() error { return m.makeAll(ctx, c, fhirsql.Macros()) },
		func() error { return keepTables(ctx, c) },
		func() error { return m.makeAll(ctx, c, append(fhirsql.Readers(), codings)) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return false, err
		}
	}
	return m.changed, nil
}

// allScripts returns the scripts of all macros and views but codings.
func allScripts() []fhirsql.Script { return append(fhirsql.Macros(), fhirsql.Readers()...) }

// keepTables brings the tables up to date that views look things up in.
func keepTables(ctx context.Context, c *conn) error {
	for _, s := range fhirsql.Kept() {
		if err := c.exec(ctx, s.SQL); err != nil {
			return fmt.Errorf("bring ledger.%s up to date: %w", s.Name, err)
		}
	}
	return nil
}

// A named is a table, view or macro that the warehouse has.
type named struct {
	kind      string
	commented bool
}

// A made is what a warehouse has of views and macros.
type made struct {
	hashes  map[string]string // ledger.views
	there   map[string]named  // by name in lower case
	old     []string          // of hashes: what we make no longer
	changed bool
}

func readMade(ctx context.Context, c *conn, o viewOptions) (*made, error) {
	m := &made{hashes: map[string]string{}, there: map[string]named{}}
	if o.isNew {
		return m, nil
	}
	if err := m.readLedger(ctx, c); err != nil {
		return nil, err
	}
	if err := m.readCatalog(ctx, c, readViews); err != nil {
		return nil, err
	}
	if o.thorough || !m.current() {
		return m, m.readCatalog(ctx, c, readMacros)
	}
	for _, s := range allScripts() {
		m.there[s.Name] = named{s.Kind, true}
	}
	return m, nil
}

// current reports whether ledger.views has what we would make, and the views are
// there.
func (m *made) current() bool {
	for _, s := range allScripts() {
		if m.hashes[s.Name] != sqlHash(s.SQL) || s.Kind == "view" && !m.ours(s.Name) {
			return false
		}
	}
	return true
}

func (m *made) readLedger(ctx context.Context, c *conn) error {
	r, err := c.query(ctx, "select name, hash from ledger.views where not starts_with(name, ?)", basePrefix)
	if err != nil {
		return err
	}
	defer r.close()
	for r.next() {
		var name, hash string
		if err := r.scan(&name, &hash); err != nil {
			return err
		}
		m.hashes[name] = hash
	}
	return r.close()
}

// readViews and readMacros list what the user and we have made, by name in lower
// case, with its kind and whether it has a comment. The latter takes DuckDB 12 ms,
// whatever there is.
const (
	readViews = `
		select lower(table_name), 'table', comment is not null
		from duckdb_tables()
		where database_name = current_database() and schema_name = 'main'
		union all
		select lower(view_name), 'view', comment is not null
		from duckdb_views()
		where database_name = current_database() and schema_name = 'main' and not internal`
	readMacros = `
		select lower(function_name), 'macro', bool_and(comment is not null)
		from duckdb_functions()
		where database_name = current_database() and schema_name = 'main' and not internal
		group by all`
)

func (m *made) readCatalog(ctx context.Context, c *conn, sql string) error {
	r, err := c.query(ctx, sql)
	if err != nil {
		return err
	}
	defer r.close()
	for r.next() {
		var name string
		var n named
		if err := r.scan(&name, &n.kind, &n.commented); err != nil {
			return err
		}
		m.there[name] = n
	}
	return r.close()
}

// checkNames refuses to make what would take the place of something of the
// user's, and notes what of ours is no longer made.
func (m *made) checkNames(scripts []fhirsql.Script) error {
	wanted := map[string]bool{}
	for _, s := range scripts {
		wanted[s.Name] = true
		if n, there := m.there[s.Name]; there && !m.ours(s.Name) {
			return &NameTakenError{n.kind, s.Name}
		}
	}
	for _, name := range sortedKeys(m.hashes) {
		if !wanted[name] {
			m.old = append(m.old, name)
		}
	}
	return nil
}

// ours reports whether we made the thing of that name.
func (m *made) ours(name string) bool {
	_, known := m.hashes[name]
	n := m.there[name]
	return known && n.commented && n.kind != "table"
}

// dropOld drops what an earlier version of the program made and this one does
// not.
func (m *made) dropOld(ctx context.Context, c *conn) error {
	if len(m.old) == 0 {
		return nil
	}
	m.changed = true
	if err := m.drop(ctx, c, m.old); err != nil {
		return err
	}
	return forgetViews(ctx, c, m.old)
}

// drop drops those of the names that are there and ours.
func (m *made) drop(ctx context.Context, c *conn, names []string) error {
	var sql []string
	for _, name := range names {
		if m.ours(name) {
			sql = append(sql, dropSQL(m.there[name].kind, name))
			delete(m.there, name)
		}
	}
	if err := c.exec(ctx, strings.Join(sql, "; ")); err != nil {
		return fmt.Errorf("drop older views: %w", err)
	}
	return nil
}

func dropSQL(kind, name string) string {
	name = quoteName(name)
	if kind == "macro" {
		return "drop macro if exists " + name + "; drop macro table if exists " + name
	}
	return "drop " + kind + " " + name
}

// makeAll makes what is not there as we would make it.
func (m *made) makeAll(ctx context.Context, c *conn, scripts []fhirsql.Script) error {
	scripts = slices.DeleteFunc(scripts, m.has)
	for _, s := range scripts {
		if err := c.exec(ctx, s.SQL); err != nil {
			return fmt.Errorf("make %s %s: %w", s.Kind, s.Name, err)
		}
	}
	return m.note(ctx, c, scripts)
}

// has reports whether a macro or view is there as the script makes it.
func (m *made) has(s fhirsql.Script) bool {
	_, there := m.there[s.Name]
	return there && m.hashes[s.Name] == sqlHash(s.SQL)
}

// note writes down that the scripts have made what is there.
func (m *made) note(ctx context.Context, c *conn, scripts []fhirsql.Script) error {
	var notes []viewNote
	for _, s := range scripts {
		m.changed = true
		m.there[s.Name] = named{s.Kind, true}
		m.hashes[s.Name] = sqlHash(s.SQL)
		notes = append(notes, viewNote{s.Name, m.hashes[s.Name]})
	}
	return noteViews(ctx, c, notes)
}

// A viewNote is a row of ledger.views.
type viewNote struct{ name, hash string }

// noteViews puts rows into ledger.views in place of those with their names.
func noteViews(ctx context.Context, c *conn, notes []viewNote) error {
	if len(notes) == 0 {
		return nil
	}
	var names, rows []string
	for _, n := range notes {
		names = append(names, n.name)
		rows = append(rows, fmt.Sprintf("(%s, %s)", quoteText(n.name), quoteText(n.hash)))
	}
	if err := forgetViews(ctx, c, names); err != nil {
		return err
	}
	if err := c.exec(ctx, "insert into ledger.views values "+strings.Join(rows, ", ")); err != nil {
		return fmt.Errorf("note views: %w", err)
	}
	return nil
}

func forgetViews(ctx context.Context, c *conn, names []string) error {
	var texts []string
	for _, name := range names {
		texts = append(texts, quoteText(name))
	}
	if err := c.exec(ctx, fmt.Sprintf("delete from ledger.views where name in (%s)", strings.Join(texts, ", "))); err != nil {
		return fmt.Errorf("forget views: %w", err)
	}
	return nil
}

// sqlHash tells whether a view is the one that we would make.
func sqlHash(sql string) string { return strconv.FormatUint(xxh3.HashString(sql), 16) }
