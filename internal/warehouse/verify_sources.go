package warehouse

import (
	"context"
	"encoding/binary"
	"fmt"
	"runtime"

	"github.com/zeebo/xxh3"

	"github.com/fhirwh/fhirwh/internal/parse"
	"github.com/fhirwh/fhirwh/internal/schema"
)

// checkSources reads the sources and compares what is in them with what the
// tables have. Blocks are checked on all cores and counted in order.
func (v *verifier) checkSources() error {
	if err := v.readFiles(); err != nil {
		return err
	}
	o := v.Parse
	o.Known, o.Skip = nil, v.meet
	o.Alloc, o.Free, o.InFlight = mapMemory, unmapMemory, verifyInFlight
	total, _ := parse.TotalSize(v.Sources)
	q := blockQueue{v: v, total: total}
	err := parse.Read(v.ctx, v.Sources, o, q.add)
	if err := q.drain(err); err != nil {
		return err
	}
	if err := v.settleSuspects(); err != nil {
		return err
	}
	for _, f := range v.order {
		v.report.Sources = append(v.report.Sources, *f)
		v.report.Total.add(f.SourceCounts)
	}
	return nil
}

// verifyInFlight is how many bytes of the sources are in memory at once.
const verifyInFlight = 32 * mib

// A fileSum is a file's content as a source.
type fileSum struct {
	source string
	sum    uhuge
}

// A ledgerFile is what the ledger says of a file.
type ledgerFile struct {
	number   int32 // of the last import that read it
	replayed int64 // of its rejected lines, in all imports
}

// readFiles reads which import brought each file.
func (v *verifier) readFiles() error {
	v.imports, v.known = map[int32]int32{}, map[fileSum]ledgerFile{}
	v.files = map[*parse.File]*FileReport{}
	r, err := v.c.query(v.ctx, "select file, import, source, hash, replayed from ledger.files order by import")
	if err != nil {
		return fmt.Errorf("read ledger.files: %w", err)
	}
	defer r.close()
	for r.next() {
		var file int32
		var k fileSum
		var f ledgerFile
		if err := r.scan(&file, &f.number, &k.source, &k.sum, &f.replayed); err != nil {
			return fmt.Errorf("read ledger.files: %w", err)
		}
		v.imports[file] = f.number
		f.replayed += v.known[k].replayed
		v.known[k] = f
	}
	return r.close()
}

