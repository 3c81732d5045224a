package warehouse

import (
	"time"

	"github.com/fhirwh/fhirwh/internal/parse"
)

// VerifyOptions say what to compare a warehouse with.
type VerifyOptions struct {
	Sources []parse.Source // none: only the warehouse itself is checked
	Parse   parse.Options  // limits, as they were for the import; Known and Skip are set by Verify
	// ShowValues puts the differing values into the report, which is patient data then.
	ShowValues bool
	MaxListed  int // how many differences, and how many elements of each, are described; default 100

	Wait     time.Duration // how long to wait for a warehouse that is in use
	OnWait   func(holder string)
	Progress func(Progress) // Stage is "tables", with Resources, then "sources", with Bytes
}

// A VerifyReport is what Verify found. Lists hold the first
// VerifyOptions.MaxListed findings, the counts beside them all.
type VerifyReport struct {
	DB      string        `json:"db"`
	Tables  []TableReport `json:"tables"`
	Rows    int64         `json:"rows"` // of all typed tables
	Sources []FileReport  `json:"files"`
	Total   SourceCounts  `json:"total"`

	// Problems is what is wrong with the warehouse itself.
	Problems []Problem `json:"problems"`
	// Differences is what the sources have and the warehouse has not, or has
	// otherwise.
	Differences []Difference `json:"differences"`
	// Replaced is where the sources have what a later version took the place of.
	// These are no differences.
	Replaced []Place       `json:"replaced"`
	Elapsed  time.Duration `json:"elapsed_ns"`
}

// OK reports whether nothing is wrong.
func (r *VerifyReport) OK() bool {
	return len(r.Problems) == 0 && r.Total.Differences() == 0
}

// A TableReport is one table of the warehouse.
type TableReport struct {
	Name string `json:"name"` // with its schema unless that is main
	Rows int64  `json:"rows"` // that could be read
}

// SourceCounts is what became of the resources of a source. Each is in exactly
// one of Same, Replaced, Different and Missing.
type SourceCounts struct {
	Resources     int64 `json:"resources"`
	Same          int64 `json:"same"`     // present value for value, as current content or variant
	Replaced      int64 `json:"replaced"` // a content with a later meta.lastUpdated stands there
	Different     int64 `json:"different"`
	Missing       int64 `json:"missing"`
	Rejected      int64 `json:"rejected"`       // lines that hold no FHIR resource
	Replayed      int64 `json:"replayed"`       // of Rejected: repaired and imported since
	RejectMissing int64 `json:"reject_missing"` // of Rejected: neither replayed nor in ledger.rejects
}

// Differences is the number of resources and rejected lines that the warehouse
// does not have as they were sent.
func (c SourceCounts) Differences() int64 { return c.Different + c.Missing + c.RejectMissing }

func (c *SourceCounts) add(d SourceCounts) {
	c.Resources += d.Resources
	c.Same += d.Same
	c.Replaced += d.Replaced
	c.Different += d.Different
	c.Missing += d.Missing
	c.Rejected += d.Rejected
	c.Replayed += d.Replayed
	c.RejectMissing += d.RejectMissing
}

// A FileReport is one file of the sources.
type FileReport struct {
	Name   string `json:"name"`
	Source string `json:"source"`
	Import int32  `json:"import,omitempty"` // that read this file as it is now; 0 if none did
	SourceCounts

	lost []*suspect // the first rejected lines that are not in ledger.rejects
}

// A Problem is something wrong with the warehouse itself.
type Problem struct {
	Table string `json:"table"`
	// Kind is "damaged" (cannot be read), "not rebuilt" (a row does not give a
	// resource), "identity twice" or "ledger" (numbers that do not agree).
	Kind   string `json:"kind"`
	Detail string `json:"detail"` // for people; quotes no data
	Count  int64  `json:"count"`  // rows or identities concerned, if known
}

// A Place is where a resource stands in the sources.
type Place struct {
	File  string `json:"file"`
	Line  int64  `json:"line"`
	Entry int32  `json:"entry"` // number in a Bundle or array; -1 if none
	Type  string `json:"type,omitempty"`
	ID    string `json:"id,omitempty"` // only with ShowValues
}

// A Difference is a resource, or a rejected line, that the warehouse does not
// have as it was sent.
type Difference struct {
	Place
	// Kind is "missing", "different" (Elements says where; it was compared with
	// the most similar content of its identity) or "reject missing".
	Kind     string              `json:"kind"`
	Elements []ElementDifference `json:"elements,omitempty"`
	Count    int                 `json:"count,omitempty"` // of elements that differ, listed or not
}

// An ElementDifference is one element that differs.
type ElementDifference struct {
	// Pointer is a JSON Pointer. A name that is no element of R4 is written "?",
	// unless values are shown: it may be anything.
	Pointer string `json:"pointer"`
	// Kind is "missing" (from the warehouse), "added" (only there), "type"
	// (of JSON), "number" (its digits), "text", "boolean" or "length" (of an array).
	Kind      string `json:"kind"`
	Source    string `json:"source,omitempty"`    // JSON text, only with ShowValues
	Warehouse string `json:"warehouse,omitempty"` // JSON text, only with ShowValues
}
