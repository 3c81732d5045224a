package warehouse

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fhirwh/fhirwh/internal/schema"
)

// DumpOptions say what a dump writes.
type DumpOptions struct {
	Types    []string // resource types, written in this order; none means all, by name
	Source   string   // only what came from this source; "" means all sources
	Variants bool     // also the contents that stand beside a current one

	Wait   time.Duration // how long to wait for a warehouse that is in use
	OnWait func(holder string)
}

// DumpStats is what a dump wrote.
type DumpStats struct {
	Resources int64 `json:"resources"` // current ones
	Variants  int64 `json:"variants"`
	Bytes     int64 `json:"bytes"`
}

// Dump writes the resources of the warehouse at path to w as NDJSON: value for
// value what was imported. Only the order of members, white space and the
// spelling of escapes may differ; a string or member name that was no UTF-8
// is written byte by byte.
//
// Resources come type by type, and within a type as they lie in the table: in
// the order of the imports, their files and lines, save that a resource which
// replaced another stands where the later import put it. Variants follow the
// current resources of their type. Entries of Bundles are lines of their own, a
// Bundle is its envelope without the resources. The same warehouse gives the
// same bytes each time.
//
// A type that R4 does not know may be named too; "Unknown" is all of these. Dump
// reads row by row: memory does not grow with the warehouse.
func Dump(ctx context.Context, path string, o DumpOptions, w io.Writer) (DumpStats, error) {
	c, err := openFidelity(ctx, path, o.Wait, o.OnWait)
	if err != nil {
		return DumpStats{}, err
	}
	defer c.close()
	d := newDumper(ctx, c, o, w)
	if err := d.run(); err != nil {
		return d.stats, fmt.Errorf("dump: %w", err)
	}
	return d.stats, nil
}

// openFidelity opens a warehouse whose layout we know for reading, and for
// querySource.
func openFidelity(ctx context.Context, path string, wait time.Duration, onWait func(string)) (*conn, error) {
	// Rows are rebuilt on one core: more than a few threads would only wait, each
	// with a block of every column in its hands.
	settings := map[string]string{"memory_limit": "2GiB", "threads": strconv.Itoa(min(runtime.GOMAXPROCS(0), 4))}
	c, err := openForReading(ctx, path, settings, wait, onWait)
	if err != nil {
		return nil, err
	}
	// First of all: a result that was not read to its end leaves a transaction
	// open that the next statement rolls back, and the registration with it.
	err = c.registerSource()
	n := 0
	if err == nil {
		n, err = readLayout(ctx, c)
	}
	switch {
	case err != nil:
	case n == 0:
		err = &FileError{Path: path, Kind: ErrMissing, Detail: "it is a DuckDB database, but nothing was imported into it"}
	case n > layout:
		err = &NewerLayoutError{Layout: n, Known: layout}
	default:
		return c, nil
	}
	c.close()
	return nil, err
}

// A dumper is one dump.
type dumper struct {
	DumpOptions
	ctx    context.Context
	c      *conn
	w      *bufio.Writer
	tables map[*schema.Type]*table
	stats  DumpStats
}

func newDumper(ctx context.Context, c *conn, o DumpOptions, w io.Writer) *dumper {
	return &dumper{DumpOptions: o, ctx: ctx, c: c, w: bufio.NewWriterSize(w, 1<<18)}
}

func (d *dumper) run() error {
	var err error
	if d.tables, err = readTables(d.ctx, d.c); err != nil {
		return err
	}
	names := d.Types
	if len(names) == 0 {
		for _, t := range sortedTables(d.tables) {
			names = append(names, t.name())
		}
	}
	for _, name := range names {
		if err := d.checkName(name); err != nil {
			return err
		}
	}
	for _, name := range names {
		if err := d.dumpType(name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return d.w.Flush()
}

// sortedTables returns the tables by name.
func sortedTables(tables map[*schema.Type]*table) []*table {
	return slices.SortedFunc(maps.Values(tables), func(a, b *table) int { return strings.Compare(a.name(), b.name()) })
}

// A NoTypeError says that neither R4 nor the warehouse knows a resource type:
// most likely its name is misspelled.
type NoTypeError struct{ Type string }

func (e *NoTypeError) Error() string { return fmt.Sprintf("no resource type %q", e.Type) }

// Hint says what to do about it.
func (e *NoTypeError) Hint() string {
	return "types are written as in FHIR, such as MedicationRequest; fhirwh tables lists those that are there"
}

func (d *dumper) checkName(name string) error {
	if typeOfTable(name) != nil {
		return nil
	}
	if d.tables[schema.Unknown()] != nil {
		var there bool
		err := d.c.value(d.ctx, &there, `select count(*) > 0 from main."Unknown" where "resourceType" = ?`, name)
		if err != nil || there {
			return err
		}
	}
	return &NoTypeError{name}
}

// dumpType writes the resources of one type, of all unknown types if name is
// "Unknown", or of one type that R4 does not know.
func (d *dumper) dumpType(name string) error {
	rows, variants := "true", "resource_type = "+quoteText(name)
	typ := typeOfTable(name)
	switch typ {
	case nil:
		typ, rows = schema.Unknown(), `"resourceType" = `+quoteText(name)
	case schema.Unknown():
		variants = "resource_type not in (" + resourceTypeList() + ")"
	}
	if d.Source != "" {
		rows += " and _source = " + quoteText(d.Source)
		variants += " and source = " + quoteText(d.Source)
	}
	if t := d.tables[typ]; t != nil {
		if err := d.dumpRows(t, rows); err != nil {
			return err
		}
	}
	if !d.Variants {
		return nil
	}
	return d.dumpVariants(variants)
}

// resourceTypeList is the types that R4 knows, as SQL literals.
func resourceTypeList() string {
	var names []string
	for _, t := range schema.Resources() {
		names = append(names, quoteText(t.Name))
	}
	return strings.Join(names, ", ")
}

func (d *dumper) dumpRows(t *table, where string) error {
	r, err := d.c.query(d.ctx, "from "+t.quoted()+" where "+where)
	if err != nil {
		return err
	}
	defer r.close()
	b, err := newRebuilder(r, t.fhir.Type)
	if err != nil {
		return err
	}
	var line []byte
	for b.nextChunk() {
		for i := range r.size {
			if line, err = b.appendRow(line[:0], i); err != nil {
				return fmt.Errorf("%v: %w", b.position(i), err)
			}
			line = append(line, '\n')
			if err := d.write(line); err != nil {
				return err
			}
			d.stats.Resources++
		}
	}
	return r.close()
}

func (d *dumper) dumpVariants(where string) error {
	r, err := d.c.query(d.ctx, "select coalesce(encode(resource::varchar), raw) from ledger.variants where "+where)
	if err != nil {
		return err
	}
	defer r.close()
	var line []byte
	for r.nextChunk() {
		for i := range r.size {
			line = appendOneLine(line[:0], stringAt(r.vecs[0], i))
			line = append(line, '\n')
			if err := d.write(line); err != nil {
				return err
			}
			d.stats.Variants++
		}
	}
	return r.close()
}

func (d *dumper) write(line []byte) error {
	d.stats.Bytes += int64(len(line))
	_, err := d.w.Write(line)
	return err
}
