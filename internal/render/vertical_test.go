package render_test

import (
	"testing"

	"github.com/fhirwh/fhirwh/internal/render"
)

func TestVertical(t *testing.T) {
	tests := []struct {
		name    string
		width   int
		columns string
		rows    [][]any
		want    string
	}{
		{"no row", 20, "a bb", nil, ""},
		{"NULL, numbers, control characters", 30, "a long_name#", [][]any{{"x\x1b[2J", int64(1)}, {nil, nil}}, `
── row 1 ─────────────────────
a          x\u{1b}[2J
long_name  1
── row 2 ─────────────────────
a          NULL
long_name  NULL
`},
		{"whole values, wrapped", 20, "text", [][]any{{"one two three four five six seven eight nine ten"}}, `
── row 1 ───────────
text  one two three
      four five six
      seven eight
      nine ten
`},
		{"long names", 16, "a_very_long_name", [][]any{{"日本語日本語"}}, `
── row 1 ───────
a_very_…  日本語
          日本語
`},
		{"no terminal", 0, "name v", [][]any{{"a", ""}}, `
── row 1 ───────────────────────────────
name  a
v
`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := write(t, render.Vertical, render.Options{Width: tt.width, Printable: tt.width > 0}, tt.columns, tt.rows...)
			if want := tt.want; want != "" && got != want[1:] || want == "" && got != "" {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}
