package warehouse

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/fhirwh/fhirwh/internal/parse"
)

func TestAsk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.duckdb")
	c, err := openDuck(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.close()
	r, err := OpenReader(context.Background(), path, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()

	res, err := r.Ask(context.Background(), "select 7 as n, 'seven' as text, null as nothing")
	if err != nil {
		t.Fatal(err)
	}
	if !res.Next() {
		t.Fatal("no row")
	}
	if got, want := res.Values(), []any{int64(7), "seven", nil}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if err := res.Close(); err != nil {
		t.Error(err)
	}
	_, err = r.Ask(context.Background(), "select * from absent")
	if raw, ok := errors.AsType[*Error](err); !ok || raw.Class() != "Catalog Error" {
		t.Errorf("a table that is not there: %v", err)
	}
}

func TestOldViews(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.duckdb")
	if _, err := Import(context.Background(), path, ImportOptions{Sources: []parse.Source{{Label: "default", Path: exampleExport}}, MaxRejects: -1}); err != nil {
		t.Fatal(err)
	}
	old := func() []string {
		t.Helper()
		r, err := OpenReader(context.Background(), path, ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		names, err := r.OldViews(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	if got := old(); len(got) > 0 {
		t.Errorf("in a new warehouse: %v", got)
	}
	c, err := openDuck(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(
		c.exec(context.Background(), "update ledger.views set hash = 'x' where name = 'patients'"),
		c.exec(context.Background(), "delete from ledger.views where name = 'goals'"),
	)
	c.close()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := old(), []string{"patients", "goals"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
