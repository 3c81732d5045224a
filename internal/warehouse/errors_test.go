package warehouse

import (
	"errors"
	"strings"
	"testing"
)

func TestDuckErrorKinds(t *testing.T) {
	tests := []struct {
		text string
		want error // nil: stays a plain Error
		says string
	}{
		{`IO Error: Could not set lock on file "/d/w.duckdb": Conflicting lock is held in /usr/bin/python3.13 (PID 4711). See also https://duckdb.org/docs/stable/connect/concurrency`, ErrBusy, "/d/w.duckdb: in use by another process: python3.13 (process 4711)"},
		{`IO Error: Could not set lock on file "/d/w.duckdb": Conflicting lock is held in /usr/local/bin/duckdb (PID 12) by user ann. However, you would be able to open this database in read-only mode, e.g. by using the -readonly parameter in the CLI. See also`, ErrBusy, "duckdb (process 12)"},
		{`IO Error: Could not set lock on file "/d/w.duckdb": Resource temporarily unavailable`, ErrBusy, "/d/w.duckdb: in use"},
		{`IO Error: Cannot open database "/d/w.duckdb" in read-only mode: database does not exist`, ErrMissing, "/d/w.duckdb"},
		{`IO Error: The file "/d/x" exists, but it is not a valid DuckDB database file!`, ErrNotDuckDB, "/d/x"},
		{"IO Error: Trying to read a database file with version number 69, but we can only read versions between 64 and 68.\nThe database file was created with a newer version of DuckDB.", ErrTooNew, "storage version 69"},
		{"IO Error: Trying to read a database file with version number 63, but we can only read versions between 64 and 68.", ErrTooOld, "63"},
		{`Catalog Error: Cannot open encrypted database "/d/w.duckdb" without a key`, ErrEncrypted, "/d/w.duckdb"},
		{`IO Error: Corrupt database file: computed checksum 1 does not match stored checksum 2 in block at location 0`, ErrDamaged, "checksum"},
		{`IO Error: Could not read enough bytes from file "/d/w.duckdb": attempted to read 8 bytes from location 9`, ErrDamaged, "cut short"},
		{`INTERNAL Error: Failure while replaying WAL file "/d/w.duckdb.wal": Calling DatabaseManager::GetDefaultDatabase with no default database set`, ErrDamaged, "/d/w.duckdb.wal"},
		{`TransactionContext Error: Failed to commit: Could not write file "/d/w.duckdb.wal": No space left on device`, ErrDiskFull, "/d/w.duckdb.wal"},
		{`FATAL Error: Failed to create checkpoint because of error: Could not write file "/d/w.duckdb": No space left on device`, ErrDiskFull, ""},
		{`FATAL Error: Failed to create checkpoint because of error: fsync failed!`, ErrDisk, ""},
		{`Out of Memory Error: failed to offload data block of size 256.0 KiB (5.0 GiB/5.0 GiB used).`, ErrMemory, "temporary files is used up too, 5.0 GiB of 5.0 GiB used"},
		{`Out of Memory Error: failed to allocate data of size 16.0 MiB (34.2 MiB/47.6 MiB used)`, ErrMemory, "out of memory: 34.2 MiB of 47.6 MiB used"},
		{`IO Error: Cannot open file "/d/w.duckdb": Permission denied`, ErrNoAccess, ""},
		{`Invalid Input Error: No space left on device`, nil, ""}, // quotes SQL: select error('No space left on device')
		{`Catalog Error: Table with name x does not exist!`, nil, ""},
		{`FATAL Error: Failed: database has been invalidated because of a previous fatal error.`, nil, ""},
	}
	for _, tt := range tests {
		err := duckError(tt.text)
		var raw *Error
		if !errors.As(err, &raw) || raw.Text != tt.text {
			t.Errorf("%.60s: the text is lost", tt.text)
		}
		if tt.want == nil {
			if err != error(raw) {
				t.Errorf("%.60s: got %v", tt.text, err)
			}
			continue
		}
		checkRefusal(t, tt.text, err, tt.want, tt.says)
		if strings.Contains(err.Error(), "Error:") {
			t.Errorf("%.60s: %v quotes DuckDB", tt.text, err)
		}
	}
}

func TestIsFatal(t *testing.T) {
	if !isFatal(duckError("FATAL Error: Failed: database has been invalidated")) || !isFatal(duckError(`FATAL Error: Could not write file "x": No space left on device`)) {
		t.Error("a fatal error is not seen")
	}
	if isFatal(duckError("Parser Error: syntax error at end of input")) {
		t.Error("a parser error is not fatal")
	}
}
