package export_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/fhirwh/fhirwh/internal/export"
)

const (
	testPublic  = "public_test_abc"
	testPrivate = "private_test_CANARY-KEY)$x"
	canary      = "CANARY-LINK" // in every link and signed URL: no error and no log may have it
)

// keys are the credentials of every test server.
func keys(t testing.TB) export.Credentials {
	t.Helper()
	c, err := export.NewCredentials(testPublic, testPrivate)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A fakeClock moves when something sleeps.
type fakeClock struct {
	mu    sync.Mutex
	time  time.Time
	slept []time.Duration
	later []event // in order
}

// An event happens when the clock has come to its time.
type event struct {
	at time.Duration // after the start
	do func()
}

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func newFakeClock(later ...event) *fakeClock { return &fakeClock{time: start, later: later} }

func (c *fakeClock) clock() export.Clock { return export.Clock{Now: c.now, Sleep: c.sleep} }

func (c *fakeClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.time
}

func (c *fakeClock) sleep(ctx context.Context, d time.Duration) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c.mu.Lock()
	c.time = c.time.Add(d)
	c.slept = append(c.slept, d)
	var due []event
	for len(c.later) > 0 && !start.Add(c.later[0].at).After(c.time) {
		due, c.later = append(due, c.later[0]), c.later[1:]
	}
	c.mu.Unlock()
	for _, e := range due {
		e.do()
	}
	return nil
}

// A step answers one request.
type step = http.HandlerFunc

// A script answers each request with the next step, the last one again and
// again, and remembers the requests.
type script struct {
	mu    sync.Mutex
	steps []step
	seen  []*http.Request
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	next := s.steps[min(len(s.seen), len(s.steps)-1)]
	s.seen = append(s.seen, r.Clone(context.Background()))
	s.mu.Unlock()
	next(w, r)
}

// answers sets the steps from now on.
func (s *script) answers(steps ...step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.steps = steps
}

func (s *script) requests() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*http.Request(nil), s.seen...)
}

// A rig is an API, a storage host and a client of them.
type rig struct {
	t       testing.TB
	api     *script
	storage *script
	client  *export.Client
	clock   *fakeClock
	link    string // of the file
	signed  string // where the API leads to
	dir     string
	log     *bytes.Buffer
}

// newRig answers downloads with a redirect to the storage, and requests of the
// storage with steps.
func newRig(t testing.TB, steps ...step) *rig {
	t.Helper()
	r := &rig{t: t, api: &script{}, storage: &script{steps: steps}, clock: newFakeClock(), dir: t.TempDir(), log: &bytes.Buffer{}}
	api, storage := httptest.NewServer(r.api), httptest.NewServer(r.storage)
	t.Cleanup(api.Close)
	t.Cleanup(storage.Close)
	r.signed = storage.URL + "/bucket/" + canary + "?X-Amz-Signature=" + canary
	r.link = api.URL + "/v1/bridge/fhir/ehi-export/" + canary + "/download/" + canary + ".jsonl"
	r.api.answers(r.redirect(http.StatusFound))
	client, err := export.NewClient(keys(t), export.ClientOptions{
		BaseURL:      api.URL,
		Clock:        r.clock.clock(),
		Jitter:       func() float64 { return 0.5 },
		StallTimeout: 30 * time.Second,
		Log:          slog.New(slog.NewTextHandler(r.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	r.client = client
	return r
}

// redirect leads to the storage, if the keys are right.
func (r *rig) redirect(status int) step {
	return func(w http.ResponseWriter, req *http.Request) {
		user, password, _ := req.BasicAuth()
		if user != testPublic || password != testPrivate {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Location", r.signed)
		w.WriteHeader(status)
	}
}

func (r *rig) target() export.Target {
	return export.Target{Final: filepath.Join(r.dir, "a.jsonl.zst"), Part: filepath.Join(r.dir, "a.part")}
}

func (r *rig) download() (export.Downloaded, error) {
	return r.client.Download(r.t.Context(), r.link, r.target())
}

// want downloads and compares.
func (r *rig) want(content []byte) export.Downloaded {
	r.t.Helper()
	got, err := r.download()
	if err != nil {
		r.t.Fatalf("download: %v", err)
	}
	r.wantLanded(got, content)
	return got
}

func (r *rig) wantLanded(got export.Downloaded, content []byte) {
	r.t.Helper()
	if landed := unpack(r.t, got.Final); !bytes.Equal(landed, content) {
		r.t.Errorf("landed %d bytes, want %d", len(landed), len(content))
	}
	if got.Bytes != int64(len(content)) || got.SHA256 != sha256Of(content) {
		r.t.Errorf("says %d bytes, sum %s", got.Bytes, got.SHA256)
	}
	files, _ := filepath.Glob(filepath.Join(r.dir, "*"))
	if len(files) != 1 {
		r.t.Errorf("files left: %v", files)
	}
	r.wantDiscreet(nil)
}

// wantDiscreet checks that neither err nor the log shows keys or links, and that
// the keys went to the API only.
func (r *rig) wantDiscreet(err error) {
	r.t.Helper()
	text := r.log.String()
	if err != nil {
		text += err.Error() + fmt.Sprintf("%+v", err)
	}
	if strings.Contains(text, "CANARY") {
		r.t.Errorf("a link or key is shown: %s", text)
	}
	for _, req := range r.storage.requests() {
		for _, name := range []string{"Authorization", "Cookie", "Referer"} {
			if req.Header.Get(name) != "" {
				r.t.Errorf("the storage host was sent %s", name)
			}
		}
	}
}

func unpack(t testing.TB, path string) []byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatalf("unpack: %v", err)
	}
	return b
}

// lines are n bytes of NDJSON that do not compress to nothing.
func lines(n int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, `{"resourceType":"Observation","id":"%d","valueString":"%x"}`+"\n", i, i*2654435761)
	}
	return append(b.Bytes()[:n-2:n-2], "}\n"...) // not JSON at the end, which is no matter where the length is known
}

// nineMiB are lines for three frames; nobody changes them.
var nineMiB = sync.OnceValue(func() []byte { return lines(9 << 20) })

const etag = `"0123456789abcdef"`

// object answers like S3: with length, strong ETag and ranges.
func object(content []byte, tag string) step {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/fhir+ndjson")
		w.Header().Set("ETag", tag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}
}

// cutAfter answers as next does and breaks the connection after n bytes.
func cutAfter(n int, next step) step {
	return func(w http.ResponseWriter, r *http.Request) {
		next(&cutWriter{ResponseWriter: w, left: n}, r)
		panic(http.ErrAbortHandler)
	}
}

type cutWriter struct {
	http.ResponseWriter
	left int
}

func (c *cutWriter) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p[:min(len(p), c.left)])
	if c.left -= n; c.left == 0 && err == nil {
		_ = http.NewResponseController(c.ResponseWriter).Flush()
		return n, io.ErrShortWrite
	}
	return n, err
}

// answer is a status with a body and headers, name and value in turn.
func answer(status int, body string, headers ...string) step {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// unsized sends content without a length.
func unsized(content []byte, headers ...string) step {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		_, _ = w.Write(content)
	}
}

func xmlError(code string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>` + code + `</Code><Message>` + canary + `</Message></Error>`
}

func offset(r *http.Request) int64 {
	text, _, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("Range"), "bytes="), "-")
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

func contextWithCause(t testing.TB) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(t.Context())
	t.Cleanup(func() { cancel(nil) })
	return ctx, cancel
}
