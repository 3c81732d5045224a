package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/fhirwh/fhirwh/internal/overview"
	"github.com/fhirwh/fhirwh/internal/render"
)

// TestPagesFitTheTerminal looks at both pages of an export with long, wide and hostile text on
// terminals of several widths.
func TestPagesFitTheTerminal(t *testing.T) {
	file := filepath.Join(t.TempDir(), "hostile.jsonl")
	hostile := strings.Repeat("長い名前 ", 30) + "\u001b[31m\u202e end\nof it"
	var lines []string
	for i := range 30 {
		lines = append(lines,
			fmt.Sprintf(`{"resourceType":"Condition","id":"c%d","code":{"text":%q},"subject":{"reference":"Patient/%s"},"onsetDateTime":"2020"}`, i, hostile, strings.Repeat("x", 64)),
			fmt.Sprintf(`{"resourceType":"Observation","id":"o%d","status":"final","code":{"text":"%d"},"subject":{"reference":"Patient/%s"},"valueQuantity":{"value":%d.5,"unit":"ungewöhnlich%d"}}`, i, i, strings.Repeat("x", 64), i, i))
	}
	text := strings.NewReplacer(`\x1b`, `\u001b`).Replace(strings.Join(lines, "\n"))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	db := filepath.Join(t.TempDir(), "w.duckdb")
	if code, _, errOut := runIn(t, t.Context(), stdio{}, "import", "--db", db, file); code != exitOK {
		t.Fatalf("import: exit code %d: %s", code, errOut)
	}
	wide := &runewidth.Condition{StrictEmojiNeutral: true}
	for _, args := range [][]string{{"summary", "--names", "--all"}, {"patient"}, {"patient", "--all", "--identity"}} {
		for _, width := range []int{20, 40, 80, 120} {
			var out bytes.Buffer
			code, _, errOut := runIn(t, t.Context(), stdio{out: &out, outWidth: width}, append(args, "--db", db)...)
			if code != exitOK || out.Len() == 0 {
				t.Fatalf("%v: exit code %d: %s", args, code, errOut)
			}
			if out.String() != render.Neutral(out.String()) {
				t.Errorf("%v: a terminal would obey the data", args)
			}
			for line := range strings.Lines(out.String()) {
				if n := wide.StringWidth(strings.TrimSuffix(line, "\n")); n > width {
					t.Errorf("%v: %d columns on a terminal of %d: %s", args, n, width, line)
				}
			}
		}
	}
}

func TestBornText(t *testing.T) {
	tests := []struct {
		name string
		who  overview.Patient
		want string
	}{
		{"unknown", overview.Patient{}, ""},
		{"the day before a birthday", born("1980-06-02"), "born 1980-06-02 (44 years)"},
		{"a birthday", born("1980-06-01"), "born 1980-06-01 (45 years)"},
		{"a month", born("1980-06"), "born 1980-06 (about 45 years)"},
		{"a year", born("1980"), "born 1980 (about 45 years)"},
		{"a child of one year", born("2023-06-02"), "born 2023-06-02 (23 months)"},
		{"a newborn", born("2025-05-31"), "born 2025-05-31 (0 months)"},
		{"in the future", born("2026-01-01"), "born 2026-01-01"},
		{"no date", born("1980-13-77"), "born 1980-13-77"},
		{"a leap day", born("2000-02-29"), "born 2000-02-29 (25 years)"},
		{"dead", overview.Patient{Person: overview.Person{BirthDate: "1980-06-02"}, Deceased: true, DeathDate: "2020-06-01"}, "born 1980-06-02, died 2020-06-01 at 39 years"},
		{"dead, no day", overview.Patient{Person: overview.Person{BirthDate: "1980-06-02"}, Deceased: true}, "born 1980-06-02, died"},
		{"dead, birth unknown", overview.Patient{Deceased: true, DeathDate: "2020-06-01"}, "died 2020-06-01"},
	}
	asOf := time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := bornText(&tt.who, asOf); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func born(date string) overview.Patient {
	return overview.Patient{Person: overview.Person{BirthDate: date}}
}

func TestPeriod(t *testing.T) {
	tests := []struct{ state, since, until, want string }{
		{"active", "", "", ""},
		{"active", "2020", "", "since 2020"},
		{"active", "2020", "2021", "2020 until 2021"},
		{"active", "", "2021", "until 2021"},
		{"active", "54 years", "", "onset 54 years"},
		{"past", "2020", "2021", "2020 – 2021"},
		{"past", "2020", "2020", "2020"},
		{"past", "", "2021", "? – 2021"},
		{"past", "2020", "", "2020"},
		{"past", "childhood", "", "onset childhood"},
	}
	for _, tt := range tests {
		if got := period(tt.state, tt.since, tt.until); got != tt.want {
			t.Errorf("%s %q %q: got %q, want %q", tt.state, tt.since, tt.until, got, tt.want)
		}
	}
}

func TestBarsFor(t *testing.T) {
	years := map[int]int64{2000: 4, 2001: 4, 2009: 8, 1850: 7}
	tests := []struct {
		room int
		bars string
		step int
	}{
		{10, "▄▄       █", 1},
		{9, "█   █", 2},
		{5, "█   █", 2},
		{2, "██", 5},
		{1, "█", 10},
	}
	for _, tt := range tests {
		if bars, step := barsFor(years, 2000, 2009, tt.room); bars != tt.bars || step != tt.step {
			t.Errorf("room for %d: got %q, a bar %d years", tt.room, bars, step)
		}
	}
}
