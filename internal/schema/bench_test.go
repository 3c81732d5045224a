package schema

import "testing"

// The tree is read in every run of the program that imports: 5 ms is the most
// that we allow.
func BenchmarkReadTree(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		parseTree(r4Text)
	}
}
