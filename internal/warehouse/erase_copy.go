package warehouse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/duckdb/duckdb-go/v2/mapping"
)

// The names that the two files have while both are open.
const (
	eraseOld = "fhirwh_before"
	eraseNew = "fhirwh_after"
)

// copy finds what goes and copies what stays into the new file. What goes is
// never written there, not even for a moment: DuckDB would leave it.
func (e *eraser) copy() error {
	e.settings["temp_directory"] = e.w.temp()
	e.settings["checkpoint_threshold"] = "1TB" // one checkpoint, at the end
	c, err := openDuck("", e.settings)
	if err != nil {
		return err
	}
	defer c.close()
	if err := e.attach(c); err != nil {
		return err
	}
	e.progress("finding what to erase")
	if e.plan, err = makeErasePlan(e.ctx, c, e.EraseOptions); err != nil {
		return err
	}
	if err := e.fill(c, e.w.path); err != nil {
		return err
	}
	e.report.Recovered = e.w.Recovered
	e.progress("copying what stays")
	err = c.exec(e.ctx, fmt.Sprintf("attach %s as %s (storage_version 'v1.4.0'); copy from database %s to %s (schema)",
		quoteText(e.w.File), eraseNew, eraseOld, eraseNew))
	if err != nil {
		return fmt.Errorf("make the new file: %w", err)
	}
	if err := e.sameCatalog(c); err != nil {
		return err
	}
	if err := e.copyTables(c); err != nil {
		return err
	}
	if err := c.exec(e.ctx, "use memory; checkpoint "+eraseNew+"; detach "+eraseNew); err != nil {
		return fmt.Errorf("write the new file: %w", err)
	}
	return nil
}

// attach opens the warehouse in c so that nothing in it can change.
func (e *eraser) attach(c *conn) error {
	err := c.exec(e.ctx, fmt.Sprintf("set TimeZone = 'UTC'; attach %s as %s (read_only); use %s",
		quoteText(e.w.path), eraseOld, eraseOld))
	if err != nil {
		return fmt.Errorf("open the warehouse: %w", err)
	}
	return e.w.unchanged()
}

// sameCatalog checks that the new file has every thing that the old one has.
func (e *eraser) sameCatalog(c *conn) error {
	var differ int64
	err := c.value(e.ctx, &differ, fmt.Sprintf(`
		with things as (
			select database_name, 'table' as kind, schema_name, table_name as name, comment from duckdb_tables()
			union all select database_name, 'view', schema_name, view_name, comment from duckdb_views() where not internal
			union all select database_name, 'column', schema_name, table_name || '.' || column_name, data_type || coalesce(comment, '') from duckdb_columns() where not internal
			union all select database_name, function_type, schema_name, function_name, coalesce(comment, '') from duckdb_functions() where not internal
			union all select database_name, 'index', schema_name, index_name, sql from duckdb_indexes()
			union all select database_name, 'sequence', schema_name, sequence_name, coalesce(last_value, start_value)::varchar from duckdb_sequences()
			union all select database_name, 'type', schema_name, type_name, '' from duckdb_types() where not internal
			union all select database_name, constraint_type, schema_name, table_name, constraint_text from duckdb_constraints()
		),
		before as (select kind, schema_name, name, comment from things where database_name = '%s'),
		after as (select kind, schema_name, name, comment from things where database_name = '%s')
		select (select count(*) from (from before except all from after)) + (select count(*) from (from after except all from before))`, eraseOld, eraseNew))
	if err != nil {
		return fmt.Errorf("compare the new file with the old one: %w", err)
	}
	if differ > 0 {
		return fmt.Errorf("compare the new file with the old one: %d tables, views, columns or other things differ", differ)
	}
	return nil
}

// copyTables copies the rows that stay. A table of the user's may refer to
// another one, whose rows must be there first.
func (e *eraser) copyTables(c *conn) error {
	var left []*eraseTable
	for _, t := range e.plan.tables {
		if !t.made {
			left = append(left, t)
		}
	}
	for len(left) > 0 {
		var again []*eraseTable
		var failed error
		for _, t := range left {
			err := e.copyTable(c, t)
			if isClass(err, "Constraint Error") && t.own {
				again, failed = append(again, t), err
				continue
			}
			if err != nil {
				return fmt.Errorf("copy %s: %w", t, err)
			}
		}
		if len(again) == len(left) {
			return fmt.Errorf("copy %s: %w", again[0], failed)
		}
		left = again
	}
	return nil
}

