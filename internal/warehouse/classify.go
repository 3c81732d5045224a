package warehouse

import (
	"fmt"
	"unsafe"

	"github.com/duckdb/duckdb-go/v2/mapping"
	"github.com/zeebo/xxh3"

	"github.com/fhirwh/fhirwh/internal/parse"
	"github.com/fhirwh/fhirwh/internal/schema"
)

// keyOf returns the key of an identity for a [keyIndex].
func keyOf(source, resourceType, id string) uint64 {
	return xxh3.HashStringSeed(id, keySeed(source, resourceType))
}

func keySeed(source, resourceType string) uint64 {
	return xxh3.HashStringSeed(resourceType, xxh3.HashString(source))
}

// contentKey is keyOf for a resource without id, which its content identifies.
func contentKey(source, resourceType string, content uhuge) uint64 {
	return content.lo ^ keySeed(source, resourceType)
}

// text returns the bytes of row of a string column, nil if there is none.
func text(c *parse.Column, row int) []byte {
	if !bit(c.Valid, row) {
		return nil
	}
	s := &c.Strings[row]
	if s.Len <= 12 {
		return unsafe.Slice((*byte)(unsafe.Pointer(&s.Prefix)), s.Len)
	}
	//nolint:govet // the memory is the block's, which is alive
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&s.Ptr)), s.Len)
}

// An incoming row is what classify needs to know of a row of a batch.
type incoming struct {
	key  uint64
	hash uint64 // of the bytes; of a row without id, of its content
}

// classify decides for every row of the batches whether it goes into the table,
// into the staging table, or nowhere because its content is there.
func (l *loader) classify(tab *table, all []*work) error {
	rows := make([][]incoming, len(all))
	for i, w := range all {
		r, err := l.identify(tab, w)
		if err != nil {
			return err
		}
		rows[i] = r
	}
	found, err := l.lookUp(tab, all, rows)
	if err != nil {
		return err
	}
	counts := l.count(tab.name())
	for i, w := range all {
		for row, in := range rows[i] {
			switch l.judge(in, found) {
			case fresh:
				w.insert = append(w.insert, uint16(row))
				counts.New++
			case known:
				counts.Unchanged++
			case disputed:
				w.stage = append(w.stage, uint16(row))
			}
		}
	}
	l.giveUpIndexes()
	return nil
}

type verdict uint8

const (
	fresh    verdict = iota // the identity was not met before
	known                   // it has this content
	disputed                // it has another content
)

// judge says what a row is, and remembers it.
func (l *loader) judge(in incoming, found *keyIndex) verdict {
	if _, ok := l.staged.get(in.key); ok {
		return disputed
	}
	if hash, ok := l.seen.get(in.key); ok {
		if hash == in.hash {
			return known
		}
		l.staged.put(in.key, in.hash)
		return disputed
	}
	hash, ok := found.get(in.key)
	if !ok {
		l.seen.put(in.key, in.hash)
		return fresh
	}
	if hash == in.hash {
		if found == l.existing {
			found.mark(in.key)
		} else if !l.overflow {
			l.seen.put(in.key, in.hash)
		}
		return known
	}
	l.staged.put(in.key, in.hash)
	return disputed
}

// identify computes the keys of a batch's rows, and the content of those without
// id.
func (l *loader) identify(tab *table, w *work) ([]incoming, error) {
	rows := make([]incoming, w.batch.Rows)
	source, name := w.file.file.Source, tab.name()
	seed := keySeed(source, name)
	types := unknownTypes(w.batch)
	for i := range rows {
		if types != nil {
			name = string(text(types, i))
			seed = keySeed(source, name)
		}
		if id := text(w.batch.IDs, i); len(id) > 0 {
			rows[i] = incoming{key: xxh3.HashSeed(id, seed), hash: w.batch.Hashes[i]}
			continue
		}
		content, err := w.contentOf(i)
		if err != nil {
			return nil, err
		}
		rows[i] = incoming{key: contentKey(source, name, content), hash: content.hi}
	}
	return rows, nil
}

