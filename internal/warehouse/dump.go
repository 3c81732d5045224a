package warehouse

import (
	"context"
	"errors"
	"io"
	"time"
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
	return DumpStats{}, errors.New("dump is not built yet")
}
