package warehouse

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/parse"
)

// FuzzImportDump imports any bytes. The warehouse must then verify against them,
// and a dump of it, imported into an empty one, must give the same dump.
//
// Not the same: of an entry with two resources the last is opened, the other one
// stays in the envelope, alone, and is opened the next time.
func FuzzImportDump(f *testing.F) {
	for _, text := range fuzzSeeds {
		f.Add([]byte(text), false)
		f.Add([]byte(text), true)
	}
	c := emptyWarehouse(f)
	f.Fuzz(func(t *testing.T, text []byte, last bool) {
		first, ok := fuzzImport(t, c, text, last)
		if !ok || last && strings.Contains(first, `"resource":`) {
			return
		}
		again, ok := fuzzImport(t, c, []byte(first), last)
		if !ok || sortedLines(first) != sortedLines(again) {
			t.Errorf("the dump is\n%swhich comes back as\n%s", first, again)
		}
	})
}

var fuzzSeeds = []string{
	verifySource,
	`{"resourceType":"Patient","id":"a","name":[{"given":["a",null],"_given":[null,{"id":"x"}]},null,{},[]],"active":"yes"}`,
	`{"resourceType":"Observation","valueQuantity":{"value":1.50},"component":[{"valueInteger":1e0},{"valueInteger":-0},{"valueQuantity":{"value":1e999}}]}`,
	"[{\"resourceType\":\"X\"},{\"resourceType\":\"Patient\",\"contained\":[{\"a\":\"\xff\"},{\"a\":1,\"a\":2},5]}]\n\n{",
	`{"resourceType":"Bundle","entry":[{"fullUrl":"u","resource":{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Group"}},{"\ud800":1,"resource":{"resourceType":"Group","id":"g"}}]}}]}`,
	`{"resourceType":"Patient","gender":"a","gender":"b","\ud800":[{"$x":1}],"active":"\u0000"}`,
	`{"resourceType":"Patient","id":"a","x":{"$number":"1","y":{"b":1,"b":2}},"gender":"\udc00"}` + "\n" + `{"resourceType":"Patient","id":"a","_source":1,"meta":{"lastUpdated":"2020-01-01T00:00:00Z"}}`,
	"{\n\"resourceType\": \"Basic\",\r\n\"contained\": [\n{\"resourceType\":\"Basic\",\n\"a\":{\"b\":[1.0,\n2]}}]}",
	`{"resourceType":"Questionnaire","item":[{"item":[{"item":[{"item":[{"item":[{"item":[]}]}]}]}]}]}`,
}

// emptyWarehouse is a warehouse in memory with nothing but its ledger.
func emptyWarehouse(f testing.TB) *conn {
	c := memoryDB(f)
	for _, step := range []func() error{
		c.registerSource,
		func() error { return c.exec(f.Context(), "set threads = 1") },
		func() error { return openLedger(f.Context(), c) },
	} {
		if err := step(); err != nil {
			f.Fatal(err)
		}
	}
	return c
}

// fuzzImport imports the text, verifies and dumps it, and undoes the import. It
// is not ok if the text holds no resource.
func fuzzImport(t *testing.T, c *conn, text []byte, last bool) (dump string, ok bool) {
	path := filepath.Join(t.TempDir(), "a.jsonl")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	o := ImportOptions{Sources: []parse.Source{{Label: "default", Path: path}}, MaxRejects: -1,
		Parse: parse.Options{LastDuplicate: last, Workers: 1, BlockSize: 1 << 16}}
	inTransaction(t, c, func() {
		if ok = loadOnly(t, c, o); !ok {
			return
		}
		v := newVerifier(t.Context(), c, VerifyOptions{Sources: o.Sources, Parse: o.Parse, MaxListed: 5, ShowValues: true})
		if err := v.run(); err != nil {
			t.Fatal(err)
		}
		if r := v.report; !r.OK() || r.Total.Replaced > 0 {
			t.Errorf("verify: %+v, problems %+v, differences %+v", r.Total, r.Problems, r.Differences)
		}
		dump = dumpIn(t, c)
	})
	return dump, ok
}

// loadOnly is an import without the views, which would take most of its time. It
// returns false if the source holds no resource.
func loadOnly(t *testing.T, c *conn, o ImportOptions) bool {
	im := &importer{ImportOptions: o, budget: budget{duckdb: 256 * mib, inFlight: 64 * mib, window: 16 * mib},
		adjust: func(*loader) {}, summary: &Summary{}}
	var err error
	if im.loader, err = im.newLoader(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	l := im.loader
	defer func() {
		l.seen.free()
		l.staged.free()
		l.close()
	}()
	for _, step := range []func() error{
		func() error { return im.read(t.Context()) },
		l.resolve,
		im.checkResources,
		func() error { return l.recordFiles(im.known) },
		func() error { return l.recordImport("test", im.started) },
	} {
		err := step()
		var none *NoResourcesError
		var input *parse.InputError
		if errors.As(err, &none) || errors.As(err, &input) {
			return false
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return true
}

func dumpIn(t *testing.T, c *conn) string {
	var out bytes.Buffer
	d := newDumper(t.Context(), c, DumpOptions{Variants: true}, &out)
	if err := d.run(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// sortedLines puts lines in order: which of several contents is current may
// change on the way, and with it the order.
func sortedLines(text string) string {
	lines := bytes.SplitAfter([]byte(text), []byte("\n"))
	slices.SortFunc(lines, bytes.Compare)
	return string(bytes.Join(lines, nil))
}
