package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"

	"github.com/fhirwh/fhirwh/internal/export"
	"github.com/fhirwh/fhirwh/internal/parse"
	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// A landedImporter imports what lands, all that waits in one import. The source of
// a resource is the connection that it came over.
type landedImporter struct {
	c       *cli
	std     stdio
	landing *export.Landing
	log     *slog.Logger
	limits  limits
	memory  byteSize

	mu       sync.Mutex
	last     *warehouse.Summary
	rejected int64 // lines, of all imports
}

// findings is errFindings if lines were rejected, as an import of files has it.
func (im *landedImporter) findings() error {
	im.mu.Lock()
	defer im.mu.Unlock()
	if im.rejected > 0 {
		return errFindings
	}
	return nil
}

// load is what a worker calls with the files that have landed.
func (im *landedImporter) load(ctx context.Context, files []export.LandedFile) ([]export.ImportedFile, error) {
	sum, err := im.importAll(ctx, files)
	if errors.Is(err, warehouse.ErrBusy) {
		return nil, fmt.Errorf("%w: %w", export.ErrBusy, err)
	}
	if err != nil {
		return nil, errors.New(safeText(err)) // it is recorded and logged
	}
	im.mu.Lock()
	im.last = sum
	im.rejected += sum.Rejected
	im.mu.Unlock()
	imported := make([]export.ImportedFile, len(files))
	for i, f := range files {
		imported[i] = export.ImportedFile{TaskID: f.TaskID, FileID: f.FileID, Import: int(sum.Import)}
		if s := fileOf(sum, f.Path); s != nil {
			imported[i].Resources, imported[i].ByType = s.Resources, s.Types
		}
	}
	return imported, nil
}

func (im *landedImporter) importAll(ctx context.Context, files []export.LandedFile) (*warehouse.Summary, error) {
	options, err := im.limits.options()
	if err != nil {
		return nil, err
	}
	records, err := recordsOf(im.landing, im.std)
	if err != nil {
		return nil, err
	}
	o := warehouse.ImportOptions{
		Parse: options, Exports: records, Version: ourVersion(), MaxRejects: -1, MemoryLimit: int64(im.memory),
		Wait: im.c.Wait, OnWait: func(holder string) { im.log.Info("waiting for the warehouse", "in_use_by", holder) },
	}
	for _, f := range files {
		o.Sources = append(o.Sources, parse.Source{Label: f.Source, Path: f.Path})
	}
	sum, err := warehouse.Import(ctx, im.c.DB, o)
	if err != nil {
		return nil, err
	}
	if sum.Rejected > 0 {
		im.log.Warn("lines are no FHIR resources: see fhirwh rejects", "import", sum.Import, "lines", sum.Rejected)
	}
	return sum, nil
}

func fileOf(sum *warehouse.Summary, path string) *warehouse.FileSummary {
	for i := range sum.Files {
		if sum.Files[i].Name == path {
			return &sum.Files[i]
		}
	}
	return nil
}

// defaultWork is what downloads and imports where no flag says how.
func defaultWork() workFlags { return workFlags{MemoryLimit: 2 << 30, limits: defaultLimits()} }

// defaultLimits are those of the flags that nobody set.
func defaultLimits() limits {
	return limits{MaxLine: 256 << 20, MaxRatio: 200, MaxWindow: 128 << 20, DuplicateKeys: "reject", Workers: runtime.GOMAXPROCS(0)}
}
