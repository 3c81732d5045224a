package warehouse

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/zeebo/xxh3"

	"github.com/fhirwh/fhirwh/internal/parse"
	"github.com/fhirwh/fhirwh/internal/schema"
)

// knownFiles are the files that the warehouse has, by source and size.
type knownFiles map[fileKey][]knownFile

type fileKey struct {
	source string
	size   int64
}

type knownFile struct {
	sum     uhuge
	replace bool // something of this source was replaced after it
}

func readKnownFiles(ctx context.Context, c *conn) (knownFiles, error) {
	r, err := c.query(ctx, `
		with replacing as (
			select f.source, max(i.import) as last
			from ledger.imports i join ledger.files f using (import)
			where i.changed > 0
			group by all
		)
		select source, f.size, f.hash, coalesce(r.last > f.import, false)
		from ledger.files f left join replacing r using (source)`)
	if err != nil {
		return nil, fmt.Errorf("read ledger.files: %w", err)
	}
	defer r.close()
	known := knownFiles{}
	for r.next() {
		var k fileKey
		var f knownFile
		if err := r.scan(&k.source, &k.size, &f.sum, &f.replace); err != nil {
			return nil, fmt.Errorf("read ledger.files: %w", err)
		}
		known[k] = append(known[k], f)
	}
	return known, r.close()
}

// skip reports whether a file can be left out: it was imported under this source
// and nothing of that was replaced since. Only a file with the size of a known
// one is read for that.
func (k knownFiles) skip(f *parse.File, sum func() ([16]byte, error)) (bool, error) {
	candidates := k[fileKey{f.Source, f.Size}]
	if len(candidates) == 0 {
		return false, nil
	}
	s, err := sum()
	if err != nil {
		return false, err
	}
	for _, c := range candidates {
		if c.sum == sumValue(s) && !c.replace {
			return true, nil
		}
	}
	return false, nil
}

// has reports whether the file was imported before.
func (k knownFiles) has(f *parse.File) bool {
	for _, c := range k[fileKey{f.Source, f.Size}] {
		if c.sum == sumValue(f.Sum) {
			return true
		}
	}
	return false
}

func sumValue(sum [16]byte) uhuge {
	return uhuge{binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:])}
}

// readExisting reads the identities that the sources have in the warehouse into
// an index, if that is cheaper than asking DuckDB for those that come: if the
// files to read are large compared with what is there.
func (l *loader) readExisting(sources []parse.Source, size int64) error {
	var rows int64
	for _, t := range l.tables {
		rows += t.rows
	}
	const bytesPerResource = 1000
	if rows == 0 || rows > int64(l.maxIndexed) || size/bytesPerResource < rows/8 {
		return nil
	}
	l.existing = new(keyIndex)
	l.close = l.existing.free
	for _, label := range labels(sources) {
		for _, t := range l.sortedTables() {
			if err := l.indexTable(t, label); err != nil {
				return fmt.Errorf("read identities of %s: %w", t.name(), err)
			}
		}
	}
	return nil
}

func labels(sources []parse.Source) []string {
	var all []string
	seen := map[string]bool{}
	for _, s := range sources {
		if !seen[s.Label] {
			seen[s.Label] = true
			all = append(all, s.Label)
		}
	}
	return all
}

func (l *loader) indexTable(t *table, label string) error {
	kind := "null"
	if t.fhir.Type == schema.Unknown() {
		kind = `"resourceType"`
	}
	r, err := l.c.query(l.ctx, "select id, _hash, _content, "+kind+"::varchar from "+t.quoted()+" where _source = ?", label)
	if err != nil {
		return err
	}
	defer r.close()
	seed := keySeed(label, t.name())
	for r.nextChunk() {
		for row := range r.size {
			if isValid(r.vecs[3], row) {
				seed = keySeed(label, string(stringAt(r.vecs[3], row)))
			}
			if isValid(r.vecs[0], row) {
				l.existing.put(xxh3.HashSeed(stringAt(r.vecs[0], row), seed), at[uint64](r.vecs[1], row, true))
				continue
			}
			c := at[[2]uint64](r.vecs[2], row, isValid(r.vecs[2], row))
			l.existing.put(c[0]^seed, c[1])
		}
	}
	return r.close()
}

// known reports whether exactly these bytes are the current content of an
// identity. The decoders ask it, while nothing adds to the index.
func (x *keyIndex) known(source string, t *schema.Type, id []byte, hash uint64) bool {
	if t == schema.Unknown() {
		return false // its identity has the name of the type, which is not at hand
	}
	h, ok := x.get(xxh3.HashSeed(id, keySeed(source, t.Name)))
	return ok && h == hash
}
