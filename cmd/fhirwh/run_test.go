package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/parse"
	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// runIn runs the program in this process and returns its exit code and outputs.
func runIn(t *testing.T, ctx context.Context, std stdio, args ...string) (code int, out, errOut string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if std.out == nil {
		std.out = &stdout
	}
	std.err = &stderr
	if std.in == nil {
		std.in = strings.NewReader("")
	}
	return run(ctx, args, std), stdout.String(), stderr.String()
}

// imported returns a warehouse with two patients.
func imported(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "patients.ndjson")
	text := `{"resourceType":"Patient","id":"a","name":[{"text":"` + strings.Repeat("long name ", 20) + `"}]}` + "\n" + `{"resourceType":"Patient","id":"b"}` + "\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	db := filepath.Join(dir, "w.duckdb")
	if code, _, errOut := runIn(t, t.Context(), stdio{}, "import", "--db", db, file); code != exitOK {
		t.Fatalf("import: exit code %d: %s", code, errOut)
	}
	return db
}

type closedPipe struct{}

func (closedPipe) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}
}

func TestBrokenPipeIsQuiet(t *testing.T) {
	db := imported(t)
	for _, args := range [][]string{
		{"query", "--db", db, "SELECT * FROM range(1000000)"},
		{"query", "--db", db, "--format", "json", "SELECT * FROM range(1000000)"},
		{"dump", "--db", db},
		{"tables", "--db", db},
		{"version"},
	} {
		code, _, errOut := runIn(t, t.Context(), stdio{out: closedPipe{}}, args...)
		if code != exitOK || errOut != "" {
			t.Errorf("%s: exit code %d, said %q", args[0], code, errOut)
		}
	}
}

func TestInterrupted(t *testing.T) {
	db := imported(t)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(300*time.Millisecond, cancel)
	code, _, errOut := runIn(t, ctx, stdio{}, "query", "--db", db, "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range + b.range < 0")
	if code != exitInterrupted || errOut != "fhirwh: interrupted\n" {
		t.Errorf("exit code %d, said %q", code, errOut)
	}
}

func TestTerminal(t *testing.T) {
	db := imported(t)
	for _, width := range []int{80, 40} {
		for _, args := range [][]string{
			{"query", "--db", db, "FROM Patient"},
			{"query", "--db", db, "--format", "csv", "SELECT 'a\x1b[31mb' AS v"},
			{"tables", "--db", db},
			{"describe", "--db", db, "Patient"},
			{"imports", "--db", db},
		} {
			code, out, _ := runIn(t, t.Context(), stdio{outWidth: width, errWidth: width}, args...)
			if code != exitOK {
				t.Errorf("%v: exit code %d", args, code)
			}
			if strings.Contains(out, "\x1b") {
				t.Errorf("%v: a control character reached the terminal", args)
			}
			for line := range strings.SplitSeq(out, "\n") {
				if n := len([]rune(line)); n > width {
					t.Errorf("%v: a line has %d characters, the terminal %d:\n%s", args, n, width, line)
				}
			}
		}
	}
}

func TestTerminalGetsSoManyRows(t *testing.T) {
	db := imported(t)
	_, out, errOut := runIn(t, t.Context(), stdio{outWidth: 80}, "query", "--db", db, "FROM range(1000)")
	if n := strings.Count(out, "\n"); n != terminalRows+2 || !strings.HasPrefix(errOut, "first 200 rows (--max-rows 0 shows all)") {
		t.Errorf("%d lines; said %q", n, errOut)
	}
	_, out, _ = runIn(t, t.Context(), stdio{outWidth: 80}, "query", "--db", db, "--max-rows", "0", "FROM range(1000)")
	if n := strings.Count(out, "\n"); n != 1002 {
		t.Errorf("%d lines with --max-rows 0", n)
	}
}

func TestNoSQLOnATerminal(t *testing.T) {
	code, _, errOut := runIn(t, t.Context(), stdio{inTerminal: true}, "query")
	if code != exitUsage || !strings.Contains(errOut, "no SQL given") {
		t.Errorf("exit code %d, said %q", code, errOut)
	}
}

