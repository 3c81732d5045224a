//go:build linux || darwin

package export

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The crash test: a child of this test receives events and works on them, and is
// killed again and again. The folder beside the landing folder is what stays of
// the world: ledger/ has a file for each file that was imported, downloads and
// again say what was done more than once.

const (
	crashDir    = "FHIRWH_TEST_CRASH_DIR"
	crashEvents = "FHIRWH_TEST_CRASH_EVENTS" // how many; default 1000, or 200 with -short; 10000 take minutes
	duplication = 4
)

// TestCrashChild is no test: it is the child.
func TestCrashChild(t *testing.T) {
	dir := os.Getenv(crashDir)
	if dir == "" {
		t.Skip("run by TestEventsSurviveKills")
	}
	landing, err := OpenLanding(filepath.Join(dir, "landing"))
	must(t, err)
	w := &Worker{Landing: landing, Client: crashStore{dir}, Import: crashImport(dir), Mode: ModeTest}
	r := &Receiver{Intake: Intake{Landing: landing, Mode: ModeTest}, Secrets: [][]byte{keyOf(t, secretA)}, Wake: w.Wake}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	fmt.Println("address", l.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // ends with the parent
		os.Exit(1)
	}()
	go func() { _ = w.Run(context.Background()) }()
	must(t, Serve(context.Background(), l, r, nil))
}

// A crashStore brings links as content, slowly enough to be killed in it.
type crashStore struct{ dir string }

func (s crashStore) Download(_ context.Context, link string, to Target) (Downloaded, error) {
	got := Downloaded{Bytes: int64(len(link)), SHA256: shortHash(link), Final: to.Final}
	if exists(to.Final) {
		return got, nil
	}
	if err := appendLine(filepath.Join(s.dir, "downloads"), link); err != nil {
		return got, err
	}
	if err := os.WriteFile(to.Part, []byte(link), 0o600); err != nil {
		return got, err
	}
	return got, os.Rename(to.Part, to.Final)
}

// crashImport imports as the warehouse does: a file that it has is not taken twice.
func crashImport(dir string) func(context.Context, []LandedFile) ([]ImportedFile, error) {
	return func(_ context.Context, files []LandedFile) ([]ImportedFile, error) {
		var done []ImportedFile
		again := false
		for _, f := range files {
			content, err := os.ReadFile(f.Path)
			if err != nil {
				return nil, err
			}
			row := filepath.Join(dir, "ledger", shortHash(string(content)))
			temp := row + ".temp"
			if err := os.WriteFile(temp, []byte(f.Source+" "+string(content)+"\n"), 0o600); err != nil {
				return nil, err
			}
			err = os.Link(temp, row)
			again = again || errors.Is(err, fs.ErrExist)
			if err := os.Remove(temp); err != nil {
				return nil, err
			}
			if err != nil && !errors.Is(err, fs.ErrExist) {
				return nil, err
			}
			done = append(done, ImportedFile{TaskID: f.TaskID, FileID: f.FileID, Import: 1, Resources: 1})
		}
		if again {
			return done, appendLine(filepath.Join(dir, "again"), "import")
		}
		return done, nil
	}
}

func appendLine(path, line string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line + "\n")
	return errors.Join(err, f.Close())
}

// crashEvent is the n-th event: most are successes; every tenth each is a second
// event of a task, a failure, a connection.
func crashEvent(n int) string {
	kind, data := TypeExportSuccess, links(fmt.Sprint("t", n), fmt.Sprint("c", n), fmt.Sprintf("f%d.jsonl", n))
	switch n % 10 {
	case 7:
		data = links(fmt.Sprint("t", n-1), fmt.Sprint("c", n-1), fmt.Sprintf("f%d.jsonl", n-1))
	case 8:
		kind, data = TypeExportFailed, fmt.Sprintf(`"task_id":"t%d","failure_reason":"internal_error"`, n)
	case 9:
		kind, data = TypeConnected, fmt.Sprintf(`"org_connection_id":"c%d","connection_status":"authorized"`, n)
	}
	return fmt.Sprintf(`{"api_mode":"test","date":"2026-01-01T00:00:00Z","id":"e%d","type":%q,"data":{%s}}`, n, kind, data)
}

// A killer runs the child, and starts it again after each kill.
type killer struct {
	t       *testing.T
	dir     string
	address atomic.Pointer[string]
	cmd     *exec.Cmd
	kills   int
}

func (k *killer) start() {
	k.t.Helper()
	self, err := os.Executable()
	must(k.t, err)
	k.cmd = exec.Command(self, "-test.run=^TestCrashChild$")
	k.cmd.Env = append(os.Environ(), crashDir+"="+k.dir)
	_, err = k.cmd.StdinPipe()
	must(k.t, err)
	out, err := k.cmd.StdoutPipe()
	must(k.t, err)
	must(k.t, k.cmd.Start())
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "address ")
	if !ok {
		k.t.Fatalf("child said %q, %v", line, err)
	}
	k.address.Store(&address)
	go func() { _, _ = io.Copy(io.Discard, lines) }()
}

func (k *killer) kill() {
	_ = k.cmd.Process.Kill()
	_ = k.cmd.Wait()
	k.kills++
}

