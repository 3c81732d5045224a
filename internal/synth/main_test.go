package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestParseSize(t *testing.T) {
	tests := []struct {
		in   string
		want int64 // 0 for an error
	}{
		{"1000", 1000}, {"1000B", 1000}, {"411MB", 411_000_000}, {"1.5GB", 1_500_000_000}, {"2GiB", 2 << 30}, {"1KiB", 1024},
		{"", 0}, {"MB", 0}, {"0", 0}, {"-5MB", 0}, {"1TB", 0}, {"NaN", 0}, {"1e30GB", 0},
	}
	for _, tt := range tests {
		got, err := parseSize(tt.in)
		if got != tt.want || (err == nil) != (tt.want != 0) {
			t.Errorf("parseSize(%q) = %d, %v, want %d", tt.in, got, err, tt.want)
		}
	}
}

func TestWriteFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out.jsonl")
	err := writeFile(name, func(w io.Writer) error {
		_, err := io.WriteString(w, "{}\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(name); string(got) != "{}\n" {
		t.Errorf("file holds %q", got)
	}
	broken := errors.New("broken")
	if err := writeFile(name, func(io.Writer) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("error is %v, want %v", err, broken)
	}
}
