package warehouse

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2/mapping"

	"github.com/fhirwh/fhirwh/internal/parse"
	fhirsql "github.com/fhirwh/fhirwh/sql"
)

// layout is the number of the ledger's and the bookkeeping columns' layout that
// this program writes. It reads every lower one.
const layout = 3

// openLedger makes the ledger if the warehouse has none, adds what an older one
// lacks, and refuses one of a newer layout.
func openLedger(ctx context.Context, c *conn) error {
	n, err := readLayout(ctx, c)
	if err != nil {
		return err
	}
	if n > layout {
		return &NewerLayoutError{Layout: n, Known: layout}
	}
	if n == layout {
		return nil
	}
	for i, sql := range []string{fhirsql.Ledger, fhirsql.LedgerExports, fhirsql.LedgerErasures} { // of layout 1, 2, ...
		if i < n {
			continue
		}
		if err := c.exec(ctx, sql); err != nil {
			return fmt.Errorf("make the ledger: %w", err)
		}
	}
	if _, err := c.execArgs(ctx, "insert into ledger.meta values (?, now())", layout); err != nil {
		return fmt.Errorf("make the ledger: %w", err)
	}
	return nil
}

// readLayout returns the number of the ledger's layout, 0 if there is no ledger.
func readLayout(ctx context.Context, c *conn) (int, error) {
	var there bool
	err := c.value(ctx, &there, "select count(*) > 0 from duckdb_tables() where schema_name = 'ledger' and table_name = 'meta'")
	if err != nil {
		return 0, fmt.Errorf("look for the ledger: %w", err)
	}
	if !there {
		return 0, nil
	}
	var n int32
	if err := c.value(ctx, &n, "select max(layout) from ledger.meta"); err != nil {
		return 0, fmt.Errorf("read the ledger: %w", err)
	}
	return int(n), nil
}

// A NewerLayoutError says that a warehouse was written by a newer fhirwh.
type NewerLayoutError struct{ Layout, Known int }

func (e *NewerLayoutError) Error() string {
	return fmt.Sprintf("the warehouse has layout %d; this fhirwh knows layouts up to %d", e.Layout, e.Known)
}

// Hint says what to do about it.
func (e *NewerLayoutError) Hint() string { return "use the fhirwh that wrote it, or a newer one" }

func nullable(s string, ok bool) any {
	if !ok {
		return nil
	}
	return s
}

func entryValue(entry int32) any {
	if entry < 0 {
		return nil
	}
	return entry
}

// recordRejects writes the window's rejected lines.
func (l *loader) recordRejects() error {
	var rows [][]any
	for i, b := range l.blocks {
		f := l.fileOf(b)
		for _, r := range b.Rejects {
			l.noteReject(b.File, r)
			rows = append(rows, []any{l.importID, f.number, r.Line, entryValue(r.Entry), r.Offset, r.Length,
				string(r.Reason), nullable(r.Detail, r.Detail != ""), nonNil(r.Raw)})
		}
		// raw lines may be large: do not gather those of many blocks
		if len(rows) >= chunkRows || i == len(l.blocks)-1 {
			if err := l.writeRows("ledger.rejects", rejectColumns, rows); err != nil {
				return err
			}
			rows = rows[:0]
		}
	}
	return nil
}

var rejectColumns = []sourceColumn{
	{"import", simple(mapping.TypeInteger)}, {"file", simple(mapping.TypeInteger)}, {"line", simple(mapping.TypeBigInt)},
	{"entry", simple(mapping.TypeInteger)}, {"offset", simple(mapping.TypeBigInt)}, {"length", simple(mapping.TypeBigInt)},
	{"reason", simple(mapping.TypeVarchar)}, {"detail", simple(mapping.TypeVarchar)}, {"raw", simple(mapping.TypeBlob)},
}

func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// noteReject keeps the first rejects for the summary.
func (l *loader) noteReject(f *parse.File, r parse.Reject) {
	if len(l.summary.Rejects) < 10 {
		l.summary.Rejects = append(l.summary.Rejects, RejectSummary{
			File: f.Name, Line: r.Line, Offset: r.Offset, Reason: string(r.Reason), Detail: r.Detail})
	}
}

func (l *loader) fileOf(b *parse.Block) *fileState {
	i := slices.IndexFunc(l.files, func(f *fileState) bool { return f.file == b.File })
	return l.files[i]
}

