package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/export"
	"github.com/fhirwh/fhirwh/internal/sandbox"
)

// newSmallFlow is newFlow with the small export.
func newSmallFlow(t *testing.T, flags ...string) *flow {
	t.Helper()
	t.Parallel()
	return newFlow(t, append([]string{"--file", smallExport(t, t.TempDir())}, flags...)...)
}

// Scenario 2: the webhook ends elsewhere, and its payload is handed over.
func TestEndToEndReplay(t *testing.T) {
	f := newSmallFlow(t, "--fail", "no-webhook")
	id := f.connection("annegoodwin")
	p := f.want(exitFailed, f.run("fetch", id, "--patience", "500ms", "--max-wait", "10s"))
	if !regexp.MustCompile(linkMissing).MatchString(p.err.String()) {
		t.Errorf("fetch said %s", p.err)
	}
	if x := f.export(id); x.State != export.ExportNoLink {
		t.Errorf("the export is %s", x.State)
	}
	body := f.text("event")
	headers := filepath.Join(f.dir, "headers")
	if err := os.WriteFile(headers, []byte(f.text("headers")), 0o600); err != nil {
		t.Fatal(err)
	}
	f.want(exitFailed, f.runIn(strings.Replace(body, "test", "Test", 1), "events", "replay", "--signed", headers, "-"))
	f.want(exitOK, f.runIn(body, "events", "replay", "--signed", headers, "-"))
	f.wantRows(id)
	f.want(exitOK, f.runIn(body, "events", "replay", "-"))
	f.wantRows(id)
}

// Scenario 5: the receiver is down for three attempts.
func TestEndToEndReceiverDown(t *testing.T) {
	f := newSmallFlow(t, "--retry-waits", "100ms,100ms,1h,1h")
	id := f.connection("annegoodwin")
	f.stop(f.listen())
	fetch := f.start(nil, "fetch", id, "--no-import", "--wait-for", "webhook", "--max-wait", "60s")
	f.await("three attempts", func() bool {
		return slices.ContainsFunc(look[[]sandbox.Delivery](f, "deliveries"), func(d sandbox.Delivery) bool { return len(d.Attempts) == 3 })
	})
	f.listen()
	f.control("clock", "advance", "1h")
	fetch.within(patience)
	f.want(exitOK, fetch)
	f.await("the import", func() bool { return f.export(id).State == export.ExportImported })
	f.settle()
	f.wantRows(id)
}

// Scenario 8: a secret is replaced by another.
func TestEndToEndRotation(t *testing.T) {
	f := newSmallFlow(t)
	f.listen()
	f.control("webhook", "rotate", "1")
	f.control("send-event", "type", "webhook.test") // signed with both
	f.settle()
	if n := len(f.events()); n != 1 {
		t.Fatalf("%d events came while both secrets sign%s", n, f.log())
	}
	f.control("webhook", "drop-old", "1")
	f.control("send-event", "type", "webhook.test")
	f.await("a refusal", func() bool { return strings.Contains(f.hook.err.String(), `"verdict":"bad-signature","status":401`) })
	f.stop(f.hook)
	f.useKeys(look[sandbox.Info](f, "state").Test)
	f.listen()
	f.settle()
	f.control("send-event", "type", "webhook.test")
	f.await("the event", func() bool { return len(f.events()) >= 2 })
}

