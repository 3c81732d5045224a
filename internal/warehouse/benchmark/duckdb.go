package main

import (
	"bufio"
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	_ "github.com/duckdb/duckdb-go/v2" // the way that users of DuckDB alone would take
)

// Files that prepare leaves in the folder for the ways that need them.
const (
	structuresFile = "benchmark-structures.json"
	splitFolder    = "benchmark-split"
	typedFile      = "benchmark-typed.duckdb"
)

// prepare makes what the ways are given beforehand: structures per type, files
// per type, and a warehouse to copy typed tables from.
func prepare(c config) error {
	if err := split(c); err != nil {
		return fmt.Errorf("split by type: %w", err)
	}
	if err := findStructures(c); err != nil {
		return fmt.Errorf("find structures: %w", err)
	}
	typed := filepath.Join(c.dir, typedFile)
	if err := os.RemoveAll(typed); err != nil {
		return err
	}
	if out, err := exec.Command(c.fhirwh, "--db", typed, "import", c.file).CombinedOutput(); err != nil {
		return fmt.Errorf("make typed tables: %w: %s", err, out)
	}
	return nil
}

func split(c config) error {
	folder := filepath.Join(c.dir, splitFolder)
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	in, err := os.Open(c.file)
	if err != nil {
		return err
	}
	defer in.Close()
	files := map[string]*bufio.Writer{}
	r := bufio.NewReaderSize(in, 1<<20)
	for {
		line, err := r.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			if err := appendLine(files, folder, line); err != nil {
				return err
			}
		}
		if err == io.EOF {
			break
		} else if err != nil {
			return err
		}
	}
	for _, w := range files {
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func appendLine(files map[string]*bufio.Writer, folder string, line []byte) error {
	var head struct{ ResourceType string }
	if err := json.Unmarshal(line, &head); err != nil {
		return err
	}
	w := files[head.ResourceType]
	if w == nil {
		f, err := os.Create(filepath.Join(folder, head.ResourceType+".ndjson"))
		if err != nil {
			return err
		}
		w = bufio.NewWriterSize(f, 1<<20)
		files[head.ResourceType] = w
	}
	_, err := w.Write(line)
	return err
}

func findStructures(c config) error {
	db, err := open("")
	if err != nil {
		return err
	}
	defer db.Close()
	all := map[string]string{}
	paths, err := filepath.Glob(filepath.Join(c.dir, splitFolder, "*.ndjson"))
	if err != nil {
		return err
	}
	for _, p := range paths {
		var s string
		q := fmt.Sprintf("select json_group_structure(json)::varchar from read_ndjson_objects('%s', maximum_object_size=268435456)", p)
		if err := db.QueryRow(q).Scan(&s); err != nil {
			return err
		}
		all[strings.TrimSuffix(filepath.Base(p), ".ndjson")] = s
	}
	b, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(c.dir, structuresFile), b, 0o600)
}

func open(path string) (*sql.DB, error) {
	db, err := sql.Open("duckdb", path)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// loadWith loads file into out in one of the ways of DuckDB alone and prints the
// seconds that took, until the database was closed.
func loadWith(kind, file, out, dir string) error {
	db, err := open(out)
	if err != nil {
		return err
	}
	ways := map[string]func(*sql.DB, string, string) (time.Time, error){
		"sampled": loadSampled, "given": loadGiven, "split": loadSplit, "floor": copyTyped,
	}
	start, err := ways[kind](db, file, dir)
	if err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	fmt.Println(time.Since(start).Seconds())
	return nil
}

func execAll(db *sql.DB, statements ...string) error {
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			return fmt.Errorf("%.80s: %w", s, err)
		}
	}
	return nil
}

// readRaw reads the file once into a table of lines with their type.
func readRaw(db *sql.DB, file string) error {
	return execAll(db, "set preserve_insertion_order = false", fmt.Sprintf(`create temp table raw as
		select json, json ->> '$.resourceType' as type from read_ndjson_objects('%s', maximum_object_size=268435456)`, file))
}

// loadSampled finds each type's structure on 20,000 of its resources.
func loadSampled(db *sql.DB, file, _ string) (time.Time, error) {
	start := time.Now()
	if err := readRaw(db, file); err != nil {
		return start, err
	}
	types, err := column(db, "select distinct type from raw order by type")
	if err != nil {
		return start, err
	}
	for _, t := range types {
		var structure string
		q := fmt.Sprintf("select json_group_structure(json)::varchar from (select json from raw where type = '%s' limit 20000)", t)
		if err := db.QueryRow(q).Scan(&structure); err != nil {
			return start, err
		}
		if err := createTyped(db, t, structure); err != nil {
			return start, err
		}
	}
	return start, execAll(db, "checkpoint")
}

func createTyped(db *sql.DB, name, structure string) error {
	return execAll(db, fmt.Sprintf(`create table "%s" as select unnest(from_json(json, '%s')) from raw where type = '%s'`,
		name, strings.ReplaceAll(structure, "'", "''"), name))
}

// loadGiven has each type's structure beforehand.
func loadGiven(db *sql.DB, file, dir string) (time.Time, error) {
	b, err := os.ReadFile(filepath.Join(dir, structuresFile))
	if err != nil {
		return time.Time{}, err
	}
	var structures map[string]string
	if err := json.Unmarshal(b, &structures); err != nil {
		return time.Time{}, err
	}
	start := time.Now()
	if err := readRaw(db, file); err != nil {
		return start, err
	}
	for _, t := range sortedKeys(structures) {
		if err := createTyped(db, t, structures[t]); err != nil {
			return start, err
		}
	}
	return start, execAll(db, "checkpoint")
}

func sortedKeys(m map[string]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// loadSplit reads one file a type.
func loadSplit(db *sql.DB, _, dir string) (time.Time, error) {
	paths, err := filepath.Glob(filepath.Join(dir, splitFolder, "*.ndjson"))
	start := time.Now()
	if err != nil {
		return start, err
	}
	for _, p := range paths {
		name := strings.TrimSuffix(filepath.Base(p), ".ndjson")
		err := execAll(db, fmt.Sprintf(`create table "%s" as from read_json_auto('%s', format='newline_delimited', maximum_object_size=268435456)`, name, p))
		if err != nil {
			return start, err
		}
	}
	return start, execAll(db, "checkpoint")
}

// copyTyped writes typed tables that are in memory already: what storing costs by
// itself.
func copyTyped(db *sql.DB, _, dir string) (time.Time, error) {
	typed := filepath.Join(dir, typedFile)
	if err := execAll(db, fmt.Sprintf("attach '%s' as typed (read_only)", typed), "attach ':memory:' as mem"); err != nil {
		return time.Time{}, err
	}
	names, err := column(db, "select table_name from duckdb_tables() where database_name = 'typed' and schema_name = 'main' and estimated_size > 0 order by 1")
	if err != nil {
		return time.Time{}, err
	}
	for _, n := range names {
		if err := execAll(db, fmt.Sprintf(`create table mem."%s" as from typed."%s"`, n, n)); err != nil {
			return time.Time{}, err
		}
	}
	if err := execAll(db, "detach typed", "set wal_autocheckpoint = '1KB'", "begin"); err != nil {
		return time.Time{}, err
	}
	start := time.Now()
	for _, n := range names {
		if err := execAll(db, fmt.Sprintf(`create table "%s" as from mem."%s"`, n, n)); err != nil {
			return start, err
		}
	}
	return start, execAll(db, "commit")
}

func column(db *sql.DB, query string) ([]string, error) {
	rows, err := db.Query(query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}