// recordEntries writes the window's entries of Bundles.
func (l *loader) recordEntries() error {
	var rows [][]any
	for _, b := range l.blocks {
		f := l.fileOf(b)
		for _, e := range b.Entries {
			row, err := entryRow(b, f, e)
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
	}
	return l.writeRows("ledger.bundle_entries", entryColumns, rows)
}

var entryColumns = []sourceColumn{
	{"source", simple(mapping.TypeVarchar)}, {"file", simple(mapping.TypeInteger)}, {"line", simple(mapping.TypeBigInt)},
	{"entry", simple(mapping.TypeInteger)}, {"full_url", simple(mapping.TypeVarchar)}, {"resource_type", simple(mapping.TypeVarchar)},
	{"resource_id", simple(mapping.TypeVarchar)}, {"content", simple(mapping.TypeUHugeInt)},
}

func entryRow(b *parse.Block, f *fileState, e parse.BundleEntry) ([]any, error) {
	var content any
	if e.ResourceID == "" && e.Raw.End > e.Raw.Start {
		hi, lo, err := parse.Content(b.Bytes[e.Raw.Start:e.Raw.End])
		if err != nil {
			return nil, fmt.Errorf("line %d, entry %d: %w", e.Line, e.Entry, err)
		}
		content = uhuge{hi, lo}
	}
	return []any{f.file.Source, f.number, e.Line, e.Entry, nullable(e.FullURL, e.HasFullURL),
		nullable(e.ResourceType, e.ResourceType != ""), nullable(e.ResourceID, e.ResourceID != ""), content}, nil
}

// writeRows appends rows to a table of ours.
func (l *loader) writeRows(into string, columns []sourceColumn, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	if err := l.c.withSource(l.ctx, valueTable(columns, rows), "insert into "+into+" select * from %s"); err != nil {
		return fmt.Errorf("write %s: %w", into, err)
	}
	return nil
}

// recordFiles writes the files that were read.
func (l *loader) recordFiles(known knownFiles) error {
	for _, f := range l.files {
		if known.has(f.file) {
			l.summary.Replaced += f.changed
		}
		l.summary.Resources += f.resources
		l.summary.Files = append(l.summary.Files, FileSummary{
			Name: f.file.Name, Source: f.file.Source, Bytes: f.file.Size, Resources: f.resources, Types: f.types,
			Rejected: f.rejected, Skipped: f.file.Note == parse.NoteSkipped, Note: f.file.Note})
		if f.skipped || f.places != nil {
			continue
		}
		sum := sumValue(f.file.Sum)
		l.summary.Bytes += f.file.Size
		_, err := l.c.execArgs(l.ctx, "insert into ledger.files values (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)",
			f.number, l.importID, f.file.Source, f.file.Name, f.file.Size, sum, f.resources, f.rejected, f.blank,
			nullable(f.file.Note, f.file.Note != ""))
		if err != nil {
			return fmt.Errorf("write ledger.files: %w", err)
		}
	}
	return nil
}

// recordImport writes what the import did.
func (l *loader) recordImport(version string, started time.Time) error {
	for _, name := range sortedCounts(l.counts) {
		c := *l.counts[name]
		l.summary.Types = append(l.summary.Types, TypeSummary{name, c})
		l.summary.Total.add(c)
	}
	files := 0
	for _, f := range l.files {
		if !f.skipped && f.places == nil {
			files++
		}
	}
	s, t := l.summary, l.summary.Total
	_, err := l.c.execArgs(l.ctx, `insert into ledger.imports
		values (?, make_timestamp(?) at time zone 'UTC', make_timestamp(?) at time zone 'UTC', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, `+typesLiteral(l.summary.Types)+`)`,
		l.importID, started.UnixMicro(), time.Now().UnixMicro(), version, files, s.Bytes, s.Resources,
		t.New, t.Changed, t.Unchanged, t.Superseded, t.Variants, t.Unordered, s.Rejected)
	if err != nil {
		return fmt.Errorf("write ledger.imports: %w", err)
	}
	return nil
}

// typesLiteral writes the counts of the types as an SQL list.
func typesLiteral(types []TypeSummary) string {
	list := make([]string, len(types))
	for i, t := range types {
		list[i] = fmt.Sprintf("row(%s, %d, %d, %d, %d, %d, %d)", quoteText(t.Type),
			t.New, t.Changed, t.Unchanged, t.Superseded, t.Variants, t.Unordered)
	}
	return "[" + strings.Join(list, ", ") + "]"
}

func (c *Counts) add(d Counts) {
	c.New += d.New
	c.Changed += d.Changed
	c.Unchanged += d.Unchanged
	c.Superseded += d.Superseded
	c.Variants += d.Variants
	c.Unordered += d.Unordered
}

func sortedCounts(m map[string]*Counts) []string {
	names := make([]string, 0, len(m))
	for name, c := range m {
		if *c != (Counts{}) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}
