package render

import (
	"fmt"
	"strings"
)

const (
	maxRecords  = 3 // more rows are a table, whatever does not fit
	recordLines = 4 // that a value may take in a record
)

// writeRecords writes the rows of the window with a line for each column.
func (w *TableWriter) writeRecords() error {
	names := 0
	for _, name := range w.header {
		names = max(names, textWidth(name))
	}
	names = min(names, max(1, w.width/2))
	for i, cells := range w.window {
		head := fmt.Sprintf("── row %d ", i+1)
		w.buf = append(w.buf, strings.TrimSpace(head+strings.Repeat("─", max(0, w.width-textWidth(head))))...)
		if err := w.endLine(); err != nil {
			return err
		}
		for i, cell := range cells {
			if err := w.writeField(w.header[i], names, cell); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeField writes one value of a record, and no more than recordLines of it.
func (w *TableWriter) writeField(name string, names int, value string) error {
	room := max(1, w.width-names-gap)
	w.buf = append(w.buf, condition().FillRight(condition().Truncate(name, names, "…"), names)...)
	for n := 1; ; n++ {
		line, rest := breakLine(value, room)
		if rest != "" && n == recordLines {
			line, rest = condition().Truncate(value, room, "…"), ""
		}
		w.buf = append(w.buf, "  "+line...)
		if err := w.endLine(); err != nil || rest == "" {
			return err
		}
		w.buf = appendSpaces(w.buf, names)
		value = rest
	}
}