// meet is asked before a file is read. It notes which import knows the file as it
// is, and skips none.
func (v *verifier) meet(f *parse.File, sum func() ([16]byte, error)) (bool, error) {
	s, err := sum()
	if err != nil {
		return false, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.files[f] = &FileReport{Import: v.known[fileSum{f.Source, sumValue(s)}].number}
	return false, nil
}

// fileReport returns the report of a file. It has the number of the file's import from
// the beginning if the file could be read twice.
func (v *verifier) fileReport(f *parse.File) *FileReport {
	v.mu.Lock()
	defer v.mu.Unlock()
	r := v.files[f]
	if r == nil {
		r = new(FileReport)
		v.files[f] = r
	}
	r.Name, r.Source = f.Name, f.Source
	return r
}

// A blockQueue has the blocks that are being checked, in order.
type blockQueue struct {
	v       *verifier
	waiting []*checked
	total   int64 // bytes of all files
	done    int64 // bytes of the files that were read
}

// A checked block says what became of its resources.
type checked struct {
	file     *parse.File
	last     bool
	read     int64
	same     int64
	total    int64
	suspects []*suspect
	rejects  []*suspect
	err      error
	done     chan struct{}
}

// add takes a block. The block is released as soon as it is checked.
func (q *blockQueue) add(b *parse.Block) error {
	c := &checked{file: b.File, last: b.Last, read: b.Read, done: make(chan struct{})}
	q.waiting = append(q.waiting, c)
	go func() {
		defer close(c.done)
		defer b.Release()
		c.err = c.check(q.v, b)
	}()
	if len(q.waiting) <= runtime.GOMAXPROCS(0) {
		return nil
	}
	return q.take()
}

// take counts the first block.
func (q *blockQueue) take() error {
	c := q.waiting[0]
	q.waiting = q.waiting[1:]
	<-c.done
	if c.err != nil {
		return c.err
	}
	if err := q.v.count(c); err != nil {
		return err
	}
	if c.last {
		q.done += c.file.Size
		c.read = 0
	}
	q.v.progress(Progress{Stage: "sources", Bytes: q.done + c.read, Total: q.total})
	return context.Cause(q.v.ctx)
}

// drain counts the blocks that wait, or only waits for them if err is not nil.
func (q *blockQueue) drain(err error) error {
	for len(q.waiting) > 0 {
		if err == nil {
			err = q.take()
		} else {
			<-q.waiting[0].done
			q.waiting = q.waiting[1:]
		}
	}
	return err
}

// count adds a block to the report.
func (v *verifier) count(c *checked) error {
	f := v.fileReport(c.file)
	f.Resources += c.total
	f.Same += c.same
	if err := v.countRejects(f, c.rejects); err != nil {
		return err
	}
	for _, s := range c.suspects {
		s.report = f
		v.held += int64(len(s.text))
	}
	v.suspects = append(v.suspects, c.suspects...)
	if c.last {
		v.endFile(f, c.file)
	}
	const mostBytes, most = 64 * mib, 50_000
	if v.held < mostBytes && len(v.suspects) < most {
		return nil
	}
	return v.settleSuspects()
}

// check looks for each resource of a block among the contents of the warehouse.
func (c *checked) check(v *verifier, b *parse.Block) error {
	var d digester
	opened := openedIn(b)
	for _, batch := range b.Batches {
		for i := range batch.Rows {
			value, err := sent(b, batch.Type, batch.Raws[i], opened)
			if err != nil {
				return fmt.Errorf("%s: line %d: %w", b.File.Name, batch.Lines[i], err)
			}
			c.total++
			sum := d.of(b.File.Source, &value)
			if v.has(sum) {
				c.same++
				continue
			}
			place := Place{File: b.File.Name, Line: batch.Lines[i], Entry: batch.Entries[i], Type: batch.Type.Name}
			c.suspects = append(c.suspects, newSuspect(place, b.File.Source, sum, &value))
		}
	}
	for _, r := range b.Rejects {
		place := Place{File: b.File.Name, Line: r.Line, Entry: r.Entry}
		c.rejects = append(c.rejects, &suspect{place: place, digest: rejectDigest(string(r.Reason), r.Length, r.Raw)})
	}
	return nil
}

// sent returns a resource as it was sent: of a Bundle the envelope.
func sent(b *parse.Block, t *schema.Type, at parse.Raw, opened []parse.Raw) (parse.Value, error) {
	if t.Name == "Bundle" {
		return envelope(b, at, opened)
	}
	return parse.ParseValue(b.Bytes[at.Start:at.End])
}

// rejectDigest identifies a rejected line.
func rejectDigest(reason string, length int64, raw []byte) digest {
	head := binary.LittleEndian.AppendUint64([]byte(reason), uint64(length))
	h := xxh3.Hash128(append(head, raw...))
	return digest{h.Hi, h.Lo}
}

// countRejects looks for rejected lines of a file in the ledger.
func (v *verifier) countRejects(f *FileReport, lines []*suspect) error {
	if len(lines) > 0 && v.rejected == nil {
		if err := v.readRejects(); err != nil {
			return fmt.Errorf("read ledger.rejects: %w", err)
		}
	}
	f.Rejected += int64(len(lines))
	for _, s := range lines {
		if v.rejected[s.digest] {
			continue
		}
		f.RejectMissing++
		if len(f.lost) < v.MaxListed {
			f.lost = append(f.lost, s)
		}
	}
	return nil
}

// endFile completes a file's report. Now its hash is known in any case, and with it
// how many of its rejected lines somebody repaired and replayed: these have left
// ledger.rejects.
func (v *verifier) endFile(f *FileReport, file *parse.File) {
	known := v.known[fileSum{file.Source, sumValue(file.Sum)}]
	f.Import = max(f.Import, known.number)
	f.Replayed = min(known.replayed, f.RejectMissing)
	f.RejectMissing -= f.Replayed
	for _, s := range f.lost[min(f.Replayed, int64(len(f.lost))):] {
		v.list(s, Difference{Kind: "reject missing"})
	}
	f.lost = nil
	v.order = append(v.order, f)
}

func (v *verifier) readRejects() error {
	v.rejected = map[digest]bool{}
	r, err := v.c.query(v.ctx, "select reason, length, raw from ledger.rejects")
	if err != nil {
		return err
	}
	defer r.close()
	for r.next() {
		var reason string
		var length int64
		var raw []byte
		if err := r.scan(&reason, &length, &raw); err != nil {
			return err
		}
		v.rejected[rejectDigest(reason, length, raw)] = true
	}
	return r.close()
}
