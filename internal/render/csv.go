package render

import (
	"strings"
	"unicode/utf8"
)

// csvWriter writes RFC 4180, with a line feed alone at the end of a line, as
// every tool on Unix wants it. NULL is nothing, the empty text is "".
type csvWriter struct {
	lines
	safe    bool
	numeric []bool
	field   []byte
}

func (w *csvWriter) Begin(columns []Column) error {
	w.numeric = make([]bool, len(columns))
	for i, c := range columns {
		w.numeric[i] = c.Numeric
		w.separate(i)
		w.append(c.Name, false)
	}
	return w.endLine()
}

func (w *csvWriter) Row(values []any) error {
	for i, v := range values {
		w.separate(i)
		if v == nil {
			continue
		}
		w.field = appendText(w.field[:0], v)
		w.append(string(w.field), w.safe && !w.numeric[i])
	}
	if len(values) == 1 && values[0] == nil {
		w.buf = append(w.buf, `""`...) // readers skip an empty line, and the row with it
	}
	return w.endLine()
}

func (w *csvWriter) End() error { return w.flush() }

func (w *csvWriter) separate(i int) {
	if i > 0 {
		w.buf = append(w.buf, ',')
	}
}

func (w *csvWriter) append(s string, guard bool) {
	if guard && isFormula(s) {
		s = "'" + s
	}
	if s != "" && !strings.ContainsAny(s, ",\"\r\n") && s[0] != ' ' && s[len(s)-1] != ' ' {
		w.buf = append(w.buf, s...)
		return
	}
	w.buf = append(w.buf, '"')
	for len(s) > 0 {
		quote := strings.IndexByte(s, '"') + 1
		if quote == 0 {
			w.buf = append(w.buf, s...)
			break
		}
		w.buf = append(append(w.buf, s[:quote]...), '"')
		s = s[quote:]
	}
	w.buf = append(w.buf, '"')
}

// isFormula reports whether a spreadsheet would run s, full-width forms
// included.
func isFormula(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return strings.ContainsRune("=+-@\t\r＋－＝＠", r) && s != ""
}