// Scenario 11: what is of the other mode is refused, and keys of real patients are
// not used by accident.
func TestEndToEndModes(t *testing.T) {
	f := newSmallFlow(t)
	f.listen()
	test, live := f.connection("annegoodwin"), f.connection("live patient")
	body := strings.ReplaceAll(`{"api_mode":"live","id":"1","type":"patient.connection_success","data":{"org_connection_id":"ID","connection_status":"authorized","platform_type":"epic"}}`, "ID", live)
	f.send("send-event", []byte(body), "mode", "live", "id", "1")
	f.settle()
	if strings.Contains(f.hook.err.String(), `"event received"`) {
		t.Errorf("an event of live mode was taken with the secret of test mode%s", f.log())
	}
	f.send("send-event", []byte(body), "mode", "test", "id", "1")
	f.await("the event", func() bool { return len(f.events()) == 1 })
	if e := f.events()[0]; e.State != export.EventRefused {
		t.Errorf("an event of live mode is %s", e.State)
	}
	f.says(exitFailed, "404", "fetch", live)

	f.useKeys(f.info.Live)
	f.says(exitFailed, "(?s)live.*--live", "fetch", live)
	f.says(exitFailed, "404", "fetch", "--live", test)
	mixed := f.info.Test
	mixed.PrivateKey = f.info.Live.PrivateKey
	f.useKeys(mixed)
	f.says(exitFailed, "(?s)mode.*hint: ", "fetch", "--live", test)
}

// says runs the program and wants an exit code and a pattern in what it says.
func (f *flow) says(code int, pattern string, args ...string) {
	f.Helper()
	p := f.run(args...)
	if p.code() != code || !regexp.MustCompile(pattern).MatchString(p.err.String()) {
		f.Errorf("%s: exit code %d, want %d and %s; it said:\n%s", strings.Join(args, " "), p.code(), code, pattern, p.err)
	}
}

// Scenario 13: the same records again, and other ones a day later.
func TestEndToEndAgain(t *testing.T) {
	f := newSmallFlow(t)
	f.listen()
	id := f.connection("annegoodwin")
	f.want(exitOK, f.run("fetch", id))
	imports := f.query("select count(*) from ledger.imports")
	changed := `{"resourceType":"Patient","id":"p","birthDate":"1970-01-01","name":[{"family":"Zyxcanary"}]}`
	f.send("content", []byte(changed+"\n"), "connection", id)
	f.want(exitOK, f.run("fetch", id))
	f.settle()
	f.wantRows(id)
	if now := f.query("select count(*) from ledger.imports"); now != imports {
		t.Errorf("%s imports, want still %s", now, imports)
	}
	f.control("clock", "advance", "25h")
	f.want(exitOK, f.run("fetch", id))
	if born := f.query(`select "birthDate" from "Patient" where _source = '%s'`, id); !strings.HasPrefix(born, "1970-01-01") {
		t.Errorf("the patient was born %q", born)
	}
	if n := len(f.exports()); n != 2 {
		t.Errorf("%d exports", n)
	}
}

// Scenario 14: a document of the test network; three facilities, one patient.
func TestEndToEndNetwork(t *testing.T) {
	f := newSmallFlow(t)
	f.listen()
	id := f.connection("Riverside Clinic")
	f.want(exitOK, f.run("fetch", "--fixture", "myra-jones.xml", id))
	f.wantRows(id)
	for i := range 3 {
		body := fmt.Sprintf(`{"api_mode":"test","id":"e%d","type":"patient.connection_success","data":{"org_connection_id":"facility-%d","connection_status":"authorized","platform_type":"tefca","external_id":"user_1","tefca_directory_id":"urn:oid:2.16.%d"}}`, i, i, i)
		f.send("send-event", []byte(body), "id", fmt.Sprintf("e%d", i))
	}
	f.await("three connections", func() bool {
		var known []export.Connection
		f.readJSON(&known, "connections", "--json")
		known = slices.DeleteFunc(known, func(c export.Connection) bool { return c.ExternalID != "user_1" })
		return len(known) == 3
	})
}

// The sender's clock, or ours, is ten minutes off.
func TestEndToEndClock(t *testing.T) {
	f := newSmallFlow(t)
	f.listen()
	f.control("clock", "advance", "10m", "all", "1")
	id := f.connection("annegoodwin")
	f.says(exitFailed, linkMissing, "fetch", id, "--patience", "500ms", "--max-wait", "10s")
	if !strings.Contains(f.hook.err.String(), "10m0s ahead of our clock") {
		t.Errorf("the log does not name the clock%s", f.log())
	}
	f.want(exitOK, f.runIn(f.text("event"), "events", "replay", "-"))
	f.await("the import", func() bool { return f.export(id).State == export.ExportImported })
	f.wantRows(id)
}

