package export

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A rig is a receiver with what it writes to.
type rig struct {
	*Receiver
	landing *Landing
	log     *bytes.Buffer
	woken   atomic.Int32
	key     []byte
	now     time.Time
}

func newRig(t testing.TB) *rig {
	r := &rig{landing: openLanding(t), log: &bytes.Buffer{}, key: keyOf(t, secretA), now: time.Unix(at1, 0)}
	r.Receiver = &Receiver{
		Intake:  Intake{Landing: r.landing, Mode: "test", Now: func() time.Time { return r.now }},
		Secrets: [][]byte{r.key},
		Wake:    func() { r.woken.Add(1) },
		Log:     slog.New(slog.NewTextHandler(r.log, nil)),
		Metrics: NewMetrics(),
	}
	return r
}

// request is a signed event as the sender sends it.
func (r *rig) request(path, id, body string) *http.Request {
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	req.Header = signed(id, r.now.Unix(), Sign(r.key, id, r.now, []byte(body)))
	req.Header.Set("Content-Type", "application/json")
	return req
}

func (r *rig) do(req *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w
}

func (r *rig) metric(t testing.TB, line string) {
	t.Helper()
	w := r.do(httptest.NewRequest(http.MethodGet, PathMetrics, nil))
	if !strings.Contains(w.Body.String(), line+"\n") {
		t.Errorf("metrics lack %q:\n%s", line, w.Body)
	}
}

func TestReceiverStoresThenAnswers(t *testing.T) {
	r := newRig(t)
	for i := range 3 {
		w := r.do(r.request(PathWebhookTest, "w", body2))
		if w.Code != http.StatusOK {
			t.Fatalf("answer %d: %d %s", i, w.Code, w.Body)
		}
	}
	e, ok, err := r.landing.Event("3f0e6a52-5c0e-4a35-9a3e-0f6f6b0c2d11")
	if !ok || err != nil || e.State != EventPending || !e.Signed || string(e.Body) != body2 {
		t.Errorf("stored %+v, %v", e, err)
	}
	if got := r.woken.Load(); got != 1 {
		t.Errorf("woken %d times", got)
	}
	r.metric(t, `fhirwh_events_total{verdict="pending"} 1`)
	r.metric(t, `fhirwh_events_total{verdict="duplicate"} 2`)
	if strings.Contains(r.log.String(), "download") || strings.Contains(r.log.String(), "Observation") || strings.Count(r.log.String(), "\n") != 3 {
		t.Errorf("log:\n%s", r.log)
	}
}

