package render

import "strings"

// markdownWriter writes a table of GitHub's Markdown. NULL is an empty cell.
type markdownWriter struct {
	lines
}

var markdownEscapes = strings.NewReplacer(
	`\`, `\\`, "|", `\|`, "`", "\\`", "*", `\*`, "[", `\[`, "<", `\<`,
	"\r\n", "<br>", "\n", "<br>", "\r", "<br>", "\t", " ",
)

// markdownText keeps text from being taken for markup.
func markdownText(s string) string { return Neutral(markdownEscapes.Replace(s)) }

func (w *markdownWriter) Begin(columns []Column) error {
	for _, c := range columns {
		w.cell(markdownText(c.Name))
	}
	if err := w.endRow(); err != nil {
		return err
	}
	for _, c := range columns {
		if c.Numeric {
			w.cell("---:")
			continue
		}
		w.cell("---")
	}
	return w.endRow()
}

func (w *markdownWriter) Row(values []any) error {
	for _, v := range values {
		if v == nil {
			w.cell("")
			continue
		}
		w.cell(markdownText(string(appendText(nil, v))))
	}
	return w.endRow()
}

func (w *markdownWriter) End() error { return w.flush() }

func (w *markdownWriter) cell(s string) {
	w.buf = append(w.buf, "| "...)
	w.buf = append(w.buf, s...)
	w.buf = append(w.buf, ' ')
}

func (w *markdownWriter) endRow() error {
	w.buf = append(w.buf, '|')
	return w.endLine()
}
