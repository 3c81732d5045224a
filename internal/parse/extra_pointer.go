package parse

import (
	"errors"
	"strings"
)

// AppendPointer appends a member name or array index to a JSON Pointer.
//
// Source: RFC 6901, section 3.
func AppendPointer(pointer []byte, name string) []byte {
	pointer = append(pointer, '/')
	if !strings.ContainsAny(name, "~/") {
		return append(pointer, name...)
	}
	for i := range len(name) {
		switch name[i] {
		case '~':
			pointer = append(pointer, "~0"...)
		case '/':
			pointer = append(pointer, "~1"...)
		default:
			pointer = append(pointer, name[i])
		}
	}
	return pointer
}

// SplitPointer returns the member names and array indexes of a JSON Pointer,
// outermost first; none for "", the whole value.
func SplitPointer(pointer string) ([]string, error) {
	if pointer == "" {
		return nil, nil
	}
	if pointer[0] != '/' {
		return nil, errors.New("JSON Pointer does not begin with /")
	}
	names := strings.Split(pointer[1:], "/")
	for i, name := range names {
		if strings.Contains(name, "~") {
			names[i] = unescapePointer.Replace(name)
		}
	}
	return names, nil
}

var unescapePointer = strings.NewReplacer("~1", "/", "~0", "~")
