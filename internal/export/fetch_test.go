package export_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/export"
)

// A memoryLanding keeps records in memory.
type memoryLanding struct {
	mu          sync.Mutex
	connections map[string]export.Connection
	exports     map[string]export.Export
	events      []export.Event
}

func newMemoryLanding() *memoryLanding {
	return &memoryLanding{connections: map[string]export.Connection{}, exports: map[string]export.Export{}}
}

func (l *memoryLanding) UpdateConnection(id string, change func(*export.Connection)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.connections[id]
	change(&c)
	c.ID = id
	l.connections[id] = c
	return nil
}

func (l *memoryLanding) UpdateExport(id string, change func(*export.Export)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.exports[id]
	change(&e)
	e.TaskID = id
	l.exports[id] = e
	return nil
}

func (l *memoryLanding) Export(id string) (export.Export, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.exports[id]
	return e, ok, nil
}

func (l *memoryLanding) Events() ([]export.Event, error) { return l.events, nil }

func (l *memoryLanding) set(id, state, reason string) func() {
	return func() {
		_ = l.UpdateExport(id, func(e *export.Export) { e.State, e.FailureReason = state, reason })
	}
}

// A fetchRig is an API whose answers can change while a fetch waits.
type fetchRig struct {
	mu         sync.Mutex
	connection string   // data of GET org_connection
	tasks      []string // data of POST, the last one again and again
	status     string   // data of GET ehi-export; "" 404
	posts      int
	polls      int

	landing *memoryLanding
	clock   *fakeClock
	fetcher *export.Fetcher
	steps   []string
}

