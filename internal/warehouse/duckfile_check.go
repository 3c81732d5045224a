package warehouse

import (
	"encoding/binary"
	"fmt"
	"io"
)

// checkDuckDB looks at the beginning of a file before DuckDB does: DuckDB would
// go to the network for an SQLite file and make a database of nothing else. The
// caller must not have the file open in DuckDB (closing f would drop its lock).
func checkDuckDB(path string, f io.ReaderAt) error {
	b := make([]byte, slotSize)
	n, err := f.ReadAt(b, 0)
	switch {
	case err != nil && err != io.EOF:
		return fmt.Errorf("read %s: %w", path, err)
	case n == 0:
		return &FileError{Path: path, Kind: ErrNotDuckDB, Detail: "the file is empty", Advice: "remove it, then import makes a new warehouse"}
	case n < 20 || string(b[8:12]) != "DUCK":
		return &FileError{Path: path, Kind: ErrNotDuckDB}
	}
	if err := checkStorage(path, binary.LittleEndian.Uint64(b[12:])); err != nil {
		return err
	}
	if n < slotSize {
		return &FileError{Path: path, Kind: ErrDamaged, Detail: "it is cut short", Advice: "restore it from a copy, or import again into a new one"}
	}
	if b[20]&1 != 0 {
		return &FileError{Path: path, Kind: ErrEncrypted}
	}
	return nil
}

// checkStorage compares a file's storage number with those that this DuckDB
// reads. It returns nil if that is well.
func checkStorage(path string, number uint64) *FileError {
	switch {
	case number > newestStorage:
		return &FileError{Path: path, Kind: ErrTooNew,
			Detail: fmt.Sprintf("storage version %d needs a DuckDB later than 1.5", number)}
	case number < oldestStorage:
		return &FileError{Path: path, Kind: ErrTooOld, Detail: fmt.Sprintf("storage version %d", number)}
	}
	return nil
}
