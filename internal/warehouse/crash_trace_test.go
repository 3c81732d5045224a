//go:build linux

package warehouse

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/warehouse/crash"
)

// testTrace checks what the journal relies on: what DuckDB writes in one
// checkpoint, and in which order. A new version of DuckDB must pass it before
// fhirwh uses it.
//
//   - Before the new header: only blocks that were free, blocks behind the old
//     end, and metadata blocks that are partly free, of which it changes only
//     free sub-blocks. The file is not cut. All of it is synced.
//   - Then one header, in the slot that was not active, synced.
//   - Then nothing but cutting the file and removing the log.
func (r *rig) testTrace(t *testing.T) {
	if r.root == nil {
		t.Skip("a new warehouse has no state before")
	}
	tr := &trace{rig: r, counts: map[string]int{}}
	for i, o := range r.ops {
		if o.Path != r.path(r.dir) && o.Path != r.path(r.dir)+".wal" {
			continue
		}
		if err := tr.see(o); err != nil {
			t.Errorf("call %d, %v: %v", i+1, o, err)
		}
	}
	if tr.headers != 1 {
		t.Errorf("%d headers were written", tr.headers)
	}
	if tr.counts["metadata in place"] == 0 {
		t.Error("no metadata block was written in place: this workload proves nothing")
	}
	t.Logf("%v", tr.counts)
}

type trace struct {
	*rig
	headers  int
	unsynced bool // something was written to the database since its last fsync
	counts   map[string]int
}

func (tr *trace) see(o crash.Op) error {
	if strings.HasSuffix(o.Path, ".wal") {
		return tr.seeLog(o)
	}
	switch o.Kind {
	case 'S':
		tr.unsynced = false
	case 'T':
		if tr.headers == 0 || tr.unsynced {
			return fmt.Errorf("the file is cut before its header is safe")
		}
	case 'W':
		kind, err := tr.write(o)
		tr.counts[kind]++
		tr.unsynced = true
		return err
	default:
		return fmt.Errorf("not expected")
	}
	return nil
}

func (tr *trace) seeLog(o crash.Op) error {
	if o.Kind == 'U' && (tr.headers == 0 || tr.unsynced) {
		return fmt.Errorf("the log is removed before the header is safe")
	}
	return nil
}

func (tr *trace) write(o crash.Op) (kind string, err error) {
	if o.Offset < headerSize {
		return "header", tr.header(o)
	}
	if tr.headers > 0 {
		return "late", fmt.Errorf("a block is written after the header")
	}
	size := int64(tr.root.blockSize)
	id := uint64(o.Offset-headerSize) / tr.root.blockSize
	switch {
	case (o.Offset-headerSize)%size != 0 || o.Length != size:
		return "odd", fmt.Errorf("not one whole block")
	case id >= tr.root.blocks:
		return "new block", nil
	case tr.root.freeList[id]:
		return "free block", nil
	case tr.inPlace(o):
		return "metadata in place", tr.inPlaceOnlyFree(id, o)
	}
	return "live data", fmt.Errorf("block %d is in use", id)
}

func (tr *trace) header(o crash.Op) error {
	tr.headers++
	_, inactive := tr.root.other()
	switch {
	case tr.unsynced:
		return fmt.Errorf("the blocks are not synced yet")
	case o.Offset != inactive || o.Length != slotSize:
		return fmt.Errorf("not the slot that is not active")
	}
	if s := parseSlot(o.Data); !s.valid || s.iteration != tr.root.iteration+1 {
		return fmt.Errorf("iteration %d after %d, valid %v", s.iteration, tr.root.iteration, s.valid)
	}
	return nil
}

func (tr *trace) inPlaceOnlyFree(id uint64, o crash.Op) error {
	for _, m := range tr.root.meta {
		if m.id != id {
			continue
		}
		if m.free == 0 {
			return fmt.Errorf("metadata block %d is full", id)
		}
		if !sameLive(m, o.Data, tr.root.subSize()) {
			return fmt.Errorf("metadata block %d: a sub-block in use is changed", id)
		}
	}
	return nil
}

// Our reading of the file agrees with DuckDB's own.
func (r *rig) testMetadata(t *testing.T) {
	if r.root == nil {
		t.Skip("a new warehouse has no state before")
	}
	dir := t.TempDir() + "/d"
	if err := r.lay(dir, map[string][]byte{r.path(r.dir): r.files[r.path(r.dir)]}); err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	byID := func(a, b metaBlock) int { return cmp.Compare(a.id, b.id) }
	for _, m := range slices.SortedFunc(slices.Values(r.root.meta), byID) {
		for i := range subBlocks {
			if m.free>>i&1 == 1 {
				fmt.Fprintf(&want, "%d:%d ", m.id, i)
			}
		}
	}
	c, err := openForReading(t.Context(), r.path(dir), nil, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	var got string
	err = c.value(t.Context(), &got, `select string_agg(block_id || ':' || f || ' ', '' order by block_id, f)
		from (select block_id, unnest(free_list) as f from pragma_metadata_info())`)
	if err != nil {
		t.Fatal(err)
	}
	if got != want.String() {
		t.Errorf("free sub-blocks: DuckDB says %s\nwe say %s", got, want.String())
	}
}
