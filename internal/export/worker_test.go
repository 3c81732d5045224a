package export

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A fakeStore stands in for Fasten's files: a download brings the link as the
// content.
type fakeStore struct {
	mu    sync.Mutex
	asked []string
	fails map[string]error // by the end of the link
	host  string           // that links may lead to; "": checked when downloading alone
	hold  chan struct{}    // downloads wait for it, if set
}

func (s *fakeStore) Download(ctx context.Context, link string, to Target) (Downloaded, error) {
	s.mu.Lock()
	s.asked = append(s.asked, link)
	err := s.fails[link[strings.LastIndexByte(link, '/')+1:]]
	s.mu.Unlock()
	if s.hold != nil {
		select {
		case <-s.hold:
		case <-ctx.Done():
			return Downloaded{}, context.Cause(ctx)
		}
	}
	if err != nil {
		return Downloaded{}, err
	}
	if err := os.WriteFile(to.Part, []byte(link), 0o600); err != nil {
		return Downloaded{}, err
	}
	return Downloaded{Bytes: int64(len(link)), SHA256: shortHash(link), Final: to.Final}, os.Rename(to.Part, to.Final)
}

func (s *fakeStore) fail(end string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails[end] = err
}

// A checkingStore refuses links before they are followed, as a client does.
type checkingStore struct{ *fakeStore }

func (s checkingStore) checkLink(link string) (*url.URL, error) {
	u, err := url.Parse(link)
	if err != nil || u.Host != s.host {
		return nil, &ForeignHostError{Host: "elsewhere", API: s.host, Problem: "it leads to another host"}
	}
	return u, nil
}

// A bench is a worker with what it works with.
type bench struct {
	*Worker
	t       *testing.T
	store   *fakeStore
	log     *bytes.Buffer
	clock   time.Time
	imports [][]string           // file ids of each call
	answer  func([]string) error // of an import; may be nil
	n       int                  // of imports
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, store: &fakeStore{fails: map[string]error{}, host: "api"}, log: &bytes.Buffer{}, clock: time.Unix(at1, 0).UTC()}
	b.Worker = &Worker{
		Landing: openLanding(t),
		Client:  b.store,
		Import:  b.importFiles,
		Mode:    ModeTest,
		Log:     slog.New(slog.NewTextHandler(b.log, nil)),
		Metrics: NewMetrics(),
		Now:     func() time.Time { return b.clock },
	}
	b.Landing.now = b.Now
	return b
}

func (b *bench) importFiles(_ context.Context, files []LandedFile) ([]ImportedFile, error) {
	var ids []string
	for _, f := range files {
		ids = append(ids, f.FileID)
		if _, err := os.Stat(f.Path); err != nil {
			return nil, errors.New("a file to import is not there")
		}
	}
	b.imports = append(b.imports, ids)
	if b.answer != nil {
		if err := b.answer(ids); err != nil {
			return nil, err
		}
	}
	b.n++
	var done []ImportedFile
	for _, f := range files {
		done = append(done, ImportedFile{TaskID: f.TaskID, FileID: f.FileID, Import: b.n, Resources: 3, ByType: map[string]int64{"Patient": 1, "Observation": 2}})
	}
	return done, nil
}

// send stores an event of that type and id, dated so many minutes from the start.
func (b *bench) send(id, kind string, minutes int, data string) {
	b.t.Helper()
	date := time.Unix(at1, 0).UTC().Add(time.Duration(minutes) * time.Minute)
	body := fmt.Sprintf(`{"api_mode":"test","date":%q,"id":%q,"type":%q,"data":{%s}}`, date.Format(time.RFC3339), id, kind, data)
	in := Intake{Landing: b.Landing, Mode: ModeTest, Now: b.Now}
	if _, _, err := in.Take(Delivery{Body: []byte(body), Signed: true, Mode: ModeTest}); err != nil {
		b.t.Fatal(err)
	}
}

// links is the data of a success.
func links(task, connection string, files ...string) string {
	var list []string
	for _, f := range files {
		list = append(list, fmt.Sprintf(`{"url":"https://api/v1/ehi-export/x/download/%s","export_type":"jsonl"}`, f))
	}
	data := `"download_links":[` + strings.Join(list, ",") + `]`
	if task != "" {
		data += fmt.Sprintf(`,"task_id":%q`, task)
	}
	if connection != "" {
		data += fmt.Sprintf(`,"org_connection_id":%q`, connection)
	}
	return data
}

