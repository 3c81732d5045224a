package overview

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/fhirwh/fhirwh/internal/parse"
	"github.com/fhirwh/fhirwh/internal/warehouse"
)

const (
	example = "../../testdata/example_export.jsonl"
	odd     = "testdata/odd.jsonl"
	today   = "2025-12-31"
)

// warehouseOf opens a warehouse of the files, each a source of the label before it.
func warehouseOf(t *testing.T, labelled ...string) *warehouse.Reader {
	t.Helper()
	path := filepath.Join(t.TempDir(), "w.duckdb")
	var sources []parse.Source
	for i := 0; i < len(labelled); i += 2 {
		sources = append(sources, parse.Source{Label: labelled[i], Path: labelled[i+1]})
	}
	if _, err := warehouse.Import(context.Background(), path, warehouse.ImportOptions{Sources: sources, MaxRejects: -1}); err != nil {
		t.Fatal(err)
	}
	r, err := warehouse.OpenReader(context.Background(), path, warehouse.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// rowsOf counts the rows of a statement, as a user would ask it.
func rowsOf(t *testing.T, r *warehouse.Reader, sql string) int64 {
	t.Helper()
	res, err := r.Query(context.Background(), sql)
	if err != nil {
		t.Errorf("%s: %v", sql, err)
		return -1
	}
	n := int64(0)
	for res.Next() {
		n++
	}
	if err := res.Close(); err != nil {
		t.Errorf("%s: %v", sql, err)
	}
	return n
}

// A failing asker has no answers.
type failing struct{ err error }

func (f failing) Ask(context.Context, string) (*warehouse.Result, error) { return nil, f.err }

func TestErrors(t *testing.T) {
	tests := []struct {
		name     string
		err      error
		outdated bool
	}{
		{"a view that is not there", &warehouse.Error{Text: "Catalog Error: Table with name patients does not exist!"}, true},
		{"a column that is not there", &warehouse.QueryError{Text: "no", Err: &warehouse.Error{Text: "Binder Error: no column mrn"}}, true},
		{"data", &warehouse.QueryError{Text: "Zoë is no number", Err: &warehouse.Error{Text: "Conversion Error: Zoë is no number"}}, false},
		{"interrupted", context.Canceled, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Summarize(context.Background(), failing{tt.err}, SummaryOptions{AsOf: today})
			_, isOutdated := errors.AsType[*OutdatedError](err)
			_, isQuery := errors.AsType[*warehouse.QueryError](err)
			if err == nil || isOutdated != tt.outdated || isQuery {
				t.Errorf("got %#v", err)
			}
		})
	}
	if _, err := Summarize(context.Background(), failing{context.Canceled}, SummaryOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("the cause is lost: %v", err)
	}
}
