package warehouse

import (
	"context"
	"fmt"
	"unsafe"

	duckdb "github.com/duckdb/duckdb-go-bindings"
	"github.com/duckdb/duckdb-go/v2/mapping"
)

// rows is the result of a query, read chunk by chunk as DuckDB makes it.
type rows struct {
	c      *conn
	ctx    context.Context
	stop   func()
	stmt   mapping.PreparedStatement
	result mapping.Result
	names  []string
	types  []mapping.LogicalType

	chunk  mapping.DataChunk
	vecs   []mapping.Vector
	size   int // rows of chunk
	row    int // current row of chunk
	err    error
	closed bool
}

func (c *conn) run(ctx context.Context, stmt mapping.PreparedStatement) (*rows, error) {
	r := &rows{c: c, ctx: ctx, stmt: stmt, stop: c.interruptWhenDone(ctx), row: -1}
	if duckdb.ExecutePreparedStreaming(stmt, &r.result) == mapping.StateError {
		err := c.fail(ctx, mapping.ResultError(&r.result))
		r.close()
		return nil, err
	}
	for i := range mapping.ColumnCount(&r.result) {
		r.names = append(r.names, mapping.ColumnName(&r.result, i))
		r.types = append(r.types, mapping.ColumnLogicalType(&r.result, i))
	}
	return r, nil
}

// nextChunk moves to the next chunk: its vectors are in r.vecs, its number of
// rows in r.size. It returns false at the end and on an error, which close
// returns.
func (r *rows) nextChunk() bool {
	if r.closed || r.err != nil {
		return false
	}
	r.dropChunk()
	r.chunk = mapping.FetchChunk(r.result)
	if r.chunk.Ptr == nil {
		if text := mapping.ResultError(&r.result); text != "" {
			r.err = r.c.fail(r.ctx, text)
		} else if r.ctx.Err() != nil {
			r.err = context.Cause(r.ctx)
		}
		return false
	}
	r.size = int(mapping.DataChunkGetSize(r.chunk))
	if r.size == 0 {
		return false
	}
	r.vecs = r.vecs[:0]
	for i := range mapping.DataChunkGetColumnCount(r.chunk) {
		r.vecs = append(r.vecs, mapping.DataChunkGetVector(r.chunk, i))
	}
	return true
}

func (r *rows) dropChunk() {
	if r.chunk.Ptr != nil {
		mapping.DestroyDataChunk(&r.chunk)
	}
	r.size, r.row = 0, -1
}

// next moves to the next row, for scan.
func (r *rows) next() bool {
	for r.row+1 >= r.size {
		if !r.nextChunk() {
			return false
		}
	}
	r.row++
	return true
}

// close ends the query and returns the error that ended it early, if any. It may
// be called more than once.
func (r *rows) close() error {
	if r.closed {
		return r.err
	}
	r.closed = true
	r.dropChunk()
	r.stop()
	for i := range r.types {
		mapping.DestroyLogicalType(&r.types[i])
	}
	mapping.DestroyResult(&r.result)
	mapping.DestroyPrepare(&r.stmt)
	return r.err
}

// scan copies the current row's columns to dst: *string, *int64, *int32, *uint64, *bool,
// *float64, *uhuge, *[]byte, or a pointer to a pointer of those, which becomes
// nil for NULL. NULL in a plain destination is its zero value. The column's
// type must be the destination's.
func (r *rows) scan(dst ...any) error {
	if len(dst) != len(r.vecs) {
		return fmt.Errorf("scan %d columns into %d values", len(r.vecs), len(dst))
	}
	for i, d := range dst {
		if err := scanValue(r.vecs[i], r.row, d); err != nil {
			return fmt.Errorf("column %s: %w", r.names[i], err)
		}
	}
	return nil
}

func scanValue(v mapping.Vector, row int, dst any) error {
	ok := isValid(v, row)
	switch d := dst.(type) {
	case *string:
		*d = ""
		if ok {
			*d = string(stringAt(v, row))
		}
	case **string:
		*d = nil
		if ok {
			s := string(stringAt(v, row))
			*d = &s
		}
	case *[]byte:
		*d = nil
		if ok {
			*d = append([]byte{}, stringAt(v, row)...)
		}
	case *int64:
		*d = at[int64](v, row, ok)
	case **int64:
		*d = pointer(at[int64](v, row, ok), ok)
	case *int32:
		*d = at[int32](v, row, ok)
	case **int32:
		*d = pointer(at[int32](v, row, ok), ok)
	case *uint64:
		*d = at[uint64](v, row, ok)
	case *bool:
		*d = at[bool](v, row, ok)
	case **bool:
		*d = pointer(at[bool](v, row, ok), ok)
	case *float64:
		*d = at[float64](v, row, ok)
	case **float64:
		*d = pointer(at[float64](v, row, ok), ok)
	case *uhuge:
		h := at[[2]uint64](v, row, ok)
		*d = uhuge{lo: h[0], hi: h[1]}
	case **uhuge:
		h := at[[2]uint64](v, row, ok)
		*d = pointer(uhuge{lo: h[0], hi: h[1]}, ok)
	default:
		return fmt.Errorf("cannot scan into %T", dst)
	}
	return nil
}

func pointer[T any](v T, ok bool) *T {
	if !ok {
		return nil
	}
	return &v
}

// at reads value row of a flat vector, the zero value if ok is false.
func at[T any](v mapping.Vector, row int, ok bool) (zero T) {
	if !ok {
		return zero
	}
	return *(*T)(unsafe.Add(mapping.VectorGetData(v), uintptr(row)*unsafe.Sizeof(zero)))
}

func isValid(v mapping.Vector, row int) bool {
	mask := mapping.VectorGetValidity(v)
	if mask == nil {
		return true
	}
	return *(*uint64)(unsafe.Add(mask, row/64*8))>>(row%64)&1 == 1
}

// stringAt returns the bytes of a VARCHAR, JSON or BLOB value, which are
// DuckDB's: copy them before the next chunk.
func stringAt(v mapping.Vector, row int) []byte {
	p := unsafe.Add(mapping.VectorGetData(v), row*16)
	n := *(*uint32)(p)
	if n <= 12 {
		return unsafe.Slice((*byte)(unsafe.Add(p, 4)), n)
	}
	return unsafe.Slice(*(**byte)(unsafe.Add(p, 8)), n)
}
