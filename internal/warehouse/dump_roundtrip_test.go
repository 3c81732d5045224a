package warehouse_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/fhirwh/fhirwh/internal/parse"
	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// This file holds dump against the source with encoding/json alone: it shares no
// line with the decoder, nor with what verify compares by.

// content is a JSON value in one spelling: encoding/json sorts the members.
// Number literals are as sent.
func content(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// values reads JSON values, one behind the other.
func values(t *testing.T, r io.Reader, do func(any)) {
	t.Helper()
	d := json.NewDecoder(bufio.NewReaderSize(r, 1<<20))
	d.UseNumber()
	for {
		var v any
		if err := d.Decode(&v); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		do(v)
	}
}

// resources calls do for each resource that an array or Bundle holds, and for
// the Bundle without them.
func resources(value any, do func(any)) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			resources(item, do)
		}
	case map[string]any:
		if v["resourceType"] == "Bundle" {
			takeEntries(v, do)
		}
		do(v)
	}
}

func takeEntries(bundle map[string]any, do func(any)) {
	entries, _ := bundle["entry"].([]any)
	for _, e := range entries {
		entry, _ := e.(map[string]any)
		r, _ := entry["resource"].(map[string]any)
		if name, _ := r["resourceType"].(string); name != "" {
			delete(entry, "resource")
			resources(r, do)
		}
	}
}

// checkRoundTrip imports a file and compares a dump with it. A content is dumped
// once, however often the file has it.
func checkRoundTrip(t *testing.T, path string, text io.Reader) {
	db := filepath.Join(t.TempDir(), "w.duckdb")
	o := warehouse.ImportOptions{Sources: []parse.Source{{Label: "default", Path: path}}, Version: "test", MaxRejects: 0}
	sum, err := warehouse.Import(t.Context(), db, o)
	if err != nil {
		t.Fatal(err)
	}

	want, n := map[string]int{}, int64(0)
	values(t, text, func(v any) {
		resources(v, func(r any) { want[content(t, r)]++; n++ })
	})
	if n != sum.Resources || n == 0 {
		t.Errorf("%d resources, but the import says %d", n, sum.Resources)
	}

	var out bytes.Buffer
	if _, err := warehouse.Dump(t.Context(), db, warehouse.DumpOptions{Variants: true}, &out); err != nil {
		t.Fatal(err)
	}
	unknown := 0
	values(t, &out, func(r any) {
		c := content(t, r)
		if want[c] == 0 {
			unknown++
		}
		delete(want, c)
	})
	if len(want) > 0 || unknown > 0 {
		t.Errorf("%d contents are not in the dump, %d of the dump not in the source", len(want), unknown)
	}

	r, err := warehouse.Verify(t.Context(), db, warehouse.VerifyOptions{Sources: o.Sources})
	if err != nil {
		t.Fatal(err)
	}
	if !r.OK() || r.Total.Same != n || len(r.Problems) > 0 {
		t.Errorf("verify: %+v, problems %v, differences %v", r.Total, r.Problems, r.Differences)
	}
}

// TestRoundTripOfRealFiles takes the files that are at hand.
func TestRoundTripOfRealFiles(t *testing.T) {
	for _, path := range []string{
		"../../testdata/example_export.jsonl",
		"../../../shared/data/epic-sandbox.jsonl",
		"../../../shared/data/synthea-mixed.jsonl.zst",
	} {
		t.Run(filepath.Base(path), func(t *testing.T) {
			f, err := os.Open(path)
			if errors.Is(err, fs.ErrNotExist) {
				t.Skip("not at hand")
			}
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			var text io.Reader = f
			if strings.HasSuffix(path, ".zst") {
				z, err := zstd.NewReader(f)
				if err != nil {
					t.Fatal(err)
				}
				defer z.Close()
				text = z
			}
			checkRoundTrip(t, path, text)
		})
	}
}

