package warehouse

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"os"
	"testing"
)

func TestReadRootOfAnEmptyDatabase(t *testing.T) {
	path := makeSmall(t, "1")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	otherProgram(t, path, "select 1")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := readRoot(bytes.NewReader(b), int64(len(b)), true)
	if err != nil || len(r.meta) != 0 || len(b) != headerSize {
		t.Fatalf("%d bytes, %+v, %v", len(b), r, err)
	}
	if err := write(t, path, "create table t(i int)"); err != nil {
		t.Errorf("a write to an empty database: %v", err)
	}
}

func TestEncryptedDatabase(t *testing.T) {
	path := makeSmall(t, "1")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	c, err := openDuck("", nil)
	if err != nil {
		t.Fatal(err)
	}
	err = c.exec(t.Context(), "set force_mbedtls_unsafe = 'true'; attach '"+path+"' as e (encryption_key 'key'); create table e.t(i int); checkpoint e")
	c.close()
	if err != nil {
		t.Fatal(err)
	}
	_, err = openForReading(t.Context(), path, nil, 0, nil)
	checkRefusal(t, "reading", err, ErrEncrypted, "")
}

func TestLogIteration(t *testing.T) {
	path := makeSmall(t, "10")
	for want := uint64(2); want < 4; want++ {
		otherProgram(t, path, "insert into t values (1); checkpoint; pragma disable_checkpoint_on_shutdown; insert into t values (2)")
		if got, ok := logIteration(path + ".wal"); !ok || got != want {
			t.Errorf("got %d, %v, want %d", got, ok, want)
		}
	}
	for _, b := range []string{"", "x", "d\x00be\x00\x02f\x00\x10", "d\x00be\x00\x02f\x00\x10" + string(make([]byte, 16)) + "g\x00"} {
		if _, ok := parseLogIteration([]byte(b)); ok {
			t.Errorf("%q has no iteration", b)
		}
	}
}

// summedHeader makes a header whose sums are right of whatever b begins with.
func summedHeader(b []byte) []byte {
	h := make([]byte, headerSize)
	copy(h, b)
	for at := 0; at < headerSize; at += slotSize {
		binary.LittleEndian.PutUint64(h[at:], checksum(h[at+8:at+slotSize]))
	}
	return h
}

// A file may hold anything. Reading it ends, and does not panic.
func FuzzReadRoot(f *testing.F) {
	slot := func(fields ...uint64) []byte {
		b := make([]byte, headerSize)
		for i, v := range fields {
			binary.LittleEndian.PutUint64(b[slotSize+8+8*i:], v)
		}
		return b
	}
	f.Add(slot(5, 0, 0, 1, 1<<14), make([]byte, 1<<14))
	f.Add(slot(5, 0, noBlock, 1, 1<<14), []byte{})
	f.Add(slot(5, 0, 63<<56, 1<<60, 1<<14), bytes.Repeat([]byte{0}, 1<<15))
	f.Add(slot(5, 0, 200<<56, 1<<60, 1<<14), bytes.Repeat([]byte{255}, 1<<15))
	f.Fuzz(func(t *testing.T, head, blocks []byte) {
		file := append(summedHeader(head), blocks...)
		for _, strict := range []bool{true, false} {
			r, err := readRoot(bytes.NewReader(file), int64(len(file)), strict)
			if err == nil && len(r.meta)*int(r.blockSize) > len(file)*subBlocks {
				t.Errorf("%d blocks of %d from %d bytes", len(r.meta), r.blockSize, len(file))
			}
		}
	})
}

// The same for a journal, even one with a right sum.
func FuzzReadJournal(f *testing.F) {
	head := make([]byte, 24)
	binary.LittleEndian.PutUint64(head[8:], 1)
	f.Add(head, make([]byte, 1<<14+16))
	f.Add(make([]byte, 24), bytes.Repeat([]byte{1}, 100))
	f.Fuzz(func(t *testing.T, numbers, rest []byte) {
		if len(numbers) < 24 {
			return
		}
		fields := make([]byte, headerSize)
		binary.LittleEndian.PutUint64(fields[slotSize+8+32:], 1<<14)
		b := append([]byte(journalMagic), numbers[:24]...)
		b = append(append(b, summedHeader(fields)...), rest...)
		s := &savedState{}
		if err := s.parse(io.NewSectionReader(bytes.NewReader(b), 0, int64(len(b)))); err != nil {
			return
		}
		for _, log := range s.logs {
			if log.bytes.Size() > int64(len(rest)) {
				t.Errorf("a log of %d bytes in %d", log.bytes.Size(), len(rest))
			}
		}
	})
}

func TestJournalHoldsAllOfTheState(t *testing.T) {
	path := makeSmall(t, "1000")
	otherProgram(t, path, "pragma disable_checkpoint_on_shutdown; insert into t values (-1)")
	leaveJournal(t, path)
	s, err := readJournal(path + ".journal")
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := readRoot(bytes.NewReader(b), int64(len(b)), true)
	if err != nil {
		t.Fatal(err)
	}
	if string(s.raw) != string(r.raw) || s.size != r.size || len(s.meta) != len(r.meta) || len(r.meta) == 0 {
		t.Fatalf("got %d bytes, %d blocks, want %d, %d", s.size, len(s.meta), r.size, len(r.meta))
	}
	for i, m := range r.meta {
		if s.meta[i].id != m.id || s.meta[i].free != m.free || string(s.meta[i].data) != string(m.data) {
			t.Errorf("block %d differs", m.id)
		}
	}
	log, err := os.ReadFile(path + ".wal")
	if err != nil || len(s.logs) != 1 || s.logs[0].suffix != ".wal" {
		t.Fatalf("logs %v, error %v", s.logs, err)
	}
	if got, err := io.ReadAll(s.logs[0].bytes); err != nil || sha256.Sum256(got) != sha256.Sum256(log) {
		t.Errorf("the log differs, error %v", err)
	}
	if st, err := os.Stat(path + ".journal"); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v", st.Mode(), err)
	}
}
