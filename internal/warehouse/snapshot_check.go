package warehouse

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// check makes the copy durable and proves that it opens and that it may take the
// place of what is there.
func (s *copying) check() (*SnapshotReport, error) {
	size, err := s.sync()
	if err != nil {
		return nil, diskError(s.temp, err)
	}
	ours, err := readImportTimes(s.ctx, s.temp)
	if err != nil {
		return nil, err
	}
	report := &SnapshotReport{File: s.target.path, Bytes: size, Imports: int64(len(ours))}
	for _, at := range ours {
		if t := time.UnixMicro(at.finished).UTC(); report.LastImport == nil || t.After(*report.LastImport) {
			report.LastImport = &t
		}
	}
	if report.Replaced, err = exists(s.target.path); err != nil || !report.Replaced {
		return report, err
	}
	return report, s.mayReplace(ours)
}

// sync checks headers and metadata of the copy and syncs it.
func (s *copying) sync() (size int64, err error) {
	f, err := os.OpenFile(s.temp, os.O_RDWR|noFollow, 0)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if _, err := readRoot(f, st.Size(), true); err != nil {
		return 0, &FileError{Path: s.from.path, Kind: ErrDamaged, Detail: err.Error(), Err: err}
	}
	return st.Size(), s.target.ops.Sync(f)
}

// mayReplace reports whether what is at the target is an older copy: it has no
// import that the warehouse does not have.
func (s *copying) mayReplace(ours map[int32]importTimes) error {
	theirs, err := readImportTimes(s.ctx, s.target.path)
	var none *NoLedgerError
	if errors.As(err, &none) || errors.Is(err, ErrNotDuckDB) {
		return &FileError{Path: s.target.path, Kind: ErrUnsafe, Detail: "it is no copy of a warehouse, and would be lost", Advice: "nothing was changed; move it away, or name another file"}
	}
	if err != nil {
		return err
	}
	for number, at := range theirs {
		if ours[number] != at {
			return &FileError{Path: s.target.path, Kind: ErrUnsafe,
				Detail: fmt.Sprintf("it has an import (%d) that %s does not have, and would be lost: it is another warehouse, not a copy", number, s.from.path),
				Advice: "nothing was changed; move it away, or name another file"}
		}
	}
	return nil
}

// importTimes tell an import from one of the same number in another warehouse.
type importTimes struct{ started, finished int64 }

func readImportTimes(ctx context.Context, path string) (map[int32]importTimes, error) {
	c, err := openForReading(ctx, path, map[string]string{"threads": "1"}, 0, nil)
	if err != nil {
		return nil, err
	}
	defer c.close()
	if err := (&Reader{c: c}).needLedger(ctx); err != nil {
		return nil, err
	}
	rows, err := c.query(ctx, "select import, epoch_us(started), epoch_us(finished) from ledger.imports")
	if err != nil {
		return nil, fmt.Errorf("read the imports: %w", err)
	}
	defer rows.close()
	imports := map[int32]importTimes{}
	for rows.next() {
		var number int32
		var at importTimes
		if err := rows.scan(&number, &at.started, &at.finished); err != nil {
			return nil, err
		}
		imports[number] = at
	}
	return imports, rows.close()
}
