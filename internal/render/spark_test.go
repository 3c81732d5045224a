package render_test

import (
	"math"
	"testing"

	"github.com/fhirwh/fhirwh/internal/render"
)

func TestTrend(t *testing.T) {
	tests := []struct {
		name string
		in   []float64
		want string
	}{
		{"nothing", nil, ""},
		{"one", []float64{5}, "▄"},
		{"all the same", []float64{5, 5, 5}, "▄▄▄"},
		{"up and down", []float64{1, 8, 4.5, 1}, "▁█▅▁"},
		{"negative", []float64{-3, -1}, "▁█"},
		{"no number", []float64{1, math.NaN(), math.Inf(1), 2}, "▁  █"},
		{"as wide as numbers go", []float64{-math.MaxFloat64, 0, math.MaxFloat64}, "▁▅█"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := render.Trend(tt.in); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestBars(t *testing.T) {
	tests := []struct {
		name string
		in   []int64
		want string
	}{
		{"nothing", nil, ""},
		{"none", []int64{0, 0}, "  "},
		{"one", []int64{3}, "█"},
		{"little is not nothing", []int64{1000, 1, 0, 500}, "█▁ ▄"},
		{"as large as counts go", []int64{math.MaxInt64, 1}, "█▁"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := render.Bars(tt.in); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
