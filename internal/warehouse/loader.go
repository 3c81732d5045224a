package warehouse

import (
	"context"
	"fmt"

	"github.com/fhirwh/fhirwh/internal/parse"
	"github.com/fhirwh/fhirwh/internal/schema"
)

// A loader takes decoded blocks and puts their rows into typed tables, inside
// the one transaction of an import.
//
// Blocks are gathered into windows of a fixed size, and each type's batches of a
// window go to DuckDB with one statement. A row whose identity is new goes
// straight into its table. A row with known content is dropped. A row whose
// identity has other content already is set aside in a staging table; who is
// current is decided when everything was read ([loader.resolve]).
type loader struct {
	ctx      context.Context
	c        *conn
	importID int32
	window   int64 // bytes of blocks that are gathered

	tables map[*schema.Type]*table

	seen     keyIndex          // identities of this import, and their first content
	existing *keyIndex         // identities of the warehouse, where they were read; marked: sent again
	staged   keyIndex          // identities with rows in a staging table
	resent   map[uint64]origin // of those: where the existing content was sent again, last
	close    func()            // gives back what existing was
	overflow bool              // seen and existing were given up for their size: DuckDB is asked instead

	files     []*fileState
	firstFile int32 // number of files[0]
	blocks    []*parse.Block
	held      int64 // bytes of blocks

	maxIndexed int

	duckdbMemory, lifted int64 // DuckDB's memory limit, and what it was lifted to

	replaying *replayedFile   // nil of an import
	replayed  map[origin]bool // rows that a replay brought

	completed bool // tables were given base columns of this version

	labels  map[string]parse.Str
	indexes []index // dropped, to be made again
	counts  map[string]*Counts
	summary *Summary
}

// A fileState is one file of the import.
type fileState struct {
	file      *parse.File
	number    int32
	label     parse.Str // file.Source, for DuckDB
	resources int64
	types     map[string]int64 // the same by type
	rejected  int64
	blank     int64
	changed   int64
	skipped   bool
	places    []origin // of a replay: where each line was first; nil otherwise
}

// add counts n resources of a type.
func (f *fileState) add(name string, n int64) {
	if f.types == nil {
		f.types = map[string]int64{}
	}
	f.types[name] += n
	f.resources += n
}

// An origin is where a row came from. It orders the rows of a warehouse: later
// ones win. It also finds a row: no two rows have the same.
type origin struct {
	file  int32
	line  int64
	entry int32 // -1 for none
}

func (o origin) after(p origin) bool {
	if o.file != p.file {
		return o.file > p.file
	}
	if o.line != p.line {
		return o.line > p.line
	}
	return o.entry > p.entry
}

// deliver takes the next block. It owns the block from now on.
func (l *loader) deliver(b *parse.Block) error {
	l.noteFile(b)
	l.relocate(b)
	l.blocks = append(l.blocks, b)
	l.held += int64(len(b.Bytes))
	if l.held < l.window {
		return nil
	}
	return l.flush()
}

func (l *loader) noteFile(b *parse.Block) {
	if b.First {
		f := &fileState{file: b.File, number: l.firstFile + int32(len(l.files)), label: l.label(b.File.Source)}
		if l.replaying != nil {
			f.number, f.places = l.replaying.number, l.replaying.places
		}
		l.files = append(l.files, f)
	}
	f := l.files[len(l.files)-1]
	f.skipped = b.First && b.Last && b.File.Skipped()
	f.rejected += int64(len(b.Rejects))
	f.blank += b.Blank
	l.summary.Deletes += int64(b.Deletes)
	l.summary.Warnings.Add(b.Warned)
	l.summary.Rejected += int64(len(b.Rejects))
}

func (l *loader) label(source string) parse.Str {
	s, ok := l.labels[source]
	if !ok {
		s = offHeap(source)
		l.labels[source] = s
	}
	return s
}

// work is a batch on its way into a table.
type work struct {
	batch  *parse.Batch
	block  *parse.Block
	file   *fileState
	insert []uint16 // rows that go into the table
	stage  []uint16 // rows that go into the staging table
	// content of rows without id, by row; nil if there are none
	content []uhuge
}

// flush loads the gathered blocks and releases them.
func (l *loader) flush() error {
	defer l.release()
	types, byType := l.sort()
	for _, t := range types {
		if err := l.load(t, byType[t]); err != nil {
			return fmt.Errorf("load %s: %w", t.Name, err)
		}
	}
	if err := l.recordEntries(); err != nil {
		return err
	}
	return l.recordRejects()
}

func (l *loader) release() {
	for _, b := range l.blocks {
		b.Release()
	}
	l.blocks, l.held = l.blocks[:0], 0
}

// sort groups the batches of the window by type, in the order the types were
// met: the order of everything that follows depends on the source alone.
func (l *loader) sort() ([]*schema.Type, map[*schema.Type][]*work) {
	var types []*schema.Type
	byType := map[*schema.Type][]*work{}
	files := map[*parse.File]*fileState{}
	for _, f := range l.files {
		files[f.file] = f
	}
	for _, b := range l.blocks {
		f := files[b.File]
		for _, batch := range b.Batches {
			if byType[batch.Type] == nil {
				types = append(types, batch.Type)
			}
			byType[batch.Type] = append(byType[batch.Type], &work{batch: batch, block: b, file: f})
			f.add(batch.Type.Name, int64(batch.Rows))
		}
		for _, k := range b.Known {
			f.add(k.Type.Name, 1)
			l.count(k.Type.Name).Unchanged++
			l.touch(keyOf(f.file.Source, k.Type.Name, k.ID), origin{f.number, k.Line, k.Entry})
		}
	}
	return types, byType
}