// Strangers send what is no event; the service goes on.
func TestEndToEndStrangers(t *testing.T) {
	f := newSmallFlow(t)
	f.listen()
	address := "http://" + f.addr
	for _, tt := range []struct {
		name, method, path string
		body               []byte
		want               int
	}{
		{"50 MB", http.MethodPost, "/webhook/test", bytes.Repeat([]byte("x"), 50<<20), http.StatusRequestEntityTooLarge},
		{"no signature", http.MethodPost, "/webhook/test", []byte(`{"type":"webhook.test"}`), http.StatusUnauthorized},
		{"no such path", http.MethodPost, "/webhook", nil, http.StatusNotFound},
		{"GET", http.MethodGet, "/webhook/live", nil, http.StatusMethodNotAllowed},
		{"health", http.MethodGet, "/healthz", nil, http.StatusOK},
		{"metrics", http.MethodGet, "/metrics", nil, http.StatusOK},
	} {
		request, err := http.NewRequestWithContext(t.Context(), tt.method, address+tt.path, bytes.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != tt.want {
			t.Errorf("%s: %s, want %d", tt.name, answer.Status, tt.want)
		}
	}
	id := f.connection("annegoodwin")
	f.want(exitOK, f.run("fetch", id))
	f.wantRows(id)
}

// An analyst has the warehouse open: the import waits. At any other time it can be
// opened.
func TestEndToEndReader(t *testing.T) {
	f := newSmallFlow(t)
	f.listen("--wait", "1s")
	first, second := f.connection("annegoodwin"), f.connection("salinatesfay")
	f.want(exitOK, f.run("fetch", first))
	reader := f.start(nil, "query", "select count(*) from range(1000000) a, range(1000000) b where a.range + b.range < 0")
	f.await("the reader to open it", func() bool { return f.run("import", "--wait", "1ms", smallExport(t, f.dir)).code() == exitBusy })
	fetch := f.start(nil, "fetch", second, "--max-wait", "60s")
	f.await("the import to wait", func() bool { return strings.Contains(f.hook.err.String(), "import waits: the warehouse is in use") })
	if x := f.export(second); x.State != export.ExportLanded {
		t.Errorf("the export is %s", x.State)
	}
	reader.kill()
	if !fetch.within(patience) {
		t.Fatalf("fetch waits%s", f.log())
	}
	f.want(exitOK, fetch)
	f.wantRows(first)
	f.wantRows(second)
}

// Scenario 12: listen is killed again and again while exports come.
func TestEndToEndKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	f := newSmallFlow(t, "--retry-waits", strings.TrimSuffix(strings.Repeat("100ms,", 100), ","), "--fail", "duplicate-events:3", "--fail", "slow-drip:9000")
	f.listen()
	var ids []string
	for _, patient := range []string{"annegoodwin", "salinatesfay", "sydneyphar", "aaronreichert", "Riverside Clinic"} {
		ids = append(ids, f.connection(patient))
		f.register(ids[len(ids)-1])
	}
	for range 12 {
		f.hook.within(time.Duration(rand.N(700)) * time.Millisecond)
		f.hook.kill()
		f.listen()
	}
	f.await("all imports", func() bool {
		n := 0
		for _, x := range f.exports() {
			if x.State == export.ExportImported {
				n++
			}
		}
		return n == len(ids)
	})
	f.settle()
	for _, id := range ids {
		f.wantRows(id)
	}
	if n := f.query("select count(distinct file) from ledger.export_files where file is not null"); n != fmt.Sprint(len(ids)) {
		t.Errorf("%s files in the ledger, want %d", n, len(ids))
	}
}

