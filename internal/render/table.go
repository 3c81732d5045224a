package render

import (
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

// windowRows is how many rows are held back to find the widths of the columns.
const windowRows = 200

// maxCell is how many bytes of a value are looked at for a cell of a table of
// limited width: no terminal shows more.
const maxCell = 4096

// A TableWriter writes a table with aligned columns. It sizes them by the first
// rows; for a later value that is wider its column grows as far as the terminal
// has room. A few rows with more columns than the terminal has room for are
// written as records, one column a line.
type TableWriter struct {
	lines
	width   int // of the terminal; 0 is no limit
	bare    bool
	columns []Column
	header  []string
	window  [][]string
	layout  []int // width of each shown column; nil until the window is full
	records bool  // the rows were so few and wide that each became a block of lines
}

func newTable(out io.Writer, width int, bare bool) *TableWriter {
	return &TableWriter{lines: newLines(out), width: width, bare: bare}
}

// Hidden returns how many columns did not fit the terminal. It is final after
// End.
func (w *TableWriter) Hidden() int {
	if w.records {
		return 0
	}
	return len(w.columns) - len(w.layout)
}

// Begin implements [Writer].
func (w *TableWriter) Begin(columns []Column) error {
	w.columns = columns
	for _, c := range columns {
		w.header = append(w.header, OneLine(c.Name))
	}
	return nil
}

// Row implements [Writer].
func (w *TableWriter) Row(values []any) error {
	cells := make([]string, len(values))
	for i, v := range values {
		cells[i] = w.cell(v)
	}
	if w.layout != nil {
		return w.writeRow(cells)
	}
	w.window = append(w.window, cells)
	if len(w.window) < windowRows {
		return nil
	}
	return w.writeWindow()
}

// End implements [Writer].
func (w *TableWriter) End() error {
	if w.layout == nil {
		if err := w.writeWindow(); err != nil {
			return err
		}
	}
	return w.flush()
}

func (w *TableWriter) cell(v any) string {
	if v == nil {
		return "NULL"
	}
	if s, ok := v.(string); ok && w.width > 0 && len(s) > maxCell {
		v = cutBytes(s, maxCell)
	}
	text := string(appendText(nil, v))
	if w.width > 0 {
		text = cutBytes(text, maxCell)
	}
	return OneLine(text)
}

// cutBytes returns the first n bytes of s, or a little less so as not to break
// a character.
func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func (w *TableWriter) writeWindow() error {
	natural := make([]int, len(w.columns))
	for i, name := range w.header {
		if !w.bare {
			natural[i] = textWidth(name)
		}
	}
	for _, cells := range w.window {
		for i, cell := range cells {
			natural[i] = max(natural[i], textWidth(cell))
		}
	}
	w.layout = fit(natural, w.columns, w.width)
	if w.Hidden() > 0 && len(w.window) > 0 && len(w.window) <= maxRecords && !w.bare {
		w.records = true
		return w.writeRecords()
	}
	if err := w.writeHead(); err != nil {
		return err
	}
	for _, cells := range w.window {
		if err := w.writeRow(cells); err != nil {
			return err
		}
	}
	w.window = nil
	return w.flush()
}

func (w *TableWriter) writeHead() error {
	if w.bare {
		return nil
	}
	if err := w.writeLine(w.header); err != nil {
		return err
	}
	rule := make([]string, len(w.layout))
	for i, width := range w.layout {
		rule[i] = strings.Repeat("─", width)
	}
	return w.writeLine(rule)
}

// writeRow writes a row, on several lines if a column wraps.
func (w *TableWriter) writeRow(cells []string) error {
	cells = cells[:len(w.layout)]
	w.grow(cells)
	for cells != nil {
		line, rest := w.split(cells)
		if err := w.writeLine(line); err != nil {
			return err
		}
		cells = rest
	}
	return nil
}

// grow widens the columns that the cells do not fit.
func (w *TableWriter) grow(cells []string) {
	for i, cell := range cells {
		more := textWidth(cell) - w.layout[i]
		if w.width > 0 {
			more = min(more, w.width-mark(len(w.layout), len(w.columns))-total(w.layout))
		}
		w.layout[i] += max(0, more)
	}
}

// split returns what of the cells goes on one line, and what is left for the
// next: nil if nothing is.
func (w *TableWriter) split(cells []string) (line, rest []string) {
	line = cells
	for i, cell := range cells {
		if w.width == 0 || !w.columns[i].Wrap || textWidth(cell) <= w.layout[i] {
			continue
		}
		if rest == nil {
			line, rest = slices.Clone(cells), make([]string, len(cells))
		}
		line[i], rest[i] = breakLine(cell, w.layout[i])
	}
	return line, rest
}

func (w *TableWriter) writeLine(cells []string) error {
	start := len(w.buf)
	for i, width := range w.layout {
		if i > 0 {
			w.buf = append(w.buf, "  "...)
		}
		cell := cells[i]
		if w.width > 0 && textWidth(cell) > width {
			cell = condition().Truncate(cell, width, "…")
		}
		pad := max(0, width-textWidth(cell))
		if w.columns[i].Numeric {
			w.buf = appendSpaces(w.buf, pad)
		}
		w.buf = append(w.buf, cell...)
		if !w.columns[i].Numeric {
			w.buf = appendSpaces(w.buf, pad)
		}
	}
	if w.Hidden() > 0 {
		w.buf = append(w.buf, "  …"...)
	}
	for len(w.buf) > start && w.buf[len(w.buf)-1] == ' ' {
		w.buf = w.buf[:len(w.buf)-1]
	}
	return w.endLine()
}

func appendSpaces(b []byte, n int) []byte {
	for range n {
		b = append(b, ' ')
	}
	return b
}

// condition counts an ambiguous character as narrow whatever the locale, so
// that the same result always looks the same.
func condition() *runewidth.Condition {
	return &runewidth.Condition{StrictEmojiNeutral: true}
}

// textWidth is how many columns of a terminal s takes.
func textWidth(s string) int {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return condition().StringWidth(s)
		}
	}
	return len(s)
}

// breakLine splits s where a line of that width ends: at a space unless that leaves
// two thirds of it empty, else behind a dot or slash in its second half.
func breakLine(s string, width int) (line, rest string) {
	line = condition().Truncate(s, width, "")
	if line == "" { // not even one character fits
		_, size := utf8.DecodeRuneInString(s)
		line = s[:size]
	}
	if line == s {
		return s, ""
	}
	if s[len(line)] != ' ' {
		if space := strings.LastIndexByte(line, ' '); space > len(line)/3 {
			line = line[:space]
		} else if sign := strings.LastIndexAny(line, "./"); sign > len(line)/2 {
			line = line[:sign+1]
		}
	}
	return line, strings.TrimLeft(s[len(line):], " ")
}
