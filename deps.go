//go:build deps

package fhirwh

import (
	_ "github.com/alecthomas/kong"
	_ "github.com/klauspost/compress/zstd"
	_ "github.com/mattn/go-runewidth"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "github.com/samply/golang-fhir-models/fhir-models/fhir"
	_ "github.com/schollz/progressbar/v3"
	_ "github.com/zeebo/xxh3"
	_ "go.uber.org/goleak"
	_ "golang.org/x/sys/unix"
	_ "golang.org/x/term"
)
