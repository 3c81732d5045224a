package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/export"
	"github.com/fhirwh/fhirwh/internal/sandbox"
)

// patience is how long a test waits for what should take a moment: the machine
// may be busy.
const patience = 30 * time.Second

// A flow is what a user of Fasten Connect has: the provider (the sandbox, in a
// process of its own, over HTTP), keys in the environment, and a folder with a
// warehouse. Whatever any process says is kept, and searched for secrets at the
// end.
type flow struct {
	*testing.T
	dir  string
	db   string
	info sandbox.Info
	env  []string
	hook *process // fhirwh listen, where one runs
	addr string   // of it

	mu   sync.Mutex
	said []*process
}

// A process is a run of the program.
type process struct {
	args     []string
	cmd      *exec.Cmd
	out, err *growing
	ended    chan struct{}
	shown    string // its command line, as ps shows it
	public   bool   // what it prints is meant to have secrets or data in it
}

// A growing text is written by a process and read by a test at once.
type growing struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (g *growing) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.text.Write(p)
}

func (g *growing) String() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.text.String()
}

// newFlow starts a sandbox with more flags.
func newFlow(t *testing.T, flags ...string) *flow {
	t.Helper()
	f := &flow{T: t, dir: t.TempDir()}
	f.db = filepath.Join(f.dir, "w.duckdb")
	temp := filepath.Join(f.dir, "tmp")
	if err := os.Mkdir(temp, 0o700); err != nil {
		t.Fatal(err)
	}
	f.env = []string{"HOME=" + f.dir, "XDG_CONFIG_HOME=" + f.dir, "TMPDIR=" + temp}
	args := append([]string{"sandbox", "--addr", "127.0.0.1:0", "--storage-addr", "127.0.0.1:0", "--webhook-url", "none",
		"--json", "--quiet", "--pending", "100ms", "--retry-waits", "200ms,200ms,200ms,200ms", "--disable-after", "1000"}, flags...)
	p := f.start(nil, args...)
	p.public = true
	f.await("the sandbox", func() bool { return json.Unmarshal([]byte(p.out.String()), &f.info) == nil })
	f.useKeys(f.info.Test)
	t.Cleanup(f.checkSecrets)
	return f
}

// useKeys puts keys into the environment of the commands to come.
func (f *flow) useKeys(k sandbox.Keys) {
	f.env = slices.DeleteFunc(f.env, func(v string) bool { return strings.HasPrefix(v, "FASTEN_") })
	f.env = append(f.env, "FASTEN_PUBLIC_ID="+k.PublicID, "FASTEN_PRIVATE_KEY="+k.PrivateKey,
		"FASTEN_WEBHOOK_SECRET="+k.WebhookSecret, "FASTEN_API_BASE_URL="+f.info.APIBaseURL)
}

// start runs the program beside the test, with the flow's warehouse. It is killed
// at the end of the test.
func (f *flow) start(in io.Reader, args ...string) *process {
	f.Helper()
	p := &process{args: args, out: &growing{}, err: &growing{}, ended: make(chan struct{})}
	p.cmd = exec.Command("fhirwh", args...)
	p.cmd.Dir, p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = f.dir, in, p.out, p.err
	p.cmd.Env = append(slices.Clone(f.env), "FHIRWH_DB="+f.db)
	if err := p.cmd.Start(); err != nil {
		f.Fatal(err)
	}
	shown, err := os.ReadFile("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/cmdline")
	if p.shown = string(shown); err != nil { // elsewhere than on Linux
		p.shown = strings.Join(args, " ")
	}
	go func() { _ = p.cmd.Wait(); close(p.ended) }() // its state is read where it counts
	f.Cleanup(p.kill)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.said = append(f.said, p)
	return p
}

// run runs the program to its end.
func (f *flow) run(args ...string) *process { f.Helper(); return f.runIn("", args...) }

func (f *flow) runIn(in string, args ...string) *process {
	f.Helper()
	p := f.start(strings.NewReader(in), args...)
	p.public = args[0] == "query"
	if !p.within(2 * patience) {
		f.Fatalf("%s: still runs; it said:\n%s", strings.Join(args, " "), p.err)
	}
	return p
}

// within reports whether the process ends in time.
func (p *process) within(d time.Duration) bool {
	select {
	case <-p.ended:
		return true
	case <-time.After(d):
		return false
	}
}

// code is the exit code of a process that has ended; -1 of one that was killed.
func (p *process) code() int { return p.cmd.ProcessState.ExitCode() }

func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}

// stop asks a process to end, and returns its exit code.
func (f *flow) stop(p *process) int {
	f.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		f.Fatal(err)
	}
	if !p.within(patience) {
		f.Fatalf("%s does not end; it said:\n%s", p.args[0], p.err)
	}
	return p.code()
}

// want fails unless a run ended with that code.
func (f *flow) want(code int, p *process) *process {
	f.Helper()
	if p.code() != code {
		f.Fatalf("%s: exit code %d, want %d; it said:\n%s%s%s", strings.Join(p.args, " "), p.code(), code, p.out, p.err, f.log())
	}
	return p
}

