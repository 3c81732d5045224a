package warehouse

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	fhirsql "github.com/fhirwh/fhirwh/sql"
)

// templateName is the template's name in the folder for temporary files: one as
// DuckDB's own have, so that it goes with them if we die.
const templateName = "duckdb_temp_views.duckdb"

// copyTemplate copies all macros and views of this version, codings left out, from
// the template if one of them is missing, older, or a user's experiment. Without a
// template for these very scripts it does nothing: the scripts themselves do the
// work, slowly.
func (m *made) copyTemplate(ctx context.Context, c *conn, temp string) error {
	scripts := allScripts()
	data, there := fhirsql.Template(scriptsHash(scripts))
	if !there || temp == "" || !slices.ContainsFunc(scripts, func(s fhirsql.Script) bool { return !m.has(s) }) {
		return nil
	}
	var names []string
	for _, s := range scripts {
		names = append(names, s.Name)
	}
	if err := m.drop(ctx, c, names); err != nil {
		return err
	}
	if err := copyDatabase(ctx, c, data, filepath.Join(temp, templateName)); err != nil {
		return fmt.Errorf("copy the views of this version: %w", err)
	}
	return m.note(ctx, c, scripts)
}

// scriptsHash tells scripts from others.
func scriptsHash(scripts []fhirsql.Script) string {
	var all strings.Builder
	for _, s := range scripts {
		all.WriteString(s.Kind + " " + s.Name + "\n" + s.SQL)
	}
	return sqlHash(all.String())
}

// copyDatabase copies what the compressed database has into that of c, in its
// transaction. It unpacks it to path, which DuckDB reads until c is closed.
func copyDatabase(ctx context.Context, c *conn, data []byte, path string) error {
	if err := unpack(data, path); err != nil {
		return err
	}
	defer os.Remove(path) // where an open file cannot be removed, it goes with the temporary files
	var name string
	if err := c.value(ctx, &name, "select current_database()"); err != nil {
		return err
	}
	from := quoteName(name + " template")
	return c.exec(ctx, fmt.Sprintf("attach %s as %s (read_only); copy from database %s to %s (schema)",
		quoteText(path), from, from, quoteName(name)))
}

func unpack(data []byte, path string) error {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return err
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return os.WriteFile(path, plain, 0o600)
}
