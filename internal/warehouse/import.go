// Package warehouse is the database file: opening and locking it, loading
// exports into it, keeping account of what was loaded, and reading it.
//
// It alone knows DuckDB. It prints nothing: what happened is returned.
package warehouse

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/fhirwh/fhirwh/internal/parse"
	"github.com/fhirwh/fhirwh/internal/schema"
)

// Import loads the sources into the warehouse at path, which is made if it is
// not there: all of them or, on an error, nothing. A file that was imported
// before, and of which nothing was replaced since, is left out.
//
// Resources that are no FHIR are recorded in ledger.rejects and counted; they are
// no error, unless there are more than o.MaxRejects (a [*TooManyRejectsError]) or
// nothing else (a [*NoResourcesError]).
func Import(ctx context.Context, path string, o ImportOptions) (*Summary, error) {
	return importWith(ctx, path, o, func(*loader) {})
}

// importWith is Import with a loader that the caller has adjusted.
func importWith(ctx context.Context, path string, o ImportOptions, adjust func(*loader)) (*Summary, error) {
	im := &importer{ImportOptions: o, adjust: adjust, started: time.Now()}
	im.input = im.read
	im.total, im.sized = parse.TotalSize(o.Sources)
	if im.nothingNew(ctx, path) {
		return im.summary, nil
	}
	return im.do(ctx, path)
}

// do writes the warehouse at path: what input reads, or nothing.
func (im *importer) do(ctx context.Context, path string) (*Summary, error) {
	budget, err := memoryBudget(im.MemoryLimit, im.sized && im.total < smallInput, fileSize(path) > largeDatabase)
	if err != nil {
		return nil, err
	}
	if err := checkSpace(path, im.total/2); err != nil { // a warehouse grows by 11 to 47 % of what it takes in
		return nil, err
	}
	w, err := beginWriting(ctx, path, im.Wait, im.OnWait)
	if err != nil {
		return nil, err
	}
	im.budget = budget
	im.views.temp, im.views.isNew = w.temp(), w.New
	im.summary = &Summary{DB: path, DryRun: im.DryRun, Recovered: w.Recovered}
	written, err := im.run(ctx, w)
	if err != nil || !written {
		return im.summaryOf(err), errors.Join(err, w.abandon())
	}
	im.progress("check")
	if err := w.finish(); err != nil {
		return nil, err
	}
	im.summary.DatabaseBytes = fileSize(path)
	im.summary.Elapsed = time.Since(im.started)
	return im.summary, nil
}

// fileSize returns the size of a file, 0 if there is none.
func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// An importer is one import.
type importer struct {
	ImportOptions
	budget  budget
	adjust  func(*loader)
	input   func(context.Context) error // reads and loads
	started time.Time
	summary *Summary
	views   viewOptions
	known   knownFiles
	loader  *loader
	total   int64 // bytes to read, as far as known
	sized   bool  // total is all of them
	done    int64 // of the files before the current one
	shown   time.Time
}

// summaryOf is the summary where nothing was written: of a dry run, or because
// everything was there.
func (im *importer) summaryOf(err error) *Summary {
	if err != nil {
		return nil
	}
	im.summary.Elapsed = time.Since(im.started)
	return im.summary
}

// run opens the database and does the import in one transaction. It reports
// whether that was committed; then and otherwise the database is closed again.
func (im *importer) run(ctx context.Context, w *writing) (written bool, err error) {
	c, err := w.open(map[string]string{
		"memory_limit": fmt.Sprintf("%dB", im.budget.duckdb),
		"threads":      "1", // rows in the order of the source; the other cores decode
	})
	if err != nil {
		return false, fmt.Errorf("open the warehouse: %w", err)
	}
	defer c.close()
	if err := c.exec(ctx, "set TimeZone = 'UTC'"); err != nil {
		return false, fmt.Errorf("open the warehouse: %w", err)
	}
	if err := c.registerSource(); err != nil {
		return false, err
	}
	if err := c.exec(ctx, "begin transaction"); err != nil {
		return false, fmt.Errorf("begin: %w", err)
	}
	changed, err := im.load(ctx, c)
	if im.loader != nil {
		im.loader.seen.free()
		im.loader.staged.free()
		im.loader.close()
	}
	if err != nil || !changed || im.DryRun {
		return false, errors.Join(err, c.exec(context.WithoutCancel(ctx), "rollback"))
	}
	return true, im.commit(ctx, c)
}

