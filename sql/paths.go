package fhirsql

import (
	_ "embed"
	"strings"
)

//go:embed paths.txt
var paths string

// An Origin says where a column of a view comes from.
type Origin struct {
	Types []string // resource types that the rows of the view are
	Paths []string // FHIR elements, as paths.txt writes them; nil if we make the column
	Coded bool     // the most frequent values may be shown: they identify nobody
}

// Origins returns the origin of each column of a view, as paths.txt lists them; nil
// of what is no view of ours.
func Origins(view string) map[string]Origin {
	var columns map[string]Origin
	var types []string
	for line := range strings.SplitSeq(paths, "\n") {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0 || fields[0] == "#":
		case line[0] != ' ':
			if columns != nil {
				return columns
			}
			if fields[0] == view {
				columns, types = map[string]Origin{}, fields[1:]
			}
		case columns != nil:
			columns[fields[0]] = origin(types, fields[1:])
		}
	}
	return columns
}

// origin reads the part of a line behind the column: the star, then the paths.
func origin(types, fields []string) Origin {
	o := Origin{Types: types, Coded: fields[0] == "*"}
	if fields[1] != "-" {
		o.Paths = strings.Split(strings.Join(fields[1:], " "), ", ")
	}
	return o
}