// log is what fhirwh listen has said so far.
func (f *flow) log() string {
	if f.hook == nil {
		return ""
	}
	return "\nlisten said:\n" + f.hook.err.String()
}

// await waits until it is so.
func (f *flow) await(what string, so func() bool) {
	f.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			f.Fatalf("waited in vain for %s%s", what, f.log())
		}
	}
}

// listen starts fhirwh listen and points the webhooks of both modes to it.
func (f *flow) listen(flags ...string) *process {
	f.Helper()
	addr := f.addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	f.hook = f.start(nil, append([]string{"listen", "--addr", addr, "--log-format", "json"}, flags...)...)
	f.await("fhirwh listen", func() bool { f.addr = listeningAt(f.hook.err.String()); return f.addr != "" })
	for _, mode := range []string{export.ModeTest, export.ModeLive} {
		f.control("webhook", "mode", mode, "url", "http://"+f.addr+"/webhook/"+mode)
	}
	return f.hook
}

// listeningAt is the address in the first line of the log of fhirwh listen.
func listeningAt(log string) string {
	line, _, whole := strings.Cut(log, "\n")
	var first struct{ Msg, Addr string }
	if !whole || json.Unmarshal([]byte(line), &first) != nil || first.Msg != "listening" {
		return ""
	}
	return first.Addr
}

// control makes the sandbox do something: an action, and pairs of names and values.
func (f *flow) control(action string, pairs ...string) {
	f.Helper()
	f.send(action, nil, pairs...)
}

// send is control with a body.
func (f *flow) send(action string, body []byte, pairs ...string) {
	f.Helper()
	query := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		query.Add(pairs[i], pairs[i+1])
	}
	answer, err := http.Post(f.info.ControlURL+"/"+action+"?"+query.Encode(), "text/plain", bytes.NewReader(body))
	if err != nil {
		f.Fatal(err)
	}
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusOK {
		f.Fatalf("control %s: %s: %s", action, answer.Status, text)
	}
}

// look reads something of the sandbox's control.
func look[T any](f *flow, what string) (found T) {
	f.Helper()
	answer, err := http.Get(f.info.ControlURL + "/" + what)
	if err != nil {
		f.Fatal(err)
	}
	defer answer.Body.Close()
	var wrapped struct{ Data T }
	if err := json.NewDecoder(answer.Body).Decode(&wrapped); err != nil {
		f.Fatalf("control %s: %v", what, err)
	}
	return wrapped.Data
}

// text reads something of the sandbox's control that is no JSON of its own.
func (f *flow) text(what string) string {
	f.Helper()
	answer, err := http.Get(f.info.ControlURL + "/" + what)
	if err != nil {
		f.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		f.Fatalf("control %s: %s, %v", what, answer.Status, err)
	}
	return string(text)
}

// connection is the id of a connection that the sandbox has from the start.
func (f *flow) connection(patient string) string {
	f.Helper()
	i := slices.IndexFunc(f.info.Connections, func(c sandbox.Ready) bool { return c.Patient == patient })
	if i < 0 {
		f.Fatalf("the sandbox has no connection of %s", patient)
	}
	return f.info.Connections[i].ID
}

// exports is what fhirwh exports says.
func (f *flow) exports() (all []export.Export) {
	f.Helper()
	f.readJSON(&all, "exports", "--json")
	return all
}

// export is the last export of a connection; its zero value if there is none.
func (f *flow) export(connection string) (last export.Export) {
	f.Helper()
	for _, x := range f.exports() {
		if x.ConnectionID == connection {
			last = x
		}
	}
	return last
}

// events is what fhirwh events list says.
func (f *flow) events() (all []export.Event) {
	f.Helper()
	f.readJSON(&all, "events", "list", "--json")
	return all
}

func (f *flow) readJSON(into any, args ...string) {
	f.Helper()
	p := f.want(exitOK, f.run(args...))
	if err := json.Unmarshal([]byte(p.out.String()), into); err != nil {
		f.Fatalf("%s: %v: %s", args[0], err, p.out)
	}
}

// query asks the warehouse for one value.
func (f *flow) query(sql string, args ...any) string {
	f.Helper()
	p := f.want(exitOK, f.run("query", "--wait", "30s", fmt.Sprintf(sql, args...)))
	_, rows, _ := strings.Cut(p.out.String(), "\n")
	return strings.TrimSpace(rows)
}

// settle waits until every event is delivered, or given up, and acted on.
func (f *flow) settle() {
	f.Helper()
	f.await("the deliveries", func() bool {
		return !slices.ContainsFunc(look[[]sandbox.Delivery](f, "deliveries"), func(d sandbox.Delivery) bool { return d.State == "waiting" })
	})
	f.await("the events", func() bool {
		return !slices.ContainsFunc(f.events(), func(e export.Event) bool { return e.State == export.EventPending })
	})
}
