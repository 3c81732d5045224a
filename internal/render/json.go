package render

import "fmt"

// jsonWriter writes an object a row: in one array, or each on a line of its own.
type jsonWriter struct {
	lines
	perLine bool
	keys    [][]byte // `"name":`
	rows    int
}

func (w *jsonWriter) Begin(columns []Column) error {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	for _, name := range distinct(names) {
		w.keys = append(w.keys, append(appendJSONString(nil, name), ':'))
	}
	return nil
}

func (w *jsonWriter) Row(values []any) error {
	w.open()
	w.buf = append(w.buf, '{')
	for i, v := range values {
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		w.buf = append(w.buf, w.keys[i]...)
		w.buf = appendJSON(w.buf, v)
	}
	w.buf = append(w.buf, '}')
	if w.perLine {
		return w.endLine()
	}
	if len(w.buf) < flushAt {
		return nil
	}
	return w.flush()
}

func (w *jsonWriter) open() {
	w.rows++
	switch {
	case w.perLine:
	case w.rows == 1:
		w.buf = append(w.buf, '[')
	default:
		w.buf = append(w.buf, ",\n"...)
	}
}

func (w *jsonWriter) End() error {
	if !w.perLine {
		if w.rows == 0 {
			w.buf = append(w.buf, '[')
		}
		w.buf = append(w.buf, "]\n"...)
	}
	return w.flush()
}

// distinct numbers the repetitions of a name, because a JSON object must not
// have two members of one name: id, id_1, id_2.
func distinct(names []string) []string {
	taken := make(map[string]bool, len(names))
	for _, name := range names {
		taken[name] = true
	}
	seen := make(map[string]bool, len(names))
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = name
		for n := 1; seen[out[i]]; n++ {
			if next := fmt.Sprintf("%s_%d", name, n); !taken[next] {
				out[i] = next
			}
		}
		seen[out[i]], taken[out[i]] = true, true
	}
	return out
}
