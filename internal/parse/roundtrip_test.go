package parse

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/zeebo/xxh3"
)

// decodeText decodes text as the lines of one file.
func decodeText(d *decoder, text []byte, records []record) *Block {
	b := &Block{File: &File{Source: "s", Name: "f"}, Bytes: append(make([]byte, 0, len(text)+Padding), text...)}
	d.decode(b, 1, records)
	return b
}

// checkBlock compares what a block holds with its bytes: every row, rebuilt, is
// the resource it came from, and no byte is left over.
func checkBlock(b *Block) error {
	covered := make([]bool, len(b.Bytes))
	for _, batch := range b.Batches {
		if batch.Rows > MaxRows || len(batch.Lines) != batch.Rows || batch.Root.Rows != batch.Rows {
			return fmt.Errorf("%s has %d rows", batch.Type.Name, batch.Rows)
		}
		if err := checkColumn(&batch.Root, batch.Rows); err != nil {
			return err
		}
		for row, r := range batch.Raws {
			raw := b.Bytes[r.Start:r.End]
			cover(covered, r.Start, r.End)
			if h := xxh3.Hash(raw); h != batch.Hashes[row] {
				return fmt.Errorf("hash of %s", raw)
			}
			if err := checkRow(batch, row, raw); err != nil {
				return fmt.Errorf("%w\nsent  %s\nextra %s", err, raw, batch.Extra.Text(row))
			}
		}
	}
	for _, r := range b.Rejects {
		start := int(r.Offset - b.Offset)
		cover(covered, start, start+int(r.Length))
		if string(r.Raw) != string(b.Bytes[start:][:len(r.Raw)]) {
			return fmt.Errorf("reject has other bytes")
		}
	}
	if blank := count(covered, false); blank != int(b.Blank) {
		return fmt.Errorf("%d bytes belong to nothing, not %d", blank, b.Blank)
	}
	return nil
}

func cover(bytes []bool, start, end int) {
	for i := start; i < end; i++ {
		bytes[i] = true
	}
}

func count(bytes []bool, value bool) int {
	n := 0
	for _, b := range bytes {
		if b == value {
			n++
		}
	}
	return n
}

func checkRow(b *Batch, row int, raw []byte) error {
	want, err := ParseValue(raw)
	if err != nil {
		return err
	}
	got, err := rebuild(b, row)
	if err != nil {
		return err
	}
	if b.Type.Name == "Bundle" {
		want, got = withoutResources(want), withoutResources(got) // one kept whole has its resources
	}
	if g, w := got.AppendCanonical(nil), want.AppendCanonical(nil); !bytes.Equal(g, w) {
		return fmt.Errorf("rebuilt otherwise\ngot   %s\nwant  %s", g, w)
	}
	return nil
}

// checkColumn checks what a Column promises.
func checkColumn(c *Column, rows int) error {
	present := 0
	for i := range rows {
		if c.Has(i) {
			present++
			continue
		}
		if i < len(c.Strings) && c.Strings[i] != (Str{}) || i < len(c.Ints) && c.Ints[i] != 0 ||
			i < len(c.Floats) && c.Floats[i] != 0 || i < len(c.Bools) && c.Bools[i] != 0 ||
			i < len(c.Spans) && c.Spans[i] != (Span{}) {
			return fmt.Errorf("%s: absent value %d is not zero", c.Element.Name, i)
		}
	}
	if c.Element != nil && (present != c.NValid || c.Rows > rows) {
		return fmt.Errorf("%s: %d of %d present, not %d of %d", c.Element.Name, present, rows, c.NValid, c.Rows)
	}
	if len(c.Valid) > (rows+63)/64 || max(len(c.Strings), len(c.Ints), len(c.Floats), len(c.Bools), len(c.Spans)) > rows {
		return fmt.Errorf("%v: values behind the last row", c.Element)
	}
	end := uint64(0)
	for i, s := range c.Spans {
		if c.Has(i) && (s.Offset != end || s.Length == 0) {
			return fmt.Errorf("%s: list %d is at %v, not %d", c.Element.Name, i, s, end)
		}
		end += s.Length
	}
	if c.List {
		if c.Child.Rows != int(end) {
			return fmt.Errorf("%s: %d elements, not %d", c.Element.Name, c.Child.Rows, end)
		}
		return checkColumn(c.Child, c.Child.Rows)
	}
	for _, f := range c.Fields {
		if err := checkColumn(f, rows); err != nil {
			return err
		}
	}
	return nil
}

// sharedFile returns a file of data that is at hand in some places only.
func sharedFile(tb testing.TB, name string) []byte {
	path := "../../../shared/data/" + name
	text, err := os.ReadFile(path)
	if err != nil {
		tb.Skip("no shared data at hand")
	}
	if len(name) > 4 && name[len(name)-4:] == ".zst" {
		if text, err = exec.Command("zstd", "-dc", path).Output(); err != nil {
			tb.Skip("zstd is not at hand")
		}
	}
	return text
}

func TestRealDataComesBack(t *testing.T) {
	for _, name := range []string{"epic-sandbox.jsonl", "synthea-mixed.jsonl.zst"} {
		t.Run(name, func(t *testing.T) {
			b := decodeText(newDecoder(&Options{}), sharedFile(t, name), nil)
			if err := checkBlock(b); err != nil {
				t.Error(err)
			}
			for _, r := range b.Rejects {
				t.Errorf("line %d rejected: %s %s", r.Line, r.Reason, r.Detail)
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	text := sharedFile(b, "synthea-mixed.jsonl.zst")
	const size = 4 << 20
	var blocks [][]byte
	for len(text) > 0 {
		n := len(text)
		if n > size {
			n = bytes.LastIndexByte(text[:size], '\n') + 1
		}
		block := append(make([]byte, 0, n+Padding), text[:n]...)
		blocks, text = append(blocks, block), text[n:]
	}
	d := newDecoder(&Options{})
	total := 0
	for _, block := range blocks {
		total += len(block)
	}
	b.SetBytes(int64(total))
	b.ReportAllocs()
	for b.Loop() {
		for _, block := range blocks {
			out := &Block{File: &File{}, Bytes: block}
			d.decode(out, 1, nil)
			if len(out.Rejects) > 0 {
				b.Fatal(out.Rejects[0].Reason)
			}
			out.Release()
		}
	}
}
