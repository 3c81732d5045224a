package warehouse

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/fhirwh/fhirwh/internal/parse"
	"github.com/fhirwh/fhirwh/internal/schema"
)

// Verify checks the warehouse at path: that every block of every table can be
// read, that every row gives back its resource, that no identity occurs twice,
// and that the ledger's numbers agree. Then it reads the sources again and
// compares each of their resources with what the warehouse has: member by member,
// number literals digit by digit, arrays in order, nulls where they were.
//
// The comparison does not pass through the typed columns' decoder: it sets the
// text of the source against the text rebuilt from the row. A resource counts as
// present if its content is the current one of its identity or a variant. One
// that gave way to a content with a later meta.lastUpdated is counted as
// replaced.
//
// What it finds is in the report. The error is about the warehouse or a source
// that cannot be opened at all.
func Verify(ctx context.Context, path string, o VerifyOptions) (*VerifyReport, error) {
	started := time.Now()
	c, err := openFidelity(ctx, path, o.Wait, o.OnWait)
	if err != nil {
		return nil, err
	}
	defer c.close()
	v := newVerifier(ctx, c, o)
	if err := v.run(); err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	v.report.DB = path
	v.report.Elapsed = time.Since(started)
	return v.report, nil
}

// A verifier is one verification.
//
// The tables are read once, whatever the sources are, since every block has to
// be: on the way each row's resource is rebuilt, and its digest noted. Then the
// sources are read once, and a resource whose digest is there is the same. Both
// cost time in proportion to their size, in whatever order the sources are, and
// memory of 19 to 28 bytes for each content of the warehouse. Only resources whose digest
// is not there are looked up by their id and compared element by element.
type verifier struct {
	VerifyOptions
	ctx    context.Context
	c      *conn
	report *VerifyReport

	tables  map[*schema.Type]*table
	damaged map[string]bool // tables, by name as in the report

	mu       sync.Mutex // guards present and report.Problems while digests are computed
	present  keyIndex   // of the digests of all contents that the warehouse has
	rejected map[digest]bool
	imports  map[int32]int32 // import of each file in ledger.files
	known    map[fileSum]ledgerFile

	files    map[*parse.File]*FileReport
	order    []*FileReport // of files, as they were read
	suspects []*suspect
	held     int64 // bytes of suspects
}

func newVerifier(ctx context.Context, c *conn, o VerifyOptions) *verifier {
	if o.MaxListed == 0 {
		o.MaxListed = 100
	}
	return &verifier{VerifyOptions: o, ctx: ctx, c: c, damaged: map[string]bool{}, report: &VerifyReport{
		Tables: []TableReport{}, Sources: []FileReport{}, Problems: []Problem{}, Differences: []Difference{}, Replaced: []Place{}}}
}

func (v *verifier) run() error {
	defer v.present.free()
	var err error
	if v.tables, err = readTables(v.ctx, v.c); err != nil {
		return err
	}
	for _, step := range []func() error{v.checkTables, v.checkIdentities, v.checkLedger} {
		if err := step(); err != nil {
			return err
		}
	}
	if len(v.Sources) == 0 {
		return nil
	}
	return v.checkSources()
}

func (v *verifier) progress(p Progress) {
	if v.Progress != nil {
		v.Progress(p)
	}
}

// problem adds count cases of a problem to the report.
func (v *verifier) problem(table, kind, detail string, count int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for i := range v.report.Problems {
		if p := &v.report.Problems[i]; p.Table == table && p.Kind == kind && p.Count > 0 && count > 0 && kind == "not rebuilt" {
			p.Count += count
			return
		}
	}
	v.report.Problems = append(v.report.Problems, Problem{Table: table, Kind: kind, Detail: detail, Count: count})
}

// unreadable sorts out an error of reading a table: it is a finding, unless it
// says that we cannot go on.
func (v *verifier) unreadable(table string, err error) error {
	if err == nil || v.ctx.Err() != nil || errors.Is(err, ErrMemory) || errors.Is(err, ErrNoAccess) {
		return err
	}
	if v.damaged[table] {
		return nil
	}
	v.damaged[table] = true
	v.problem(table, "damaged", plainText(err), 0)
	return nil
}

// plainText is what may be said of an error: DuckDB's own text may quote data.
func plainText(err error) string {
	if e, ok := errors.AsType[*FileError](err); ok {
		return e.Error()
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return "DuckDB reports an " + e.Class()
	}
	return err.Error()
}
