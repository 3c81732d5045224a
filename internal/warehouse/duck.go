package warehouse

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sort"

	"github.com/duckdb/duckdb-go/v2/mapping"
)

// A conn is one connection to one open database, through DuckDB's C interface:
// the import hands over whole columns and queries stream, neither of which
// database/sql can do. A conn must not be used by two goroutines at once.
type conn struct {
	db   mapping.Database
	conn mapping.Connection
}

// openDuck opens the database file at path ("" is in memory) with DuckDB
// settings. No extension is ever fetched from the network.
func openDuck(path string, settings map[string]string) (*conn, error) {
	var cfg mapping.Config
	if mapping.CreateConfig(&cfg) == mapping.StateError {
		return nil, errors.New("create DuckDB configuration")
	}
	defer mapping.DestroyConfig(&cfg)
	all := map[string]string{
		"autoinstall_known_extensions": "false",
		"autoload_known_extensions":    "false",
	}
	for k, v := range settings {
		all[k] = v
	}
	for _, k := range sortedKeys(all) {
		if mapping.SetConfig(cfg, k, all[k]) == mapping.StateError {
			return nil, fmt.Errorf("DuckDB refuses setting %s", k)
		}
	}
	c := new(conn)
	var msg string
	if mapping.OpenExt(path, &c.db, cfg, &msg) == mapping.StateError {
		return nil, duckError(msg)
	}
	if mapping.Connect(c.db, &c.conn) == mapping.StateError {
		mapping.Close(&c.db)
		return nil, errors.New("connect to DuckDB")
	}
	// With the default of 1 MB a UNION ALL of several pipelines can wait for ever
	// for room in the buffer between them and us.
	if err := c.exec(context.Background(), "set streaming_buffer_size = '100MB'"); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func (c *conn) close() {
	mapping.Disconnect(&c.conn)
	if c.db.Ptr != nil {
		mapping.Close(&c.db)
	}
}

// exec runs one or more statements without parameters and drops their results.
func (c *conn) exec(ctx context.Context, sql string) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	defer c.interruptWhenDone(ctx)()
	var r mapping.Result
	state := mapping.Query(c.conn, sql, &r)
	defer mapping.DestroyResult(&r)
	if state == mapping.StateError {
		return c.fail(ctx, mapping.ResultError(&r))
	}
	return nil
}

// query runs one statement with parameters (nil, bool, int, int32, int64, uint64,
// float64, string, []byte or uhuge) and returns its rows, which the caller must
// close. Rows arrive as DuckDB makes them; the result is not held in memory
// where DuckDB can avoid it.
func (c *conn) query(ctx context.Context, sql string, args ...any) (*rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	var stmt mapping.PreparedStatement
	if mapping.Prepare(c.conn, sql, &stmt) == mapping.StateError {
		err := duckError(mapping.PrepareError(stmt))
		mapping.DestroyPrepare(&stmt)
		return nil, err
	}
	if err := bind(stmt, args); err != nil {
		mapping.DestroyPrepare(&stmt)
		return nil, err
	}
	return c.run(ctx, stmt)
}

// execArgs is exec for one statement with parameters, as query takes them. It
// returns the number of rows changed.
func (c *conn) execArgs(ctx context.Context, sql string, args ...any) (int64, error) {
	r, err := c.query(ctx, sql, args...)
	if err != nil {
		return 0, err
	}
	n := int64(mapping.RowsChanged(&r.result))
	for r.next() {
	}
	return n, r.close()
}

// value runs a query of one row and one column and reads it into dst, as scan
// does.
func (c *conn) value(ctx context.Context, dst any, sql string, args ...any) error {
	r, err := c.query(ctx, sql, args...)
	if err != nil {
		return err
	}
	defer r.close()
	if !r.next() {
		if err := r.close(); err != nil {
			return err
		}
		return errNoRows
	}
	if err := r.scan(dst); err != nil {
		return err
	}
	for r.next() { // to the end: a result that is left open holds up what comes next
	}
	return r.close()
}

var errNoRows = errors.New("query gave no row")

// uhuge is a UHUGEINT.
type uhuge struct{ hi, lo uint64 }

func bind(stmt mapping.PreparedStatement, args []any) error {
	if n := int(mapping.NParams(stmt)); n != len(args) {
		return fmt.Errorf("statement has %d parameters, not %d", n, len(args))
	}
	for i, a := range args {
		p := mapping.IdxT(i + 1)
		var s mapping.State
		switch v := a.(type) {
		case nil:
			s = mapping.BindNull(stmt, p)
		case bool:
			s = mapping.BindBoolean(stmt, p, v)
		case int:
			s = mapping.BindInt64(stmt, p, int64(v))
		case int32:
			s = mapping.BindInt32(stmt, p, v)
		case int64:
			s = mapping.BindInt64(stmt, p, v)
		case uint64:
			s = mapping.BindUInt64(stmt, p, v)
		case float64:
			s = mapping.BindDouble(stmt, p, v)
		case string:
			s = mapping.BindVarcharLength(stmt, p, v, mapping.IdxT(len(v)))
		case []byte:
			s = mapping.BindBlob(stmt, p, v)
		case uhuge:
			s = mapping.BindUHugeInt(stmt, p, mapping.NewUHugeInt(v.lo, v.hi))
		default:
			return fmt.Errorf("parameter %d has type %T", i+1, a)
		}
		if s == mapping.StateError {
			return fmt.Errorf("bind parameter %d of type %T", i+1, a)
		}
	}
	return nil
}

// interruptWhenDone interrupts the connection when ctx ends, until the function
// it returns is called.
func (c *conn) interruptWhenDone(ctx context.Context) func() {
	if ctx.Done() == nil {
		return func() {}
	}
	ended := make(chan struct{})
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		select {
		case <-ctx.Done():
			mapping.Interrupt(c.conn)
		case <-ended:
		}
	}()
	return func() {
		close(ended)
		<-watching
		runtime.KeepAlive(c)
	}
}

// fail turns DuckDB's text into an error: the cause of ctx's end if that is what
// stopped the statement.
func (c *conn) fail(ctx context.Context, text string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return duckError(text)
}
