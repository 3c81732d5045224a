package warehouse

import (
	"context"
	"fmt"
)

// Export writes the result of one statement, which [Reader.Check] must let pass,
// to a new Parquet file in [ReadOptions].ExportDir and returns the number of
// rows.
func (r *Reader) Export(ctx context.Context, sql, file string) (int64, error) {
	if err := r.Check(sql); err != nil {
		return 0, err
	}
	n := int64(0)
	err := r.c.value(ctx, &n, fmt.Sprintf("copy (%s\n) to %s (format parquet, compression zstd)", sql, quoteText(file)))
	if err != nil {
		return 0, r.explain(err, running)
	}
	return n, nil
}
