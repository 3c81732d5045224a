package parse_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fhirwh/fhirwh/internal/parse"
)

// A reading is what Read delivered, as text.
type reading struct {
	strings.Builder
	blocks int
	files  []*parse.File
	rows   []row // of the current file
	bytes  int64 // of the current file, accounted for
	errs   []error
}

// A row is a resource or reject.
type row struct {
	line  int64
	entry int32
	text  string
}

// idOf returns the first id in a resource, with a slash in front.
func idOf(text []byte) string {
	_, rest, found := bytes.Cut(text, []byte(`"id":`))
	if !found {
		return ""
	}
	id, _, _ := bytes.Cut(bytes.TrimLeft(rest, ` "`), []byte{'"'})
	return "/" + string(id)
}

func (r *reading) add(b *parse.Block) {
	r.blocks++
	if b.First {
		r.files = append(r.files, b.File)
	}
	if f := r.files[len(r.files)-1]; f != b.File || b.First && r.bytes != 0 {
		r.errs = append(r.errs, fmt.Errorf("block of %s between those of %s", b.File.Name, f.Name))
	}
	r.addRows(b)
	r.bytes += b.Blank
	if b.Last {
		r.endFile(b.File)
	}
}

func (r *reading) addRows(b *parse.Block) {
	for _, batch := range b.Batches {
		for i, raw := range batch.Raws {
			text := batch.Type.Name + idOf(b.Bytes[raw.Start:raw.End])
			r.rows = append(r.rows, row{batch.Lines[i], batch.Entries[i], text})
			r.bytes += int64(raw.End - raw.Start)
		}
	}
	for _, x := range b.Rejects {
		r.rows = append(r.rows, row{x.Line, x.Entry, "!" + string(x.Reason)})
		r.bytes += x.Length
	}
}

func (r *reading) endFile(f *parse.File) {
	slices.SortStableFunc(r.rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.entry, b.entry))
	})
	fmt.Fprintf(r, "%s:", filepath.Base(f.Name))
	for _, row := range r.rows {
		fmt.Fprintf(r, " %d", row.line)
		if row.entry >= 0 {
			fmt.Fprintf(r, ".%d", row.entry)
		}
		fmt.Fprintf(r, " %s", row.text)
	}
	if f.Note != "" {
		fmt.Fprintf(r, " (%s)", f.Note)
	}
	r.WriteString("\n")
	r.rows, r.bytes = nil, 0
}

// read reads what is at paths.
func read(t *testing.T, o parse.Options, paths ...string) (*reading, error) {
	t.Helper()
	var sources []parse.Source
	for _, path := range paths {
		sources = append(sources, parse.Source{Label: "s", Path: path})
	}
	var r reading
	err := parse.Read(t.Context(), sources, o, func(b *parse.Block) error {
		r.add(b)
		b.Release()
		return nil
	})
	if err := errors.Join(r.errs...); err != nil {
		t.Error(err)
	}
	return &r, err
}