func (b *bench) drain() {
	b.t.Helper()
	if err := b.Drain(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) export(task string) Export {
	b.t.Helper()
	x, ok, err := b.Landing.Export(task)
	if !ok || err != nil {
		b.t.Fatalf("export %s: %v, %v", task, ok, err)
	}
	return x
}

func (b *bench) event(id string) Event {
	b.t.Helper()
	e, ok, err := b.Landing.Event(id)
	if !ok || err != nil {
		b.t.Fatalf("event %s: %v, %v", id, ok, err)
	}
	return e
}

// states are those of an export and its files, as "linked a:waiting".
func states(x Export) string {
	parts := []string{x.State}
	for _, f := range x.Files {
		parts = append(parts, f.FileID+":"+f.State)
	}
	return strings.Join(parts, " ")
}

func (b *bench) expect(task, want string) {
	b.t.Helper()
	if got := states(b.export(task)); got != want {
		b.t.Errorf("export %s is %s, want %s\n%s", task, got, want, b.log)
	}
}

func (b *bench) expectEvent(id, state, reason string) {
	b.t.Helper()
	if e := b.event(id); e.State != state || !strings.Contains(e.Reason, reason) || e.Processed == nil {
		b.t.Errorf("event %s is %s %q, want %s %q", id, e.State, e.Reason, state, reason)
	}
}

func TestWorkerFromEventToImport(t *testing.T) {
	b := newBench(t)
	b.send("e", TypeExportSuccess, 0, links("t", "c", "a.jsonl", "b.jsonl")+`,"stats":{"total_resources":6,"total_by_resource_type":{"Patient":2,"Observation":4}}`)
	b.drain()
	x := b.export("t")
	f := x.Files[0]
	if states(x) != "imported a.jsonl:imported b.jsonl:imported" || x.ConnectionID != "c" || x.EventID != "e" || x.Status != "success" ||
		x.APIMode != ModeTest || x.Finished == nil || *x.TotalExpected != 6 || f.Import != 1 || f.Resources != 3 || f.ByType["Patient"] != 1 ||
		f.Bytes == 0 || f.SHA256 == "" || f.Landed == nil || f.Imported == nil {
		t.Errorf("export %+v", x)
	}
	if d := x.Differences(); d != nil {
		t.Errorf("differences %v", d)
	}
	if _, err := os.Stat(b.Landing.Path(f.Name)); err != nil {
		t.Error(err)
	}
	b.expectEvent("e", EventDone, "")
	if len(b.imports) != 1 || len(b.store.asked) != 2 {
		t.Errorf("imports %v, downloads %v", b.imports, b.store.asked)
	}
	if text := b.log.String(); strings.Contains(text, "https://") || strings.Contains(text, "Patient") {
		t.Errorf("log:\n%s", text)
	}
	b.drain()
	if len(b.imports) != 1 || len(b.store.asked) != 2 {
		t.Error("done again")
	}
}

func TestWorkerLeavesTheOtherMode(t *testing.T) {
	b := newBench(t)
	b.send("e", TypeExportSuccess, 0, links("t", "c", "a"))
	b.Mode = ModeLive
	b.drain()
	if e := b.event("e"); e.State != EventPending || len(b.store.asked) != 0 {
		t.Errorf("event %s, downloads %v", e.State, b.store.asked)
	}
	b.Mode, b.Import = ModeTest, nil
	b.drain()
	b.Mode, b.Import = ModeLive, b.importFiles
	b.drain()
	b.expect("t", "landed a:landed")
}

func TestWorkerParksWhatRuns(t *testing.T) {
	b := newBench(t)
	b.store.hold = make(chan struct{})
	b.send("e", TypeExportSuccess, 0, links("t", "c", "a"))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	for {
		b.store.mu.Lock()
		asked := len(b.store.asked)
		b.store.mu.Unlock()
		if asked == 1 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err := b.Drain(t.Context()); !errors.Is(err, ErrWorking) {
		t.Errorf("a second worker: %v", err)
	}
	cancel()
	must(t, <-done)
	if x := b.export("t"); states(x) != "linked a:waiting" || x.Attempts != 0 || x.LastError != "" {
		t.Errorf("export %+v", x)
	}
	close(b.store.hold)
	b.drain()
	b.expect("t", "imported a:imported")
}

func TestWorkerRunsOn(t *testing.T) {
	b := newBench(t)
	b.Now, b.Landing.now = nil, time.Now
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	for n := range 3 {
		b.send(fmt.Sprint("e", n), TypeExportSuccess, 0, links(fmt.Sprint("t", n), "c", "a"))
		start := time.Now()
		b.Wake()
		for b.exportSoFar(fmt.Sprint("t", n)).State != ExportImported {
			if time.Since(start) > 30*time.Second {
				t.Fatalf("not imported\n%s", b.log)
			}
			time.Sleep(time.Millisecond)
		}
		t.Logf("imported after %v", time.Since(start))
	}
	cancel()
	must(t, <-done)
}

// exportSoFar is export, for one that may not be there yet.
func (b *bench) exportSoFar(task string) Export {
	x, _, err := b.Landing.Export(task)
	must(b.t, err)
	return x
}

func TestWorkerMetrics(t *testing.T) {
	b := newBench(t)
	b.store.fail("gone", &GoneError{})
	b.store.fail("bad", errors.New("no"))
	for _, f := range []string{"a", "gone", "bad"} {
		b.send(f, TypeExportSuccess, 0, links(f, "c", f))
	}
	b.drain()
	b.Metrics.now = func() time.Time { return b.clock.Add(90 * time.Second) }
	var text bytes.Buffer
	b.Metrics.WritePrometheus(&text)
	for _, line := range []string{
		`fhirwh_exports{state="imported"} 1`, `fhirwh_exports{state="expired"} 1`, `fhirwh_exports{state="linked"} 1`,
		`fhirwh_downloads_total{result="ok"} 1`, `fhirwh_downloads_total{result="gone"} 1`, `fhirwh_downloads_total{result="retry"} 1`,
		`fhirwh_imports_total{result="ok"} 1`, `fhirwh_imported_files_total 1`, `fhirwh_imported_resources_total 3`,
		`fhirwh_queue_length 1`, `fhirwh_queue_oldest_seconds 90`,
	} {
		if !strings.Contains(text.String(), line+"\n") {
			t.Errorf("metrics lack %q:\n%s", line, &text)
		}
	}
}

func TestWorkerSaysWhatIsDamaged(t *testing.T) {
	b := newBench(t)
	b.send("e", TypeExportSuccess, 0, links("t", "c", "a"))
	must(t, os.Truncate(b.Landing.events().path("e"), 5))
	b.drain()
	if !strings.Contains(b.log.String(), "damaged record") || !strings.Contains(b.log.String(), ".json.damaged") {
		t.Errorf("log:\n%s", b.log)
	}
	b.send("e", TypeExportSuccess, 0, links("t", "c", "a")) // as the sender repeats it
	b.drain()
	b.expect("t", "imported a:imported")
}

func TestWatchSeesEveryChange(t *testing.T) {
	l := openLanding(t)
	w := watch[Event]{shelf: l.events(), state: func(e *Event) (string, bool) { return e.State, e.State != EventPending }}
	pending := func() string {
		found, err := w.scan()
		must(t, err)
		var ids []string
		for _, e := range found {
			ids = append(ids, e.ID)
		}
		slices.Sort(ids)
		return strings.Join(ids, " ")
	}
	for _, id := range []string{"a", "b", "c"} {
		_, err := l.StoreEvent(Event{ID: id, State: EventPending})
		must(t, err)
	}
	if got := pending(); got != "a b c" {
		t.Errorf("first %q", got)
	}
	must(t, l.UpdateEvent("b", func(e *Event) { e.State = EventDone }))
	if got, states := pending(), w.states(); got != "a c" || states[EventDone] != 1 {
		t.Errorf("after one was done: %q, %v", got, states)
	}
	must(t, l.UpdateEvent("b", func(e *Event) { e.State = EventPending })) // judged anew
	if got := pending(); got != "a b c" {
		t.Errorf("after it was pending again: %q", got)
	}
	soon := time.Now().Add(time.Minute) // as if no time had passed
	must(t, os.Chtimes(w.shelf.dir(), soon, soon))
	pending()
	if w.isUnchanged() {
		t.Error("a change within a second of the scan would not be seen")
	}
	old := time.Now().Add(-time.Hour)
	must(t, os.Chtimes(w.shelf.dir(), old, old))
	pending()
	if !w.isUnchanged() {
		t.Error("nothing has changed")
	}
	_, err := l.StoreEvent(Event{ID: "d", State: EventPending})
	must(t, err)
	if w.isUnchanged() {
		t.Error("a new event is not seen")
	}
}