// unknownTypes is the column of resource types of a batch of table Unknown, nil
// of any other.
func unknownTypes(b *parse.Batch) *parse.Column {
	if b.Type != schema.Unknown() {
		return nil
	}
	return fieldOf(&b.Root, b.Type.Element("resourceType"), 0)
}

// contentOf computes the content hash of a row and keeps it for the _content
// column.
func (w *work) contentOf(row int) (uhuge, error) {
	raw := w.batch.Raws[row]
	hi, lo, err := parse.Content(w.block.Bytes[raw.Start:raw.End])
	if err != nil {
		return uhuge{}, fmt.Errorf("line %d: %w", w.batch.Lines[row], err)
	}
	if w.content == nil {
		w.content = make([]uhuge, w.batch.Rows)
	}
	w.content[row] = uhuge{hi, lo}
	return w.content[row], nil
}

// lookUp returns where to look for content that the warehouse has: the index of
// all of it if it was read, else an index of what DuckDB finds for the keys at
// hand.
func (l *loader) lookUp(tab *table, all []*work, rows [][]incoming) (*keyIndex, error) {
	if l.existing != nil {
		return l.existing, nil
	}
	found := new(keyIndex)
	if tab.rows == 0 && !l.overflow {
		return found, nil
	}
	if err := l.find(tab, all, rows, found, true); err != nil {
		return nil, err
	}
	if err := l.find(tab, all, rows, found, false); err != nil {
		return nil, err
	}
	return found, nil
}

// find asks DuckDB for the hashes of the rows that have an incoming identity: by
// id, or by content for those without. The incoming keys are the small side of
// the join; of the table only the columns compared are read.
func (l *loader) find(tab *table, all []*work, rows [][]incoming, found *keyIndex, byID bool) error {
	keys := l.keyTable(tab, all, rows, byID)
	if len(keys) == 0 {
		return nil
	}
	same, hash := "t.id = k.id", "t._hash"
	columns := []sourceColumn{{"key", simple(mapping.TypeUBigInt)}, {"source", simple(mapping.TypeVarchar)}, {"id", simple(mapping.TypeVarchar)}}
	if !byID {
		same, hash = "t.id is null and t._content = k.content", "(t._content >> 64)::ubigint"
		columns[2] = sourceColumn{"content", simple(mapping.TypeUHugeInt)}
	}
	if tab.fhir.Type == schema.Unknown() {
		same += ` and t."resourceType" = k.type`
	}
	columns = append(columns, sourceColumn{"type", simple(mapping.TypeVarchar)})
	r, done, err := l.c.querySource(l.ctx, valueTable(columns, keys),
		fmt.Sprintf("select k.key, %s from %%s k join %s t on %s and t._source = k.source", hash, tab.quoted(), same))
	if err != nil {
		return fmt.Errorf("look up identities: %w", err)
	}
	defer done()
	defer r.close()
	for r.next() {
		var key, h uint64
		if err := r.scan(&key, &h); err != nil {
			return fmt.Errorf("look up identities: %w", err)
		}
		found.put(key, h)
	}
	return r.close()
}

func (l *loader) keyTable(tab *table, all []*work, rows [][]incoming, byID bool) [][]any {
	var keys [][]any
	for i, w := range all {
		types := unknownTypes(w.batch)
		for row, in := range rows[i] {
			id := text(w.batch.IDs, row)
			if (len(id) > 0) != byID {
				continue
			}
			var identity any = id
			if !byID {
				identity = w.content[row]
			}
			var name any
			if types != nil {
				name = text(types, row)
			}
			keys = append(keys, []any{in.key, w.file.file.Source, identity, name})
		}
	}
	return keys
}

// maxIndexed is the number of identities above which they are no longer kept in
// memory.
const maxIndexed = 5_000_000

// giveUpIndexes drops the indexes when they have become too large. From then on
// every window asks DuckDB, which finds the rows of this import in the tables
// too.
func (l *loader) giveUpIndexes() {
	n := l.seen.count
	if l.existing != nil {
		n += l.existing.count
	}
	if n <= l.maxIndexed {
		return
	}
	l.overflow = true
	l.seen.free()
	l.existing = nil // the decoders may still read it: close gives it back
}
