package warehouse_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/fhirwh/fhirwh/internal/parse"
	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// This file and views_check_rules_test.go compute the key columns of patients,
// observations, medications and conditions from the JSON with encoding/json alone,
// and hold every row of the views against them. They share no line with the views.

// An object is a JSON object, a row the expected columns of a view as text, ""
// for NULL.
type (
	object = map[string]any
	row    = map[string]string
)

// checked says how the rows of a view are found and what they should say.
var checked = []struct {
	view, key string
	types     []string
	rows      func(r object, all sent) map[string]row // by key
}{
	{"patients", "patient_id", []string{"Patient"}, patientRows},
	{"observations", "observation_id || ' ' || component", []string{"Observation"}, observationRows},
	{"medications", "kind || ' ' || medication_record_id",
		[]string{"MedicationRequest", "MedicationDispense", "MedicationAdministration", "MedicationStatement"}, medicationRows},
	{"conditions", "condition_id", []string{"Condition"}, conditionRows},
}

func TestViewsAgainstTheJSON(t *testing.T) {
	shared := filepath.Join("..", "..", "..", "shared", "data")
	files := []string{
		filepath.Join("..", "..", "testdata", "example_export.jsonl"),
		filepath.Join(shared, "epic-sandbox.jsonl"),
		filepath.Join(shared, "synthea-mixed.jsonl.zst"),
	}
	traps, err := filepath.Glob(filepath.Join("..", "..", "testdata", "traps", "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(files, traps...) {
		t.Run(filepath.Base(f), func(t *testing.T) {
			text, err := readText(f)
			if os.IsNotExist(err) {
				t.Skip("not at hand: ", f)
			} else if err != nil {
				t.Fatal(err)
			}
			checkViews(t, f, readSent(t, text))
		})
	}
}

func readText(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil || !strings.HasSuffix(path, ".zst") {
		return text, err
	}
	d, err := zstd.NewReader(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return io.ReadAll(d)
}

// sent is the resources of a file by type and id. One that the file has several
// contents of is nil: which of them counts is not this test's business.
type sent map[string]object

func readSent(t *testing.T, text []byte) sent {
	all, contents := sent{}, map[string]string{}
	values(t, bytes.NewReader(text), func(v any) {
		r, _ := v.(object)
		id, _ := r["id"].(string)
		if r["resourceType"] == "Bundle" || id == "" {
			return
		}
		key := fmt.Sprint(r["resourceType"], "/", id)
		c := content(t, r)
		if before, again := contents[key]; again && before != c {
			all[key] = nil
			return
		}
		contents[key], all[key] = c, r
	})
	return all
}

func checkViews(t *testing.T, path string, all sent) {
	db := filepath.Join(t.TempDir(), "w.duckdb")
	o := warehouse.ImportOptions{Sources: []parse.Source{{Label: "default", Path: path}}, Version: "test", MaxRejects: 0}
	if _, err := warehouse.Import(t.Context(), db, o); err != nil {
		t.Fatal(err)
	}
	reader, err := warehouse.OpenReader(t.Context(), db, warehouse.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	for _, c := range checked {
		want := map[string]row{}
		for key, r := range all {
			name, _, _ := strings.Cut(key, "/")
			if r != nil && slices.Contains(c.types, name) {
				for k, expected := range c.rows(r, all) {
					want[k] = expected
				}
			}
		}
		checkView(t, reader, c.view, c.key, want)
	}
	checkTimeline(t, reader, all)
}

// checkView compares the rows of a view with those wanted. Rows of resources that
// want does not know are left alone.
func checkView(t *testing.T, reader *warehouse.Reader, view, key string, want map[string]row) {
	columns := map[string]bool{}
	for _, r := range want {
		for name := range r {
			columns[name] = true
		}
	}
	names := make([]string, 0, len(columns))
	for name := range columns {
		names = append(names, name)
	}
	slices.Sort(names)
	sql := "with v as materialized (from " + view + ") select " + key
	for _, name := range names {
		sql += ", coalesce(" + asText(name) + ", '')"
	}
	res, err := reader.Query(t.Context(), sql+" from v")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	seen := 0
	for res.Next() {
		values := res.Values()
		k, _ := values[0].(string)
		expected, known := want[k]
		if !known {
			continue
		}
		seen++
		for i, name := range names {
			if got, _ := values[i+1].(string); !alike(got, expected[name]) {
				t.Errorf("%s %s: %s is %q, want %q", view, k, name, got, expected[name])
			}
		}
	}
	if err := res.Close(); err != nil {
		t.Fatal(err)
	}
	if seen != len(want) {
		t.Errorf("%s: found %d of %d rows", view, seen, len(want))
	}
	t.Logf("%s: %d rows, %d columns", view, seen, len(names))
}

// asText is the SQL of a column's value as text: an instant as microseconds since
// 1970.
func asText(name string) string {
	if strings.HasSuffix(name, "_at") {
		return "epoch_us(" + name + ")::varchar"
	}
	return name + "::varchar"
}

// alike reports whether two texts are equal or the same number.
func alike(a, b string) bool {
	if a == b {
		return true
	}
	x, err1 := strconv.ParseFloat(a, 64)
	y, err2 := strconv.ParseFloat(b, 64)
	return err1 == nil && err2 == nil && x == y
}
