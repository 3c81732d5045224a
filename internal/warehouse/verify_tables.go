package warehouse

import (
	"fmt"
	"runtime"
	"sync"

	"github.com/fhirwh/fhirwh/internal/parse"
)

// checkTables reads every block of every table, and rebuilds every resource.
func (v *verifier) checkTables() error {
	names, err := v.listTables()
	if err != nil {
		return err
	}
	p := v.newDigestPool()
	defer p.close()
	for _, n := range names {
		t := v.tables[typeOfTable(n.table)]
		var rows int64
		switch {
		case n.schema == "main" && t != nil:
			rows, err = v.readTyped(t, p)
			v.report.Rows += rows
		case n.schema == "ledger" && n.table == "variants":
			rows, err = v.readVariants(p)
		default:
			rows, err = v.readOther(n)
		}
		if err := v.unreadable(n.String(), err); err != nil {
			return fmt.Errorf("read %s: %w", n, err)
		}
		v.report.Tables = append(v.report.Tables, TableReport{Name: n.String(), Rows: rows})
	}
	return nil
}

type storedTable struct{ schema, table string }

// String is how people know the table.
func (n storedTable) String() string {
	if n.schema == "main" {
		return n.table
	}
	return n.schema + "." + n.table
}

func (v *verifier) listTables() ([]storedTable, error) {
	r, err := v.c.query(v.ctx, `select schema_name, table_name from duckdb_tables()
		where not temporary and not internal and database_name = current_database() order by schema_name <> 'main', 1, 2`)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	defer r.close()
	var names []storedTable
	for r.next() {
		var n storedTable
		if err := r.scan(&n.schema, &n.table); err != nil {
			return nil, fmt.Errorf("list tables: %w", err)
		}
		names = append(names, n)
	}
	return names, r.close()
}

// readOther reads all of a table that holds no resources. The hash is for
// DuckDB to look at every value.
func (v *verifier) readOther(n storedTable) (rows int64, err error) {
	r, err := v.c.query(v.ctx, fmt.Sprintf("select count(*), bit_xor(hash(t)) from %s.%s t", quoteName(n.schema), quoteName(n.table)))
	if err != nil {
		return 0, err
	}
	defer r.close()
	for r.next() {
		var sum uint64
		if err := r.scan(&rows, &sum); err != nil {
			return 0, err
		}
	}
	return rows, r.close()
}

// readTyped rebuilds the rows of a typed table and hands them to the pool.
func (v *verifier) readTyped(t *table, p *digestPool) (rows int64, err error) {
	r, err := v.c.query(v.ctx, "from "+t.quoted())
	if err != nil {
		return 0, err
	}
	defer r.close()
	b, err := newRebuilder(r, t.fhir.Type)
	if err != nil {
		v.problem(t.name(), "not rebuilt", plainText(err), 0)
		return 0, nil
	}
	for b.nextChunk() {
		v.rebuildChunk(t, b, p)
		rows += int64(r.size)
		v.progress(Progress{Stage: "tables", Resources: v.report.Rows + rows})
	}
	return rows, r.close()
}

func (v *verifier) rebuildChunk(t *table, b *rebuilder, p *digestPool) {
	texts := p.get(t.name())
	for i := range b.rows.size {
		text, err := b.appendRow(texts.text, i)
		if err != nil {
			o := b.position(i)
			v.problem(t.name(), "not rebuilt", fmt.Sprintf("first at file %d, line %d: %v", o.file, o.line, err), 1)
			continue
		}
		texts.add(b.label(i), text)
	}
	p.put(texts)
}

// readVariants hands the contents of ledger.variants to the pool.
func (v *verifier) readVariants(p *digestPool) (rows int64, err error) {
	r, err := v.c.query(v.ctx, `select v.source, `+variantText+`, hash(v) from ledger.variants v`)
	if err != nil {
		return 0, err
	}
	defer r.close()
	for r.nextChunk() {
		texts := p.get("ledger.variants")
		for i := range r.size {
			texts.add(string(stringAt(r.vecs[0], i)), append(texts.text, stringAt(r.vecs[1], i)...))
		}
		p.put(texts)
		rows += int64(r.size)
	}
	return rows, r.close()
}

// variantText is the resource of a row v of ledger.variants, as bytes.
const variantText = "coalesce(encode(v.resource::varchar), v.raw)"

// A digestPool computes the digests of resources of the warehouse on all cores.
// If there is nothing to compare them with, it only reads them.
type digestPool struct {
	v     *verifier
	work  chan *texts
	wg    sync.WaitGroup
	spare sync.Pool
}

// texts are resources of a table as text.
type texts struct {
	table  string
	text   []byte
	ends   []int
	labels []string
}

func (t *texts) add(label string, text []byte) {
	t.text = text
	t.ends = append(t.ends, len(text))
	t.labels = append(t.labels, label)
}

func (v *verifier) newDigestPool() *digestPool {
	p := &digestPool{v: v, work: make(chan *texts), spare: sync.Pool{New: func() any { return new(texts) }}}
	for range runtime.GOMAXPROCS(0) {
		p.wg.Go(p.run)
	}
	return p
}

// close waits until all is done.
func (p *digestPool) close() {
	close(p.work)
	p.wg.Wait()
}

func (p *digestPool) get(table string) *texts {
	t := p.spare.Get().(*texts)
	t.table, t.text, t.ends, t.labels = table, t.text[:0], t.ends[:0], t.labels[:0]
	return t
}

func (p *digestPool) put(t *texts) { p.work <- t }

func (p *digestPool) run() {
	var d digester
	var digests []digest
	for t := range p.work {
		digests = digests[:0]
		start := 0
		for i, end := range t.ends {
			value, err := parse.ParseValue(t.text[start:end])
			if err != nil {
				p.v.problem(t.table, "not rebuilt", err.Error(), 1)
			} else if len(p.v.Sources) > 0 {
				digests = append(digests, d.of(t.labels[i], &value))
			}
			start = end
		}
		p.v.note(digests)
		p.spare.Put(t)
	}
}

// note adds contents that the warehouse has.
func (v *verifier) note(digests []digest) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, d := range digests {
		v.present.put(d.lo, d.hi)
	}
}

// has reports whether the warehouse has the content. It may rarely say no where
// it has, never the reverse.
func (v *verifier) has(d digest) bool {
	hi, ok := v.present.get(d.lo)
	return ok && hi == d.hi
}