// write writes a file and returns its path.
func write(t *testing.T, path, text string) string {
	t.Helper()
	if !filepath.IsAbs(path) {
		path = filepath.Join(t.TempDir(), path)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func patient(id string) string { return `{"resourceType":"Patient","id":"` + id + `"}` }

// patients is an export of n resources, a line each.
func patients(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(patient(fmt.Sprint(i)) + "\n")
	}
	return b.String()
}

func TestReadForms(t *testing.T) {
	a, b := patient("a"), patient("b")
	pretty := "{\n  \"resourceType\": \"Patient\",\n  \"id\": \"a\"\n}\n"
	bundle := "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[\n{\"resource\":" + a + "},\n{\"resource\":" + b + "}\n]}"
	tests := []struct{ name, in, want string }{
		{"empty", "", ""},
		{"blank", "\n \n", ""},
		{"lines", a + "\n" + b + "\n", " 1 Patient/a 2 Patient/b"},
		{"mark, carriage returns, blank lines", "\xEF\xBB\xBF\r\n" + a + "\r\n\r\n" + b, " 2 Patient/a 4 Patient/b"},
		{"mark inside", a + "\n\xEF\xBB\xBF" + b + "\n", " 1 Patient/a 2 !byte order mark inside the file"},
		{"array", "[" + a + ",\n" + b + "]", " 1.0 Patient/a 2.1 Patient/b"},
		{"array of others", "[" + a + ",7,[]]", " 1.0 Patient/a 1.1 !not a JSON object 1.2 !not a JSON object"},
		{"pretty", pretty, " 1 Patient/a"},
		{"pretty, several", pretty + pretty, " 1 Patient/a 5 Patient/a"},
		{"one behind the other", a + b, " 1.0 Patient/a 1.1 Patient/b"},
		{"bundle", bundle, " 1 Bundle/a 1.0 Patient/a 1.1 Patient/b"},
		{"bundle as a line", strings.ReplaceAll(bundle, "\n", "") + "\n" + a, " 1 Bundle/a 1.0 Patient/a 1.1 Patient/b 2 Patient/a"},
		{"first line cut", a[:20] + "\n" + b + "\n", " 1 !not JSON 2 Patient/b"},
		{"last line cut", a + "\n" + b[:20], " 1 Patient/a 2 !not JSON"},
		{"pretty, cut", pretty + pretty[:30] + "\n" + pretty, " 1 Patient/a 5 !not JSON 7 Patient/a"},
		{"two on a later line", a + "\n" + a + b + "\n" + b, " 1 Patient/a 2 !more than one value 3 Patient/b"},
		{"comma before the end", "[" + a + ",]", " 1.0 Patient/a 1.1 !not JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := write(t, "x", tt.in)
			for _, o := range []parse.Options{{}, {Workers: 1, BlockSize: 10}, {Workers: 4, BlockSize: 30, InFlight: 1}} {
				r, err := read(t, o, path)
				if want := "x:" + tt.want + "\n"; err != nil || r.String() != want {
					t.Errorf("blocks of %d: error %v\ngot  %swant %s", o.BlockSize, err, r.String(), want)
				}
			}
		})
	}
}

// Every byte belongs to a resource, to a reject, or is blank.
func TestReadAccountsForEveryByte(t *testing.T) {
	for _, in := range []string{
		patients(100),
		"\xEF\xBB\xBF" + patients(3) + "\n\nnot JSON\n" + patients(2),
		"[\n" + patient("a") + " ,\n" + patient("b") + "\n]\n\n",
		"{\n \"resourceType\": \"Patient\"\n}\n\n{\n \"resour",
		patients(2) + `{"resourceType":"Patient","id":"` + strings.Repeat("x", 5000) + "\"}\n" + patients(2),
		patients(2) + strings.Repeat("x", 3<<20),
		"[" + patient("a") + ",",
	} {
		path := write(t, "x", in)
		for _, size := range []int{20, 1000, 0} {
			var sum, end int64
			err := parse.Read(t.Context(), []parse.Source{{Path: path}}, parse.Options{BlockSize: size, MaxLine: 2000}, func(b *parse.Block) error {
				var r reading
				r.addRows(b)
				sum += r.bytes + b.Blank
				if b.Offset < end {
					t.Errorf("%.20q: block at %d begins before %d", in, b.Offset, end)
				}
				end = b.Offset + int64(len(b.Bytes))
				b.Release()
				return nil
			})
			if err != nil || sum != int64(len(in)) {
				t.Errorf("%.20q in blocks of %d: %d bytes, want %d; error %v", in, size, sum, len(in), err)
			}
		}
	}
}

func TestReadKeepsOrder(t *testing.T) {
	const n = 50_000
	path := write(t, "x", patients(n))
	next := 0
	err := parse.Read(t.Context(), []parse.Source{{Path: path}}, parse.Options{BlockSize: 10_000, Workers: 4}, func(b *parse.Block) error {
		for _, batch := range b.Batches {
			for i, line := range batch.Lines {
				next++
				text := string(b.Bytes[batch.Raws[i].Start:batch.Raws[i].End])
				if line != int64(next) || text != patient(fmt.Sprint(next-1)) {
					t.Fatalf("line %d is %s, want line %d", line, text, next)
				}
			}
		}
		b.Release()
		return nil
	})
	if err != nil || next != n {
		t.Errorf("%d resources, want %d; error %v", next, n, err)
	}
}

// A keeper is memory for blocks that is accounted for.
type keeper struct {
	mu        sync.Mutex
	now, peak int
}

func (k *keeper) options(o parse.Options) parse.Options {
	o.Alloc = func(n int) []byte {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.now += n
		k.peak = max(k.peak, k.now)
		return make([]byte, n)
	}
	o.Free = func(b []byte) {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.now -= len(b)
	}
	return o
}

