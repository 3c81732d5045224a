//go:build linux

package crash

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
)

// An Op is one call of a log. Calls are numbered from 1 in its order.
type Op struct {
	Kind   byte   // W, S, T, C, U, R or L, as the shim's comment says
	Path   string // of R and L the old name
	To     string // of R and L
	Offset int64
	Length int64  // of W; of T the new length
	Data   []byte // of W, if it was asked for
}

func (o Op) String() string {
	return fmt.Sprintf("%c %s %s %d+%d", o.Kind, o.Path, o.To, o.Offset, o.Length)
}

// ReadLog reads a log that was written with or without the bytes.
func ReadLog(path string, data bool) ([]Op, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	var ops []Op
	for {
		line, err := r.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return ops, nil
		}
		if err != nil {
			return nil, err
		}
		op, err := parseOp(line)
		if err != nil {
			return nil, err
		}
		if op.Kind == 'W' && data {
			op.Data = make([]byte, op.Length)
			if _, err := io.ReadFull(r, op.Data); err != nil {
				return nil, err
			}
		}
		ops = append(ops, op)
	}
}

func parseOp(line string) (Op, error) {
	var o Op
	var err error
	switch line[0] {
	case 'W':
		_, err = fmt.Sscanf(line, "%c %s %d %d", &o.Kind, &o.Path, &o.Offset, &o.Length)
	case 'T':
		_, err = fmt.Sscanf(line, "%c %s %d", &o.Kind, &o.Path, &o.Length)
	case 'R', 'L':
		_, err = fmt.Sscanf(line, "%c %s %s", &o.Kind, &o.Path, &o.To)
	case 'S', 'U', 'C':
		_, err = fmt.Sscanf(line, "%c %s", &o.Kind, &o.Path)
	default:
		err = errors.New("unknown call")
	}
	if err != nil {
		return o, fmt.Errorf("read log: %q: %w", line, err)
	}
	return o, nil
}
