package warehouse

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/duckdb/duckdb-go/v2/mapping"
	"github.com/zeebo/xxh3"
)

// ExportRecords are what is known of exports outside the warehouse, to be asked
// about in SQL. They hold no link, no secret and no body of an event.
type ExportRecords struct {
	Connections []ConnectionRecord
	Exports     []ExportRecord
	Files       []ExportFileRecord
	Events      []EventRecord
}

// A ConnectionRecord is a row of ledger.connections.
type ConnectionRecord struct {
	ID, APIMode, Status                         string
	PlatformType, EndpointID, BrandID, PortalID string
	TEFCADirectoryID, ExternalID, Scope         string
	ConsentExpires, Connected, Revoked          *time.Time
	Updated                                     time.Time
}

// An ExportRecord is a row of ledger.exports.
type ExportRecord struct {
	TaskID, ConnectionID, APIMode, State, Status string
	FailureReason, EventID                       string
	Registered, Finished                         *time.Time
	Total                                        *int64
	ByType                                       map[string]int64
	Updated                                      time.Time
}

// An ExportFileRecord is a row of ledger.export_files.
type ExportFileRecord struct {
	TaskID, FileID, State   string
	ExportType, ContentType string
	Bytes                   int64
	SHA256                  string
	Landed, Imported        *time.Time
	Path                    string // of the original on disk, as a source of an import names it
}

// An EventRecord is a row of ledger.events.
type EventRecord struct {
	ID, Type, APIMode    string
	Date                 *time.Time
	Received             time.Time
	Signed               bool
	State, Reason        string
	ConnectionID, TaskID string
}

// hash tells whether two sets of records are the same.
func (r *ExportRecords) hash() (string, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("hash the records of exports: %w", err)
	}
	return strconv.FormatUint(xxh3.Hash(b), 16), nil
}

// exportTables are the tables that are written anew from ExportRecords.
var exportTables = []string{"connections", "exports", "export_files", "events", "landing"}

// copied reports whether the warehouse has these records already, and returns their
// hash.
func (r *ExportRecords) copied(ctx context.Context, c *conn) (hash string, same bool, err error) {
	if r == nil {
		return "", true, nil
	}
	if hash, err = r.hash(); err != nil {
		return "", false, err
	}
	if err := c.value(ctx, &same, "select count(*) = 1 from ledger.landing where hash = ?", hash); err != nil {
		return "", false, fmt.Errorf("read ledger.landing: %w", err)
	}
	return hash, same, nil
}

// copyExports writes the records of exports, if they are others than before. It
// reports whether they are.
func (im *importer) copyExports(ctx context.Context, c *conn) (changed bool, err error) {
	hash, same, err := im.Exports.copied(ctx, c)
	if err != nil || same {
		return false, err
	}
	for _, name := range exportTables {
		if err := c.exec(ctx, "delete from ledger."+name); err != nil {
			return false, fmt.Errorf("write ledger.%s: %w", name, err)
		}
	}
	for _, t := range im.Exports.tables() {
		if err := im.loader.writeRows("ledger."+t.name, textColumns(t.columns), t.rows); err != nil {
			return false, err
		}
	}
	if err := im.linkExportFiles(ctx, c); err != nil {
		return false, err
	}
	if _, err := c.execArgs(ctx, "insert into ledger.landing values (now(), ?)", hash); err != nil {
		return false, fmt.Errorf("write ledger.landing: %w", err)
	}
	return true, nil
}

// linkExportFiles leads from a file of an export to its row of ledger.files, the
// one of this import included, which makes it imported.
func (im *importer) linkExportFiles(ctx context.Context, c *conn) error {
	for _, sql := range []string{
		`update ledger.export_files as e set file = f.file, state = if(e.state = 'landed', 'imported', e.state),
			imported = coalesce(e.imported, now())
			from (select name, max(file) as file from ledger.files group by name) f where f.name = e.name`,
		`update ledger.exports as e set state = 'imported' where state = 'landed' and not exists
			(from ledger.export_files f where f.task_id = e.task_id and f.state not in ('imported', 'skipped', 'pruned'))`,
	} {
		if err := c.exec(ctx, sql); err != nil {
			return fmt.Errorf("write ledger.export_files: %w", err)
		}
	}
	return nil
}

// An exportTable is rows of text, which DuckDB casts to the types of the table.
type exportTable struct {
	name    string
	columns int
	rows    [][]any
}

func (r *ExportRecords) tables() []exportTable {
	connections := exportTable{name: "connections", columns: 14}
	for _, x := range r.Connections {
		connections.rows = append(connections.rows, []any{x.ID, x.APIMode, x.Status, filledText(x.PlatformType), filledText(x.EndpointID), filledText(x.BrandID),
			filledText(x.PortalID), filledText(x.TEFCADirectoryID), filledText(x.ExternalID), filledText(x.Scope),
			instantText(x.ConsentExpires), instantText(x.Connected), instantText(x.Revoked), instantText(&x.Updated)})
	}
	exports := exportTable{name: "exports", columns: 12}
	for _, x := range r.Exports {
		exports.rows = append(exports.rows, []any{x.TaskID, x.ConnectionID, x.APIMode, x.State, filledText(x.Status), filledText(x.FailureReason),
			instantText(x.Registered), instantText(x.Finished), filledText(x.EventID), numberText(x.Total), mapText(x.ByType), instantText(&x.Updated)})
	}
	files := exportTable{name: "export_files", columns: 11}
	for _, x := range r.Files {
		files.rows = append(files.rows, []any{x.TaskID, x.FileID, x.State, filledText(x.ExportType), filledText(x.ContentType), numberText(&x.Bytes),
			filledText(x.SHA256), instantText(x.Landed), instantText(x.Imported), filledText(x.Path), nil})
	}
	events := exportTable{name: "events", columns: 10}
	for _, x := range r.Events {
		events.rows = append(events.rows, []any{x.ID, x.Type, x.APIMode, instantText(x.Date), instantText(&x.Received),
			strconv.FormatBool(x.Signed), x.State, filledText(x.Reason), filledText(x.ConnectionID), filledText(x.TaskID)})
	}
	return []exportTable{connections, exports, files, events}
}

func textColumns(n int) []sourceColumn {
	columns := make([]sourceColumn, n)
	for i := range columns {
		columns[i] = sourceColumn{fmt.Sprint("c", i), simple(mapping.TypeVarchar)}
	}
	return columns
}

func filledText(s string) any { return nullable(s, s != "") }

func instantText(t *time.Time) any {
	if t == nil || t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000Z")
}

func numberText(n *int64) any {
	if n == nil {
		return nil
	}
	return strconv.FormatInt(*n, 10)
}

// mapText writes counts as DuckDB reads a MAP in text. Names that are no plain
// words are left out: they come from a server, and types of resources are.
func mapText(counts map[string]int64) any {
	if counts == nil {
		return nil
	}
	text, sep := []byte{'{'}, ""
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if !plainWord(name) {
			continue
		}
		text = fmt.Appendf(text, "%s%s=%d", sep, name, counts[name])
		sep = ", "
	}
	return string(append(text, '}'))
}

func plainWord(s string) bool {
	for _, r := range s {
		if (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return false
		}
	}
	return s != ""
}
