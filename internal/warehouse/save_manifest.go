package warehouse

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

const madeBy = "fhirwh save"

// A Manifest says what is in a saved folder. It is its manifest.json.
type Manifest struct {
	MadeBy     string        `json:"made_by"` // "fhirwh save"
	Version    string        `json:"version"` // of fhirwh
	LastImport *time.Time    `json:"last_import"`
	Format     string        `json:"format"` // extension of the files
	Sources    []SavedSource `json:"sources"`
	Tables     []SavedTable  `json:"tables"`
}

// A SavedSource is a source that the warehouse has files of.
type SavedSource struct {
	Source    string `json:"source"`
	Files     int64  `json:"files"`
	Resources int64  `json:"resources"` // in these files, repeats included
}

// A SavedTable is a table or view that was saved.
type SavedTable struct {
	Name        string        `json:"name"`
	Kind        string        `json:"kind"` // "table" or "view"
	About       string        `json:"about,omitempty"`
	Rows        int64         `json:"rows"`
	SortedBy    []string      `json:"sorted_by,omitempty"`
	PartitionBy string        `json:"partition_by,omitempty"` // this column is in the names of the folders only
	Columns     []SavedColumn `json:"columns"`
	Files       []SavedFile   `json:"files"`
}

// A SavedColumn is a column of a saved table.
type SavedColumn struct {
	Name    string `json:"name"`
	Type    string `json:"type"` // of DuckDB
	Meaning string `json:"meaning,omitempty"`
}

// A SavedFile is a file of a saved table.
type SavedFile struct {
	Name   string `json:"name"` // within the folder, with slashes
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// manifest begins the manifest with what the ledger says. A database without a
// ledger can be saved too.
func (s *saver) manifest() (*Manifest, error) {
	m := &Manifest{MadeBy: madeBy, Version: s.Version, Format: s.extension(), Sources: []SavedSource{}, Tables: []SavedTable{}}
	n, err := readLayout(s.ctx, s.r.c)
	if err != nil || n == 0 {
		return m, err
	}
	var last *int64
	if err := s.r.c.value(s.ctx, &last, "select epoch_us(max(finished)) from ledger.imports"); err != nil {
		return nil, fmt.Errorf("read the imports: %w", err)
	}
	if last != nil {
		t := time.UnixMicro(*last).UTC()
		m.LastImport = &t
	}
	rows, err := s.r.c.query(s.ctx, "select source, count(*), sum(resources)::bigint from ledger.files group by source order by source")
	if err != nil {
		return nil, fmt.Errorf("read the files: %w", err)
	}
	defer rows.close()
	for rows.next() {
		var from SavedSource
		if err := rows.scan(&from.Source, &from.Files, &from.Resources); err != nil {
			return nil, err
		}
		m.Sources = append(m.Sources, from)
	}
	return m, rows.close()
}

// describe writes the README and, last of all, the manifest.
func (s *saver) describe(m *Manifest) error {
	readme, err := m.readme()
	if err != nil {
		return fmt.Errorf("write the README: %w", err)
	}
	if err := s.write(readmeName, []byte(readme)); err != nil {
		return err
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	return s.write(manifestName, append(text, '\n'))
}

func (s *saver) write(name string, text []byte) error {
	path := filepath.Join(s.folder.temp, name)
	f, err := s.folder.ops.Create(path)
	if err != nil {
		return diskError(path, bare(err))
	}
	defer f.Close()
	return diskError(path, bare(s.folder.ops.WriteAt(f, text, 0)))
}

// measureFile returns the entry of a file that is complete.
func (s *saver) measureFile(name string, rows int64) (SavedFile, error) {
	f, err := os.Open(filepath.Join(s.folder.temp, filepath.FromSlash(name)))
	if err != nil {
		return SavedFile{}, err
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	return SavedFile{Name: name, Rows: rows, Bytes: n, SHA256: hex.EncodeToString(sum.Sum(nil))}, err
}
