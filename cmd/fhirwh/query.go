package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fhirwh/fhirwh/internal/render"
	"github.com/fhirwh/fhirwh/internal/sqltext"
	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// terminalRows is how many rows of a result a terminal gets unless --max-rows
// says otherwise.
const terminalRows = 200

// queryCmd answers SQL. The SQL can change nothing.
type queryCmd struct {
	SQL  string `arg:"" optional:"" name:"sql" help:"SQL; without it, or as -, it is read from standard input."`
	File string `short:"f" placeholder:"FILE" help:"Read the SQL from a file."`

	Param []param `sep:"none" placeholder:"NAME=VALUE" help:"Value for the parameter $NAME of the SQL; may be repeated."`

	Format  string `enum:",table,vertical,csv,json,ndjson,markdown,parquet" default:"" placeholder:"FORMAT" help:"table, vertical (one column a line), csv, json, ndjson, markdown or parquet. Default: by the name of --output; else table on a terminal, csv elsewhere. CSV is exact; NULL is nothing, an empty text is \"\"."`
	Output  string `short:"o" placeholder:"FILE" help:"Write the result to a file, which appears when it is complete."`
	MaxRows *int64 `placeholder:"N" help:"Show at most N rows; 0 is all. Default: 200 in a table on a terminal, else all."`
	CSVSafe bool   `help:"In CSV, put ' before text that a spreadsheet would run as a formula."`

	Timeout     time.Duration `placeholder:"DURATION" help:"Stop a statement after this time."`
	Timezone    string        `default:"UTC" placeholder:"ZONE" help:"Time zone of instants, such as Europe/Madrid (${default})."`
	MemoryLimit byteSize      `placeholder:"SIZE" help:"Memory for the query, such as 2GiB. Default: 80% of the machine's."`
	AllowSpill  bool          `help:"Let a query that needs more memory use temporary files beside the warehouse. SQL you do not trust could then overwrite the warehouse."`
	AllowFiles  bool          `help:"Let SQL read your own files (FROM 'x.csv'). SQL you do not trust could then read and write any file of yours."`
}

func (cmd *queryCmd) Run(ctx context.Context, c *cli, std stdio) (err error) {
	statements, err := cmd.statements(std)
	if err != nil {
		return err
	}
	params, err := cmd.params(statements)
	if err != nil {
		return err
	}
	out, err := cmd.open(std, len(statements))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.close(err == nil)) }()
	r, err := cmd.reader(ctx, c, std, out)
	if err != nil {
		return err
	}
	defer r.Close()
	a := &answerer{cmd, r, params, out, std}
	for i, sql := range statements {
		if len(statements) == 1 {
			break // running it checks it
		}
		if err := r.Check(sql, params...); err != nil {
			return nth(i, statements, missing(err))
		}
	}
	for i, sql := range statements {
		if err := a.answer(ctx, i, sql); err != nil {
			return nth(i, statements, missing(err))
		}
	}
	return nil
}

// nth says which of several statements an error is about.
func nth(i int, statements []string, err error) error {
	if len(statements) == 1 {
		return err
	}
	return fmt.Errorf("statement %d: %w", i+1, err)
}

// statements returns the SQL from where the user put it.
func (cmd *queryCmd) statements(std stdio) ([]string, error) {
	text := cmd.SQL
	switch {
	case cmd.File != "" && cmd.SQL != "":
		return nil, &usageError{"SQL is given twice: as an argument and by --file", "fhirwh query --help"}
	case cmd.File != "":
		b, err := os.ReadFile(cmd.File)
		if err != nil {
			return nil, err
		}
		text = string(b)
	case cmd.SQL == "-", cmd.SQL == "" && !std.inTerminal:
		b, err := io.ReadAll(std.in)
		if err != nil {
			return nil, fmt.Errorf("read SQL from standard input: %w", err)
		}
		text = string(b)
	}
	statements := sqltext.Statements(strings.TrimPrefix(text, "\ufeff"))
	if len(statements) == 0 {
		return nil, &usageError{"no SQL given", `fhirwh query "SELECT * FROM patients"`}
	}
	return statements, nil
}

