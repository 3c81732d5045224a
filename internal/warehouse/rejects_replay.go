package warehouse

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"time"

	"github.com/fhirwh/fhirwh/internal/parse"
)

// Replay imports rejected lines that someone repaired, as [ReadRejects] reads
// them: all of them or, on an error, nothing. A resource keeps the source, file
// and line of the original. What is a FHIR resource now leaves ledger.rejects;
// what is none stays there and is counted in the summary. Options' Sources are
// not used.
func Replay(ctx context.Context, path string, rejects iter.Seq2[Reject, error], o ImportOptions) (*Summary, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, &FileError{Path: path, Kind: ErrMissing}
	}
	folder, err := os.MkdirTemp(filepath.Dir(path), ".fhirwh-replay-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the repaired lines: %w", err)
	}
	defer os.RemoveAll(folder)
	im := &importer{ImportOptions: o, adjust: func(*loader) {}, sized: true, started: time.Now()}
	im.input = func(ctx context.Context) error { return im.replay(ctx, folder, rejects) }
	return im.do(ctx, path)
}

// A replayedFile is the lines of one file that are replayed.
type replayedFile struct {
	number  int32
	source  string
	places  []origin // of each line
	offsets []int64
	failed  map[int64]bool // lines, from 1, that are rejected again
	text    bytes.Buffer
}

func (im *importer) replay(ctx context.Context, folder string, rejects iter.Seq2[Reject, error]) error {
	files, err := im.loader.readReplayed(rejects)
	if err != nil {
		return err
	}
	im.loader.replayed = map[origin]bool{}
	for _, f := range files {
		if err := im.replayFile(ctx, folder, f); err != nil {
			return err
		}
	}
	return nil
}

// readReplayed finds the original of every repaired line and gathers the lines
// by file.
func (l *loader) readReplayed(rejects iter.Seq2[Reject, error]) ([]*replayedFile, error) {
	var files []*replayedFile
	byNumber := map[int32]*replayedFile{}
	line := 0
	for x, err := range rejects {
		if err != nil {
			return nil, err
		}
		line++
		number, err := l.originalFile(x)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		f := byNumber[number]
		if f == nil {
			f = &replayedFile{number: number, source: x.Source, failed: map[int64]bool{}}
			byNumber[number] = f
			files = append(files, f)
		}
		f.add(x)
	}
	return files, nil
}

// originalFile returns the number of the file that a reject is of.
func (l *loader) originalFile(x Reject) (int32, error) {
	var entry any
	if x.Entry != nil {
		entry = *x.Entry
	}
	var number int32
	err := l.c.value(l.ctx, &number, `select coalesce(max(file), 0)::integer from ledger.rejects r join ledger.files f using (file)
		where r.import = ? and f.name = ? and f.source = ? and r.line = ? and r.entry is not distinct from ?::integer and r."offset" = ?`,
		x.Import, x.File, x.Source, x.Line, entry, x.Offset)
	if err != nil {
		return 0, fmt.Errorf("look for the rejected line: %w", err)
	}
	if number == 0 {
		return 0, fmt.Errorf("line %d of file %s is not among the rejects of import %d: was it replayed already?", x.Line, x.File, x.Import)
	}
	return number, nil
}

func (f *replayedFile) add(x Reject) {
	at := origin{f.number, x.Line, -1}
	if x.Entry != nil {
		at.entry = *x.Entry
	}
	f.places, f.offsets = append(f.places, at), append(f.offsets, x.Offset)
	f.text.Write(oneLine(x.Raw))
	f.text.WriteByte('\n')
}

// oneLine removes the line breaks of a repaired resource. Outside strings they
// mean nothing, and inside they are no JSON anyway.
func oneLine(raw []byte) []byte {
	if !bytes.ContainsAny(raw, "\r\n") {
		return raw
	}
	var b bytes.Buffer
	if json.Compact(&b, raw) == nil {
		return b.Bytes()
	}
	return bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\n"), []byte(" ")), []byte("\r"), []byte(" "))
}

// replayFile imports the repaired lines of one file and takes those that are
// resources now off the rejects.
func (im *importer) replayFile(ctx context.Context, folder string, f *replayedFile) error {
	l := im.loader
	path := filepath.Join(folder, fmt.Sprintf("%d.jsonl", f.number))
	if err := os.WriteFile(path, f.text.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write the repaired lines: %w", err)
	}
	l.replaying = f
	o := im.Parse
	o.Alloc, o.Free, o.InFlight = mapMemory, unmapMemory, im.budget.inFlight
	if err := parse.Read(ctx, []parse.Source{{Label: f.source, Path: path}}, o, im.deliver); err != nil {
		return err
	}
	if err := l.flush(); err != nil {
		return err
	}
	return l.dropReplayed(f)
}

func (l *loader) dropReplayed(f *replayedFile) error {
	n := 0
	for i, at := range f.places {
		if f.failed[int64(i)+1] {
			continue
		}
		n++
		_, err := l.c.execArgs(l.ctx, `delete from ledger.rejects where file = ? and line = ? and entry is not distinct from ?::integer and "offset" = ?`,
			at.file, at.line, entryValue(at.entry), f.offsets[i])
		if err != nil {
			return fmt.Errorf("take a line off ledger.rejects: %w", err)
		}
	}
	if _, err := l.c.execArgs(l.ctx, "update ledger.files set replayed = replayed + ? where file = ?", n, f.number); err != nil {
		return fmt.Errorf("update ledger.files: %w", err)
	}
	return nil
}

// relocate gives the rows of a replayed block the places of their originals.
// What is rejected again stays where it is in the ledger.
func (l *loader) relocate(b *parse.Block) {
	f := l.replaying
	if f == nil {
		return
	}
	for _, r := range b.Rejects {
		f.failed[r.Line] = true
		l.noteReject(b.File, r)
	}
	b.Rejects = nil
	for _, batch := range b.Batches {
		for i, line := range batch.Lines {
			at := f.places[line-1]
			batch.Lines[i] = at.line
			if batch.Entries[i] < 0 {
				batch.Entries[i] = at.entry
			}
			l.replayed[origin{f.number, at.line, batch.Entries[i]}] = true
		}
	}
	for i := range b.Entries {
		b.Entries[i].Line = f.places[b.Entries[i].Line-1].line
	}
}
