package warehouse

import (
	"math/rand/v2"
	"testing"
)

func TestCopyBits(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		n, at := rnd.IntN(300), rnd.IntN(200)
		src := make([]uint64, rnd.IntN((n+63)/64+1))
		for i := range src {
			src[i] = rnd.Uint64()
		}
		dst := make([]uint64, (at+n+63)/64+1)
		copyBits(dst, at, src, n)
		for i := range len(dst) * 64 {
			want := i >= at && i < at+n && bit(src, i-at)
			if bit(dst, i) != want {
				t.Fatalf("n %d at %d, %d words: bit %d is %v", n, at, len(src), i, !want)
			}
		}
	}
}
