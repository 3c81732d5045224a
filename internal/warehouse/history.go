package warehouse

import (
	"context"
	"fmt"
	"time"
)

// An ImportInfo is an import that the ledger has.
type ImportInfo struct {
	Import    int32         `json:"import"`
	Started   time.Time     `json:"started"`
	Took      time.Duration `json:"elapsed_ns"`
	Version   string        `json:"version"` // of fhirwh
	Bytes     int64         `json:"bytes"`   // of the files, as they lie on disk
	Resources int64         `json:"resources"`
	Counts
	Rejected int64      `json:"rejected"`
	Files    []FileInfo `json:"files"`
}

// A FileInfo is a file that an import read.
type FileInfo struct {
	File      int32  `json:"file"` // the _file of its resources
	Name      string `json:"name"`
	Source    string `json:"source"`
	Bytes     int64  `json:"bytes"`
	Resources int64  `json:"resources"`
	Rejected  int64  `json:"rejected"`
	Replayed  int64  `json:"replayed,omitempty"` // of Rejected: imported since, after somebody repaired them
	Note      string `json:"note,omitempty"`
}

// A NoLedgerError says that a database is not a warehouse of ours.
type NoLedgerError struct{}

func (*NoLedgerError) Error() string { return "this database was not made by fhirwh: it has no ledger" }

// Hint says what to do about it.
func (*NoLedgerError) Hint() string {
	return "choose another file with --db; fhirwh query reads this one too"
}

func (r *Reader) needLedger(ctx context.Context) error {
	n, err := readLayout(ctx, r.c)
	if err == nil && n == 0 {
		err = &NoLedgerError{}
	}
	return err
}

// Imports returns all imports, the first one first.
func (r *Reader) Imports(ctx context.Context) ([]ImportInfo, error) {
	if err := r.needLedger(ctx); err != nil {
		return nil, err
	}
	rows, err := r.c.query(ctx, `
		select import, epoch_us(started), epoch_us(finished) - epoch_us(started), version, bytes, resources,
			new, changed, unchanged, superseded, variants, unordered, rejected
		from ledger.imports order by import`)
	if err != nil {
		return nil, fmt.Errorf("read the imports: %w", err)
	}
	defer rows.close()
	imports := []ImportInfo{}
	for rows.next() {
		var i ImportInfo
		var started, took int64
		err := rows.scan(&i.Import, &started, &took, &i.Version, &i.Bytes, &i.Resources,
			&i.New, &i.Changed, &i.Unchanged, &i.Superseded, &i.Variants, &i.Unordered, &i.Rejected)
		if err != nil {
			return nil, err
		}
		i.Started, i.Took = time.UnixMicro(started).In(r.zone), time.Duration(took)*time.Microsecond
		i.Files = []FileInfo{}
		imports = append(imports, i)
	}
	if err := rows.close(); err != nil {
		return nil, err
	}
	return imports, r.addFiles(ctx, imports)
}

func (r *Reader) addFiles(ctx context.Context, imports []ImportInfo) error {
	at := map[int32]*ImportInfo{}
	for i := range imports {
		at[imports[i].Import] = &imports[i]
	}
	rows, err := r.c.query(ctx, `
		select import, file, name, source, size, resources, rejected, replayed, note from ledger.files order by file`)
	if err != nil {
		return fmt.Errorf("read the files: %w", err)
	}
	defer rows.close()
	for rows.next() {
		var number int32
		var f FileInfo
		if err := rows.scan(&number, &f.File, &f.Name, &f.Source, &f.Bytes, &f.Resources, &f.Rejected, &f.Replayed, &f.Note); err != nil {
			return err
		}
		if i := at[number]; i != nil {
			i.Files = append(i.Files, f)
		}
	}
	return rows.close()
}
