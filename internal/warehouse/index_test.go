package warehouse

import (
	"math/rand/v2"
	"testing"
)

func TestKeyIndexAgreesWithAMap(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var x keyIndex
	want := map[uint64]uint64{}
	for range 200_000 {
		key := rnd.Uint64() % 150_000 * 0x9e3779b97f4a7c15
		hash := rnd.Uint64()
		x.put(key, hash)
		want[nonzero(key)] = hash
	}
	if x.count != len(want) {
		t.Errorf("count is %d, want %d", x.count, len(want))
	}
	for key, hash := range want {
		if got, ok := x.get(key); !ok || got != hash {
			t.Fatalf("key %d: got %d %v, want %d", key, got, ok, hash)
		}
	}
	for range 1000 {
		if _, ok := x.get(rnd.Uint64() | 1); ok {
			t.Error("found a key that was never put")
		}
	}
	if per := x.bytes() / int64(x.count); per > 32 {
		t.Errorf("takes %d bytes an entry, more than 32", per)
	}
}

func TestKeyIndexTakesAtMost32BytesAnEntry(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	var x keyIndex
	for n := 1; n <= 1_000_000; n++ {
		x.put(rnd.Uint64(), 1)
		if n%50_000 == 0 && x.bytes() > int64(32*n) {
			t.Errorf("%d entries take %d bytes", n, x.bytes())
		}
	}
}

func TestKeyIndexMarks(t *testing.T) {
	var x keyIndex
	x.mark(7) // an empty index
	for k := range uint64(1000) {
		x.put(k*0x9e3779b97f4a7c15, k)
	}
	for k := range uint64(1000) {
		if k%3 == 0 {
			x.mark(k * 0x9e3779b97f4a7c15)
		}
	}
	x.mark(12345) // no entry
	for k := range uint64(1000) {
		if got := x.marked(k * 0x9e3779b97f4a7c15); got != (k%3 == 0) {
			t.Errorf("key %d: marked is %v", k, got)
		}
	}
	if x.marked(12345) {
		t.Error("a key without entry is marked")
	}
}
