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
	smallInput    = 32 * mib // bytes of files
)

// memoryBudget divides limit bytes, 0 meaning the default. What a process takes
// anyway (code, stacks, Go's heap with the index of identities) is left out of
// the division.
//
// A small input gets less of it: DuckDB would fill its part with blocks of the
// tables that it looks identities up in.
func memoryBudget(limit int64, small bool) (budget, error) {
	if limit == 0 {
		limit = defaultMemory
	}
	if limit < leastMemory {
		return budget{}, fmt.Errorf("a memory limit of %d MiB is too small for an import: give it at least %d MiB", limit/mib, leastMemory/mib)
	}
	b := budget{window: min(limit/64, 64*mib)}
	b.inFlight = 3 * b.window
	b.duckdb = limit * 3 / 8
	if small {
		b.duckdb = limit / 4
	}
	return b, nil
}