// oddities are what real exports contain that FHIR does not allow, and what it
// allows that is easily lost.
var oddities = []string{
	`{"resourceType":"Observation","id":"n1","valueQuantity":{"value":1.50},"component":[{"valueQuantity":{"value":0.0}},{"valueQuantity":{"value":-0}},{"valueQuantity":{"value":1e3}},{"valueQuantity":{"value":1E+400}},{"valueQuantity":{"value":123456789012345678901234567890.10}},{"valueInteger":2147483648},{"valueInteger":-2147483648},{"valueInteger":7.0}]}`,
	`{"resourceType":"Observation","id":"n2","valueQuantity":{"value":"50"},"issued":1607030537000,"effectiveDateTime":null,"status":""}`,
	`{"resourceType":"Patient","id":"p1","_birthDate":{"extension":[{"url":"u","valueDateTime":"2000"}]},"name":[{"given":["a",null,"c"],"_given":[null,{"id":"b"},null]},null,"x",{}],"telecom":[],"maritalStatus":{},"photo":{"url":"u"},"active":"true"}`,
	`{"resourceType":"Patient","id":"p2","_id":"x","species":{"a":[1.0,{"$number":"2"}]},"contained":[{"resourceType":"Basic","id":"1","x":1.50},null,5,{"deep":[[[[1]]]]}],"name":[{"resourceType":"HumanName","family":"é💊\u0000\u001f\"\\"}]}`,
	`{"resourceType":"Patient","id":"p3","extension":[{"url":"1","extension":[{"url":"2","extension":[{"url":"3","extension":[{"url":"4","extension":[{"url":"5","extension":[{"url":"6","valueDecimal":6.60}]}]}]}]}]}]}`,
	`{"resourceType":"Questionnaire","id":"q","item":[{"linkId":"1","item":[{"linkId":"2","item":[{"linkId":"3","item":[{"linkId":"4","item":[{"linkId":"5","initial":[{"valueDecimal":5.50}]}]}]}]}]}]}`,
	`{"resourceType":"DocumentManifest","id":"d","source":"s","_source":{"id":"x"},"_extra":1,"_line":{"a":2},"_hash":null}`,
	`{"resourceType":"Medication","id":"1","code":{"text":"a"}}`,
	`{"resourceType":"Medication","id":"1","code":{"text":"b"}}`,
	`{"id":"1","code":{"text":"a"},"resourceType":"Medication"}`,
	`{"resourceType":"Composition","title":"without id"}`,
	`{"resourceType":"Composition","id":"","title":"with an empty id"}`,
	`{"resourceType":"Composition","id":5,"title":"with a number"}`,
	`{"resourceType":"Alien","id":"a","x":[1.0,null,{},[]],"meta":{"lastUpdated":"2020-01-01T00:00:00Z"}}`,
	`{"resourceType":"Alien","id":"a","x":2,"meta":{"lastUpdated":"2021-01-01T00:00:00Z"}}`,
	`{"resourceType":"Bundle","type":"history","timestamp":"2020","link":[{"relation":"self","url":"u"}],"entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","id":"b1"},"search":{"score":1.0}},{"request":{"method":"DELETE","url":"Patient/1"}},{"resource":null},{"resource":{"id":"no type"}},{"resource":{"resourceType":"Bundle","id":"inner","entry":[{"resource":{"resourceType":"Alien","y":1}},{"x":1,"resource":{"resourceType":"Basic","id":"b2"}}]}}],"x":{}}`,
	`[{"resourceType":"Basic","id":"l1"},{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Basic","id":"l2"}}]}]`,
	`{"resourceType":"Basic","id":"many","code":{"coding":[` + strings.Repeat(`{"code":"c","x":1.0},`, 3000) + `{}]},` + strings.Repeat(`"`, 1) + `a":1}`,
	`{"resourceType":"Basic","id":"wide"` + wide(3000) + `}`,
}

// wide is members that R4 does not know.
func wide(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"x%d":%d.0`, i, i)
	}
	return b.String()
}

func TestRoundTripOfOddities(t *testing.T) {
	for _, tt := range []struct{ name, text string }{
		{"as lines", strings.Join(oddities, "\n")},
		{"as an array", "[\n" + strings.Join(oddities, ",\n") + "]"},
		{"with CRLF and blank lines", "\n\r\n" + strings.Join(oddities, "\r\n\r\n") + "\r\n \n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.name == "as an array" {
				tt.text = strings.Replace(tt.text, oddities[16]+",\n", "", 1) // no array in an array
			}
			path := filepath.Join(t.TempDir(), "a.json")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			checkRoundTrip(t, path, strings.NewReader(tt.text))
		})
	}
}