func TestReceiverAnswersAlike(t *testing.T) {
	other := keyOf(t, secretB)
	tests := []struct {
		name   string
		change func(r *rig, req *http.Request) *http.Request
	}{
		{"no headers", func(r *rig, req *http.Request) *http.Request { req.Header = http.Header{}; return req }},
		{"no id", func(r *rig, req *http.Request) *http.Request { req.Header.Del(HeaderID); return req }},
		{"another secret", func(r *rig, req *http.Request) *http.Request {
			req.Header.Set(HeaderSignature, Sign(other, "w", r.now, []byte(body2)))
			return req
		}},
		{"an old timestamp", func(r *rig, req *http.Request) *http.Request { r.now = r.now.Add(10 * time.Minute); return req }},
		{"a clock ten minutes behind", func(r *rig, req *http.Request) *http.Request { r.now = r.now.Add(-10 * time.Minute); return req }},
		{"another body", func(r *rig, req *http.Request) *http.Request {
			req.Body = io.NopCloser(strings.NewReader(body2 + "\n"))
			return req
		}},
		{"a body that breaks off", func(r *rig, req *http.Request) *http.Request {
			req.Body = io.NopCloser(io.MultiReader(strings.NewReader(body2[:100]), brokenReader{}))
			return req
		}},
		{"the address of the mode that has another secret", func(r *rig, req *http.Request) *http.Request {
			r.ByMode = map[string][][]byte{ModeTest: {other}}
			return req
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			w := r.do(tt.change(r, r.request(PathWebhookTest, "w", body2)))
			if w.Code != http.StatusUnauthorized || w.Body.String() != "signature\n" {
				t.Errorf("answer %d %q", w.Code, w.Body)
			}
			if events, _ := r.landing.Events(); len(events) != 0 {
				t.Errorf("stored %v", events)
			}
			r.metric(t, `fhirwh_events_total{verdict="bad-signature"} 1`)
		})
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestReceiverKeepsWhatItDoesNotActOn(t *testing.T) {
	live := strings.Replace(body2, `"test"`, `"live"`, 1)
	tests := []struct {
		name, path, body string
		state            string
	}{
		{"an event of the other mode", PathWebhookLive, live, EventRefused},
		{"an event of the other mode at our address", PathWebhookTest, live, EventRefused},
		{"an event of our mode at the other address", PathWebhookLive, body2, EventRefused},
		{"invalid JSON", PathWebhookTest, "{", EventUndecodable},
		{"an empty body", PathWebhookTest, "", EventUndecodable},
		{"an unknown type", PathWebhookTest, `{"type":"patient.new","data":{}}`, EventIgnored},
		{"a test", PathWebhookTest, body1, EventIgnored},
		{"not ASCII, and a line feed at the end", PathWebhookTest, body4, EventIgnored},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			if w := r.do(r.request(tt.path, "w", tt.body)); w.Code != http.StatusOK {
				t.Errorf("answer %d %q", w.Code, w.Body)
			}
			events, err := r.landing.Events()
			if len(events) != 1 || err != nil || events[0].State != tt.state || string(events[0].Body) != tt.body {
				t.Errorf("stored %+v, %v", events, err)
			}
			if r.woken.Load() != 0 {
				t.Error("the worker was woken")
			}
			r.metric(t, fmt.Sprintf(`fhirwh_events_total{verdict=%q} 1`, tt.state))
		})
	}
}

// What is signed is verified as it came, and unpacked only then.
func TestReceiverUnpacksWhatIsVerified(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte(body2))
	must(t, z.Close())
	r := newRig(t)
	req := r.request(PathWebhookTest, "w", packed.String())
	req.Header.Set("Content-Encoding", "gzip")
	if w := r.do(req); w.Code != http.StatusOK {
		t.Errorf("answer %d", w.Code)
	}
	e, _, _ := r.landing.Event("3f0e6a52-5c0e-4a35-9a3e-0f6f6b0c2d11")
	if e.State != EventPending || !bytes.Equal(e.Body, packed.Bytes()) {
		t.Errorf("stored %s", e.State)
	}
	req = r.request(PathWebhookTest, "w2", body2)
	req.Body = io.NopCloser(&packed)
	if w := r.do(req); w.Code != http.StatusUnauthorized {
		t.Errorf("signed before it was packed: answer %d", w.Code)
	}
}

func TestReceiverAddresses(t *testing.T) {
	tests := []struct {
		method, path string
		status       int
	}{
		{"GET", "/webhook/test", 405}, {"PUT", "/webhook/live", 405}, {"HEAD", "/webhook/test", 405}, {"POST", "/healthz", 405}, {"POST", "/metrics", 405},
		{"POST", "/", 404}, {"POST", "/webhook", 404}, {"POST", "/webhook/test/", 401}, {"GET", "/webhook/live/", 405}, {"POST", "/webhook/test//", 404}, {"POST", "/webhook/TEST", 404}, {"POST", "/webhook/other", 404},
		{"POST", "//webhook/test", 404}, {"GET", "/favicon.ico", 404}, {"GET", "/healthz", 200}, {"HEAD", "/healthz", 200}, {"GET", "/metrics", 200},
	}
	for _, tt := range tests {
		r := newRig(t)
		req := httptest.NewRequest(tt.method, "http://h"+tt.path, nil)
		w := r.do(req)
		if w.Code != tt.status {
			t.Errorf("%s %s: %d, want %d", tt.method, tt.path, w.Code, tt.status)
		}
		if (w.Header().Get("Allow") != "") != (tt.status == 405) {
			t.Errorf("%s %s: Allow %q", tt.method, tt.path, w.Header().Get("Allow"))
		}
		if tt.path == PathHealth && tt.status == 200 && w.Body.String() != "ok\n" {
			t.Errorf("health says %q", w.Body)
		}
	}
}

