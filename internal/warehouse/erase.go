package warehouse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"
)

// EraseOptions say what [Erase] erases.
type EraseOptions struct {
	Source  string // label: with Patient "" all that came from it
	Patient string // id of a Patient; with Source "" of the only source that has it
	DryRun  bool   // count, and change nothing

	Version     string // of fhirwh, for the ledger
	MemoryLimit int64  // bytes for DuckDB; 0 means 1 GiB
	Wait        time.Duration
	OnWait      func(holder string)
	Progress    func(Progress)
}

// An EraseReport says what was erased, and what was not.
type EraseReport struct {
	DB      string `json:"db"`
	Source  string `json:"source"`
	Patient string `json:"patient,omitempty"`
	DryRun  bool   `json:"dry_run,omitempty"`

	Tables []ErasedTable `json:"tables"` // those that rows went from, by name
	Rows   int64         `json:"rows"`   // of all of them

	StillNames   []NamedIn `json:"still_names"`   // resources that stay although they name the patient
	Unclear      []NamedIn `json:"unclear"`       // resources of the source that do not say whose they are: they stay
	OtherSources []string  `json:"other_sources"` // that have a Patient of the same id; nothing of theirs goes
	OwnTables    []string  `json:"own_tables"`    // of the user's: copied as they are
	Files        int64     `json:"files"`         // of a patient: rows of ledger.files that stay, with name and hash
	Beside       []string  `json:"beside"`        // files of earlier repairs that may hold what was erased
	Links        bool      `json:"links"`         // the old file has another name too and lives on under it

	BytesBefore int64         `json:"bytes_before"`
	BytesAfter  int64         `json:"bytes_after,omitempty"`
	Recovered   string        `json:"recovered,omitempty"`
	Elapsed     time.Duration `json:"elapsed_ns"`
}

// An ErasedTable counts the rows that go from a table.
type ErasedTable struct {
	Table  string `json:"table"`
	Erased int64  `json:"erased"`
	Stay   int64  `json:"stay"`
	// Emptied are rejected lines whose text went; that a line was rejected stays.
	Emptied int64 `json:"emptied,omitempty"`
}

// Erase takes all that came from a source, or all that belongs to a patient, out
// of the warehouse at path for good: DuckDB leaves deleted values in a file, so
// what stays is copied into a new file, which takes the old one's place when it
// is complete and its rows are counted. Whatever happens before, the old one is
// there as it was. It waits for programs that have the warehouse open, readers
// too: they would keep the old file alive.
//
// What belongs to a patient is written at patientSearch. The imports stay in
// ledger.imports; of an erased source nothing else does. Copies elsewhere are out
// of reach: the report names those that it can know.
func Erase(ctx context.Context, path string, o EraseOptions) (*EraseReport, error) {
	return eraseWith(ctx, path, o, func(*eraser) {})
}

// eraseWith is Erase with an eraser that the caller has adjusted.
func eraseWith(ctx context.Context, path string, o EraseOptions, adjust func(*eraser)) (*EraseReport, error) {
	if o.Source == "" && o.Patient == "" {
		return nil, errors.New("erase: neither a source nor a patient is named")
	}
	e := &eraser{EraseOptions: o, ctx: ctx, between: func(string) {}, started: time.Now(), report: &EraseReport{DB: path, DryRun: o.DryRun}}
	e.settings = map[string]string{"memory_limit": fmt.Sprintf("%dB", cmp.Or(o.MemoryLimit, defaultMemory)*3/4)}
	adjust(e)
	var err error
	if o.DryRun {
		err = e.look(path)
	} else {
		err = e.erase(path)
	}
	if errors.Is(err, ErrDiskFull) {
		err = &roomError{err}
	}
	if err != nil {
		return nil, err
	}
	e.report.Elapsed = time.Since(e.started)
	return e.report, nil
}

// A roomError says that there is no room for the new file.
type roomError struct{ error }

func (e *roomError) Unwrap() error { return e.error }

// Hint says what to do.
func (e *roomError) Hint() string {
	return "nothing was erased: for a while erasing needs as much room again as the warehouse has"
}

// An eraser is one erasing.
type eraser struct {
	EraseOptions
	ctx      context.Context
	settings map[string]string // of DuckDB
	between  func(step string) // is called when a step is done
	started  time.Time
	w        *writing // without a journal: the old file does not change
	plan     *erasePlan
	report   *EraseReport
}

func (e *eraser) progress(stage string) {
	if e.Progress != nil {
		e.Progress(Progress{Stage: stage})
	}
}

// look makes the plan only.
func (e *eraser) look(path string) error {
	e.progress("finding what to erase")
	c, err := openForReading(e.ctx, path, e.settings, e.Wait, e.OnWait)
	if err != nil {
		return err
	}
	defer c.close()
	if e.plan, err = makeErasePlan(e.ctx, c, e.EraseOptions); err != nil {
		return err
	}
	return e.fill(c, path)
}

// fill fills the report from the plan.
func (e *eraser) fill(c *conn, path string) error {
	r := e.report
	r.Source, r.Patient, r.BytesBefore = e.plan.source, e.plan.patient, fileSize(path)
	r.Tables, r.StillNames, r.OtherSources, r.OwnTables = []ErasedTable{}, append([]NamedIn{}, e.plan.still...), append([]string{}, e.plan.others...), []string{}
	r.Unclear = append([]NamedIn{}, e.plan.unclear...)
	for _, t := range e.plan.tables {
		if t.erased+t.emptied > 0 {
			r.Tables = append(r.Tables, ErasedTable{t.String(), t.erased, t.before - t.erased, t.emptied})
			r.Rows += t.erased
		}
		if t.own && t.before > 0 {
			r.OwnTables = append(r.OwnTables, t.String())
		}
	}
	if e.plan.patient != "" {
		if err := c.value(e.ctx, &r.Files, "select count(*) from ledger.files where source = ?", e.plan.source); err != nil {
			return fmt.Errorf("count the files: %w", err)
		}
	}
	r.Beside = leftBeside(path)
	return nil
}

// leftBeside lists what repairs set aside: it may hold anything.
func leftBeside(path string) []string {
	real, err := resolve(path)
	if err != nil {
		return []string{}
	}
	found := []string{}
	for _, end := range []string{".repair-*", ".journal.aside-*", ".wal*.aside-*"} {
		names, err := filepath.Glob(escapeGlob(real) + end)
		if err == nil {
			found = append(found, names...)
		}
	}
	slices.Sort(found)
	return found
}
