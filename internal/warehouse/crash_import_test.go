//go:build linux

package warehouse

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/parse"
)

// crashSources is the environment variable with the folder of the files that the
// import workloads read. A child has it from its parent.
const crashSources = "FHIRWH_CRASH_SOURCES"

// writeCrashSources writes what the import workloads read: a first export; a
// second one that does to the warehouse all that an import can do; a small one.
func writeCrashSources(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv(crashSources, dir)
	for name, lines := range map[string][]string{"first": firstExport(), "second": secondExport(), "later": laterExport()} {
		if err := os.WriteFile(filepath.Join(dir, name+".jsonl"), []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// importOf imports one of the files.
func importOf(name string) func(ctx context.Context, path string) error {
	return func(ctx context.Context, path string) error {
		source := filepath.Join(os.Getenv(crashSources), name+".jsonl")
		_, err := Import(ctx, path, ImportOptions{Sources: []parse.Source{{Label: "a", Path: source}},
			Parse: parse.Options{Workers: 1}, Version: "crash", MaxRejects: -1, Wait: time.Second})
		return err
	}
}

// importTwice makes a warehouse that two imports have written.
func importTwice(ctx context.Context, path string) error {
	return errors.Join(importOf("first")(ctx, path), importOf("later")(ctx, path))
}

func firstExport() []string {
	var lines []string
	for i := range 40 {
		lines = append(lines,
			fmt.Sprintf(`{"resourceType":"Patient","id":"p%d","meta":{"lastUpdated":"2024-01-01T00:00:00Z"},"birthDate":"19%02d-03","name":[{"family":"F%d","given":["G"]}]}`, i, 20+i, i),
			fmt.Sprintf(`{"resourceType":"Condition","id":"c%d","subject":{"reference":"Patient/p%d"},"code":{"text":"condition %d"}}`, i, i, i),
			fmt.Sprintf(`{"resourceType":"Encounter","id":"e%d","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/p%d"}}`, i, i))
		for k := range 5 {
			lines = append(lines, fmt.Sprintf(`{"resourceType":"Observation","id":"o%d-%d","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"8867-4"}]},"subject":{"reference":"Patient/p%d"},"valueQuantity":{"value":%d.50,"unit":"/min"}}`, i, k, i, 60+i+k))
		}
	}
	return lines
}

// secondExport has changed, equal, older and unordered content of known
// resources, elements that are new at several depths, new types, a type that R4
// does not know, a Bundle, and lines that are no FHIR.
func secondExport() []string {
	var lines []string
	for i := range 20 {
		lines = append(lines,
			fmt.Sprintf(`{"resourceType":"Patient","id":"p%d","meta":{"lastUpdated":"2025-01-01T00:00:00Z"},"gender":"other","contact":[{"name":{"family":"C%d"},"period":{"start":"2020"}}],"name":[{"family":"F%d","suffix":["Jr"]}]}`, i, i, i),
			fmt.Sprintf(`{"resourceType":"Condition","id":"c%d","subject":{"reference":"Patient/p%d"},"code":{"text":"another text %d"},"stage":[{"summary":{"text":"II"}}]}`, i, i, i),
			fmt.Sprintf(`{"resourceType":"Observation","id":"n%d","status":"final","code":{"text":"BP"},"component":[{"code":{"text":"systolic"},"valueQuantity":{"value":12%d,"comparator":"<"}}],"strange":{"x":1.0}}`, i, i%10),
			fmt.Sprintf(`{"resourceType":"Immunization","id":"i%d","status":"completed","vaccineCode":{"text":"flu"},"patient":{"reference":"Patient/p%d"},"occurrenceDateTime":"2024-10-%02d"}`, i, i, 1+i),
			fmt.Sprintf(`{"resourceType":"Claim","id":"k%d","status":"active","item":[{"sequence":1,"net":{"value":%d.10,"currency":"USD"}}]}`, i, i))
	}
	return append(lines,
		`{"resourceType":"Patient","id":"p30","meta":{"lastUpdated":"2020-01-01T00:00:00Z"},"gender":"male"}`,
		`{"resourceType":"Encounter","id":"e1","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/p1"}}`,
		`{"resourceType":"Basic","code":{"text":"no id"}}`,
		`{"resourceType":"Spaceship","id":"s1","warp":9}`,
		`{"resourceType":"Bundle","id":"b1","type":"collection","entry":[{"fullUrl":"urn:x","resource":{"resourceType":"Device","id":"d1","status":"active"}}]}`,
		`this is no FHIR`,
		`{"resourceType":"Patient","id":"cut`)
}

func laterExport() []string {
	return []string{`{"resourceType":"Patient","id":"p99","meta":{"lastUpdated":"2025-06-01T00:00:00Z"},"gender":"female"}`,
		`{"resourceType":"Observation","id":"o1-1","meta":{"lastUpdated":"2025-06-01T00:00:00Z"},"status":"amended","code":{"text":"pulse"}}`}
}
