package warehouse

import (
	"time"

	"github.com/fhirwh/fhirwh/internal/parse"
)

// ImportOptions say what an import reads and how.
type ImportOptions struct {
	Sources     []parse.Source
	Parse       parse.Options // limits; Alloc, Free, Known, Skip and InFlight are set by the import
	Version     string        // of fhirwh, for the ledger
	Wait        time.Duration // how long to wait for a warehouse that is in use
	OnWait      func(holder string)
	DryRun      bool  // decode and compare, keep nothing
	MaxRejects  int64 // -1: any number
	MemoryLimit int64 // bytes of the whole process; 0 means 1 GiB
	Progress    func(Progress)
	Exports     *ExportRecords // to copy into the ledger; nil leaves what is there
}

// A Progress is sent several times a second while an import runs.
type Progress struct {
	Stage     string // "read", "resolve", "commit", "check"
	Bytes     int64  // of the files, as they lie on disk
	Total     int64  // bytes to read; 0 if not known
	Resources int64
	Rejected  int64
}

// Counts is what became of the resources of an import. Every resource that was
// read is in exactly one of New, Changed, Unchanged, Superseded and Variants.
type Counts struct {
	New        int64 `json:"new"`        // identities that were not there
	Changed    int64 `json:"changed"`    // took the place of another content
	Unchanged  int64 `json:"unchanged"`  // already there, repeats within the import included
	Superseded int64 `json:"superseded"` // older than what is there, not kept
	Variants   int64 `json:"variants"`   // kept beside the current content of their identity
	Unordered  int64 `json:"unordered"`  // of Changed: without a later meta.lastUpdated
}

// A TypeSummary is the counts of one resource type.
type TypeSummary struct {
	Type string `json:"type"`
	Counts
}

// A FileSummary is what one file brought.
type FileSummary struct {
	Name      string `json:"name"`
	Source    string `json:"source"`
	Bytes     int64  `json:"bytes"`
	Resources int64  `json:"resources"`
	Rejected  int64  `json:"rejected"`
	Skipped   bool   `json:"skipped"`
	Note      string `json:"note,omitempty"`

	Types map[string]int64 `json:"types,omitempty"` // resources by type, as the file has them
}

// A RejectSummary is one rejected line, without its content.
type RejectSummary struct {
	File   string `json:"file"`
	Line   int64  `json:"line"`
	Offset int64  `json:"offset"`
	Reason string `json:"reason"`
	Detail string `json:"detail,omitempty"`
}

// A Summary is what an import did.
type Summary struct {
	DB             string          `json:"db"`
	Import         int32           `json:"import"` // 0 of a dry run, and if there was nothing to import
	DryRun         bool            `json:"dry_run,omitempty"`
	Files          []FileSummary   `json:"files"`
	Types          []TypeSummary   `json:"types"` // by name
	Total          Counts          `json:"total"`
	Resources      int64           `json:"resources"`
	Bytes          int64           `json:"bytes"`
	Rejected       int64           `json:"rejected"`
	Rejects        []RejectSummary `json:"rejects,omitempty"` // the first ten
	Deletes        int64           `json:"deletes,omitempty"` // Bundle entries that ask for DELETE: kept, not applied
	Replaced       int64           `json:"replaced,omitempty"`
	Warnings       parse.Warnings  `json:"warnings"`
	DroppedIndexes []string        `json:"recreated_indexes,omitempty"`
	Recovered      string          `json:"recovered,omitempty"` // what an earlier crash left, if anything
	Refreshed      bool            `json:"refreshed,omitempty"` // views, macros or base columns were made
	Elapsed        time.Duration   `json:"elapsed_ns"`
	DatabaseBytes  int64           `json:"database_bytes"`
}
