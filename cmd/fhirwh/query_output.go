package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/fhirwh/fhirwh/internal/render"
)

// An output is where the results of a query go: standard output, or a file that
// appears under its name when it is complete.
type output struct {
	format  string
	table   bool // for a person to read
	parquet bool
	width   int // of the terminal; 0 if it is none

	to     io.Writer
	file   *os.File // of the result, until close; nil for standard output and parquet
	dir    string   // of parquet: a folder of its own, which DuckDB may write to
	path   string   // of the file while it is being written
	target string
}

// open prepares the output for that number of results.
func (cmd *queryCmd) open(std stdio, results int) (*output, error) {
	out := &output{format: cmd.format(std), target: cmd.Output, to: std.out, width: std.outWidth}
	out.table, out.parquet = out.format == "table" || out.format == "vertical", out.format == "parquet"
	switch {
	case out.parquet && cmd.Output == "":
		return nil, &usageError{"parquet needs a file to write to", "fhirwh query --format parquet -o FILE ..."}
	case out.parquet && results > 1:
		return nil, &usageError{"a parquet file holds the result of one statement", "run fhirwh query once for each"}
	case out.parquet && cmd.MaxRows != nil:
		return nil, &usageError{"--max-rows does not apply to parquet", "say LIMIT in the SQL"}
	case cmd.Output == "":
		return out, nil
	}
	out.width = 0
	return out, out.create()
}

// create makes the file, or for parquet the folder, that becomes the target. It
// is in the target's folder, so that the last step is a rename, and nobody else
// can put anything in it that DuckDB would follow.
func (out *output) create() (err error) {
	dir := filepath.Dir(out.target)
	if info, err := os.Stat(out.target); err == nil && info.IsDir() {
		return fmt.Errorf("write %s: it is a folder", out.target)
	}
	if out.parquet {
		if dir, err = filepath.Abs(dir); err != nil {
			return err
		}
		if out.dir, err = os.MkdirTemp(dir, ".fhirwh-*"); err != nil {
			return fmt.Errorf("write %s: %w", out.target, err)
		}
		out.path = filepath.Join(out.dir, "result")
		return nil
	}
	if out.file, err = os.CreateTemp(dir, ".fhirwh-*"); err != nil {
		return fmt.Errorf("write %s: %w", out.target, err)
	}
	out.to, out.path = out.file, out.file.Name()
	return nil
}

// writer returns a writer for the ith result. Results are separated by an empty
// line where a reader could not tell them apart.
func (out *output) writer(i int, csvSafe bool) (render.Writer, error) {
	if i > 0 && out.format != "json" && out.format != "ndjson" {
		if _, err := io.WriteString(out.to, "\n"); err != nil {
			return nil, err
		}
	}
	return render.New(render.Format(out.format), out.to, render.Options{Width: out.width, Printable: out.width > 0, CSVSafe: csvSafe})
}

// close puts a complete file in its place and removes any other.
func (out *output) close(complete bool) error {
	if out.path == "" {
		return nil
	}
	var err error
	if out.file != nil {
		err = out.file.Close()
	}
	if complete && err == nil {
		err = os.Rename(out.path, out.target)
	}
	if !complete || err != nil {
		os.Remove(out.path)
	}
	if out.dir != "" {
		err = errors.Join(err, os.Remove(out.dir))
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", out.target, err)
	}
	return nil
}
