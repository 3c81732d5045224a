package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/fhirwh/fhirwh/internal/sqltext"
)

// queryCmd answers SQL. The SQL can change nothing.
type queryCmd struct {
	SQL  string `arg:"" optional:"" name:"sql" help:"SQL; without it, or as -, it is read from standard input."`
	File string `short:"f" placeholder:"FILE" help:"Read the SQL from a file."`

	Param []param `sep:"none" placeholder:"NAME=VALUE" help:"Value for the parameter $NAME of the SQL; may be repeated."`

	Format string `enum:",table,vertical,csv,json,ndjson,markdown,parquet" default:"" placeholder:"FORMAT" help:"table, vertical (one column a line), csv, json, ndjson, markdown or parquet. Default: by the name of --output; else table on a terminal, csv elsewhere. CSV is exact; NULL is nothing, an empty text is \"\"."`
	Output string `short:"o" placeholder:"FILE" help:"Write the result to a file, which appears when it is complete."`
	askFlags
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
	r, err := cmd.reader(ctx, c, std, out.dir)
	if err != nil {
		return err
	}
	defer r.Close()
	a := &answerer{askFlags: cmd.askFlags, r: r, params: params, out: out, std: std, timer: true, hiddenHint: "name the ones you want, or use --format vertical"}
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
