package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fhirwh/fhirwh/internal/render"
	"github.com/fhirwh/fhirwh/internal/sqltext"
	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// terminalRows is how many rows of a result a terminal gets unless --max-rows
// says otherwise.
const terminalRows = 200

// askFlags say how SQL is answered, typed as an argument or in the shell.
type askFlags struct {
	MaxRows *int64 `placeholder:"N" help:"Show at most N rows; 0 is all. Default: 200 in a table on a terminal, else all."`
	CSVSafe bool   `help:"In CSV, put ' before text that a spreadsheet would run as a formula."`

	Timeout     time.Duration `placeholder:"DURATION" help:"Stop a statement after this time."`
	Timezone    string        `default:"UTC" placeholder:"ZONE" help:"Time zone of instants, such as Europe/Madrid (${default})."`
	MemoryLimit byteSize      `placeholder:"SIZE" help:"Memory for the query, such as 2GiB. Default: 80% of the machine's."`
	AllowSpill  bool          `help:"Let a query that needs more memory use temporary files beside the warehouse. SQL you do not trust could then overwrite the warehouse."`
	AllowFiles  bool          `help:"Let SQL read your own files (FROM 'x.csv'). SQL you do not trust could then read and write any file of yours."`
}

// reader opens the warehouse. Results may be exported to exportDir unless it is "".
func (f *askFlags) reader(ctx context.Context, c *cli, std stdio, exportDir string) (*warehouse.Reader, error) {
	zone, err := time.LoadLocation(f.Timezone)
	if err != nil || f.Timezone == "Local" {
		return nil, &usageError{fmt.Sprintf("%q is no time zone", f.Timezone), "names are those of the IANA database, such as Europe/Madrid"}
	}
	return warehouse.OpenReader(ctx, c.DB, warehouse.ReadOptions{
		Wait: c.Wait, OnWait: std.waiting(c.DB),
		MemoryLimit: int64(f.MemoryLimit), Zone: zone,
		AllowSpill: f.AllowSpill, AllowFiles: f.AllowFiles, ExportDir: exportDir,
	})
}

// maxRows returns how many rows to write at most; -1 is all.
func (f *askFlags) maxRows(out *output) int64 {
	switch {
	case f.MaxRows != nil && *f.MaxRows > 0:
		return *f.MaxRows
	case f.MaxRows == nil && out.table && out.width > 0:
		return terminalRows
	}
	return -1
}

// An answerer runs statements and writes their results.
type answerer struct {
	askFlags
	r      *warehouse.Reader
	params []warehouse.Param
	out    *output
	std    stdio

	timer      bool   // say how long it took
	hiddenHint string // what to do if columns do not fit
}

// answer runs the ith statement.
func (a *answerer) answer(ctx context.Context, i int, sql string) error {
	if a.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, a.Timeout, errTimeout)
		defer cancel()
	}
	start := time.Now()
	w, err := a.run(ctx, i, sql)
	defer a.noteOldViews(ctx, sql, err != nil)
	if err == nil && (a.out.table || a.std.errWidth > 0) {
		a.std.note("%s\n", a.footer(w, time.Since(start)))
	}
	return err
}

// noteOldViews says so if a view that the statement reads, or may have failed for, is
// not this version's.
func (a *answerer) noteOldViews(ctx context.Context, sql string, failed bool) {
	old, err := a.r.OldViews(ctx)
	if err != nil || len(old) == 0 || !failed && len(readFrom(sql, old)) == 0 {
		return // an error: a database of the user's own, or the query was interrupted
	}
	version, err := a.r.LastVersion(ctx)
	if err == nil {
		a.std.note("hint: views were made by fhirwh %s: fhirwh import --refresh brings them up to date\n", render.OneLine(version))
	}
}

// readFrom returns those of the names that a statement reads from.
func readFrom(sql string, names []string) []string {
	var read []string
	for _, s := range sqltext.Sources(sql) {
		for _, name := range names {
			if strings.EqualFold(s.Name, name) && !slices.Contains(read, name) {
				read = append(read, name)
			}
		}
	}
	return read
}

var errTimeout = &hinted{errors.New("the query took longer than --timeout"), "raise --timeout, or ask for less"}

// written says what of a result was written.
type written struct {
	rows   int64
	more   bool // there are more rows
	hidden int  // columns that did not fit
}

func (a *answerer) run(ctx context.Context, i int, sql string) (w written, err error) {
	if a.out.parquet {
		w.rows, err = a.r.Export(ctx, sql, a.out.path, a.params...)
		return w, err
	}
	res, err := a.r.Query(ctx, sql, a.params...)
	if err != nil {
		return w, err
	}
	w, err = a.write(res, i)
	return w, errors.Join(err, res.Close())
}

// write writes the ith result.
func (a *answerer) write(res *warehouse.Result, i int) (done written, err error) {
	w, err := a.out.writer(i, a.CSVSafe)
	if err != nil {
		return done, err
	}
	columns := make([]render.Column, len(res.Columns))
	for i, c := range res.Columns {
		columns[i] = render.Column{Name: c.Name, Numeric: c.Numeric}
	}
	if err := w.Begin(columns); err != nil {
		return done, err
	}
	limit := a.maxRows(a.out)
	for res.Next() {
		if done.rows == limit {
			done.more = true
			break
		}
		if err := w.Row(res.Values()); err != nil {
			return done, err
		}
		done.rows++
	}
	err = w.End()
	if t, ok := w.(*render.TableWriter); ok {
		done.hidden = t.Hidden()
	}
	return done, err
}

// footer says what was shown.
func (a *answerer) footer(w written, took time.Duration) string {
	text := plural(w.rows, "row", "rows")
	if w.more {
		text = "first " + text + " (--max-rows 0 shows all)"
	}
	if a.timer {
		text += " in " + durationText(took)
	}
	if w.hidden > 0 {
		text += "\nhint: " + plural(int64(w.hidden), "column does", "columns do") + " not fit: " + a.hiddenHint
	}
	return text
}
