// Command synth writes invented FHIR data: the example export of testdata, or as
// much as a benchmark needs.
//
//	go run ./internal/synth -example -o testdata/example_export.jsonl
//	go run ./internal/synth -resources 304000 -seed 1 -o /tmp/mixed.jsonl
//	go run ./internal/synth -bytes 2GB | zstd > /tmp/big.jsonl.zst
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/fhirwh/fhirwh/internal/synth/bulk"
	"github.com/fhirwh/fhirwh/internal/synth/example"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("synth: ")
	var o bulk.Options
	isExample := flag.Bool("example", false, "write the example export instead of benchmark data")
	out := flag.String("o", "", "write to `FILE` instead of standard output")
	flag.IntVar(&o.Patients, "patients", 0, "write all resources of `N` patients")
	flag.IntVar(&o.Resources, "resources", 0, "write `N` resources")
	flag.Func("bytes", "write at most `SIZE`, such as 411MB or 2GiB", func(s string) (err error) {
		o.Bytes, err = parseSize(s)
		return err
	})
	flag.Uint64Var(&o.Seed, "seed", 1, "another `SEED` gives other patients")
	flag.BoolVar(&o.Repeat, "repeat", false, "repeat names and notes, as synthetic populations do")
	flag.BoolVar(&o.NoAttachments, "no-attachments", false, "leave the notes out")
	flag.Parse()
	write := func(w io.Writer) error { return bulk.Write(w, o) }
	if *isExample {
		write = example.Write
	}
	if flag.NArg() > 0 {
		log.Fatalf("unexpected argument %q", flag.Arg(0))
	}
	if err := writeFile(*out, write); err != nil {
		log.Fatal(err)
	}
}

// writeFile writes to a file, or to standard output if name is empty.
func writeFile(name string, write func(io.Writer) error) (err error) {
	f := os.Stdout
	if name != "" {
		if f, err = os.Create(name); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
	}
	b := bufio.NewWriterSize(f, 1<<20)
	if err := write(b); err != nil {
		return err
	}
	return b.Flush()
}

// units are what a size can end with, longest first.
var units = []struct {
	name  string
	bytes float64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}, {"", 1},
}

// parseSize reads a size in bytes, such as 1000, 1.5GB or 2GiB.
func parseSize(text string) (int64, error) {
	for _, u := range units {
		digits, ok := strings.CutSuffix(text, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(digits, 64)
		if err != nil || !(n*u.bytes >= 1 && n*u.bytes < math.MaxInt64) {
			break
		}
		return int64(n * u.bytes), nil
	}
	return 0, fmt.Errorf("not a size: want a number and KB, MB, GB, KiB, MiB or GiB")
}
