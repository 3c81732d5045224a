package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A byteSize is a flag for an amount of memory or data: 512MiB, 2GB, 1.5g.
type byteSize int64

var sizeUnits = []struct {
	name string
	size float64
}{
	{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"tib", 1 << 40},
	{"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"tb", 1e12},
	{"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30}, {"t", 1 << 40},
	{"b", 1}, {"", 1},
}

// UnmarshalText implements [encoding.TextUnmarshaler] for kong.
func (s *byteSize) UnmarshalText(text []byte) error {
	number := strings.ToLower(strings.ReplaceAll(string(text), " ", ""))
	for _, unit := range sizeUnits {
		digits, ok := strings.CutSuffix(number, unit.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(digits, 64)
		if size := n * unit.size; err == nil && size >= 1 && size < math.MaxInt64 {
			*s = byteSize(size)
			return nil
		}
		break
	}
	return fmt.Errorf("%q is no size such as 512MiB or 2GB", text)
}
