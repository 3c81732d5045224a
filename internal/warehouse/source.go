package warehouse

/*
#include <stdint.h>
#include <stdlib.h>

extern void fhirwhBind(void*);
extern void fhirwhInit(void*);
extern void fhirwhNext(void*, void*);

static void* fhirwh_bind(void) { return (void*)fhirwhBind; }
static void* fhirwh_init(void) { return (void*)fhirwhInit; }
static void* fhirwh_next(void) { return (void*)fhirwhNext; }
static void* fhirwh_free(void) { return (void*)free; }
*/
import "C"

import (
	"context"
	"errors"
	"fmt"
	"runtime/cgo"
	"unsafe"

	"github.com/duckdb/duckdb-go/v2/mapping"
)

// sourceFunction is the name of the table function through which rows of ours
// reach DuckDB: FROM fhirwh_source(N), N being a handle that withSource made.
const sourceFunction = "fhirwh_source"

// A source is a table that Go hands to DuckDB, chunk by chunk. DuckDB calls it
// from the goroutine that runs the statement, one call at a time.
type source struct {
	rows    int64 // how many there will be, for the optimiser; 0 if that is not known
	columns []sourceColumn
	// fill writes the next rows, at most 2,048, and returns their number: 0 at
	// the end. The chunk's vectors are in the order of columns.
	fill func(chunk mapping.DataChunk) (int, error)
}

type sourceColumn struct {
	name  string
	ltype func() mapping.LogicalType // a new one; the caller destroys it
}

// registerSource makes the table function known to the connection.
func (c *conn) registerSource() error {
	f := mapping.CreateTableFunction()
	defer mapping.DestroyTableFunction(&f)
	mapping.TableFunctionSetName(f, sourceFunction)
	bigint := mapping.CreateLogicalType(mapping.TypeBigInt)
	defer mapping.DestroyLogicalType(&bigint)
	mapping.TableFunctionAddParameter(f, bigint)
	mapping.TableFunctionSetBind(f, C.fhirwh_bind())
	mapping.TableFunctionSetInit(f, C.fhirwh_init())
	mapping.TableFunctionSetFunction(f, C.fhirwh_next())
	if mapping.RegisterTableFunction(c.conn, f) == mapping.StateError {
		return errors.New("register table function with DuckDB")
	}
	return nil
}

// withSource runs one statement in which %s stands for the table s.
func (c *conn) withSource(ctx context.Context, s *source, statement string) error {
	h := cgo.NewHandle(s)
	defer h.Delete()
	return c.exec(ctx, fmt.Sprintf(statement, fmt.Sprintf("%s(%d)", sourceFunction, uint64(h))))
}

// querySource is query for a statement in which %s stands for the table s. The
// returned function must be called after the rows are closed.
func (c *conn) querySource(ctx context.Context, s *source, statement string, args ...any) (*rows, func(), error) {
	h := cgo.NewHandle(s)
	r, err := c.query(ctx, fmt.Sprintf(statement, fmt.Sprintf("%s(%d)", sourceFunction, uint64(h))), args...)
	if err != nil {
		h.Delete()
		return nil, nil, err
	}
	return r, h.Delete, nil
}

//export fhirwhBind
func fhirwhBind(p unsafe.Pointer) {
	info := mapping.BindInfo{Ptr: p}
	v := mapping.BindGetParameter(info, 0)
	h := mapping.GetInt64(v)
	mapping.DestroyValue(&v)
	src := cgo.Handle(h).Value().(*source)
	for _, col := range src.columns {
		t := col.ltype()
		mapping.BindAddResultColumn(info, col.name, t)
		mapping.DestroyLogicalType(&t)
	}
	if src.rows > 0 {
		mapping.BindSetCardinality(info, mapping.IdxT(src.rows), true)
	}
	data := (*C.int64_t)(C.malloc(8))
	*data = C.int64_t(h)
	mapping.BindSetBindData(info, unsafe.Pointer(data), C.fhirwh_free())
}

//export fhirwhInit
func fhirwhInit(p unsafe.Pointer) {
	mapping.InitSetMaxThreads(mapping.InitInfo{Ptr: p}, 1)
}

//export fhirwhNext
func fhirwhNext(p, out unsafe.Pointer) {
	info := mapping.FunctionInfo{Ptr: p}
	h := *(*C.int64_t)(mapping.FunctionGetBindData(info))
	chunk := mapping.DataChunk{Ptr: out}
	n, err := cgo.Handle(h).Value().(*source).fill(chunk)
	if err != nil {
		mapping.FunctionSetError(info, err.Error())
		n = 0
	}
	mapping.DataChunkSetSize(chunk, mapping.IdxT(n))
}

// simple returns a maker of a type without parameters.
func simple(t mapping.Type) func() mapping.LogicalType {
	return func() mapping.LogicalType { return mapping.CreateLogicalType(t) }
}

// valueTable is a source made of rows of Go values: for the ledger, keys and
// decisions, where speed is not what counts.
func valueTable(columns []sourceColumn, rows [][]any) *source {
	return &source{rows: int64(len(rows)), columns: columns, fill: func(chunk mapping.DataChunk) (int, error) {
		n := min(len(rows), chunkRows)
		for col := range columns {
			v := mapping.DataChunkGetVector(chunk, mapping.IdxT(col))
			for i, row := range rows[:n] {
				if err := setValue(v, i, row[col]); err != nil {
					return 0, fmt.Errorf("column %s: %w", columns[col].name, err)
				}
			}
		}
		rows = rows[n:]
		return n, nil
	}}
}

// chunkRows is DuckDB's vector size.
const chunkRows = 2048

// setValue writes one value of a flat vector whose type is the value's.
func setValue(v mapping.Vector, row int, value any) error {
	switch x := value.(type) {
	case nil:
		setNull(v, row)
	case string:
		mapping.VectorAssignStringElementLen(v, mapping.IdxT(row), []byte(x))
	case []byte:
		mapping.VectorAssignStringElementLen(v, mapping.IdxT(row), x)
	case int32:
		put(v, row, x)
	case int64:
		put(v, row, x)
	case uint64:
		put(v, row, x)
	case uhuge:
		put(v, row, [2]uint64{x.lo, x.hi})
	default:
		return fmt.Errorf("no way to hand over a %T", value)
	}
	return nil
}

func put[T any](v mapping.Vector, row int, value T) {
	*(*T)(unsafe.Add(mapping.VectorGetData(v), uintptr(row)*unsafe.Sizeof(value))) = value
}

func setNull(v mapping.Vector, row int) {
	mapping.VectorEnsureValidityWritable(v)
	mapping.ValiditySetRowInvalid(mapping.VectorGetValidity(v), mapping.IdxT(row))
}
