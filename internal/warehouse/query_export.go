package warehouse

import (
	"context"
	"fmt"
)

// Export writes the result of one statement, which [Reader.Check] must let pass,
// to a new Parquet file in [ReadOptions].ExportDir and returns the number of
// rows.
func (r *Reader) Export(ctx context.Context, sql, file string, params ...Param) (int64, error) {
	if err := r.Check(sql, params...); err != nil {
		return 0, err
	}
	res, err := r.put(ctx, question{
		sql:    fmt.Sprintf("copy (%s\n) to %s (format parquet, compression zstd)", sql, quoteText(file)),
		params: params,
	})
	if err != nil {
		return 0, err
	}
	n := int64(0)
	for res.Next() {
		n, _ = res.Values()[0].(int64)
	}
	return n, res.Close()
}
