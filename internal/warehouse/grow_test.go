package warehouse

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/parse"
	"github.com/fhirwh/fhirwh/internal/schema"
)

// fullObject writes an object of the type with a value for every element, depth levels
// down.
func fullObject(t *schema.Type, depth int) string {
	var members []string
	for _, e := range t.Elements {
		var v string
		switch {
		case e.Kind == schema.Struct && depth == 0:
			continue
		case e.Kind == schema.Struct:
			if v = fullObject(e.Type, depth-1); v == "{}" {
				continue
			}
		case e.Kind == schema.Boolean:
			v = "true"
		case e.Kind == schema.Integer:
			v = "7"
		case e.Kind == schema.Decimal:
			v = "1.5"
		case e.Kind == schema.JSON:
			v = `{"resourceType":"Patient","id":"x"}`
		default:
			v = `"text"`
		}
		if e.List {
			v = "[" + v + "]"
		}
		members = append(members, fmt.Sprintf("%q:%s", e.Name, v))
	}
	return "{" + strings.Join(members, ",") + "}"
}

// A table takes 2,000 leaf columns. What comes beyond goes to _extra, and back.
func TestImportOfAFullTable(t *testing.T) {
	db := newDB(t)
	typ := schema.Resource("Parameters")
	body := fullObject(typ, 3)
	lines := []string{
		`{"resourceType":"Parameters","id":"small","parameter":[{"name":"a","valueBoolean":true}]}`,
		`{"resourceType":"Parameters",` + strings.Replace(body, `"id":"text"`, `"id":"wide"`, 1)[1:],
		`{"resourceType":"Parameters","id":"later","parameter":[{"name":"b","valueString":"s"}]}`,
	}
	path := filepath.Join(t.TempDir(), "a.jsonl")
	writeFile(t, path, strings.Join(lines, "\n"))
	o := testOptions(path)
	o.Parse.BlockSize = 1 // a line a block
	if _, err := importWith(t.Context(), db, o, func(l *loader) { l.window = 1 }); err != nil {
		t.Fatal(err)
	}
	c, err := openForReading(t.Context(), db, nil, time.Second, nil)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := readTables(t.Context(), c)
	c.close()
	if err != nil {
		t.Fatal(err)
	}
	if n := tables[typ].fhir.Leaves(); n > schema.MaxLeaves || n < schema.MaxLeaves/2 {
		t.Errorf("the table has %d leaf columns", n)
	}
	report, err := Verify(t.Context(), db, VerifyOptions{Sources: []parse.Source{{Label: "default", Path: path}}, Wait: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if !report.OK() {
		t.Errorf("verify: %+v", report)
	}
	expect(t, db, "select count(*) from Parameters where _extra is not null", "1")
}
