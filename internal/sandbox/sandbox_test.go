package sandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/sandbox"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A hook is a webhook that keeps what it got.
type hook struct {
	*httptest.Server
	mu     sync.Mutex
	got    []delivered
	answer func(n int) int // status of the n-th request, from 0; nil: 200
}

type delivered struct {
	method string
	header http.Header
	body   []byte
	chunk  bool
}

// event is a delivered body, decoded.
type event struct {
	APIMode string         `json:"api_mode"`
	ID      string         `json:"id"`
	Type    string         `json:"type"`
	Date    time.Time      `json:"date"`
	Data    map[string]any `json:"data"`
}

func (d delivered) event(t *testing.T) (e event) {
	t.Helper()
	if err := json.Unmarshal(d.body, &e); err != nil {
		t.Fatalf("decode event: %v", err)
	}
	return e
}

func newHook(t *testing.T) *hook {
	h := &hook{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		n := len(h.got)
		h.got = append(h.got, delivered{r.Method, r.Header, body, r.ContentLength < 0})
		answer := h.answer
		h.mu.Unlock()
		if answer != nil {
			w.WriteHeader(answer(n))
		}
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) all() []delivered {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]delivered(nil), h.got...)
}

// wait returns the first n requests, once they are there.
func (h *hook) wait(t *testing.T, n int) []delivered {
	t.Helper()
	eventually(t, func() bool { return len(h.all()) >= n })
	return h.all()
}

func eventually(t *testing.T, is func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not happen in half a minute")
		}
	}
}

// A world is a sandbox with a webhook and a client.
type world struct {
	*sandbox.Sandbox
	info sandbox.Info
	hook *hook
	http *http.Client
}

// newWorld starts a sandbox in which failures are on.
func newWorld(t *testing.T, o sandbox.Options, fail ...string) *world {
	t.Helper()
	w := &world{hook: newHook(t)}
	if o.WebhookURL == "" {
		o.WebhookURL = w.hook.URL
	}
	if o.Files == nil {
		o.Files = []string{exampleFile} // as the invented record, and faster than to invent it
	}
	for _, spec := range fail {
		o.Fail = append(o.Fail, fault(t, spec))
	}
	var err error
	if w.Sandbox, err = sandbox.New(o); err != nil {
		t.Fatal(err)
	}
	if err := w.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true}
	w.http = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(func() { transport.CloseIdleConnections(); w.Close() })
	w.info = w.Info()
	return w
}

func fault(t *testing.T, spec string) sandbox.Fault {
	t.Helper()
	f, err := sandbox.ParseFault(spec)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A got is an answer with its body.
type got struct {
	status int
	header http.Header
	text   string
	err    error // of the body
	length int64
}

// ask sends a request with the test keys, unless change makes it another one.
func (w *world) ask(t *testing.T, method, path, body string, change ...func(*http.Request)) got {
	t.Helper()
	g, err := w.try(t, method, path, body, change...)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func (w *world) try(t *testing.T, method, path, body string, change ...func(*http.Request)) (got, error) {
	t.Helper()
	url := path
	if strings.HasPrefix(path, "/") {
		url = w.info.APIBaseURL + path
	}
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(w.info.Test.PublicID, w.info.Test.PrivateKey)
	for _, c := range change {
		c(r)
	}
	answer, err := w.http.Do(r)
	if err != nil {
		return got{}, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return got{answer.StatusCode, answer.Header, string(text), err, answer.ContentLength}, nil
}

func bare(r *http.Request) { r.Header.Del("Authorization") }
func keys(user, key string) func(*http.Request) {
	return func(r *http.Request) { r.SetBasicAuth(user, key) }
}
func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// data returns the member data of an answer.
func (g got) data(t *testing.T) map[string]any {
	t.Helper()
	var body struct {
		Success bool
		Data    map[string]any
	}
	if err := json.Unmarshal([]byte(g.text), &body); err != nil || !body.Success {
		t.Fatalf("status %d, no wrapped answer: %s", g.status, g.text)
	}
	return body.Data
}

// register registers an export of the n-th connection.
func (w *world) register(t *testing.T, n int) map[string]any {
	t.Helper()
	return w.ask(t, "POST", "/bridge/fhir/ehi-export", `{"org_connection_id":"`+w.info.Connections[n].ID+`"}`).data(t)
}

// link registers an export and returns the link that its event brings.
func (w *world) link(t *testing.T) string {
	t.Helper()
	n := len(w.hook.all())
	w.register(t, 0)
	e := w.hook.wait(t, n+1)[n].event(t)
	url, _ := e.Data["download_link"].(string)
	if url == "" {
		t.Fatalf("no link in %v", e.Data)
	}
	return url
}

// signed follows a link to the signed URL.
func (w *world) signed(t *testing.T, link string) string {
	t.Helper()
	g := w.ask(t, "GET", link, "")
	if g.header.Get("Location") == "" {
		t.Fatalf("status %d without Location: %s", g.status, g.text)
	}
	return g.header.Get("Location")
}

const exampleFile = "../../testdata/example_export.jsonl"

func exampleText(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestHappyPath(t *testing.T) {
	w := newWorld(t, sandbox.Options{Files: []string{}})
	task := w.register(t, 0)
	e := w.hook.wait(t, 1)[0].event(t)
	if e.Type != "patient.ehi_export_success" || e.APIMode != "test" || e.Data["task_id"] != task["task_id"] || e.Data["org_id"] != w.info.OrgID {
		t.Errorf("event %+v for task %v", e, task)
	}
	if g := w.ask(t, "GET", "/bridge/fhir/ehi-export/"+task["task_id"].(string), ""); g.data(t)["status"] != "success" {
		t.Errorf("status: %s", g.text)
	}
	link := e.Data["download_link"].(string)
	g := w.ask(t, "GET", link, "")
	if g.status != http.StatusFound {
		t.Errorf("download: status %d", g.status)
	}
	file := w.ask(t, "GET", g.header.Get("Location"), "", bare)
	if file.status != http.StatusOK || file.header.Get("Content-Type") != "application/fhir+ndjson" || file.text != string(exampleText(t)) {
		t.Errorf("file: status %d, %s, %d bytes", file.status, file.header.Get("Content-Type"), len(file.text))
	}
}
