package bulk_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/fhirwh/fhirwh/internal/synth/bulk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func write(t *testing.T, o bulk.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := bulk.Write(&b, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type resource struct {
	ResourceType, ID string
}

func decode(t *testing.T, text []byte) []resource {
	t.Helper()
	var list []resource
	for line := range bytes.Lines(text) {
		var r resource
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if r.ResourceType == "" || r.ID == "" {
			t.Fatalf("no resourceType or id in %s", line)
		}
		list = append(list, r)
	}
	return list
}

func TestSameOptionsSameBytes(t *testing.T) {
	o := bulk.Options{Patients: 30, Seed: 7}
	want := write(t, o)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if !bytes.Equal(write(t, o), want) {
		t.Error("one processor writes other bytes")
	}
	o.Seed = 8
	if bytes.Equal(write(t, o), want) {
		t.Error("another seed writes the same bytes")
	}
}

func TestLimits(t *testing.T) {
	tests := []struct {
		name             string
		o                bulk.Options
		lines            int // exactly, if not 0
		minSize, maxSize int
	}{
		{"resources", bulk.Options{Resources: 5000}, 5000, 5_000_000, 9_000_000},
		{"one resource", bulk.Options{Resources: 1}, 1, 100, 20_000},
		{"bytes", bulk.Options{Bytes: 3_000_000}, 0, 2_950_000, 3_000_000},
		{"bytes less than a line", bulk.Options{Bytes: 10}, 0, 0, 0},
		{"resources before patients", bulk.Options{Patients: 100, Resources: 300}, 300, 100_000, 900_000},
		{"patients before bytes", bulk.Options{Patients: 2, Bytes: 1 << 40}, 0, 50_000, 900_000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := write(t, tt.o)
			if n := bytes.Count(got, []byte("\n")); tt.lines != 0 && n != tt.lines {
				t.Errorf("%d lines, want %d", n, tt.lines)
			}
			if len(got) < tt.minSize || len(got) > tt.maxSize {
				t.Errorf("%d bytes, want %d to %d", len(got), tt.minSize, tt.maxSize)
			}
			decode(t, got)
		})
	}
}

func TestPatientsAreAsManyAsAskedFor(t *testing.T) {
	for _, n := range []int{1, 8, 9, 20} {
		got := 0
		for _, r := range decode(t, write(t, bulk.Options{Patients: n})) {
			if r.ResourceType == "Patient" {
				got++
			}
		}
		if got != n {
			t.Errorf("%d patients, want %d", got, n)
		}
	}
}

func TestProportions(t *testing.T) {
	text := write(t, bulk.Options{Resources: 40_000, Seed: 3})
	all := decode(t, text)
	counts := map[string]float64{}
	for _, r := range all {
		counts[r.ResourceType]++
	}
	if len(counts) < 21 {
		t.Errorf("%d types, want at least 21", len(counts))
	}
	for typ, percent := range map[string]float64{
		"Encounter": 28.4, "Observation": 20.3, "Procedure": 14.6, "MedicationRequest": 10, "Condition": 8.3, "DocumentReference": 6.4,
		"Claim": 3.4, "ExplanationOfBenefit": 2.6, "Immunization": 2, "DiagnosticReport": 1.4, "Patient": 0.7,
	} {
		if got := 100 * counts[typ] / float64(len(all)); math.Abs(got-percent) > 0.5 {
			t.Errorf("%.1f %% are %s, want %.1f", got, typ, percent)
		}
	}
	if size := len(text) / len(all); size < 1250 || size > 1450 {
		t.Errorf("%d bytes a resource, want about 1350", size)
	}
}

func TestTypesAreMixed(t *testing.T) {
	all := decode(t, write(t, bulk.Options{Resources: 2000}))
	changes := 0
	for i := 1; i < len(all); i++ {
		if all[i].ResourceType != all[i-1].ResourceType {
			changes++
		}
	}
	if changes < len(all)/2 {
		t.Errorf("type changes %d times in %d lines", changes, len(all))
	}
}

func TestIdentitiesAreUnique(t *testing.T) {
	seen := map[resource]bool{}
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	for _, r := range decode(t, write(t, bulk.Options{Resources: 20_000})) {
		if seen[r] {
			t.Errorf("%s/%s twice", r.ResourceType, r.ID)
		}
		if !uuid.MatchString(r.ID) {
			t.Errorf("%s is no UUID", r.ID)
		}
		seen[r] = true
	}
}

// notes are the attachments' sentences, each with how often it occurs.
func notes(t *testing.T, o bulk.Options) map[string]int {
	t.Helper()
	sentences := map[string]int{}
	for _, m := range regexp.MustCompile(`"data":"([^"]+)"`).FindAllSubmatch(write(t, o), -1) {
		text, err := base64.StdEncoding.DecodeString(string(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if len(line) > 20 {
				sentences[line]++
			}
		}
	}
	return sentences
}

func TestNotesRepeatOnlyWhenAsked(t *testing.T) {
	for line, n := range notes(t, bulk.Options{Patients: 20}) {
		if n > 1 {
			t.Errorf("%q %d times", line, n)
		}
	}
	if n := len(notes(t, bulk.Options{Patients: 20, Repeat: true})); n == 0 || n > 20 {
		t.Errorf("%d different sentences in repeating notes, want a few", n)
	}
	if n := len(notes(t, bulk.Options{Patients: 20, NoAttachments: true})); n != 0 {
		t.Errorf("%d sentences of notes that were not asked for", n)
	}
}

func TestTraits(t *testing.T) {
	text := write(t, bulk.Options{Patients: 40})
	for name, pattern := range map[string]string{
		"many digits":           `"value":\d+\.\d{13,}`,
		"whole decimal":         `"value":\d+\.0[,}]`,
		"offset":                `"start":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d-0\d:00"`,
		"relative reference":    `"subject":\{"reference":"Patient/`,
		"urn reference":         `"subject":\{"reference":"urn:uuid:`,
		"conditional reference": `"reference":"Practitioner\?identifier=`,
		"contained":             `"contained":\[\{"resourceType":"ServiceRequest"`,
		"components":            `"component":\[`,
		"presented form":        `"presentedForm":\[`,
		"escaped quotes":        `xmlns=\\"`,
	} {
		if !regexp.MustCompile(pattern).Match(text) {
			t.Errorf("%s: nothing matches %s", name, pattern)
		}
	}
}

func TestErrors(t *testing.T) {
	if err := bulk.Write(new(bytes.Buffer), bulk.Options{}); err == nil {
		t.Error("no error without a limit")
	}
	full := errors.New("disk full")
	if err := bulk.Write(failing{full}, bulk.Options{Patients: 100}); !errors.Is(err, full) {
		t.Errorf("error is %v, want %v", err, full)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func BenchmarkWrite(b *testing.B) {
	o := bulk.Options{Bytes: 20_000_000}
	b.SetBytes(o.Bytes)
	for b.Loop() {
		if err := bulk.Write(new(bytes.Buffer), o); err != nil {
			b.Fatal(err)
		}
	}
}
