package export_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/fhirwh/fhirwh/internal/export"
	"github.com/fhirwh/fhirwh/internal/sandbox"
)

const exampleFile = "../../testdata/example_export.jsonl"

// A way is the whole way from a connection to an import: a sandbox, a client of
// it, a receiver and a worker.
type way struct {
	*sandbox.Sandbox
	t       testing.TB
	client  *export.Client
	landing *export.Landing
	log     safeBuffer
	mu      sync.Mutex
	lines   map[string]int // of the files that were imported, by task and file
	imports int            // calls
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func need(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newWay starts everything, with failures on.
func newWay(t testing.TB, fail ...string) *way {
	w := &way{t: t, lines: map[string]int{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	need(t, err)
	o := sandbox.Options{
		WebhookURL: "http://" + l.Addr().String() + export.PathWebhookTest,
		Files:      []string{exampleFile},
		RetryWaits: []time.Duration{time.Millisecond, time.Millisecond, time.Millisecond, time.Millisecond},
	}
	for _, spec := range fail {
		f, err := sandbox.ParseFault(spec)
		need(t, err)
		o.Fail = append(o.Fail, f)
	}
	w.Sandbox, err = sandbox.New(o)
	need(t, err)
	need(t, w.Start(t.Context()))
	t.Cleanup(func() { w.Close() })
	w.landing, err = export.OpenLanding(filepath.Join(t.TempDir(), "landing"))
	need(t, err)
	w.start(l)
	return w
}

// start starts the client, the receiver and the worker.
func (w *way) start(l net.Listener) {
	info := w.Info()
	keys, err := export.NewCredentials(info.Test.PublicID, export.Secret(info.Test.PrivateKey))
	need(w.t, err)
	w.client, err = export.NewClient(keys, export.ClientOptions{
		BaseURL: info.APIBaseURL,
		Clock:   export.Clock{Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }},
	})
	need(w.t, err)
	key, err := export.ParseWebhookSecret(info.Test.WebhookSecret)
	need(w.t, err)
	log := slog.New(slog.NewJSONHandler(&w.log, nil))
	worker := &export.Worker{Landing: w.landing, Client: w.client, Import: w.importFiles, Mode: export.ModeTest, Log: log, Metrics: export.NewMetrics()}
	receiver := &export.Receiver{
		Intake:  export.Intake{Landing: w.landing, Mode: export.ModeTest, OrgID: info.OrgID},
		Secrets: [][]byte{key}, Wake: worker.Wake, Log: log, Metrics: worker.Metrics,
	}
	ctx, cancel := context.WithCancel(w.t.Context())
	var group sync.WaitGroup
	var workErr, serveErr error
	group.Go(func() { workErr = worker.Run(ctx) })
	group.Go(func() { serveErr = export.Serve(ctx, l, receiver, nil) })
	w.t.Cleanup(func() {
		cancel()
		group.Wait()
		w.client.Close()
		if err := errors.Join(workErr, serveErr); err != nil {
			w.t.Error(err)
		}
	})
}

// importFiles counts lines, as an import of the warehouse would.
func (w *way) importFiles(_ context.Context, files []export.LandedFile) ([]export.ImportedFile, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.imports++
	var done []export.ImportedFile
	for _, f := range files {
		packed, err := os.Open(f.Path)
		if err != nil {
			return nil, err
		}
		defer packed.Close()
		z, err := zstd.NewReader(packed)
		if err != nil {
			return nil, err
		}
		defer z.Close()
		text, err := io.ReadAll(z)
		if err != nil {
			return nil, err
		}
		n := bytes.Count(text, []byte("\n"))
		if _, again := w.lines[f.TaskID+f.FileID]; again {
			return nil, errors.New("imported before")
		}
		w.lines[f.TaskID+f.FileID] = n
		done = append(done, export.ImportedFile{TaskID: f.TaskID, FileID: f.FileID, Import: w.imports, Resources: int64(n)})
	}
	return done, nil
}

func (w *way) register() export.Task {
	w.t.Helper()
	task, err := w.client.Register(w.t.Context(), w.Info().Connections[0].ID, "")
	need(w.t, err)
	return task
}

// now is what is known: the state of the export, the states of events of other
// than the usual, and the number of imported lines.
func (w *way) now(task string) string {
	x, _, err := w.landing.Export(task)
	need(w.t, err)
	parts := []string{x.State}
	events, err := w.landing.Events()
	need(w.t, err)
	for _, e := range events {
		if e.State != export.EventDone && e.Type != export.TypeConnected {
			parts = append(parts, e.State)
		}
	}
	slices.Sort(parts[1:])
	w.mu.Lock()
	defer w.mu.Unlock()
	total := 0
	for _, n := range w.lines {
		total += n
	}
	return fmt.Sprint(strings.Join(parts, " "), " ", total)
}

// expect waits until that is known.
func (w *way) expect(task, want string) {
	w.t.Helper()
	got := ""
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if got = w.now(task); got == want {
			return
		}
	}
	w.t.Errorf("%q, want %q\n%s", got, want, w.log.String())
}

func TestAgainstSandbox(t *testing.T) {
	text, err := os.ReadFile(exampleFile)
	need(t, err)
	all := fmt.Sprint(bytes.Count(text, []byte("\n")))
	good := "imported " + all
	tests := []struct {
		fail string
		want string // state of the export, events that are not done, imported lines
	}{
		{"", good},
		// What the event says.
		{"early-event", good}, {"second-event", "imported ignored " + all}, {"wrong-stats", good},
		{"legacy-link", good}, {"object-link", good}, {"string-links", good}, {"several-types", good}, {"duplicate-links", good}, {"two-files", good},
		{"no-links", "no-link 0"}, {"missing-fields", " " + all}, {"unknown-event", "imported ignored " + all}, {"no-id", good}, {"non-ascii", good}, {"trailing-newline", good},
		{"foreign-link", " refused 0"}, {"userinfo-link", " refused 0"}, {"lookalike-link", " refused 0"}, {"query-lookalike-link", " refused 0"},
		{"http-link", " refused 0"}, {"wrong-org", " refused 0"}, {"wrong-mode", " refused 0"},
		{"flat-payload", " undecodable 0"}, {"invalid-json", " undecodable 0"}, {"token_refresh_failure", "failed 0"}, {"no_reason", "failed 0"},
		// How it is delivered.
		{"duplicate-events:3", good}, {"first-invalid", good}, {"empty-entries", good}, {"other-webhook-id", good}, {"extra-headers", good},
		{"limit-timestamp", good}, {"chunked-event", good}, {"text-event", good},
		{"bad-signature=3", good}, {"other-mode-secret=1", good}, {"v1a-only=1", good}, {"hex-signature=1", good}, {"missing-id=1", good}, {"missing-timestamp=1", good},
		{"missing-signature=1", good}, {"old-timestamp=1", good}, {"future-timestamp=1", good}, {"word-timestamp=1", good}, {"changed-body=1", good},
		{"gzip-event=1", good}, {"get-event=1", good},
		// What the download brings.
		{"expires-once", good}, {"cut-body=2", good}, {"slow-down=1", good}, {"html-body=1", good}, {"redirect-200", good}, {"missing-after-24h", "expired 0"},
	}
	for _, tt := range tests {
		t.Run(strings.Trim(tt.fail, ":=0123456789"), func(t *testing.T) {
			t.Parallel()
			var fail []string
			if tt.fail != "" {
				fail = []string{tt.fail}
			}
			w := newWay(t, fail...)
			task := w.register()
			w.expect(task.TaskID, tt.want)
			for _, e := range w.Entries() {
				if e.Kind == "storage" && (e.Authorization || e.Cookie || e.Referer) {
					t.Errorf("the storage saw more than its URL: %+v", e)
				}
			}
			for _, secret := range []string{w.Info().Test.PrivateKey, w.Info().Test.WebhookSecret, "://"} {
				if strings.Contains(w.log.String(), secret) {
					t.Errorf("the log shows a secret or a link:\n%s", w.log.String())
				}
			}
		})
	}
}

func TestAgainstSandboxExpiredThenAgain(t *testing.T) {
	w := newWay(t, "storage-error=1000") // the download does not get through
	task := w.register()
	for x := (export.Export{}); x.Attempts == 0; time.Sleep(time.Millisecond) {
		x, _, _ = w.landing.Export(task.TaskID)
	}
	w.Advance(25 * time.Hour)
	w.Heal("")
	again := w.register() // a new task, since the old one has expired
	w.expect(again.TaskID, "imported 383")
}

func TestAgainstSandboxRevoked(t *testing.T) {
	w := newWay(t)
	w.expect(w.register().TaskID, "imported 383")
	id := w.Info().Connections[0].ID
	need(t, w.Revoke(id))
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		c, ok, err := w.landing.Connection(id)
		need(t, err)
		if ok && export.IsRevoked(c.Status) && c.Revoked != nil {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("connection %+v\n%s", c, w.log.String())
		}
	}
}

// BenchmarkAgainstSandbox times the way from the registration, whose event is sent
// at once, to the import.
func BenchmarkAgainstSandbox(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		w := newWay(b)
		b.StartTimer()
		w.expect(w.register().TaskID, "imported 383")
	}
}
