package warehouse

import (
	"context"
	"fmt"
	"slices"
	"strconv"

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

// applyViews makes the macros and views that the warehouse lacks or has from
// other SQL than ours, drops those that are ours no longer, and brings the tables
// up to date that views look things up in, all in the transaction of c. The
// tables of [viewTables] must be there. It reports whether a macro or view was
// made or dropped.
//
// What is ours has a row in ledger.views and a comment, which a user who replaces
// it loses. A name that something of the user's has is a [*NameTakenError].
func applyViews(ctx context.Context, c *conn) (changed bool, err error) {
	m, err := readMade(ctx, c)
	if err != nil {
		return false, fmt.Errorf("look for views: %w", err)
	}
	macros := fhirsql.Macros()
	codings, err := readCodingsScript(ctx, c)
	if err != nil {
		return false, err
	}
	readers := slices.Concat(fhirsql.TableMacros(), fhirsql.Views(), []fhirsql.Script{codings})
	if err := m.checkNames(slices.Concat(macros, readers)); err != nil {
		return false, err
	}
	steps := []func() error{
		func() error { return m.dropOld(ctx, c) },
		func() error { return m.makeAll(ctx, c, macros) },
		func() error { return keepTables(ctx, c) },
		func() error { return m.makeAll(ctx, c, readers) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return false, err
		}
	}
	return m.changed, nil
}

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

func readMade(ctx context.Context, c *conn) (*made, error) {
	m := &made{hashes: map[string]string{}, there: map[string]named{}}
	if err := m.readLedger(ctx, c); err != nil {
		return nil, err
	}
	return m, m.readCatalog(ctx, c)
}

func (m *made) readLedger(ctx context.Context, c *conn) error {
	r, err := c.query(ctx, "select name, hash from ledger.views order by name")
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

func (m *made) readCatalog(ctx context.Context, c *conn) error {
	r, err := c.query(ctx, `
		with here as (select current_database() as database_name, 'main' as schema_name)
		select lower(table_name), 'table', comment is not null from duckdb_tables() natural join here
		union all
		select lower(view_name), 'view', comment is not null from duckdb_views() natural join here where not internal
		union all
		select lower(function_name), 'macro', bool_and(comment is not null)
		from duckdb_functions() natural join here
		where not internal
		group by all`)
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
	for _, name := range m.old {
		m.changed = true
		if m.ours(name) {
			if err := c.exec(ctx, dropSQL(m.there[name].kind, name)); err != nil {
				return fmt.Errorf("drop %s %s: %w", m.there[name].kind, name, err)
			}
		}
		if err := forgetView(ctx, c, name); err != nil {
			return err
		}
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
	for _, s := range scripts {
		hash := sqlHash(s.SQL)
		if _, there := m.there[s.Name]; there && m.hashes[s.Name] == hash {
			continue
		}
		m.changed = true
		if err := c.exec(ctx, s.SQL); err != nil {
			return fmt.Errorf("make %s %s: %w", s.Kind, s.Name, err)
		}
		if err := forgetView(ctx, c, s.Name); err != nil {
			return err
		}
		if _, err := c.execArgs(ctx, "insert into ledger.views values (?, ?)", s.Name, hash); err != nil {
			return fmt.Errorf("note %s %s: %w", s.Kind, s.Name, err)
		}
	}
	return nil
}

func forgetView(ctx context.Context, c *conn, name string) error {
	if _, err := c.execArgs(ctx, "delete from ledger.views where name = ?", name); err != nil {
		return fmt.Errorf("forget %s: %w", name, err)
	}
	return nil
}

// sqlHash tells whether a view is the one that we would make.
func sqlHash(sql string) string { return strconv.FormatUint(xxh3.HashString(sql), 16) }
