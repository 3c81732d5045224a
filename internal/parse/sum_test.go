package parse_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/parse"
)

// Read and SumFile agree on the hash of a file, however it is stored, and no two
// files here have the same.
func TestSum(t *testing.T) {
	const chunk = 4 << 20
	files := map[string]string{
		"empty":             "",
		"small":             patients(1),
		"one chunk":         strings.Repeat("\n", chunk),
		"one chunk, a byte": strings.Repeat("\n", chunk+1),
		"three chunks":      strings.Repeat("\n", 3*chunk),
		"gzip":              string(gzipped(t, patients(1))),
		"gzip of nothing":   string(gzipped(t, "")),
		"bzip2":             string(bzipped(t)),
		"zstd":              string(zstandard(t, patients(1000))),
	}
	seen := map[[16]byte]string{}
	for name, text := range files {
		path := write(t, name, text)
		want, err := parse.SumFile(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[want]; ok {
			t.Errorf("%s has the sum of %s", name, other)
		}
		seen[want] = name
		r, err := read(t, parse.Options{BlockSize: 1 << 16}, path)
		if err != nil {
			t.Fatal(err)
		}
		if f := r.files[0]; f.Sum != want || f.Size != int64(len(text)) {
			t.Errorf("%s: read %d bytes with sum %x, want %d and %x", name, f.Size, f.Sum, len(text), want)
		}
	}
}

func TestSumFileMissing(t *testing.T) {
	if _, err := parse.SumFile(t.Context(), "missing"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
