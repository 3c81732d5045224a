package parse

import (
	"bytes"
	"path/filepath"
	"strings"
)

// probe decides whether a file that nobody named may hold FHIR resources, by its
// first bytes, or all of them. It returns what it is instead, or "".
//
// A file is left out only if it is certain that there are none: a log, a
// manifest, a text.
func probe(head []byte, all bool) string {
	text := skipSpace(head)
	_, second, _ := bytes.Cut(text, []byte{'\n'}) // the first line may have been cut off
	switch {
	case all && len(text) == 0:
		return "" // an export of no resources
	case !beginsJSON(text) && !beginsJSON(skipSpace(second)):
		return "no JSON"
	case !all:
		return ""
	case !bytes.Contains(text, []byte(resourceType)):
		return "no resources in it"
	case onlyInside(text):
		return "resources only inside other JSON"
	}
	return ""
}

const resourceType = `"resourceType"`

func skipSpace(text []byte) []byte {
	return bytes.TrimLeft(bytes.TrimPrefix(text, byteOrderMark), " \t\r\n")
}

func beginsJSON(text []byte) bool { return len(text) > 0 && (text[0] == '{' || text[0] == '[') }

// onlyInside reports whether text is sound JSON and none of its values, nor an
// element of one that is an array, has a resourceType itself. [Padding] is behind
// text.
func onlyInside(text []byte) bool {
	var o outline
	for p := 0; p < len(text); {
		if isSpace(text[p]) {
			p++
			continue
		}
		o.reset()
		end, found := o.scan(text, p)
		if found != isWhole || hasResource(text[p:end]) {
			return false
		}
		p = end
	}
	return true
}

// hasResource reports whether a value, or an element of it if it is an array, has
// a resourceType.
func hasResource(value []byte) bool {
	depth, top := 0, 1
	if value[0] == '[' {
		top = 2
	}
	for i := 0; i < len(value); i++ {
		switch value[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			if depth == top && bytes.HasPrefix(value[i:], []byte(resourceType)) && bytes.HasPrefix(skipSpace(value[i+len(resourceType):]), []byte{':'}) {
				return true
			}
			i = stringEnd(value, i+1)
		}
	}
	return false
}

// stringEnd returns the position of the quote that ends the string with a
// character at i.
func stringEnd(value []byte, i int) int {
	for i < len(value) && value[i] != '"' {
		if value[i] == '\\' {
			i++
		}
		i++
	}
	return i
}

// promisesFHIR reports whether a file's name says that it holds resources, a line
// each: if it does not, something went wrong on the way.
func promisesFHIR(name string) bool {
	name = strings.ToLower(filepath.Base(name))
	for _, suffix := range []string{".gz", ".zst", ".bz2", ".xz", ".lz4"} {
		name = strings.TrimSuffix(name, suffix)
	}
	return strings.HasSuffix(name, ".ndjson") || strings.HasSuffix(name, ".jsonl")
}
