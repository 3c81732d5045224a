package warehouse

import (
	"context"
	"fmt"
	"time"
)

// ReadOptions say how a warehouse is opened for reading.
type ReadOptions struct {
	Wait        time.Duration // how long to wait for a warehouse that is in use
	OnWait      func(holder string)
	MemoryLimit int64          // bytes for DuckDB; 0 leaves its default
	Zone        *time.Location // of the session; nil is UTC

	// What follows opens the fence. AllowSpill lets large queries
	// use temporary files; AllowFiles lets SQL read and write files; ExportDir
	// lets [Reader.Export] write there. All three let a statement that gets
	// past our check of it overwrite the warehouse.
	AllowSpill bool
	AllowFiles bool
	ExportDir  string // an empty folder that nobody else can write to
}

// A Reader is a warehouse opened for reading. SQL given to it can neither change
// the warehouse nor read or write files, reach the network, or change settings,
// unless [ReadOptions] allow it. It must not be used by two goroutines at once.
type Reader struct {
	c    *conn
	zone *time.Location
}

// OpenReader opens the warehouse at path for reading.
func OpenReader(ctx context.Context, path string, o ReadOptions) (*Reader, error) {
	c, err := openForReading(ctx, path, o.settings(), o.Wait, o.OnWait)
	if err != nil {
		return nil, err
	}
	if err := fenceIn(ctx, c, o.fence()); err != nil {
		c.close()
		return nil, err
	}
	return &Reader{c: c, zone: o.zone()}, nil
}

// fenceIn checks that we can read the warehouse, and then locks its doors.
func fenceIn(ctx context.Context, c *conn, fence []string) error {
	n, err := readLayout(ctx, c)
	if err != nil {
		return err
	}
	if n > layout {
		return &NewerLayoutError{Layout: n, Known: layout}
	}
	for _, sql := range fence {
		if err := c.exec(ctx, sql); err != nil {
			return fmt.Errorf("prepare the warehouse for reading: %w", err)
		}
	}
	return nil
}

// Close closes the warehouse. Results that were not closed must not be used
// afterwards.
func (r *Reader) Close() { r.c.close() }

func (o *ReadOptions) zone() *time.Location {
	if o.Zone == nil {
		return time.UTC
	}
	return o.Zone
}

// settings are the settings that DuckDB takes when it opens a file.
func (o *ReadOptions) settings() map[string]string {
	s := map[string]string{
		"allow_community_extensions": "false",
		"allow_persistent_secrets":   "false",
	}
	if !o.AllowFiles && o.ExportDir == "" {
		s["enable_external_access"] = "false"
	}
	if o.MemoryLimit > 0 {
		s["memory_limit"] = fmt.Sprintf("%dB", o.MemoryLimit)
	}
	return s
}

// fence is what must be set once the file is open, in this order: after the
// last nothing can be.
func (o *ReadOptions) fence() []string {
	sets := []string{
		"set TimeZone = " + quoteText(o.zone().String()),
		// Of a result that nobody reads on: with 100 MB, 10 million rows of
		// text took 700 MB of memory.
		"set streaming_buffer_size = '4MB'",
	}
	switch {
	case o.ExportDir != "" && !o.AllowFiles:
		// In this order: DuckDB lets nobody name the folder afterwards.
		sets = append(sets, "set allowed_directories = ["+quoteText(o.ExportDir)+"]", "set enable_external_access = false")
	case !o.AllowFiles && !o.AllowSpill:
		// External access off still lets SQL at the database's own files:
		// COPY ... TO the warehouse replaced it. Without the file system there
		// is no way, but no temporary file either.
		sets = append(sets, "set disabled_filesystems = 'LocalFileSystem'")
	}
	return append(sets, "set lock_configuration = true")
}
