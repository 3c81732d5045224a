package main

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/fhirwh/fhirwh/internal/export"
	"github.com/fhirwh/fhirwh/internal/sandbox"
)

// An expectation says how fhirwh fetch ends while fhirwh listen runs and something
// goes wrong.
type expectation struct {
	fail    string   // as fhirwh sandbox --fail takes it; several with a space
	sandbox []string // more flags of it
	listen  []string // of fhirwh listen
	fetch   []string // of fhirwh fetch
	patient string   // whose connection; empty: annegoodwin

	during func(*flow, string) // beside fetch, with the connection's id
	says   string              // a pattern in what fetch says; empty: it succeeds, and the rows are there
	state  string              // of the export then; empty: imported, or where it failed, any
	logs   string              // a pattern in what listen says; empty: any
	gone   bool                // no later fetch gets the file: there is none
	after  func(*flow, string) // looks at more, where it succeeds
	then   func(*flow, string) // mends what fetch after heal does not
	slow   bool                // left out with -short
}

// name is the name of the subtest.
func (e *expectation) name() string {
	return strings.Join(append(append([]string{e.fail}, e.listen...), e.fetch...), " ")
}

// lanes is how many failures are tried at once: they wait more than they work.
const lanes = 8

// Every failure that the sandbox knows: the flow recovers by itself, or ends with
// an error that says what to do and with nothing half imported; once the cause is
// away, the same command brings every row once.
func TestEndToEndCatalogue(t *testing.T) {
	t.Parallel()
	template := filepath.Join(t.TempDir(), "before.duckdb")
	makeTemplate(t, template)
	slots := make(chan struct{}, lanes)
	var all sync.WaitGroup
	table := expectations()
	slices.SortStableFunc(table, func(a, b expectation) int { // the slow ones first
		return cmp.Compare(strconv.FormatBool(b.slow), strconv.FormatBool(a.slow))
	})
	for _, e := range table {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			t.Run(e.name(), func(t *testing.T) {
				if e.slow && testing.Short() {
					t.Skip("takes a minute")
				}
				e.try(t, template)
			})
		})
	}
	all.Wait()
}

// makeTemplate makes a warehouse that has something in it: an import into it is
// quicker than into a new one, and what was there has to stay.
func makeTemplate(t *testing.T, path string) {
	t.Helper()
	file := filepath.Join(filepath.Dir(path), "before.jsonl")
	if err := os.WriteFile(file, []byte(`{"resourceType":"Patient","id":"before"}`+"\n"+`{"resourceType":"Observation","id":"before"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, said := runIn(t, t.Context(), stdio{}, "import", "--db", path, "--source", "before", file); code != exitOK {
		t.Fatalf("import: exit code %d: %s", code, said)
	}
}

func (e *expectation) try(t *testing.T, template string) {
	flags := append([]string{"--file", smallExport(t, t.TempDir())}, e.sandbox...)
	for fault := range strings.FieldsSeq(e.fail) {
		flags = append(flags, "--fail", fault)
	}
	f := newFlow(t, flags...)
	f.useTemplate(template)
	f.listen(e.listen...)
	patient := e.patient
	if patient == "" {
		patient = "annegoodwin"
	}
	id := f.connection(patient)
	p := f.start(nil, append([]string{"fetch", id, "--patience", "1s", "--max-wait", "20s"}, e.fetch...)...)
	if e.during != nil {
		e.during(f, id)
	}
	if !p.within(3 * patience) {
		t.Fatalf("fetch still runs; it said:\n%s%s", p.err, f.log())
	}
	e.check(f, id, p)
	if e.says != "" && !e.gone {
		e.mend(f, id)
	}
	if got := f.query(`select count(*) from "Patient" where _source = 'before'`); got != "1" {
		t.Errorf("of what was in the warehouse before, %s patients are left", got)
	}
	if code := f.stop(f.hook); code != exitOK {
		t.Errorf("listen: exit code %d", code)
	}
}

// useTemplate gives the flow a warehouse that is there already.
func (f *flow) useTemplate(path string) {
	f.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(f.db, text, 0o600)
	}
	if err != nil {
		f.Fatal(err)
	}
}

// check compares how fetch ended with what was expected.
func (e *expectation) check(f *flow, id string, p *process) {
	f.Helper()
	said := p.err.String()
	x := f.export(id)
	switch {
	case e.says == "":
		f.want(exitOK, p)
		f.settle()
		f.wantRows(id)
		if x.State != export.ExportImported {
			f.Errorf("the export is %s", x.State)
		}
		if e.after != nil {
			e.after(f, id)
		}
	default:
		f.want(exitFailed, p)
		if !regexp.MustCompile(e.says).MatchString(said) || !strings.Contains(said, "\nhint: ") {
			f.Errorf("fetch said:\n%s\nwant %s, and a hint", said, e.says)
		}
		if n := f.rows(id); n != 0 {
			f.Errorf("%d rows are in the warehouse all the same", n)
		}
		if e.state != "" && x.State != e.state {
			f.Errorf("the export is %q, want %q", x.State, e.state)
		}
	}
	if !regexp.MustCompile(e.logs).MatchString(f.hook.err.String()) {
		f.Errorf("want %s%s", e.logs, f.log())
	}
}

// mend takes the cause away and fetches again.
func (e *expectation) mend(f *flow, id string) {
	f.Helper()
	f.control("heal")
	if e.then != nil {
		e.then(f, id)
	} else {
		f.want(exitOK, f.run("fetch", id, "--patience", "5s", "--max-wait", "30s"))
	}
	f.settle()
	f.await("the import", func() bool { return f.export(id).State == export.ExportImported })
	f.wantRows(id)
}

// The table has every failure of the sandbox.
func TestEndToEndCatalogueIsWhole(t *testing.T) {
	tried := map[string]bool{}
	for _, e := range expectations() {
		for spec := range strings.FieldsSeq(e.fail) {
			fault, err := sandbox.ParseFault(spec)
			if err != nil {
				t.Error(err)
			}
			tried[fault.Name] = true
		}
	}
	for _, known := range sandbox.Failures() {
		if !tried[known.Name] {
			t.Errorf("nothing is expected of %s", known.Name)
		}
	}
}
