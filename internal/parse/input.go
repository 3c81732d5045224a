package parse

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// An input is one thing to open: a file or standard input.
type input struct {
	label string
	path  string // absolute, or "-"
}

// expand finds the inputs of sources.
func expand(sources []Source) ([]input, error) {
	var inputs []input
	for _, s := range sources {
		path := s.Path
		if path != "-" {
			abs, err := filepath.Abs(path)
			if err != nil {
				return nil, fmt.Errorf("find %s: %w", path, err)
			}
			path = abs
		}
		inputs = append(inputs, input{label: s.Label, path: path})
	}
	return inputs, nil
}

// A tap passes on a file's bytes as they are stored, counting and hashing them,
// until ctx ends.
type tap struct {
	ctx context.Context
	in  io.Reader
	sum summer
}

// readStep is the most that is read at once: bytes that are hashed while they are
// in a core's own cache cost little.
const readStep = 256 << 10

func (t *tap) Read(p []byte) (int, error) {
	if t.ctx.Err() != nil {
		return 0, context.Cause(t.ctx)
	}
	n, err := t.in.Read(p[:min(len(p), readStep)])
	t.sum.Write(p[:n])
	return n, err
}

func open(path string) (*os.File, error) {
	if path == "-" {
		return os.Stdin, nil
	}
	return os.Open(path)
}
