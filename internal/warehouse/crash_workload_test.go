//go:build linux

package warehouse

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// workloads are the writes that the crash tests break.
var workloads = []workload{
	{name: "import", base: importOf("first"), run: importOf("second"), again: importOf("later")},
	{name: "first import", run: importOf("first"), again: importOf("later")},
	{name: "third import", base: importTwice, run: importOf("second"), again: addRow, rare: true},
	{name: "mixed", base: makeTables(6), run: changeTables(6), again: addRow, rare: true},
	{name: "new", run: makeNew, again: addRow, rare: true},
	{name: "many tables", base: makeTables(60), run: changeTables(60), again: addRow, rare: true},
	{name: "one row", base: makeTables(12), run: addRowTo(2), again: addRow, rare: true},
	{name: "shrink", base: makeTables(12), run: dropTables(12), again: addRow, rare: true},
	{name: "small blocks", base: makeForeign(12, "default_block_size", "16384"), run: changeTables(12), again: addRow, rare: true},
	{name: "DuckDB 1.0", base: makeForeign(12, "storage_compatibility_version", "v1.0.0"), run: changeTables(12), again: addRow, rare: true},
	{name: "with a log", base: makeTablesAndLog(12), run: changeTables(12), again: addRow, rare: true},
}

const tableColumns = `(id varchar, i integer, d date, x double, s varchar, l varchar[],
	st struct(a varchar, b struct(c integer, d varchar)), ls struct(k varchar, v integer)[], j varchar)`

func tableName(i int) string { return fmt.Sprintf("t%02d", i) }

// rowsOf selects n rows for table number t, the same whenever it is asked.
func rowsOf(t, from, n int) string {
	return fmt.Sprintf(`select 'id-%d-' || r as id, r::integer as i, date '2000-01-01' + (r %% 5000)::integer as d,
		(hash(r + %d) %% 1000003)::double / 7 as x, md5('s%d' || r) as s, [md5('l' || r), 'x' || (r %% 9)] as l,
		{'a': md5('a' || r), 'b': {'c': (r %% 1000)::integer, 'd': 'n' || (r %% 77)}} as st,
		[{'k': 'k' || (r %% 5), 'v': (r %% 11)::integer}] as ls, '{"r":' || r || '}' as j
		from range(%d, %d) q(r)`, t, t, t, from, from+n)
}

// makeTables makes a database as several imports leave it: with free blocks, and
// metadata blocks that are partly free.
func makeTables(tables int) func(ctx context.Context, path string) error {
	return func(ctx context.Context, path string) error {
		first := []string{"create schema led; create table led.imports(n integer)"}
		for i := range tables {
			first = append(first, "create table "+tableName(i)+tableColumns, "insert into "+tableName(i)+" "+rowsOf(i, 0, 300))
		}
		first = append(first, "create view v0 as select id, st.b.c as c from t00")
		if err := writeWith(ctx, path, first...); err != nil {
			return err
		}
		return refillOften(ctx, path, tables)
	}
}

// makeForeign is makeTables in a database that another program made, with a
// setting of its own.
func makeForeign(tables int, setting, value string) func(ctx context.Context, path string) error {
	return func(ctx context.Context, path string) error {
		c, err := openDuck(path, map[string]string{setting: value})
		if err != nil {
			return err
		}
		err = c.exec(ctx, "create table other as select 1 as one")
		c.close()
		if err != nil {
			return err
		}
		return makeTables(tables)(ctx, path)
	}
}

func refillOften(ctx context.Context, path string, tables int) error {
	for n := range 3 {
		if err := writeWith(ctx, path, refill(tables, n)...); err != nil {
			return err
		}
	}
	return nil
}

func refill(tables, n int) []string {
	var s []string
	for i := range tables {
		if (i+n)%3 == 0 {
			s = append(s, "insert into "+tableName(i)+" "+rowsOf(i, 1000*(n+1), 20),
				fmt.Sprintf("delete from %s where i %% 97 = %d", tableName(i), n))
		}
	}
	return s
}

