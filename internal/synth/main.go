// Command synth writes invented FHIR data: the example export of testdata, or as
// much as a benchmark needs.
//
//	go run ./internal/synth -example -o testdata/example_export.jsonl
package main

import (
	"bufio"
	"flag"
	"io"
	"log"
	"os"

	"github.com/fhirwh/fhirwh/internal/synth/example"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("synth: ")
	isExample := flag.Bool("example", false, "write the example export")
	out := flag.String("o", "", "write to `FILE` instead of standard output")
	flag.Parse()
	if flag.NArg() > 0 || !*isExample {
		flag.Usage()
		log.Fatal("nothing to write")
	}
	if err := writeFile(*out, example.Write); err != nil {
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
		defer func() {
			if closeErr := f.Close(); err == nil {
				err = closeErr
			}
		}()
	}
	b := bufio.NewWriterSize(f, 1<<20)
	if err := write(b); err != nil {
		return err
	}
	return b.Flush()
}