func (e *eraser) copyTable(c *conn, t *eraseTable) error {
	columns := "*"
	if t.blanked != "" {
		columns = "* replace (case when " + t.blanked + " then ''::blob else raw end as raw)"
	}
	if t.own {
		names, err := e.insertable(c, t)
		if err != nil {
			return err
		}
		columns = strings.Join(names, ", ")
	}
	where := ""
	if t.erased > 0 {
		where = " where not coalesce(" + t.gone + ", false)"
	}
	into := eraseNew + "." + t.quoted()
	if t.own {
		into += " (" + columns + ")"
	}
	n, err := c.execArgs(e.ctx, fmt.Sprintf("insert into %s select %s from %s.%s%s", into, columns, eraseOld, t.quoted(), where))
	if err == nil && n != t.before-t.erased {
		err = fmt.Errorf("%d rows stay, but %d were copied", t.before-t.erased, n)
	}
	return err
}

// insertable returns the columns of a table that are not computed from others:
// DuckDB says of no column that it is, but refuses to prepare a write to it.
func (e *eraser) insertable(c *conn, t *eraseTable) ([]string, error) {
	names, err := e.plan.texts("select column_name from (describe select * from " + t.quoted() + ")")
	if err != nil {
		return nil, err
	}
	var columns []string
	for _, name := range names {
		var stmt mapping.PreparedStatement
		state := mapping.Prepare(c.conn, fmt.Sprintf("insert into %s.%s (%s) values (null)", eraseNew, t.quoted(), quoteName(name)), &stmt)
		mapping.DestroyPrepare(&stmt)
		if state != mapping.StateError {
			columns = append(columns, quoteName(name))
		}
	}
	return columns, nil
}

// settle opens the new file for itself, makes what an import makes from the other
// tables (so that nothing of what went is in it), and counts all rows once more.
func (e *eraser) settle() error {
	e.progress("checking the new file")
	c, err := openDuck(e.w.File, e.settings)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.exec(e.ctx, "set TimeZone = 'UTC'; begin transaction"); err != nil {
		return err
	}
	err = refresh(e.ctx, c)
	if err == nil {
		err = e.record(c)
	}
	if err != nil {
		return errors.Join(err, c.exec(context.WithoutCancel(e.ctx), "rollback"))
	}
	if err := c.exec(e.ctx, "commit; checkpoint"); err != nil {
		return fmt.Errorf("write the new file: %w", err)
	}
	return e.recount(c)
}

// refresh does what an import does beside reading sources.
func refresh(ctx context.Context, c *conn) error {
	if err := openLedger(ctx, c); err != nil {
		return err
	}
	im := &importer{adjust: func(*loader) {}, summary: &Summary{}}
	var err error
	if im.loader, err = im.newLoader(ctx, c); err != nil {
		return err
	}
	if _, err := im.refreshViews(ctx, c); err != nil {
		return err
	}
	return im.loader.restoreIndexes()
}

// record notes in the ledger that something was erased, but not whose it was: its
// numbers must add up.
func (e *eraser) record(c *conn) error {
	kind, types := "source", []string{}
	if e.plan.patient != "" {
		kind = "patient"
	}
	for _, t := range e.plan.typed {
		if t.erased > 0 {
			types = append(types, fmt.Sprintf("{'resource_type': %s, 'rows': %d}", quoteText(t.name), t.erased))
		}
	}
	_, err := c.execArgs(e.ctx, fmt.Sprintf(`insert into ledger.erasures
		select coalesce(max(erasure), 0) + 1, now(), ?, ?, [%s], %s::struct(import integer, files bigint, bytes bigint, resources bigint, rejected bigint)[]
		from ledger.erasures`, strings.Join(types, ", "), quoteText(cmp.Or(e.plan.files, "[]"))), e.Version, kind)
	if err != nil {
		return fmt.Errorf("write ledger.erasures: %w", err)
	}
	return nil
}

// recount counts the rows of the new file, as DuckDB reads it from the disk.
func (e *eraser) recount(c *conn) error {
	for _, t := range e.plan.tables {
		if t.made || t.String() == "ledger.erasures" || t.String() == "ledger.meta" {
			continue
		}
		var n int64
		if err := c.value(e.ctx, &n, "select count(*) from "+t.quoted()); err != nil {
			return fmt.Errorf("count the rows of %s: %w", t, err)
		}
		if n != t.before-t.erased {
			return fmt.Errorf("%s: %d rows were there, %d of them go, but %d stay", t, t.before, t.erased, n)
		}
	}
	return nil
}
