package warehouse

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// What is to be saved is evaluated once, into a temporary table, and written
// from there in parts: one for each value to split by, and of those that a sort
// could not hold in memory several, which follow each other in its order. DuckDB
// sorts long rows in memory only: a gigabyte of texts in 750 MB fails, whatever
// it may spill.
const (
	stageTable = "temp.fhirwh_stage"
	partTable  = "temp.fhirwh_parts" // which part the rows of a value, source and patient are in
)

// narrowRow is how many bytes rows may have on average that DuckDB sorts on disk
// too: with 400 it did, four times as much as its memory; with 1,000 it failed.
const narrowRow = 512

// maxPartitions is how many folders a table may be split into: each costs a
// reading of the keys, and file systems and readers suffer from more.
const maxPartitions = 10000

// A savedPart is the rows of one file.
type savedPart struct {
	number int64
	whole  bool    // all rows of its value
	value  *string // to split by; nil if NULL or not split
	rows   int64
}

// stage evaluates the relation.
func (s *saver) stage(rel *relation) error {
	columns := make([]string, len(rel.columns))
	for i := range rel.columns {
		c := &rel.columns[i]
		columns[i] = quoteName(c.Name)
		if s.Text == nil && strings.HasSuffix(c.Type, "HUGEINT") { // Parquet would make it a DOUBLE
			columns[i] += "::varchar as " + columns[i]
			c.Type = "VARCHAR"
		}
	}
	sql := fmt.Sprintf("create or replace temp table fhirwh_stage as select %s from %s", strings.Join(columns, ", "), rel.quoted())
	return s.explain(s.r.c.exec(s.ctx, sql))
}

// explain turns an error of a view, which may be a user's own, into one for the
// user.
func (s *saver) explain(err error) error {
	if err == nil || errors.Is(err, ErrMemory) {
		return err
	}
	return s.r.explain(err, running)
}

// sizeSQL is about how many bytes a row has.
func (rel *relation) sizeSQL() string {
	sizes := make([]string, len(rel.columns))
	for i, c := range rel.columns {
		name := quoteName(c.Name)
		switch {
		case c.Type == "VARCHAR", c.Type == "JSON":
			sizes[i] = "coalesce(strlen(" + name + "), 0)"
		case c.Type == "BLOB":
			sizes[i] = "coalesce(octet_length(" + name + "), 0)"
		case strings.ContainsAny(c.Type, "[("):
			sizes[i] = "coalesce(strlen(" + name + "::varchar), 0)"
		default:
			sizes[i] = "8"
		}
	}
	return "(" + strings.Join(sizes, " + ") + ")::bigint"
}

// divide returns the parts of the staged relation in order; one part needs no
// entry in partTable.
func (s *saver) divide(rel *relation) (parts []savedPart, joined bool, err error) {
	var rows, bytes int64
	if err := s.r.c.value(s.ctx, &rows, "select count(*) from "+stageTable); err != nil {
		return nil, false, err
	}
	if err := s.r.c.value(s.ctx, &bytes, fmt.Sprintf("select coalesce(sum(%s), 0)::bigint from %s", rel.sizeSQL(), stageTable)); err != nil {
		return nil, false, err
	}
	if rel.partition == "" && (bytes <= s.sorted || bytes <= rows*narrowRow) {
		return []savedPart{{rows: rows}}, false, nil
	}
	if err := s.group(rel); err != nil {
		return nil, false, err
	}
	parts, err = s.readParts()
	return parts, true, err
}

// group writes partTable: the rows of one value and the first two sort keys are
// together, in parts of at most so many bytes and one more such group.
func (s *saver) group(rel *relation) error {
	keys := rel.groupKeys()
	return s.r.c.exec(s.ctx, fmt.Sprintf(`create or replace temp table fhirwh_parts as
		with sized as (
			select %s as value, %s as k1, %s as k2, count(*) as n, sum(%s) as bytes from %s group by all
		),
		placed as (
			select *, ((sum(bytes) over (partition by value order by k1, k2 rows unbounded preceding) - bytes) // %d)::bigint as place from sized
		)
		select *, dense_rank() over (order by value, place) - 1 as part from placed`,
		keys[0], keys[1], keys[2], rel.sizeSQL(), stageTable, s.sorted))
}

// groupKeys are the value to split by, as a text, and the first two sort keys.
func (rel *relation) groupKeys() [3]string {
	keys := [3]string{"null::varchar", "null::varchar", "null::varchar"}
	if rel.partition != "" {
		keys[0] = quoteName(rel.partition) + "::varchar"
	}
	for i, k := range rel.sort {
		if i < 2 {
			keys[i+1] = k.sql
		}
	}
	return keys
}

func (s *saver) readParts() ([]savedPart, error) {
	rows, err := s.r.c.query(s.ctx, `
		select part::bigint, count(*) over (partition by value) = 1, value, n
		from (select part, any_value(value) as value, sum(n)::bigint as n from `+partTable+` group by part) order by part`)
	if err != nil {
		return nil, err
	}
	defer rows.close()
	var parts []savedPart
	for rows.next() {
		var p savedPart
		if err := rows.scan(&p.number, &p.whole, &p.value, &p.rows); err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	return parts, rows.close()
}

// valueIs is a condition on the column to split by, which DuckDB tests while it
// reads: without a column to split by it is always true.
func (rel *relation) valueIs(value *string) string {
	i := slices.IndexFunc(rel.columns, func(c SavedColumn) bool { return c.Name == rel.partition })
	switch {
	case i < 0:
		return "true"
	case value == nil:
		return "t." + quoteName(rel.partition) + " is null"
	}
	return "t." + quoteName(rel.partition) + " = " + quoteText(*value) + "::" + rel.columns[i].Type
}

// partSQL selects the rows of a part in the order of the sort. Rows that are
// equal in all keys are told apart by a hash, so that every run writes the same.
func (s *saver) partSQL(rel *relation, p savedPart, joined bool) string {
	var columns, all, order []string
	for _, c := range rel.columns {
		name := "t." + quoteName(c.Name)
		all = append(all, name)
		if c.Name != rel.partition {
			columns = append(columns, name)
		}
	}
	for _, k := range rel.sort {
		order = append(order, "t."+k.sql)
	}
	from := stageTable + " t"
	switch {
	case joined && p.whole:
		from += " where " + rel.valueIs(p.value)
	case joined:
		keys := rel.groupKeys()
		from += " join " + partTable + fmt.Sprintf(" p on p.part = %d", p.number)
		for i, column := range []string{"value", "k1", "k2"} {
			if !strings.HasPrefix(keys[i], "null") {
				from += fmt.Sprintf(" and p.%s is not distinct from t.%s", column, keys[i])
			}
		}
	}
	return fmt.Sprintf("select %s from %s order by %s", strings.Join(columns, ", "), from,
		strings.Join(append(order, "hash("+strings.Join(all, ", ")+")"), ", "))
}
