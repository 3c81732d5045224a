package parse

import (
	"errors"

	"github.com/fhirwh/fhirwh/internal/schema"
)

// Redecode decodes the rows of one of the block's batches again, to columns
// that the table has; all else goes to _extra. It changes the batch in place. It
// must not run while another goroutine uses the block.
func (b *Block) Redecode(batch *Batch, table *schema.Table) error {
	d := newDecoder(b.decoder.o)
	side := &Block{File: b.File, Bytes: b.Bytes, Offset: b.Offset} // for what is counted and listed already
	d.begin(side)
	again := &Batch{Type: batch.Type, root: newRoot(batch.Type, table)}
	for i, r := range batch.Raws {
		v := item{start: r.Start, end: r.End, line: batch.Lines[i], entry: batch.Entries[i]}
		if err := d.again(again, v, batch.Hashes[i]); err != nil {
			return err
		}
	}
	again.finish()
	b.chunks = append(b.chunks, d.arena.reset()...)
	*batch = *again
	return nil
}

// again decodes a resource that was decoded before.
func (d *decoder) again(b *Batch, v item, hash uint64) error {
	guarded := d.bytes[v.end]
	defer func() { d.bytes[v.end] = guarded }()
	d.bytes[v.end] = 0
	d.set(d.bytes, v.start, v.end)
	d.resourceType = d.glance(false).resourceType
	d.set(d.bytes, v.start, v.end)
	if !d.row(b, v) {
		return errors.New("decode resource again: it is not what it was")
	}
	d.commit(b, v, hash)
	return nil
}