func TestReadStops(t *testing.T) {
	path := write(t, "x", patients(20_000))
	full := errors.New("disk full")
	tests := []struct {
		name    string
		deliver func(cancel context.CancelCauseFunc) error
		want    error
	}{
		{"deliver fails", func(context.CancelCauseFunc) error { return full }, full},
		{"cancelled", func(cancel context.CancelCauseFunc) error { cancel(full); return nil }, full},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			defer goleak.VerifyNone(t)
			for _, after := range []int{0, 1, 10} {
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				var k keeper
				n := 0
				err := parse.Read(ctx, []parse.Source{{Path: path}}, k.options(parse.Options{BlockSize: 5000, InFlight: 50_000}), func(b *parse.Block) error {
					b.Release()
					if n++; n > after {
						return tt.deliver(cancel)
					}
					return nil
				})
				if err != tt.want {
					t.Errorf("after %d blocks: got %v, want %v", after, err, tt.want)
				}
				if k.now != 0 {
					t.Errorf("after %d blocks: %d bytes of memory not freed", after, k.now)
				}
			}
		})
	}
}

// A pipe that nobody writes to does not hold up the end.
func TestReadOfAPipeCanBeCancelled(t *testing.T) {
	defer goleak.VerifyNone(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	stdin := os.Stdin
	os.Stdin = r
	defer func() { os.Stdin = stdin }()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err = parse.Read(ctx, []parse.Source{{Path: "-"}}, parse.Options{}, func(*parse.Block) error { return nil })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestReadBoundsMemory(t *testing.T) {
	const block, inFlight = 64 << 10, 1 << 20
	line := `{"resourceType":"Basic","id":"` + strings.Repeat("x", 500) + "\"}\n"
	path := write(t, "x", strings.Repeat(line, 30_000))
	var k keeper
	o := k.options(parse.Options{BlockSize: block, InFlight: inFlight})
	bytes := 0
	err := parse.Read(t.Context(), []parse.Source{{Path: path}}, o, func(b *parse.Block) error {
		if bytes == 0 {
			time.Sleep(50 * time.Millisecond) // the reader fills what it may
		}
		bytes += len(b.Bytes)
		b.Release()
		return nil
	})
	if err != nil || k.now != 0 {
		t.Errorf("%d bytes not freed; error %v", k.now, err)
	}
	if most := inFlight + 4*block; k.peak > most || bytes < 10*most {
		t.Errorf("%d bytes of memory at once for a file of %d, want at most %d", k.peak, bytes, most)
	}
}

// A consumer that keeps every block gets them all: it could not go on otherwise.
func TestReadDoesNotWaitForKeptBlocks(t *testing.T) {
	path := write(t, "x", patients(10_000))
	var kept []*parse.Block
	var k keeper
	err := parse.Read(t.Context(), []parse.Source{{Path: path}}, k.options(parse.Options{BlockSize: 4000, InFlight: 10_000}), func(b *parse.Block) error {
		kept = append(kept, b)
		return nil
	})
	if err != nil || len(kept) < 50 {
		t.Errorf("%d blocks; error %v", len(kept), err)
	}
	var text bytes.Buffer
	for _, b := range kept {
		text.Write(b.Bytes)
		b.Release()
	}
	if text.String() != patients(10_000) {
		t.Error("the blocks that were kept have changed")
	}
	if k.now != 0 {
		t.Errorf("%d bytes not freed", k.now)
	}
}

// Blocks of small files take little memory, however many are kept.
func TestReadManySmallFiles(t *testing.T) {
	dir := t.TempDir()
	const n = 500
	for i := range n {
		write(t, filepath.Join(dir, fmt.Sprintf("%03d.json", i)), patient(fmt.Sprint(i)))
	}
	var k keeper
	var kept []*parse.Block
	err := parse.Read(t.Context(), []parse.Source{{Path: dir}}, k.options(parse.Options{}), func(b *parse.Block) error {
		kept = append(kept, b)
		return nil
	})
	if err != nil || len(kept) != n {
		t.Errorf("%d blocks; error %v", len(kept), err)
	}
	if most := 5<<20 + n*5000; k.peak > most {
		t.Errorf("%d bytes for %d small files, want at most %d", k.peak, n, most)
	}
	for _, b := range kept {
		b.Release()
	}
}
