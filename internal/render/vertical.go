package render

import (
	"fmt"
	"strings"
)

// verticalWriter writes every row as a block with a line for each column, and its
// values whole: what a terminal has no room for goes on in further lines. NULL is
// visible.
type verticalWriter struct {
	lines
	width int // of the terminal; 0 is no limit
	names []string
	head  int // width of the names
	rows  int
}

func (w *verticalWriter) Begin(columns []Column) error {
	for _, c := range columns {
		w.names = append(w.names, OneLine(c.Name))
		w.head = max(w.head, textWidth(OneLine(c.Name)))
	}
	if w.width > 0 {
		w.head = min(w.head, max(1, w.width/2))
	}
	return nil
}

func (w *verticalWriter) Row(values []any) error {
	w.rows++
	title := fmt.Sprintf("── row %d ", w.rows)
	rule := w.width
	if rule == 0 {
		rule = 40
	}
	w.buf = append(w.buf, strings.TrimSpace(title+strings.Repeat("─", max(0, rule-textWidth(title))))...)
	if err := w.endLine(); err != nil {
		return err
	}
	for i, v := range values {
		if err := w.field(w.names[i], v); err != nil {
			return err
		}
	}
	return nil
}

func (w *verticalWriter) field(name string, v any) error {
	text := "NULL"
	if v != nil {
		text = OneLine(string(appendText(nil, v)))
	}
	if w.width > 0 {
		name = condition().Truncate(name, w.head, "…")
	}
	w.buf = append(w.buf, condition().FillRight(name, w.head)...)
	for {
		start := max(0, len(w.buf)-w.head)
		line, rest := text, ""
		if w.width > 0 {
			line, rest = breakLine(text, max(1, w.width-w.head-gap))
		}
		w.buf = append(w.buf, "  "+line...)
		w.trim(start)
		if err := w.endLine(); err != nil || rest == "" {
			return err
		}
		w.buf = appendSpaces(w.buf, w.head)
		text = rest
	}
}

// trim takes the spaces off the end of the line that begins at start.
func (w *verticalWriter) trim(start int) {
	for len(w.buf) > start && w.buf[len(w.buf)-1] == ' ' {
		w.buf = w.buf[:len(w.buf)-1]
	}
}

func (w *verticalWriter) End() error { return w.flush() }