func TestExitCode(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name string
		ctx  context.Context
		err  error
		want int
	}{
		{"nothing", t.Context(), nil, exitOK},
		{"failure", t.Context(), errors.New("x"), exitFailed},
		{"usage", t.Context(), &usageError{text: "x"}, exitUsage},
		{"findings", t.Context(), errFindings, exitFindings},
		{"busy", t.Context(), fmt.Errorf("import: %w", &warehouse.BusyError{Path: "x"}), exitBusy},
		{"interrupted", ended, errors.New("x"), exitInterrupted},
		{"done in spite of it", ended, nil, exitOK},
		{"closed pipe", t.Context(), fmt.Errorf("write: %w", syscall.EPIPE), exitOK},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := exitCode(tt.ctx, tt.err); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

// What DuckDB says may quote data. Only about a statement of the user's it is
// shown.
func TestErrorsQuoteNothing(t *testing.T) {
	const canary = "ZQX-CANARY-1985-04-12"
	raw := &warehouse.Error{Text: "Conversion Error: Could not convert string '" + canary + "' to INT32"}
	for _, err := range []error{
		raw,
		fmt.Errorf("write Patient: %w", raw),
		errors.Join(errors.New("x"), fmt.Errorf("write: %w", fmt.Errorf("again: %w", raw))),
		&warehouse.FileError{Path: "w", Kind: warehouse.ErrDamaged, Err: raw},
		&hinted{fmt.Errorf("write: %w", raw), "x"},
	} {
		var said bytes.Buffer
		stdio{err: &said}.fail(t.Context(), err)
		if strings.Contains(said.String(), canary) || !strings.HasPrefix(said.String(), "fhirwh: ") {
			t.Errorf("said %s", said.String())
		}
	}
	var said bytes.Buffer
	stdio{err: &said}.fail(t.Context(), fmt.Errorf("statement 1: %w", &warehouse.QueryError{Text: canary, Err: raw}))
	if !strings.Contains(said.String(), canary) {
		t.Errorf("the user's own statement is not shown: %s", said.String())
	}
}

func TestErrorsAreNeutral(t *testing.T) {
	var said bytes.Buffer
	stdio{err: &said}.fail(t.Context(), errors.New("open \x1b]0;x\x07"))
	if said.String() != `fhirwh: open \u{1b}]0;x\u{7}`+"\n" {
		t.Errorf("said %q", said.String())
	}
}

func TestLabelled(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"a.jsonl", "x=y.jsonl"} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		in   string
		want parse.Source
	}{
		{"a.jsonl", parse.Source{Label: "default", Path: "a.jsonl"}},
		{"epic=a.jsonl", parse.Source{Label: "epic", Path: "a.jsonl"}},
		{"x=y.jsonl", parse.Source{Label: "default", Path: "x=y.jsonl"}},
		{"epic=x=y.jsonl", parse.Source{Label: "epic", Path: "x=y.jsonl"}},
		{"epic=*.jsonl", parse.Source{Label: "epic", Path: "*.jsonl"}},
		{"x=*.jsonl", parse.Source{Label: "default", Path: "x=*.jsonl"}},
		{"epic=-", parse.Source{Label: "epic", Path: "-"}},
		{"-", parse.Source{Label: "default", Path: "-"}},
		{"epic=missing", parse.Source{Label: "default", Path: "epic=missing"}},
		{"=a.jsonl", parse.Source{Label: "default", Path: "=a.jsonl"}},
		{"https://example.org/r4=a.jsonl", parse.Source{Label: "https://example.org/r4", Path: "a.jsonl"}},
	}
	for _, tt := range tests {
		if got := labelled(tt.in, "default"); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.in, got, tt.want)
		}
	}
}

func TestByteSize(t *testing.T) {
	tests := []struct {
		in   string
		want byteSize // 0: refused
	}{
		{"1024", 1024}, {"1k", 1024}, {"1KiB", 1024}, {"2 GiB", 2 << 30}, {"1.5g", 3 << 29}, {"2GB", 2e9}, {"10b", 10},
		{"", 0}, {"x", 0}, {"-1", 0}, {"0", 0}, {"1e30", 0}, {"GiB", 0}, {"NaN", 0},
	}
	for _, tt := range tests {
		var s byteSize
		if err := s.UnmarshalText([]byte(tt.in)); s != tt.want || (err == nil) != (tt.want > 0) {
			t.Errorf("%q: got %d, %v", tt.in, s, err)
		}
	}
}

func TestTexts(t *testing.T) {
	tests := []struct{ got, want string }{
		{count(0), "0"}, {count(999), "999"}, {count(1000), "1,000"}, {count(-1234567), "-1,234,567"}, {count(-123), "-123"},
		{plural(1, "row", "rows"), "1 row"}, {plural(0, "row", "rows"), "0 rows"},
		{bytesText(1), "1 byte"}, {bytesText(1023), "1,023 bytes"}, {bytesText(1536), "1.50 KiB"}, {bytesText(411 << 20), "411 MiB"}, {bytesText(1023 << 20), "1.00 GiB"},
		{durationText(1500 * time.Microsecond), "1.5 ms"}, {durationText(120 * time.Millisecond), "120 ms"}, {durationText(2340 * time.Millisecond), "2.3 s"}, {durationText(125 * time.Second), "2m5s"}, {durationText(2 * time.Minute), "2m"}, {durationText(130 * time.Second), "2m10s"},
		{share(0, 10), "0%"}, {share(10, 10), "100%"}, {share(1, 1000), "<1%"}, {share(999, 1000), "99%"}, {share(1, 3), "33%"}, {share(0, 0), "0%"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestVersionOpensNoWarehouse(t *testing.T) {
	db := filepath.Join(t.TempDir(), "w.duckdb")
	if err := os.WriteFile(db, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errOut := runIn(t, t.Context(), stdio{}, "version", "--db", db); code != exitOK || errOut != "" {
		t.Errorf("exit code %d, said %q", code, errOut)
	}
}

func TestUnreadableStandardInput(t *testing.T) {
	code, _, errOut := runIn(t, t.Context(), stdio{in: errReader{}}, "query")
	if code != exitFailed || errOut != "fhirwh: read SQL from standard input: no tape\n" {
		t.Errorf("exit code %d, said %q", code, errOut)
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errors.New("no tape") }

var _ io.Reader = errReader{}
