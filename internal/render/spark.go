package render

import (
	"math"
	"strings"
)

var levels = []rune("▁▂▃▄▅▆▇█")

// Trend draws numbers as a line of one block each, the least lowest, the greatest
// highest. Numbers that are all the same lie in the middle; what is no number is a space.
func Trend(values []float64) string {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			low, high = math.Min(low, v), math.Max(high, v)
		}
	}
	var b strings.Builder
	for _, v := range values {
		switch {
		case math.IsNaN(v) || math.IsInf(v, 0):
			b.WriteByte(' ')
		case low == high:
			b.WriteRune(levels[3])
		default: // halved, so that the difference of large numbers is none beyond float64
			b.WriteRune(levels[int(math.Round((v/2-low/2)/(high/2-low/2)*7))])
		}
	}
	return b.String()
}

// Bars draws counts as one block each, as high as their share of the greatest; of 0 there
// is a space.
func Bars(counts []int64) string {
	most := int64(1)
	for _, n := range counts {
		most = max(most, n)
	}
	var b strings.Builder
	for _, n := range counts {
		if n <= 0 {
			b.WriteByte(' ')
			continue
		}
		b.WriteRune(levels[int(float64(n)/float64(most)*7.999)])
	}
	return b.String()
}
