package warehouse

import (
	"context"
	"fmt"
	"strings"
)

// A ValueCount is a value and how many of the rows looked at have it.
type ValueCount struct {
	Value string `json:"value"`
	Rows  int64  `json:"rows"`
}

const (
	topValues = 3
	frequent  = 2 // rows that a value must have to be called so
)

// fill counts the rows, those that have each column, and the most frequent values.
// It looks at about most rows (0 is all): of a table a sample, of a view the first
// ones, since a sample of a view takes as long as all of it.
func (r *Reader) fill(ctx context.Context, d *Description, table string, most int64) error {
	from := quoteName(table)
	if d.Kind == "view" {
		if most > 0 {
			from = fmt.Sprintf("(from %s limit %d)", from, most)
		}
		err := r.fillLevel(ctx, d, from, allOf(d))
		d.Rows, d.More = d.Looked, most > 0 && d.Looked == most
		return err
	}
	if err := r.c.value(ctx, &d.Rows, "select count(*) from "+from); err != nil {
		return r.explain(err, running)
	}
	if most > 0 && d.Rows > most {
		// Every nth of DuckDB's vectors: the same rows at every level, which
		// TABLESAMPLE does not give.
		from += fmt.Sprintf(" where (rowid // 2048) %% %d = 0", (d.Rows+most-1)/most)
	}
	return r.fillLevels(ctx, d, from)
}

// fillLevels fills level by level, each in one scan: most of what a table could
// hold is in columns that are empty.
func (r *Reader) fillLevels(ctx context.Context, d *Description, from string) error {
	around := map[string]bool{d.Columns[0].within: true}
	for len(around) > 0 {
		var level []*ColumnInfo
		for _, c := range allOf(d) {
			if around[c.within] {
				level = append(level, c)
			}
		}
		if err := r.fillLevel(ctx, d, from, level); err != nil {
			return err
		}
		around = map[string]bool{}
		for _, c := range level {
			if c.Filled > 0 && strings.HasPrefix(c.Type, "STRUCT") {
				around[c.Path] = true
			}
		}
	}
	return nil
}

func allOf(d *Description) []*ColumnInfo {
	all := make([]*ColumnInfo, len(d.Columns))
	for i := range d.Columns {
		all[i] = &d.Columns[i]
	}
	return all
}

func (r *Reader) fillLevel(ctx context.Context, d *Description, from string, columns []*ColumnInfo) error {
	if len(columns) == 0 { // a list of lists of structs, which no table of ours has
		return nil
	}
	figures := []string{"count(*)"}
	for _, c := range columns {
		figures = append(figures, c.filled)
		if c.coded != "" {
			figures = append(figures, topOf(c.coded))
		}
	}
	res, err := r.run(ctx, "select "+strings.Join(figures, ",\n")+" from "+from)
	if err != nil {
		return err
	}
	for res.Next() {
		values := res.Values()
		d.Looked, _ = values[0].(int64)
		values = values[1:]
		for _, c := range columns {
			c.Filled, _ = values[0].(int64)
			values = values[1:]
			if c.coded != "" {
				c.Top = readTop(values[0])
				values = values[1:]
			}
		}
	}
	return res.Close()
}

// topOf is SQL of the most frequent values of an expression, as a list of structs
// of the negative count and the value; of equally frequent ones the first.
func topOf(value string) string {
	return fmt.Sprintf("list_sort(list_transform(map_entries(histogram(nullif((%s)::varchar, ''))), lambda e: {'n': -e.value::bigint, 'v': e.key}))[:%d]", value, topValues)
}

func readTop(list any) []ValueCount {
	var top []ValueCount
	entries, _ := list.([]any)
	for _, entry := range entries {
		s, _ := entry.(Struct)
		count, _ := s.Values[0].(int64)
		value, _ := s.Values[1].(string)
		if -count >= frequent {
			top = append(top, ValueCount{value, -count})
		}
	}
	return top
}
