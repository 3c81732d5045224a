package warehouse

import (
	"context"
	"errors"
	"time"

	"github.com/fhirwh/fhirwh/internal/parse"
)

// errNew says that a source holds something that the warehouse does not know.
var errNew = errors.New("something new")

// nothingNew finds out, without writing, whether there is nothing to do: every
// file is known and nothing of it was replaced, and the views are ours. It is a
// shortcut: where it cannot tell, an import decides, and reports what is wrong.
func (im *importer) nothingNew(ctx context.Context, path string) bool {
	if !im.sized {
		return false // what a pipe sends can be read only once
	}
	files, err := readKnown(ctx, path, im.Exports)
	if err != nil || len(files) == 0 {
		return false
	}
	var found []FileSummary
	o := im.Parse
	o.Skip, o.Workers = files.skip, 1
	err = parse.Read(ctx, im.Sources, o, func(b *parse.Block) error {
		defer b.Release()
		if !b.First || !b.Last || !b.File.Skipped() {
			return errNew
		}
		found = append(found, FileSummary{Name: b.File.Name, Source: b.File.Source, Bytes: b.File.Size,
			Skipped: b.File.Note == parse.NoteSkipped, Note: b.File.Note})
		return nil
	})
	if err != nil || len(found) == 0 {
		return false
	}
	im.summary = &Summary{DB: path, DryRun: im.DryRun, Files: found, Elapsed: time.Since(im.started)}
	return true
}

// readKnown reads which files the warehouse at path has; none if its views are
// not those of this version, or its records of exports others than these.
func readKnown(ctx context.Context, path string, exports *ExportRecords) (knownFiles, error) {
	c, err := openForReading(ctx, path, map[string]string{"threads": "1"}, 0, nil)
	if err != nil {
		return nil, err
	}
	defer c.close()
	if n, err := readLayout(ctx, c); err != nil || n != layout {
		return nil, err
	}
	if _, copied, err := exports.copied(ctx, c); err != nil || !copied {
		return nil, err
	}
	m := &made{hashes: map[string]string{}}
	if err := m.readLedger(ctx, c); err != nil {
		return nil, err
	}
	for _, s := range allScripts() {
		if m.hashes[s.Name] != sqlHash(s.SQL) {
			return nil, nil
		}
	}
	return readKnownFiles(ctx, c)
}