// makeTablesAndLog is makeTables, then a commit of another program that was
// killed before it wrote a checkpoint.
func makeTablesAndLog(tables int) func(ctx context.Context, path string) error {
	return func(ctx context.Context, path string) error {
		if err := makeTables(tables)(ctx, path); err != nil {
			return err
		}
		c, err := openDuck(path, nil)
		if err != nil {
			return err
		}
		defer c.close()
		return c.exec(ctx, `pragma disable_checkpoint_on_shutdown; insert into t01 `+rowsOf(1, 5000, 10))
	}
}

// changeTables is what an import does: columns and fields are added, rows come,
// go and change, tables and views are made.
func changeTables(tables int) func(ctx context.Context, path string) error {
	return func(ctx context.Context, path string) error {
		var s []string
		for i := range tables {
			if i%5 == 0 {
				s = append(s, "alter table "+tableName(i)+" add column extra varchar")
			}
			if i%7 == 0 {
				s = append(s, "alter table "+tableName(i)+" add column st.newf varchar", "alter table "+tableName(i)+" add column st.b.newg integer")
			}
		}
		for i := range tables {
			s = append(s, "insert into "+tableName(i)+" by name "+rowsOf(i, 20000, 50),
				fmt.Sprintf("update %s set s = 'changed' where i %% 41 = %d", tableName(i), i),
				fmt.Sprintf("delete from %s where i %% 53 = %d", tableName(i), i))
		}
		s = append(s, "create view v1 as select t01.id, t02.s from t01 join t02 using (i)",
			"create table fresh"+tableColumns, "insert into fresh "+rowsOf(99, 0, 500), "insert into led.imports values (1)")
		return writeWith(ctx, path, s...)
	}
}

func makeNew(ctx context.Context, path string) error {
	s := []string{"create schema led; create table led.imports(n integer)"}
	for i := range 4 {
		s = append(s, "create table "+tableName(i)+tableColumns, "insert into "+tableName(i)+" "+rowsOf(i, 0, 100))
	}
	return writeWith(ctx, path, s...)
}

func dropTables(tables int) func(ctx context.Context, path string) error {
	return func(ctx context.Context, path string) error {
		var s []string
		for i := 4; i < tables; i++ {
			s = append(s, "drop table "+tableName(i))
		}
		return writeWith(ctx, path, append(s, "insert into led.imports values (2)")...)
	}
}

// addRow is a small write on any state of the warehouse.
func addRow(ctx context.Context, path string) error { return addRowTo(3)(ctx, path) }

func addRowTo(table int) func(ctx context.Context, path string) error {
	return func(ctx context.Context, path string) error {
		return writeWith(ctx, path, "create schema if not exists led",
			"create table if not exists led.imports(n integer)",
			"create table if not exists "+tableName(table)+tableColumns,
			"insert into "+tableName(table)+" by name "+rowsOf(table, 30000, 3))
	}
}

// contentOf sums the content of all tables, but for times of day, and the SQL of
// tables, views and macros.
func contentOf(ctx context.Context, c *conn) (string, error) {
	names, err := namesOf(ctx, c)
	if err != nil {
		return "", err
	}
	sums := []string{`select 'sql' as n, count(*) as c, coalesce(sum(hash(sql)::hugeint), 0) as s from (
		select sql from duckdb_tables() union all select sql from duckdb_views() where not internal
		union all select macro_definition from duckdb_functions() where not internal)`}
	for _, n := range names {
		sums = append(sums, fmt.Sprintf(`select '%s', count(*), coalesce(sum(hash(z)::hugeint), 0)
			from (select columns(c -> c not in ('started', 'finished', 'created')) from %s) z`, n, n))
	}
	var text string
	err = c.value(ctx, &text, "select string_agg(n || ' ' || c || ' ' || s, ', ' order by n) from ("+strings.Join(sums, " union all ")+")")
	return text, err
}

func namesOf(ctx context.Context, c *conn) (names []string, err error) {
	r, err := c.query(ctx, `select schema_name || '."' || table_name || '"' from duckdb_tables() where not internal order by 1`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	for r.next() {
		var s string
		if err := r.scan(&s); err != nil {
			return nil, err
		}
		names = append(names, s)
	}
	return names, nil
}
