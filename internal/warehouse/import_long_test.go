package warehouse

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/fhirwh/fhirwh/internal/parse"
)

// TestLongRows imports documents with their data into little memory: a vector of
// them is larger than what DuckDB is given. Then one of them changes.
func TestLongRows(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 130 MB")
	}
	dir := t.TempDir()
	db, file := filepath.Join(dir, "w.duckdb"), filepath.Join(dir, "documents.ndjson")
	for n, status := range []string{"current", "superseded"} {
		writeDocuments(t, file, status)
		sum, err := Import(t.Context(), db, ImportOptions{
			Sources: []parse.Source{{Label: "s", Path: file}}, MaxRejects: -1, MemoryLimit: leastMemory})
		if err != nil {
			t.Fatalf("import %d: %v", n+1, err)
		}
		if n == 1 && sum.Total.Changed != 1 {
			t.Errorf("%d documents changed, want 1", sum.Total.Changed)
		}
	}
	wantRows(t, db, [][]any{{"current", int64(2099)}, {"superseded", int64(1)}},
		`select status, count(*) from "DocumentReference" group by status order by status`)
}

// writeDocuments writes documents of 62 kB, the first of which has a status of its
// own.
func writeDocuments(t *testing.T, path, first string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	random, data := rand.NewChaCha8([32]byte{}), make([]byte, 45_000)
	for i := range 2100 {
		_, _ = random.Read(data) // never fails
		status := "current"
		if i == 0 {
			status = first
		}
		fmt.Fprintf(w, `{"resourceType":"DocumentReference","id":"d%d","status":%q,"content":[{"attachment":{"data":%q}}]}`+"\n",
			i, status, base64.StdEncoding.EncodeToString(data))
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}
