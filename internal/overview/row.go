package overview

import (
	"strconv"

	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// A row is a row of a result, or a STRUCT in it. Asking for a column that it does
// not have panics: a bug that any test finds.
type row struct {
	columns map[string]int
	values  []any // only until the next row
}

func (r row) value(column string) any {
	i, ok := r.columns[column]
	if !ok {
		panic("overview: no column " + column)
	}
	return r.values[i]
}

// text returns a VARCHAR, "" if it is NULL.
func (r row) text(column string) string {
	s, _ := r.value(column).(string)
	return s
}

// integer returns an integer, 0 if it is NULL.
func (r row) integer(column string) int64 { return asInteger(r.value(column)) }

func asInteger(v any) int64 {
	switch v := v.(type) {
	case int64:
		return v
	case uint64:
		return int64(v)
	case warehouse.Number:
		n, _ := strconv.ParseInt(string(v), 10, 64)
		return n
	}
	return 0
}

// number returns a DOUBLE, nil if it is NULL.
func (r row) number(column string) *float64 {
	if f, ok := r.value(column).(float64); ok {
		return &f
	}
	return nil
}

// boolean returns a BOOLEAN, false if it is NULL.
func (r row) boolean(column string) bool {
	b, _ := r.value(column).(bool)
	return b
}

// texts returns a VARCHAR[] without its NULLs.
func (r row) texts(column string) []string { return listOf[string](r.value(column)) }

// numbers returns a DOUBLE[] without its NULLs.
func (r row) numbers(column string) []float64 { return listOf[float64](r.value(column)) }

func listOf[T any](v any) []T {
	list, _ := v.([]any)
	var all []T
	for _, v := range list {
		if t, ok := v.(T); ok {
			all = append(all, t)
		}
	}
	return all
}

// rows returns a list of STRUCT.
func (r row) rows(column string) []row {
	var all []row
	for _, s := range listOf[warehouse.Struct](r.value(column)) {
		columns := make(map[string]int, len(s.Names))
		for i, name := range s.Names {
			columns[name] = i
		}
		all = append(all, row{columns, s.Values})
	}
	return all
}

// counts yields the entries of a histogram.
func (r row) counts(column string) func(yield func(key any, n int64) bool) {
	m, _ := r.value(column).(warehouse.Map)
	return func(yield func(any, int64) bool) {
		for i, key := range m.Keys {
			if !yield(key, asInteger(m.Values[i])) {
				return
			}
		}
	}
}