// register asks for an export as any other program could.
func (f *flow) register(id string) {
	f.Helper()
	request, err := http.NewRequestWithContext(f.Context(), http.MethodPost, f.info.APIBaseURL+"/bridge/fhir/ehi-export", strings.NewReader(`{"org_connection_id":"`+id+`"}`))
	if err != nil {
		f.Fatal(err)
	}
	request.SetBasicAuth(f.info.Test.PublicID, f.info.Test.PrivateKey)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		f.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		f.Fatalf("register: %s", answer.Status)
	}
}

// What comes is no FHIR, or a bomb: the original stays, nothing is imported, and
// fetch says so, the second time too.
func TestEndToEndUnfit(t *testing.T) {
	f := newSmallFlow(t)
	f.listen()
	bomb := `{"resourceType":"Binary","id":"b","data":"` + strings.Repeat("A", 80<<20) + `"}` + "\n"
	for patient, content := range map[string]string{"annegoodwin": "no FHIR\n", "salinatesfay": bomb, "sydneyphar": "\x00\x01\x02"} {
		id := f.connection(patient)
		f.send("content", []byte(content), "connection", id)
		for range 2 {
			f.says(exitFailed, "landed, but not been imported: .*\nhint: ", "fetch", id, "--max-wait", "30s")
		}
		if x := f.export(id); x.State != export.ExportLanded || f.rows(id) != 0 {
			t.Errorf("the export is %s, with %d rows", x.State, f.rows(id))
		}
	}
	f.want(exitOK, f.run("fetch", f.connection("aaronreichert")))
	f.wantRows(f.connection("aaronreichert"))
}

// Nobody imports for so long as a reader has the warehouse: fetch says what it
// waits for, and no longer than it was told.
func TestEndToEndFetchWaits(t *testing.T) {
	f := newSmallFlow(t)
	f.listen("--wait", "500ms")
	f.want(exitOK, f.run("fetch", f.connection("annegoodwin")))
	f.start(nil, "query", "select count(*) from range(1000000) a, range(1000000) b where a.range + b.range < 0")
	f.await("the reader to open it", func() bool { return f.run("import", "--wait", "1ms", smallExport(t, f.dir)).code() == exitBusy })
	f.says(exitFailed, "waiting for the import(?s:.*)is still landed after .*\nhint: ", "fetch", f.connection("salinatesfay"), "--max-wait", "6s")
}

// Scenario 12: listen is killed in the middle of a download, and the next one goes
// on where it broke off.
func TestEndToEndResumes(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	t.Parallel()
	const n = 24
	file := filepath.Join(t.TempDir(), "large.jsonl")
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, `{"resourceType":"Binary","id":"b%d","data":"%s"}`+"\n", i, noise(1<<20))
	}
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	f := newFlow(t, "--file", file, "--fail", fmt.Sprintf("slow-drip:%d=1", 6<<20))
	f.listen()
	id := f.connection("annegoodwin")
	f.register(id)
	f.await("a part that is on disk", func() bool {
		states, err := filepath.Glob(filepath.Join(f.db+".landing", "part", "*.state"))
		return err == nil && len(states) > 0
	})
	f.hook.kill()
	f.listen()
	f.await("the import", func() bool { return f.export(id).State == export.ExportImported })
	if !slices.ContainsFunc(look[[]sandbox.Entry](f, "log"), func(e sandbox.Entry) bool {
		return e.Kind == "storage" && e.Range != "" && e.Status == http.StatusPartialContent
	}) {
		t.Errorf("the download began again%s", f.log())
	}
	if got := f.query(`select count(*) || ' ' || count(distinct id) from "Binary" where _source = '%s'`, id); got != "24 24" {
		t.Errorf("resources: %s", got)
	}
}

// noise is base64 that does not compress.
func noise(n int) string {
	letters := []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
	text := make([]byte, n)
	for i := range text {
		text[i] = letters[rand.N(len(letters))]
	}
	return string(text)
}
