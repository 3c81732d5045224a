package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/fhirwh/fhirwh/internal/parse"
)

// sourcesHelp is said by each command that reads sources.
const sourcesHelp = "Files, folders, globs, archives, or - for standard input. LABEL=PATH gives one a --source of its own; a path that exists and has a = in it is taken as a path."

// sources reads the command line's sources.
func sources(args []string, label string) ([]parse.Source, error) {
	if label == "" {
		return nil, &usageError{"--source must not be empty", "fhirwh import --help"}
	}
	var all []parse.Source
	stdin := 0
	for _, arg := range args {
		s := labelled(arg, label)
		if s.Path == "-" {
			stdin++
		}
		all = append(all, s)
	}
	if stdin > 1 {
		return nil, &usageError{"standard input can be read only once", "name - once"}
	}
	return all, nil
}

// labelled splits LABEL=PATH at its first =, unless all of it is a path, as
// folders like year=2024 are. Where neither exists the error is better about
// all of it, so that is kept.
func labelled(arg, label string) parse.Source {
	before, path, found := strings.Cut(arg, "=")
	if !found || before == "" || exists(arg) || !exists(path) {
		return parse.Source{Label: label, Path: arg}
	}
	return parse.Source{Label: before, Path: path}
}

// exists reports whether path names something to read, a glob included.
func exists(path string) bool {
	if path == "-" {
		return true
	}
	if _, err := os.Lstat(path); err == nil {
		return true
	}
	matches, err := filepath.Glob(path)
	return err == nil && len(matches) > 0
}

// shortPath names a file as a person here would: relative to the working folder
// if it is in it.
func shortPath(path string) string {
	dir, err := os.Getwd()
	if err != nil {
		return path
	}
	relative, err := filepath.Rel(dir, path)
	if err != nil || relative == ".." || strings.HasPrefix(relative, ".."+string(filepath.Separator)) {
		return path
	}
	return relative
}

// place names a line of a file.
func place(file string, line int64) string { return fmt.Sprintf("%s:%d", shortPath(file), line) }