// touch notes that the existing content of an identity was sent again.
func (l *loader) touch(key uint64, at origin) {
	if l.existing != nil {
		l.existing.mark(key)
	}
	if _, ok := l.staged.get(key); ok {
		l.resent[key] = at
	}
}

func (l *loader) count(typeName string) *Counts {
	c := l.counts[typeName]
	if c == nil {
		c = new(Counts)
		l.counts[typeName] = c
	}
	return c
}

// load brings one type's batches of a window into its table.
func (l *loader) load(t *schema.Type, all []*work) error {
	tab, err := l.fit(t, all)
	if err != nil {
		return err
	}
	if err := l.allowLong(tab, all); err != nil {
		return err
	}
	if err := l.classify(tab, all); err != nil {
		return err
	}
	if err := l.insert(tab, tab.quoted(), all, func(w *work) []uint16 { return w.insert }); err != nil {
		return err
	}
	return l.insertStaged(tab, all)
}

func (l *loader) insertStaged(tab *table, all []*work) error {
	n := 0
	for _, w := range all {
		n += len(w.stage)
	}
	if n == 0 {
		return nil
	}
	if err := tab.stage(l.ctx, l.c); err != nil {
		return err
	}
	tab.staged += int64(n)
	return l.insert(tab, tab.staging, all, func(w *work) []uint16 { return w.stage })
}

// fit makes the table, or grows it, so that it has a column for everything that
// the batches hold.
func (l *loader) fit(t *schema.Type, all []*work) (*table, error) {
	tab := l.tables[t]
	if tab == nil {
		tab = &table{fhir: schema.New(t)}
		l.tables[t] = tab
		if _, err := l.growAll(tab, all); err != nil {
			return nil, err
		}
		if err := l.allowWide(tab); err != nil {
			return nil, err
		}
		return tab, tab.create(l.ctx, l.c)
	}
	g, err := l.growAll(tab, all)
	if err != nil || g.none() {
		return tab, err
	}
	if err := l.allowWide(tab); err != nil {
		return nil, err
	}
	if err := l.dropIndexes(tab); err != nil {
		return nil, err
	}
	return tab, tab.alter(l.ctx, l.c, g.added, g.changed)
}

// allowWide lifts DuckDB's memory limit for a table of very many columns: while
// rows are added it holds a block of 256 KiB for the values of every leaf and one
// for which of them are NULL, which it cannot
// spill.
func (l *loader) allowWide(tab *table) error {
	const wide, perLeaf = 400, 640 << 10
	leaves := int64(tab.fhir.Leaves())
	if leaves < wide {
		return nil
	}
	return l.lift(l.duckdbMemory + leaves*perLeaf)
}

// allowLong lifts it for a table of very long rows, such as documents with their
// data: at the commit DuckDB holds the values of a column in a vector of rows, which
// it cannot spill either.
func (l *loader) allowLong(tab *table, all []*work) error {
	const others = 128 * mib
	for _, w := range all {
		for _, raw := range w.batch.Raws {
			tab.vectorBytes += int64(raw.End - raw.Start)
			tab.longest = max(tab.longest, tab.vectorBytes)
			if tab.vectorRows++; tab.vectorRows == parse.MaxRows {
				tab.vectorRows, tab.vectorBytes = 0, 0
			}
		}
	}
	return l.lift(others + tab.longest*5/4)
}

// lift gives DuckDB so much memory, unless it has that or more.
func (l *loader) lift(limit int64) error {
	if limit <= max(l.duckdbMemory, l.lifted) {
		return nil
	}
	l.lifted = limit
	if err := l.c.exec(l.ctx, fmt.Sprintf("set memory_limit = '%dB'", limit)); err != nil {
		return fmt.Errorf("give DuckDB more memory: %w", err)
	}
	return nil
}

// dropIndexes drops the indexes of a table that is about to grow.
func (l *loader) dropIndexes(tab *table) error {
	if l.indexes == nil {
		found, err := readIndexes(l.ctx, l.c)
		if err != nil {
			return err
		}
		l.indexes = append([]index{}, found...)
	}
	for i := range l.indexes {
		x := &l.indexes[i]
		if x.table != tab.name() || x.dropped {
			continue
		}
		if err := l.c.exec(l.ctx, "drop index "+x.quoted()); err != nil {
			return fmt.Errorf("drop index %s: %w", x.name, err)
		}
		x.dropped = true
	}
	return nil
}

// restoreIndexes makes the dropped indexes again.
func (l *loader) restoreIndexes() error {
	for _, x := range l.indexes {
		if !x.dropped {
			continue
		}
		if err := l.c.exec(l.ctx, x.sql); err != nil {
			return fmt.Errorf("make index %s again: %w", x.name, err)
		}
		l.summary.DroppedIndexes = append(l.summary.DroppedIndexes, x.name)
	}
	return nil
}
