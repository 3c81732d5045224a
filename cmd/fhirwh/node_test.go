package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// nodeVersions are the releases of DuckDB that a client which is not ours must read
// the warehouse with: the oldest that we promise, and ours.
var nodeVersions = []struct{ duckdb, nodePackage string }{
	{"v1.4.4", "@duckdb/node-api@1.4.4-r.4"},
	{"v1.5.6", "@duckdb/node-api@1.5.6-r.1"},
}

// TestNodeReadsEveryView reads every view with DuckDB's Node package. Without Node
// or the npm registry it skips, unless FHIRWH_NODE=required.
func TestNodeReadsEveryView(t *testing.T) {
	if testing.Short() {
		t.Skip("installs packages from the npm registry")
	}
	skip := t.Skipf
	if os.Getenv("FHIRWH_NODE") == "required" {
		skip = t.Fatalf
	}
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			skip("no %s on this machine: the views are not read with a client that is not ours", program)
		}
	}
	db := filepath.Join(t.TempDir(), "w.duckdb")
	if code, _, errOut := runIn(t, t.Context(), stdio{}, "import", "--db", db, "../../testdata/example_export.jsonl"); code != exitOK {
		t.Fatalf("import: exit code %d: %s", code, errOut)
	}
	var first string
	for _, v := range nodeVersions {
		out := readWithNode(t, skip, v.nodePackage, db)
		version, rows, _ := strings.Cut(out, "\n")
		if version != "version "+v.duckdb {
			t.Errorf("%s: %q, want DuckDB %s", v.nodePackage, version, v.duckdb)
		}
		if views := strings.Count(rows, "\n"); views < 21 || !strings.Contains(rows, "\npatients 1 ") {
			t.Errorf("%s read %d views:\n%s", v.nodePackage, views, rows)
		}
		if first == "" {
			first = rows
		}
		if rows != first {
			t.Errorf("DuckDB %s and %s read different rows:\n%s\n%s", nodeVersions[0].duckdb, v.duckdb, first, rows)
		}
	}
}

// readWithNode installs a release of the package in a folder of its own and runs the
// script with it.
func readWithNode(t *testing.T, skip func(string, ...any), nodePackage, db string) string {
	t.Helper()
	dir := t.TempDir()
	npm := exec.CommandContext(t.Context(), "npm", "install", "--prefix", dir, "--no-audit", "--no-fund", "--no-save", nodePackage)
	if out, err := npm.CombinedOutput(); err != nil {
		skip("npm install %s: %v: %s", nodePackage, err, out)
	}
	entry := filepath.Join(dir, "node_modules", "@duckdb", "node-api", "lib", "index.js")
	node := exec.CommandContext(t.Context(), "node", "../../testdata/node/read_every_view.mjs", entry, db)
	out, err := node.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", nodePackage, err, out)
	}
	return string(out)
}