// commit ends the transaction. That is the checkpoint too, and too late for
// doubts: a commit after a failed statement rolls back without an error, which
// is why the import's own row is read afterwards.
func (im *importer) commit(ctx context.Context, c *conn) error {
	im.progress("commit")
	if err := c.exec(ctx, "commit"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	var there bool
	err := c.value(context.WithoutCancel(ctx), &there, "select count(*) = 1 from ledger.imports where import = ?", im.loader.importID)
	if err != nil {
		return fmt.Errorf("read the import back: %w", err)
	}
	if !there {
		return errors.New("read the import back: DuckDB reported success, but the import is not there")
	}
	return nil
}

// load does everything between begin and commit. It reports whether there is
// anything to commit.
func (im *importer) load(ctx context.Context, c *conn) (changed bool, err error) {
	if err := openLedger(ctx, c); err != nil {
		return false, err
	}
	if im.loader, err = im.newLoader(ctx, c); err != nil {
		return false, err
	}
	if im.known, err = readKnownFiles(ctx, c); err != nil {
		return false, err
	}
	if err := im.input(ctx); err != nil {
		return false, err
	}
	return im.settle(ctx, c)
}

// read decodes the sources and loads their rows.
func (im *importer) read(ctx context.Context) error {
	l := im.loader
	o := im.Parse
	o.Alloc, o.Free = mapMemory, unmapMemory
	o.InFlight = im.budget.inFlight
	o.Skip = im.known.skip
	if err := l.readExisting(im.Sources, im.total); err != nil {
		return err
	}
	if l.existing != nil {
		o.Known = l.existing.known
	}
	if err := parse.Read(ctx, im.Sources, o, im.deliver); err != nil {
		return err
	}
	return l.flush()
}

// deliver loads a block and says how far the reading is.
func (im *importer) deliver(b *parse.Block) error {
	read, last, size := b.Read, b.Last, b.File.Size
	if err := im.loader.deliver(b); err != nil {
		return err
	}
	if last {
		im.done += size
		read = 0
	}
	im.report(im.done + read)
	return im.checkRejects()
}

// settle finishes what was read: current versions, views and the ledger.
func (im *importer) settle(ctx context.Context, c *conn) (changed bool, err error) {
	l := im.loader
	im.progress("resolve")
	if err := l.resolve(); err != nil {
		return false, err
	}
	if err := im.checkResources(); err != nil {
		return false, err
	}
	refreshed, err := im.refreshViews(ctx, c)
	if err != nil {
		return false, err
	}
	if err := l.restoreIndexes(); err != nil {
		return false, err
	}
	if err := l.recordFiles(im.known); err != nil {
		return false, err
	}
	if err := l.recordImport(im.Version, im.started); err != nil {
		return false, err
	}
	copied, err := im.copyExports(ctx, c)
	if err != nil {
		return false, err
	}
	if len(l.files) == countSkipped(l.files) && !refreshed && !copied {
		return false, nil
	}
	im.summary.Import = l.importID
	if im.DryRun {
		im.summary.Import = 0
	}
	return true, nil
}

func countSkipped(files []*fileState) (n int) {
	for _, f := range files {
		if f.skipped {
			n++
		}
	}
	return n
}

// refreshViews makes the tables that the views read, where they are missing, and
// the views themselves. It reports whether there was anything to do.
func (im *importer) refreshViews(ctx context.Context, c *conn) (changed bool, err error) {
	l := im.loader
	for _, name := range viewTables() {
		t := schema.Resource(name)
		if l.tables[t] != nil {
			continue
		}
		tab := &table{fhir: schema.New(t)}
		if err := tab.create(ctx, c); err != nil {
			return false, err
		}
		l.tables[t] = tab
		changed = true
	}
	based, err := applyBase(ctx, c, l.tables)
	if err != nil {
		return false, err
	}
	applied, err := applyViews(ctx, c, l.tables, im.views)
	im.summary.Refreshed = changed || based || applied || l.completed
	return im.summary.Refreshed, err
}

// newLoader prepares to load into the open warehouse.
func (im *importer) newLoader(ctx context.Context, c *conn) (*loader, error) {
	l := &loader{ctx: ctx, c: c, window: im.budget.window, maxIndexed: maxIndexed, duckdbMemory: im.budget.duckdb, summary: im.summary,
		counts: map[string]*Counts{}, labels: map[string]parse.Str{}, resent: map[uint64]origin{}, close: func() {}}
	if err := c.value(ctx, &l.importID, "select coalesce(max(import), 0)::integer + 1 from ledger.imports"); err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	if err := c.value(ctx, &l.firstFile, "select coalesce(max(file), 0)::integer + 1 from ledger.files"); err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	var err error
	if l.tables, err = readTables(ctx, c); err != nil {
		return nil, err
	}
	for _, t := range l.sortedTables() {
		if err := l.completeTable(t); err != nil {
			return nil, err
		}
	}
	im.adjust(l)
	return l, nil
}

// completeTable gives a table the base columns of this version.
func (l *loader) completeTable(t *table) error {
	more := t.fhir.Complete()
	if len(more.New)+len(more.Changed) == 0 {
		return nil
	}
	if err := l.dropIndexes(t); err != nil {
		return err
	}
	l.completed = true
	return t.alter(l.ctx, l.c, more.New, more.Changed)
}

// A TooManyRejectsError says that more lines were rejected than the user allows.
type TooManyRejectsError struct {
	Rejected, Allowed int64
	First             []RejectSummary
}

func (e *TooManyRejectsError) Error() string {
	return fmt.Sprintf("%d lines are no FHIR resources, more than the %d allowed; nothing was kept", e.Rejected, e.Allowed)
}

// A NoResourcesError says that a file has lines, but no FHIR resource.
type NoResourcesError struct {
	File  string
	First []RejectSummary
}

func (e *NoResourcesError) Error() string {
	return e.File + ": no line is a FHIR resource; nothing was kept"
}

func (im *importer) checkRejects() error {
	if im.MaxRejects < 0 || im.summary.Rejected <= im.MaxRejects {
		return nil
	}
	return &TooManyRejectsError{im.summary.Rejected, im.MaxRejects, im.summary.Rejects}
}

// checkResources refuses an import of nothing but rejects, and a named file of
// nothing else.
func (im *importer) checkResources() error {
	named := map[string]bool{}
	for _, s := range im.Sources {
		named[s.Path] = true
	}
	resources := int64(0)
	for _, f := range im.loader.files {
		resources += f.resources
	}
	for _, f := range im.loader.files {
		if f.rejected > 0 && f.resources == 0 && (resources == 0 || named[f.file.Name]) {
			return &NoResourcesError{f.file.Name, im.summary.Rejects}
		}
	}
	return nil
}

// report sends the progress of reading, a few times a second.
func (im *importer) report(bytes int64) {
	if im.Progress == nil || time.Since(im.shown) < 100*time.Millisecond {
		return
	}
	im.shown = time.Now()
	im.Progress(Progress{Stage: "read", Bytes: bytes, Total: im.total, Resources: im.loader.resources(), Rejected: im.summary.Rejected})
}

// progress announces a stage.
func (im *importer) progress(stage string) {
	if im.Progress != nil {
		im.Progress(Progress{Stage: stage, Bytes: im.total, Total: im.total, Resources: im.loader.resources(), Rejected: im.summary.Rejected})
	}
}

func (l *loader) resources() (n int64) {
	for _, f := range l.files {
		n += f.resources
	}
	return n
}
