package warehouse

import "fmt"

// A budget divides the memory of the process during an import.
type budget struct {
	duckdb   int64 // DuckDB's own limit; beyond it spills to disk
	inFlight int64 // blocks that were read and are not in DuckDB yet
	window   int64 // of those: what is gathered for one round of inserts
}

const (
	mib           = 1 << 20
	defaultMemory = 1024 * mib
	leastMemory   = 256 * mib
	smallInput    = 32 * mib  // bytes of files
	largeDatabase = 256 * mib // bytes of the warehouse
)

// memoryBudget divides limit bytes, 0 meaning the default. What a process takes
// anyway (code, stacks, Go's heap with the index of identities) is left out of
// the division.
//
// A small input leaves room that DuckDB gets, since it holds a block in memory for
// every column that rows are added to. But not if the warehouse is large: DuckDB
// would fill the room with blocks of the tables that it looks identities up in.
func memoryBudget(limit int64, small, large bool) (budget, error) {
	if limit == 0 {
		limit = defaultMemory
	}
	if limit < leastMemory {
		return budget{}, fmt.Errorf("a memory limit of %d MiB is too small for an import: give it at least %d MiB", limit/mib, leastMemory/mib)
	}
	b := budget{window: min(limit/64, 64*mib)}
	b.inFlight = 3 * b.window
	b.duckdb = limit * 3 / 8
	switch {
	case small && large:
		b.duckdb = limit / 4
	case small:
		b.duckdb = limit * 5 / 8
	}
	return b, nil
}
