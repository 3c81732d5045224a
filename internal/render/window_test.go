package render_test

import (
	"testing"

	"github.com/fhirwh/fhirwh/internal/render"
)

func TestWindow(t *testing.T) {
	tests := []struct {
		name   string
		line   string
		at     int
		width  int
		want   string
		column int
	}{
		{"it fits", "select x", 7, 8, "select x", 7},
		{"the beginning", "0123456789", 1, 5, "01234", 1},
		{"the middle", "0123456789", 5, 4, "3456", 2},
		{"the end", "0123456789", 9, 4, "6789", 3},
		{"behind the end", "0123456789", 10, 4, "6789", 4},
		{"wide characters", "日本語日本語x日本語", 12, 6, "語x日", 2},
		{"half a wide character", "日本語日本語", 5, 4, "語日", 1},
		{"empty", "", 0, 4, "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, column := render.Window(tt.line, tt.at, tt.width); got != tt.want || column != tt.column {
				t.Errorf("got %q, %d, want %q, %d", got, column, tt.want, tt.column)
			}
		})
	}
}
