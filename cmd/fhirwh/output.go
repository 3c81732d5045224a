package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/fhirwh/fhirwh/internal/render"
)

// stdio is what a process has, so that a test can have another. A width is that
// of the terminal, 0 if there is none.
type stdio struct {
	in         io.Reader
	inTerminal bool
	out        io.Writer
	outWidth   int
	err        io.Writer
	errWidth   int
}

func processIO() stdio {
	return stdio{
		in: os.Stdin, inTerminal: term.IsTerminal(int(os.Stdin.Fd())),
		out: os.Stdout, outWidth: terminalWidth(os.Stdout),
		err: os.Stderr, errWidth: terminalWidth(os.Stderr),
	}
}

func terminalWidth(f *os.File) int {
	if !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		return 80
	}
	return width
}

// printJSON writes what a program wants instead of a table or summary.
func (std stdio) printJSON(v any) error {
	e := json.NewEncoder(std.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// printTable writes rows for a person.
func (std stdio) printTable(columns []render.Column, rows [][]any) error {
	w, err := render.New(render.Table, std.out, render.Options{Width: std.outWidth})
	if err != nil {
		return err
	}
	if err := w.Begin(columns); err != nil {
		return err
	}
	for _, row := range rows {
		if err := w.Row(row); err != nil {
			return err
		}
	}
	return w.End()
}

// waiting is called when the warehouse is in use.
func (std stdio) waiting(db string) func(holder string) {
	return func(holder string) {
		std.note("%s is in use by %s: waiting\n", db, render.Neutral(holder))
	}
}

// count writes a number with separators, as people read it.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural writes a number of things: "1 row", "2 rows".
func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}

// bytesText writes a size with three digits.
func bytesText(n int64) string {
	if n < 1<<10 {
		return plural(n, "byte", "bytes")
	}
	size, unit := float64(n), ""
	for _, unit = range []string{"KiB", "MiB", "GiB", "TiB"} {
		size /= 1 << 10
		if size < 999.5 {
			break
		}
	}
	switch {
	case size < 9.995:
		return fmt.Sprintf("%.2f %s", size, unit)
	case size < 99.95:
		return fmt.Sprintf("%.1f %s", size, unit)
	}
	return fmt.Sprintf("%.0f %s", size, unit)
}

// durationText writes a time as precisely as a person wants it.
func durationText(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	text := d.Round(time.Second).String()
	if strings.HasSuffix(text, "m0s") {
		return strings.TrimSuffix(text, "0s")
	}
	return text
}