// post sends an event until it is answered 200, as the provider does, and returns
// how long the last attempt took.
func (k *killer) post(client *http.Client, key []byte, body string) time.Duration {
	for {
		now := time.Now()
		req, err := http.NewRequest(http.MethodPost, "http://"+*k.address.Load()+PathWebhookTest, strings.NewReader(body))
		if err != nil {
			panic(err)
		}
		req.Header = signed("w", now.Unix(), Sign(key, "w", now, []byte(body)))
		resp, err := client.Do(req)
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return time.Since(now)
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestEventsSurviveKills(t *testing.T) {
	events := 1000
	if testing.Short() {
		events = 200
	}
	if n, err := strconv.Atoi(os.Getenv(crashEvents)); err == nil {
		events = n
	}
	k := &killer{t: t, dir: t.TempDir()}
	must(t, os.Mkdir(filepath.Join(k.dir, "ledger"), 0o700))
	k.start()
	defer func() { k.kill() }()

	queue := make(chan string)
	var took []time.Duration
	var mu sync.Mutex
	var senders sync.WaitGroup
	start := time.Now()
	for range 4 {
		senders.Go(func() {
			client, key := &http.Client{Timeout: 20 * time.Second}, keyOf(t, secretA)
			for body := range queue {
				d := k.post(client, key, body)
				mu.Lock()
				took = append(took, d)
				mu.Unlock()
			}
		})
	}
	sent := make(chan struct{})
	go func() {
		order := rand.Perm(events * duplication)
		for _, i := range order {
			queue <- crashEvent(i % events)
		}
		close(queue)
		senders.Wait()
		t.Logf("%d requests of %d events in %v", len(order), events, time.Since(start).Round(time.Millisecond))
		close(sent)
	}()
	for finished := false; !finished; {
		time.Sleep(rand.N(time.Second + time.Duration(events)*200*time.Microsecond)) // the more there is, the longer a start takes
		k.kill()
		k.start()
		select {
		case <-sent:
			finished = crashDone(t, k.dir)
		default:
		}
	}
	k.check(events)
	slices.Sort(took)
	t.Logf("all done after %v and %d kills; POST to 200: median %v, 99%% %v", time.Since(start).Round(time.Millisecond), k.kills,
		took[len(took)/2].Round(time.Microsecond), took[len(took)*99/100].Round(time.Microsecond))
}

// crashDone reports whether nothing is left to do.
func crashDone(t *testing.T, dir string) bool {
	l, err := LookLanding(filepath.Join(dir, "landing"))
	must(t, err)
	events, err := l.Events()
	must(t, err)
	exports, err := l.Exports()
	must(t, err)
	return !slices.ContainsFunc(events, func(e Event) bool { return e.State == EventPending }) &&
		!slices.ContainsFunc(exports, func(x Export) bool { return x.has(FileWaiting) || x.has(FileLanded) })
}

// check compares what is there with what was sent.
func (k *killer) check(events int) {
	k.kill() // the last time
	t := k.t
	l, err := OpenLanding(filepath.Join(k.dir, "landing"))
	must(t, err)
	files := 0
	for n := range events {
		e, ok, err := l.Event(fmt.Sprint("e", n))
		if !ok || err != nil || string(e.Body) != crashEvent(n) || e.State != EventDone && e.State != EventIgnored {
			t.Fatalf("event %d: %v, %v, %s", n, ok, err, e.State)
		}
		switch n % 10 {
		case 9:
			if c, ok, err := l.Connection(fmt.Sprint("c", n)); !ok || err != nil || c.Status != "authorized" {
				t.Errorf("connection %d: %+v, %v", n, c, err)
			}
			continue
		case 8:
			if x, _, err := l.Export(fmt.Sprint("t", n)); err != nil || x.State != ExportFailed {
				t.Errorf("export %d: %+v, %v", n, x, err)
			}
			continue
		case 7:
			continue
		}
		files++
		x, _, err := l.Export(fmt.Sprint("t", n))
		if want := fmt.Sprintf("imported f%d.jsonl:imported", n); err != nil || states(x) != want {
			t.Errorf("export %d is %s, want %s, %v", n, states(x), want, err)
			continue
		}
		row, err := os.ReadFile(filepath.Join(k.dir, "ledger", shortHash(x.Files[0].Link)))
		if want := fmt.Sprintf("c%d %s\n", n, x.Files[0].Link); err != nil || string(row) != want {
			t.Errorf("ledger of export %d: %q, want %q, %v", n, row, want, err)
		}
	}
	k.checkCounts(l, events, files)
}

func (k *killer) checkCounts(l *Landing, events, files int) {
	t := k.t
	all, err := l.Events()
	exports, err2 := l.Exports()
	rows, err3 := filepath.Glob(filepath.Join(k.dir, "ledger", "*[0-9a-f]"))
	must(t, errors.Join(err, err2, err3))
	if len(all) != events || len(rows) != files || len(exports) != files+events/10 {
		t.Errorf("%d events of %d, %d rows of %d, %d exports of %d", len(all), events, len(rows), files, len(exports), files+events/10)
	}
	downloads, _ := os.ReadFile(filepath.Join(k.dir, "downloads"))
	again, _ := os.ReadFile(filepath.Join(k.dir, "again"))
	extra := bytes.Count(downloads, []byte("\n")) - files
	imports := bytes.Count(again, []byte("\n"))
	if extra > k.kills*downloadsAtOnce || imports > k.kills {
		t.Errorf("%d downloads and %d imports were made again after %d kills", extra, imports, k.kills)
	}
	t.Logf("made again after %d kills: %d downloads, %d imports", k.kills, extra, imports)
}
