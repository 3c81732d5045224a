// Package bulk writes invented FHIR resources by the gigabyte, for benchmarks:
// patient after patient, one resource a line, 23 types in the proportions and sizes
// that a synthetic population has (Encounter 28 %, Observation 20 %, Procedure 15 %,
// MedicationRequest 10 %, Condition 8 %, ...; 1,350 bytes a resource, 140 resources a
// patient).
//
// Names, identifiers and notes do not repeat, so that no reader profits from seeing
// the same text again. The records are well-formed, not plausible: for a story that a
// clinician can follow see package example.
package bulk

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"sync"
)

// Options say how much to write. At least one of Patients, Resources and Bytes is
// set; the first limit that is reached ends the output.
type Options struct {
	Patients  int   // all resources of so many patients
	Resources int   // so many lines
	Bytes     int64 // whole lines of at most so many bytes
	Seed      uint64

	Repeat        bool // take names and notes from short lists, as synthetic populations do
	NoAttachments bool // leave the notes out
}

// groupSize is how many patients are mixed with each other.
const groupSize = 8

// Write writes resources to w. The bytes depend on nothing but the options: not
// on the clock, nor on how many processors there are.
//
// The error is that of w, wrapped, or says that no limit is set.
func Write(w io.Writer, o Options) error {
	if o.Patients <= 0 && o.Resources <= 0 && o.Bytes <= 0 {
		return fmt.Errorf("write resources: no limit is set")
	}
	out := limited{w: w, lines: o.Resources, bytes: o.Bytes}
	stop := make(chan struct{})
	var started sync.WaitGroup
	defer started.Wait()
	defer close(stop)
	for group := range generate(o, stop, &started) {
		if full, err := out.write(<-group); full || err != nil {
			return err
		}
	}
	return nil
}

// generate starts one goroutine a group, a few ahead of the reader, and gives the
// groups in order.
func generate(o Options, stop <-chan struct{}, started *sync.WaitGroup) <-chan chan []byte {
	groups := make(chan chan []byte, runtime.GOMAXPROCS(0))
	started.Go(func() {
		defer close(groups)
		for first := 0; o.Patients <= 0 || first < o.Patients; first += groupSize {
			n := groupSize
			if o.Patients > 0 {
				n = min(n, o.Patients-first)
			}
			group := make(chan []byte, 1)
			select {
			case groups <- group:
				started.Go(func() { group <- writeGroup(o, first, n) })
			case <-stop:
				return
			}
		}
	})
	return groups
}

// writeGroup writes the lines of n patients in random order.
func writeGroup(o Options, first, n int) []byte {
	b := make([]byte, 0, n*200_000)
	var ends []int
	for i := first; i < first+n; i++ {
		p := newPatient(o, i)
		b, ends = p.writeAll(b, ends)
	}
	return shuffled(b, ends, rand.New(rand.NewPCG(o.Seed, uint64(first)^0x5eed)))
}

// shuffled is the lines of b, which end at ends, in another order.
func shuffled(b []byte, ends []int, r *rand.Rand) []byte {
	lines := make([][]byte, len(ends))
	start := 0
	for i, end := range ends {
		lines[i] = b[start:end]
		start = end
	}
	r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	return bytes.Join(lines, nil)
}

// limited writes whole lines until a limit is reached; 0 is no limit.
type limited struct {
	w     io.Writer
	lines int
	bytes int64

	linesWritten int
	bytesWritten int64
}

// write writes as many lines of b as still fit, and says whether that was not all or
// a limit is now reached.
func (l *limited) write(b []byte) (full bool, err error) {
	n := l.fit(b)
	if _, err := l.w.Write(b[:n]); err != nil {
		return true, fmt.Errorf("write resources: %w", err)
	}
	l.bytesWritten += int64(n)
	return n < len(b) || l.lines > 0 && l.linesWritten >= l.lines, nil
}

// fit counts the bytes of the lines of b that still fit.
func (l *limited) fit(b []byte) (n int) {
	for n < len(b) {
		size := bytes.IndexByte(b[n:], '\n') + 1
		if l.lines > 0 && l.linesWritten == l.lines || l.bytes > 0 && l.bytesWritten+int64(n+size) > l.bytes {
			break
		}
		l.linesWritten++
		n += size
	}
	return n
}
