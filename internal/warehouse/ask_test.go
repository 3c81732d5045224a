package warehouse

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
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

	values := map[string]any{"text": "it's ' $number", "number": int64(7), "none": nil, "unused": "x"}
	res, err := r.Ask(context.Background(), "select $number::bigint, $text::varchar, $none::varchar, $number::bigint + 1", values)
	if err != nil {
		t.Fatal(err)
	}
	if !res.Next() {
		t.Fatal("no row")
	}
	if got, want := res.Values(), []any{int64(7), "it's ' $number", nil, int64(8)}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if err := res.Close(); err != nil {
		t.Error(err)
	}

	if _, err := r.Ask(context.Background(), "select $absent", values); err == nil || !strings.Contains(err.Error(), "$absent") {
		t.Errorf("a parameter without a value: %v", err)
	}
	if _, err := r.Ask(context.Background(), "select from", nil); err == nil {
		t.Error("no error of syntax")
	}
}