func (cmd *queryCmd) reader(ctx context.Context, c *cli, std stdio, out *output) (*warehouse.Reader, error) {
	zone, err := time.LoadLocation(cmd.Timezone)
	if err != nil || cmd.Timezone == "Local" {
		return nil, &usageError{fmt.Sprintf("%q is no time zone", cmd.Timezone), "names are those of the IANA database, such as Europe/Madrid"}
	}
	return warehouse.OpenReader(ctx, c.DB, warehouse.ReadOptions{
		Wait: c.Wait, OnWait: std.waiting(c.DB),
		MemoryLimit: int64(cmd.MemoryLimit), Zone: zone,
		AllowSpill: cmd.AllowSpill, AllowFiles: cmd.AllowFiles, ExportDir: out.dir,
	})
}

// An answerer runs statements and writes their results.
type answerer struct {
	cmd    *queryCmd
	r      *warehouse.Reader
	params []warehouse.Param
	out    *output
	std    stdio
}

// answer runs the ith statement.
func (a *answerer) answer(ctx context.Context, i int, sql string) error {
	if a.cmd.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, a.cmd.Timeout, errTimeout)
		defer cancel()
	}
	start := time.Now()
	n, more, hidden, err := a.run(ctx, i, sql)
	if err == nil && (a.out.table || a.std.errWidth > 0) {
		a.std.note("%s\n", footer(n, more, hidden, time.Since(start)))
	}
	return err
}

// run writes a result and returns how many rows it wrote, whether there are more,
// and how many columns did not fit.
func (a *answerer) run(ctx context.Context, i int, sql string) (n int64, more bool, hidden int, err error) {
	if a.out.parquet {
		n, err = a.r.Export(ctx, sql, a.out.path, a.params...)
		return n, false, 0, err
	}
	res, err := a.r.Query(ctx, sql, a.params...)
	if err != nil {
		return 0, false, 0, err
	}
	n, more, hidden, err = a.cmd.write(res, i, a.out)
	return n, more, hidden, errors.Join(err, res.Close())
}

var errTimeout = &hinted{errors.New("the query took longer than --timeout"), "raise --timeout, or ask for less"}

// footer says what was shown.
func footer(n int64, more bool, hidden int, took time.Duration) string {
	text := plural(n, "row", "rows")
	if more {
		text = "first " + text + " (--max-rows 0 shows all)"
	}
	text += " in " + durationText(took)
	if hidden > 0 {
		text += "\nhint: " + plural(int64(hidden), "column does", "columns do") + " not fit: name the ones you want, or use --format json"
	}
	return text
}

// write writes a result, the ith, and returns how many rows it wrote, whether
// there are more, and how many columns did not fit.
func (cmd *queryCmd) write(res *warehouse.Result, i int, out *output) (n int64, more bool, hidden int, err error) {
	w, err := out.writer(i, cmd.CSVSafe)
	if err != nil {
		return 0, false, 0, err
	}
	columns := make([]render.Column, len(res.Columns))
	for i, c := range res.Columns {
		columns[i] = render.Column{Name: c.Name, Numeric: c.Numeric}
	}
	if err := w.Begin(columns); err != nil {
		return 0, false, 0, err
	}
	limit := cmd.maxRows(out)
	for res.Next() {
		if n == limit {
			more = true
			break
		}
		if err := w.Row(res.Values()); err != nil {
			return n, false, 0, err
		}
		n++
	}
	err = w.End()
	if t, ok := w.(*render.TableWriter); ok {
		hidden = t.Hidden()
	}
	return n, more, hidden, err
}

// maxRows returns how many rows to write at most; -1 is all.
func (cmd *queryCmd) maxRows(out *output) int64 {
	switch {
	case cmd.MaxRows != nil && *cmd.MaxRows > 0:
		return *cmd.MaxRows
	case cmd.MaxRows == nil && out.table && out.width > 0:
		return terminalRows
	}
	return -1
}

// format returns the format that the user wants.
func (cmd *queryCmd) format(std stdio) string {
	byName := map[string]string{
		".csv": "csv", ".json": "json", ".ndjson": "ndjson", ".jsonl": "ndjson", ".md": "markdown", ".parquet": "parquet", ".txt": "table",
	}
	switch {
	case cmd.Format != "":
		return cmd.Format
	case byName[strings.ToLower(filepath.Ext(cmd.Output))] != "":
		return byName[strings.ToLower(filepath.Ext(cmd.Output))]
	case cmd.Output == "" && std.outWidth > 0:
		return "table"
	}
	return "csv"
}