func TestReceiverWithoutRoom(t *testing.T) {
	r := newRig(t)
	must(t, os.RemoveAll(filepath.Join(r.landing.Dir(), "events"))) // as good as a full disk
	w := r.do(r.request(PathWebhookTest, "w", body2))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("answer %d %q", w.Code, w.Body)
	}
	r.metric(t, `fhirwh_events_total{verdict="not-stored"} 1`)
	must(t, os.Mkdir(filepath.Join(r.landing.Dir(), "events"), 0o700))
	if w := r.do(r.request(PathWebhookTest, "w", body2)); w.Code != http.StatusOK {
		t.Errorf("the second time: %d", w.Code)
	}
}

// serve runs a receiver on a port of this machine.
func serve(t testing.TB, h http.Handler) (address string, stop func() error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, l, h, nil) }()
	stop = func() error { cancel(); return <-done }
	return l.Addr().String(), stop
}

func TestReceiverBodyLimit(t *testing.T) {
	for _, tt := range []struct {
		name    string
		size    int64
		chunked bool
		status  int
	}{
		{"1 MiB", MaxEventBytes, false, 200},
		{"a byte more", MaxEventBytes + 1, false, 413},
		{"a byte more, without a length", MaxEventBytes + 1, true, 413},
		{"50 MB", 50e6, false, 413},
		{"50 MB without a length", 50e6, true, 413},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			address, stop := serve(t, r)
			defer stop()
			body := bytes.Repeat([]byte(" "), int(tt.size))
			copy(body, body1)
			req, err := http.NewRequest(http.MethodPost, "http://"+address+PathWebhookTest, io.NopCloser(bytes.NewReader(body)))
			must(t, err)
			req.Header = signed("w", r.now.Unix(), Sign(r.key, "w", r.now, body))
			if !tt.chunked {
				req.ContentLength = tt.size
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != tt.status {
				t.Errorf("answer %d, want %d", resp.StatusCode, tt.status)
			}
		})
	}
}

func TestServeEndsOrderly(t *testing.T) {
	started, finish := make(chan struct{}), make(chan struct{})
	address, stop := serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		close(started)
		<-finish
		if req.Context().Err() != nil {
			t.Error("the request was cut off")
		}
		answer(w, http.StatusOK, "ok")
	}))
	answered := make(chan error, 1)
	go func() {
		resp, err := http.Get("http://" + address)
		if err == nil && resp.StatusCode != http.StatusOK {
			err = fmt.Errorf("answer %d", resp.StatusCode)
		}
		answered <- err
	}()
	<-started
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	for { // the port closes while the request still runs
		c, err := net.Dial("tcp", address)
		if err != nil {
			break
		}
		c.Close()
	}
	close(finish)
	if err := errors.Join(<-answered, <-stopped); err != nil {
		t.Error(err)
	}
}

func TestServeHangsUpOnSlowHeaders(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the limit of 5 seconds")
	}
	address, stop := serve(t, newRig(t))
	defer stop()
	c, err := net.Dial("tcp", address)
	must(t, err)
	defer c.Close()
	_, err = io.WriteString(c, "POST /webhook/test HTTP/1.1\r\n")
	must(t, err)
	must(t, c.SetReadDeadline(time.Now().Add(30*time.Second)))
	start := time.Now()
	_, err = io.Copy(io.Discard, c)
	if took := time.Since(start); err != nil || took < 4*time.Second {
		t.Errorf("hung up after %v: %v", took, err)
	}
}

func BenchmarkReceiver(b *testing.B) {
	r := newRig(b)
	r.Log, r.Wake = nil, nil
	for n := 0; b.Loop(); n++ {
		body := strings.Replace(body2, "3f0e6a52", fmt.Sprintf("%08x", n), 1)
		if w := r.do(r.request(PathWebhookTest, "w", body)); w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}