func newFetchRig(t *testing.T) *fetchRig {
	t.Helper()
	r := &fetchRig{
		connection: `{"org_connection_id":"c1","api_mode":"test","status":"authorized","platform_type":"epic","catalog_brand_id":"b1"}`,
		tasks:      []string{`{"task_id":"t1","status":"pending"}`},
		status:     `{"task_id":"t1","status":"pending"}`,
		landing:    newMemoryLanding(),
		clock:      newFakeClock(),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/bridge/org_connection/{id}", func(w http.ResponseWriter, _ *http.Request) { r.answer(w, &r.connection) })
	mux.HandleFunc("POST /v1/bridge/fhir/ehi-export", r.post)
	mux.HandleFunc("GET /v1/bridge/fhir/ehi-export/{id}", func(w http.ResponseWriter, _ *http.Request) {
		r.mu.Lock()
		r.polls++
		r.mu.Unlock()
		r.answer(w, &r.status)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	client, err := export.NewClient(keys(t), export.ClientOptions{BaseURL: server.URL, Clock: r.clock.clock()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	r.fetcher = &export.Fetcher{Client: client, Landing: r.landing, Clock: r.clock.clock(), Report: func(s export.FetchStep) {
		r.steps = append(r.steps, s.Kind)
	}}
	return r
}

func (r *fetchRig) answer(w http.ResponseWriter, data *string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if *data == "" {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"success":false,"error":"not found"}`)
		return
	}
	fmt.Fprintf(w, `{"success":true,"data":%s}`, *data)
}

func (r *fetchRig) post(w http.ResponseWriter, req *http.Request) {
	var body struct {
		ID string `json:"org_connection_id"`
	}
	if json.NewDecoder(req.Body).Decode(&body) != nil || body.ID != "c1" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	task := r.tasks[min(r.posts, len(r.tasks)-1)]
	r.posts++
	r.mu.Unlock()
	r.answer(w, &task)
}

// say changes what the API answers.
func (r *fetchRig) say(field *string, data string) func() {
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		*field = data
	}
}

func TestFetch(t *testing.T) {
	const s = time.Second
	tests := []struct {
		name  string
		set   func(r *fetchRig)
		state string // of the export that comes back; "" for an error
		is    func(error) bool
		posts int
		most  time.Duration // that it may take
	}{
		{"event comes", func(r *fetchRig) {
			r.clock.later = []event{{3 * s, r.landing.set("t1", export.ExportLinked, "")}, {4 * s, r.landing.set("t1", export.ExportLanded, "")}}
		}, export.ExportLanded, nil, 1, 5 * s},
		{"event before the answer", func(r *fetchRig) { r.landing.set("t1", export.ExportLanded, "")() }, export.ExportLanded, nil, 1, 0},
		{"imported before", func(r *fetchRig) { r.landing.set("t1", export.ExportImported, "")() }, export.ExportImported, nil, 1, 0},
		{"event after the poll", func(r *fetchRig) {
			r.clock.later = []event{{4 * s, r.say(&r.status, `{"task_id":"t1","status":"success"}`)}, {12 * s, r.landing.set("t1", export.ExportLanded, "")}}
		}, export.ExportLanded, nil, 1, 13 * s},
		{"event after asking again", func(r *fetchRig) {
			r.tasks = []string{r.tasks[0], `{"task_id":"t1","status":"success"}`}
			r.clock.later = []event{{4 * s, r.say(&r.status, `{"task_id":"t1","status":"success"}`)}, {30 * s, r.landing.set("t1", export.ExportLanded, "")}}
		}, export.ExportLanded, nil, 2, 31 * s},
		{"no event", func(r *fetchRig) {
			r.tasks = []string{r.tasks[0], `{"task_id":"t1","status":"success"}`}
			r.clock.later = []event{{4 * s, r.say(&r.status, `{"task_id":"t1","status":"success"}`)}}
		}, "", isA[*export.NoLinkError], 2, 40 * s},
		{"no event, a new task each time", func(r *fetchRig) {
			r.tasks = []string{`{"task_id":"t1","status":"success"}`, `{"task_id":"t2","status":"success"}`, `{"task_id":"t3","status":"success"}`}
		}, "", isA[*export.NoLinkError], 2, 40 * s},
		{"asked again, another task, the event is of the first one", func(r *fetchRig) {
			r.tasks = []string{r.tasks[0], `{"task_id":"t2","status":"success"}`}
			r.clock.later = []event{{4 * s, r.say(&r.status, `{"task_id":"t1","status":"success"}`)}, {30 * s, r.landing.set("t1", export.ExportLanded, "")}}
		}, export.ExportLanded, nil, 2, 31 * s},
		{"no event, webhook only", func(r *fetchRig) {
			r.fetcher.WaitFor, r.fetcher.MaxWait = export.WaitWebhook, time.Minute
		}, "", isA[*export.WaitError], 1, 62 * s},
		{"webhook only, finished", func(r *fetchRig) {
			r.fetcher.WaitFor, r.fetcher.MaxWait = export.WaitWebhook, time.Minute
			r.tasks = []string{r.tasks[0], `{"task_id":"t1","status":"success"}`}
			r.clock.later = []event{{4 * s, r.say(&r.status, `{"task_id":"t1","status":"success"}`)}}
		}, "", isA[*export.NoLinkError], 2, 95 * s},
		{"pending for ever", func(*fetchRig) {}, "", isA[*export.WaitError], 1, 2*time.Hour + time.Minute},
		{"download for ever", func(r *fetchRig) { r.landing.set("t1", export.ExportLinked, "")() }, "", isA[*export.WaitError], 1, 2*time.Hour + s},
		{"unknown status", func(r *fetchRig) {
			r.status = `{"task_id":"t1","status":7,"new":null}`
			r.clock.later = []event{{3 * s, r.landing.set("t1", export.ExportLanded, "")}}
		}, export.ExportLanded, nil, 1, 4 * s},
		{"status by no id", func(r *fetchRig) { r.status = "" }, "", isA[*export.APIError], 1, 10 * s},
		{"failed, told by the event", func(r *fetchRig) {
			r.clock.later = []event{{3 * s, r.landing.set("t1", export.ExportFailed, "scope_patient_missing")}}
		}, "", isA[*export.FailureError], 1, 4 * s},
		{"failed, told by the poll", func(r *fetchRig) {
			r.clock.later = []event{{3 * s, r.say(&r.status, `{"task_id":"t1","status":"failed"}`)}}
		}, "", isA[*export.FailureError], 1, 30 * s},
		{"failed, registered again, the same task", func(r *fetchRig) {
			r.tasks = []string{r.tasks[0], `{"task_id":"t1","status":"failed"}`}
			r.clock.later = []event{{3 * s, r.landing.set("t1", export.ExportFailed, "token_refresh_failure")}}
		}, "", isA[*export.FailureError], 2, 40 * s},
		{"failed, registered again, a new task", func(r *fetchRig) {
			r.tasks = []string{r.tasks[0], `{"task_id":"t2","status":"pending"}`}
			r.clock.later = []event{{3 * s, r.landing.set("t1", export.ExportFailed, "token_refresh_failure")}, {50 * s, r.landing.set("t2", export.ExportLanded, "")}}
		}, export.ExportLanded, nil, 2, 51 * s},
		{"failed three times", func(r *fetchRig) {
			r.tasks = []string{r.tasks[0], `{"task_id":"t2","status":"pending"}`, `{"task_id":"t3","status":"pending"}`, `{"task_id":"t4","status":"pending"}`}
			for i, id := range []string{"t1", "t2", "t3", "t4"} {
				r.clock.later = append(r.clock.later, event{time.Duration(i*400+3) * s, r.landing.set(id, export.ExportFailed, "resource_patient_failure")})
			}
		}, "", isA[*export.FailureError], 3, 900 * s},
		{"gone, then a new task", func(r *fetchRig) {
			r.tasks = []string{r.tasks[0], `{"task_id":"t2","status":"pending"}`}
			r.clock.later = []event{{3 * s, r.landing.set("t1", export.ExportExpired, "")}, {6 * s, r.landing.set("t2", export.ExportLanded, "")}}
		}, export.ExportLanded, nil, 2, 7 * s},
		{"gone, then the same task", func(r *fetchRig) {
			r.tasks = []string{r.tasks[0], `{"task_id":"t1","status":"success"}`}
			r.clock.later = []event{{3 * s, r.landing.set("t1", export.ExportExpired, "")}}
		}, "", isA[*export.GoneError], 2, 20 * s},
		{"gone, then the same task, and its event again", func(r *fetchRig) {
			r.tasks = []string{r.tasks[0], `{"task_id":"t1","status":"success"}`}
			r.clock.later = []event{{3 * s, r.landing.set("t1", export.ExportExpired, "")}, {10 * s, r.landing.set("t1", export.ExportLanded, "")}}
		}, export.ExportLanded, nil, 2, 11 * s},
		{"the event names the task otherwise", func(r *fetchRig) {
			r.landing.events = []export.Event{
				{Type: export.TypeExportSuccess, TaskID: "t8", ConnectionID: "c1", State: export.EventDone, Received: start.Add(-s)},
				{Type: export.TypeExportSuccess, TaskID: "t9", ConnectionID: "C1", State: export.EventDone, Received: start.Add(s)},
			}
			r.landing.set("t8", export.ExportImported, "")()
			r.clock.later = []event{{4 * s, r.say(&r.status, `{"task_id":"t1","status":"success"}`)}, {6 * s, r.landing.set("t9", export.ExportLanded, "")}}
		}, export.ExportLanded, nil, 1, 25 * s},
		{"other mode", func(r *fetchRig) { r.connection = strings.Replace(r.connection, `"test"`, `"live"`, 1) }, "", isA[*export.ModeError], 0, 0},
		{"revoked", func(r *fetchRig) { r.connection = strings.Replace(r.connection, "authorized", "revoked", 1) }, "", isA[*export.ConsentError], 0, 0},
		{"consent expired", func(r *fetchRig) {
			r.connection = `{"status":"authorized","consent_expires_at":"2025-12-31T00:00:00Z"}`
		}, "", isA[*export.ConsentError], 0, 0},
		{"unknown connection", func(r *fetchRig) { r.connection = "" }, "", isA[*export.APIError], 0, 0},
		{"refreshing", func(r *fetchRig) {
			ready := r.connection
			r.connection = strings.Replace(ready, "authorized", "refreshing", 1)
			r.clock.later = []event{{20 * s, r.say(&r.connection, ready)}, {50 * s, r.landing.set("t1", export.ExportLanded, "")}}
		}, export.ExportLanded, nil, 1, 51 * s},
		{"refreshing for ever", func(r *fetchRig) { r.connection = strings.Replace(r.connection, "authorized", "refreshing", 1) }, "", isA[*export.WaitError], 0, 2 * time.Hour},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newFetchRig(t)
			tt.set(r)
			e, err := r.fetcher.Fetch(t.Context(), "c1")
			if tt.state != "" && (err != nil || e.State != tt.state) {
				t.Errorf("got state %q, error %v", e.State, err)
			}
			if tt.is != nil {
				if err == nil || !tt.is(err) {
					t.Fatalf("got %T %v", err, err)
				}
				wantHint(t, err)
			}
			if took := r.clock.now().Sub(start); r.posts != tt.posts || took > tt.most {
				t.Errorf("registered %d times in %v, want %d in at most %v; steps %v", r.posts, took, tt.posts, tt.most, r.steps)
			}
		})
	}
}

func TestFetchRecords(t *testing.T) {
	r := newFetchRig(t)
	r.fetcher.Patience = time.Second
	r.tasks = []string{`{"task_id":"t1","status":"success"}`}
	_, err := r.fetcher.Fetch(t.Context(), "c1")
	if !isA[*export.NoLinkError](err) || !strings.Contains(err.Error(), "finished, link not received") {
		t.Fatalf("got %v", err)
	}
	for _, part := range []string{"/webhook/test", "fhirwh events replay event.json", "fhirwh listen"} {
		if hint := err.(*export.NoLinkError).Hint(); !strings.Contains(hint, part) {
			t.Errorf("hint lacks %q: %s", part, hint)
		}
	}
	e := r.landing.exports["t1"]
	if e.State != export.ExportNoLink || e.Status != "success" || e.ConnectionID != "c1" || e.APIMode != "test" || e.Registered == nil {
		t.Errorf("export %+v", e)
	}
	c := r.landing.connections["c1"]
	if c.ID != "c1" || c.BrandID != "b1" || c.Status != "authorized" || c.Connected == nil || c.PlatformType != "epic" {
		t.Errorf("connection %+v", c)
	}
}

// Events that were of no use are told, those of others are not.
func TestFetchTellsWhyNot(t *testing.T) {
	event := func(task, connection, state, reason string, at time.Duration) export.Event {
		return export.Event{TaskID: task, ConnectionID: connection, State: state, Reason: reason, Received: start.Add(at)}
	}
	tests := []struct {
		name  string
		event export.Event
		want  string
	}{
		{"refused", event("T-1", "", export.EventRefused, "of live mode\n"+"x", time.Second), "none was good: of live mode↵x"},
		{"no JSON", event("", "", export.EventUndecodable, "no JSON", time.Second), "none was good: no JSON"},
		{"by connection", event("other", "C1", export.EventDone, "no link in it", time.Second), "none was good: no link in it"},
		{"earlier", event("t1", "c1", export.EventRefused, "of live mode", -time.Second), "none came here"},
		{"a repeat", event("t1", "c1", export.EventIgnored, "known", time.Second), "none came here"},
		{"of another", event("t2", "c2", export.EventRefused, "of live mode", time.Second), "none came here"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newFetchRig(t)
			r.tasks = []string{`{"task_id":"t1","status":"success"}`}
			r.landing.events = []export.Event{tt.event}
			_, err := r.fetcher.Fetch(t.Context(), "c1")
			if !isA[*export.NoLinkError](err) || !strings.HasSuffix(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestFetchTellsTroubles(t *testing.T) {
	r := newFetchRig(t)
	next := start.Add(time.Minute)
	r.clock.later = []event{
		{time.Second, r.landing.set("t1", export.ExportLinked, "")},
		{2 * time.Second, func() {
			_ = r.landing.UpdateExport("t1", func(e *export.Export) { e.Attempts, e.LastError, e.NextAttempt = 1, "503", &next })
		}},
		{90 * time.Second, r.landing.set("t1", export.ExportLanded, "")},
	}
	if _, err := r.fetcher.Fetch(t.Context(), "c1"); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(r.steps, " "); got != "connection registered linked failed" {
		t.Errorf("steps %s", got)
	}
}

func TestFetchPollsSlower(t *testing.T) {
	r := newFetchRig(t)
	r.fetcher.MaxWait = 10 * time.Minute
	_, err := r.fetcher.Fetch(t.Context(), "c1")
	if !isA[*export.WaitError](err) || r.polls < 12 || r.polls > 18 {
		t.Errorf("%d polls in ten minutes, %v", r.polls, err)
	}
}

func TestFetchStops(t *testing.T) {
	r := newFetchRig(t)
	reason := errors.New("the user's reason")
	ctx, cancel := contextWithCause(t)
	r.clock.later = []event{{3 * time.Second, func() { cancel(reason) }}}
	if _, err := r.fetcher.Fetch(ctx, "c1"); !errors.Is(err, reason) {
		t.Errorf("got %v", err)
	}
	if e := r.landing.exports["t1"]; e.State != export.ExportPending {
		t.Errorf("state %q", e.State)
	}
}

func TestFailureReasons(t *testing.T) {
	for reason, want := range map[string]struct {
		text, hint string
		times      int
	}{
		"token_refresh_failure":     {"could not be refreshed", "reconnect", 1},
		"scope_patient_missing":     {"Patient resource", "Demographics", 0},
		"resource_patient_failure":  {"Patient resource", "support", 2},
		"resource_invalid_content":  {"could not be read", "task_id t1", 0},
		"tefca_no_documents_found":  {"no documents", "--fixture", 0},
		"suppressed_please_contact": {"withheld", "org_connection_id c1", 3},
		"brand_new\x1b[31m":         {`(brand_new\u{1b}[31m)`, "task_id t1", 3},
		"":                          {"no reason", "task_id t1", 3},
	} {
		e := &export.FailureError{TaskID: "t1", ConnectionID: "c1", Reason: reason}
		times, wait := e.Retry()
		if !strings.Contains(e.Error(), want.text) || !strings.Contains(e.Hint(), want.hint) || times != want.times || (times > 0) != (wait > 0) {
			t.Errorf("%q: %v; hint %q; retry %d after %v", reason, e, e.Hint(), times, wait)
		}
	}
}
