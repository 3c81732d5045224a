package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/connect"
	"github.com/fhirwh/fhirwh/internal/export"
	"github.com/fhirwh/fhirwh/internal/sandbox"
)

// A visitor is a browser without a widget: it opens the page and hands events
// over as the page's script does.
type visitor struct {
	t      *testing.T
	client http.Client
	origin string
	csrf   string
}

// visit waits for the line with the address, which begins with "open ".
func visit(t *testing.T, lines *bufio.Scanner) *visitor {
	t.Helper()
	address := ""
	for address == "" && lines.Scan() {
		address, _ = strings.CutPrefix(lines.Text(), "open ")
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{t: t, client: http.Client{Jar: jar}, origin: regexp.MustCompile(`^http://[^/]+`).FindString(address)}
	v.get(address)
	page := v.get(v.origin + "/")
	csrf := regexp.MustCompile(`data-csrf="(\w+)"`).FindStringSubmatch(page)
	if csrf == nil {
		t.Fatalf("no token in %s", page)
	}
	v.csrf = csrf[1]
	return v
}

func (v *visitor) get(address string) string {
	v.t.Helper()
	answer, err := v.client.Get(address)
	if err != nil {
		v.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		v.t.Fatalf("GET %s: %s, %v", address, answer.Status, err)
	}
	return string(body)
}

func (v *visitor) say(event string) string { v.t.Helper(); return v.post("/event", event) }

// finish presses the page's button that ends it.
func (v *visitor) finish() string { v.t.Helper(); return v.post("/finish", "{}") }

func (v *visitor) post(path, body string) string {
	v.t.Helper()
	req, err := http.NewRequest(http.MethodPost, v.origin+path, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-CSRF-Token", v.csrf)
	answer, err := v.client.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		v.t.Fatalf("POST %s: %s, %v", path, answer.Status, err)
	}
	return string(text)
}

// startSandbox returns a sandbox whose keys the environment holds.
func startSandbox(t *testing.T) sandbox.Info {
	t.Helper()
	s, err := sandbox.New(sandbox.Options{Addr: "127.0.0.1:0", StorageAddr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() {
		cancel()
		s.Close()
	})
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	i := s.Info()
	t.Setenv("HOME", t.TempDir())
	t.Setenv("FASTEN_PUBLIC_ID", i.Test.PublicID)
	t.Setenv("FASTEN_PRIVATE_KEY", i.Test.PrivateKey)
	t.Setenv("FASTEN_API_BASE_URL", i.APIBaseURL)
	return i
}

// connection returns the id of a connection of the sandbox.
func connection(t *testing.T, i sandbox.Info, mode, status string) string {
	t.Helper()
	for _, c := range i.Connections {
		if c.APIMode == mode && c.Status == status && !c.Foreign {
			return c.ID
		}
	}
	t.Fatalf("the sandbox has no %s connection of %s mode", status, mode)
	return ""
}

// TestConnect runs the command against the sandbox.
func TestConnect(t *testing.T) {
	sb := startSandbox(t)
	good, other, ended := connection(t, sb, "test", "authorized"), connection(t, sb, "live", "authorized"), connection(t, sb, "test", "revoked")
	for _, test := range []struct {
		name   string
		args   []string
		data   string // of widget.complete
		stored string // id
		code   int
		out    string // in it, with %s for the id
		err    string
	}{
		{"table", nil, `[{"org_connection_id":"` + good + `"}]`, good, 0, "%s  authorized", "next: fhirwh fetch --db "},
		{"JSON", []string{"--json"}, `[{"org_connection_id":"` + good + `"}]`, good, 0, `"org_connection_id": "%s"`, "connected " + good},
		{"revoked", nil, `[{"org_connection_id":"` + ended + `"}]`, ended, 0, "%s  revoked", "Fasten Connect says that it is revoked"},
		{"of the other mode", nil, `[{"org_connection_id":"` + other + `"}]`, "", 1, "", "Fasten Connect does not know this connection"},
		{"nothing", []string{"--json"}, `[]`, "", 1, "[]", "nothing was connected"},
	} {
		t.Run(test.name, func(t *testing.T) {
			db := filepath.Join(t.TempDir(), "w.duckdb")
			args := append([]string{"--db", db, "connect", "--external-id", "patient-42", "--timeout", "1m"}, test.args...)
			code, out, errText := connectWith(t, args, func(v *visitor) {
				v.say(`{"event_type":"widget.complete","data":` + test.data + `}`)
				if test.stored == "" { // the page stays, for another try
					v.finish()
				}
			})
			if code != test.code || !strings.Contains(errText, test.err) {
				t.Errorf("exit code %d, want %d; stderr:\n%s", code, test.code, errText)
			}
			if want := strings.ReplaceAll(test.out, "%s", test.stored); !strings.Contains(out, want) {
				t.Errorf("%q is not in stdout:\n%s", want, out)
			}
			if strings.Contains(out+errText, sb.Test.PrivateKey) {
				t.Error("the output has the private key")
			}
			checkStored(t, db+".landing", test.stored)
		})
	}
}

func checkStored(t *testing.T, dir, id string) {
	t.Helper()
	landing, err := export.LookLanding(dir)
	if err != nil {
		t.Fatal(err)
	}
	list, err := landing.Connections()
	if err != nil {
		t.Fatal(err)
	}
	if id == "" {
		if len(list) != 0 {
			t.Errorf("stored %+v", list)
		}
		return
	}
	if len(list) != 1 || list[0].ID != id || list[0].APIMode != "test" || list[0].ExternalID != "patient-42" || list[0].Connected == nil || list[0].PlatformType == "" {
		t.Errorf("stored %+v", list)
	}
	if st, err := os.Stat(dir); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v, %v", st.Mode(), err)
	}
}

// connectWith runs fhirwh and lets do act as the browser meanwhile.
func connectWith(t *testing.T, args []string, do func(*visitor)) (code int, out, errText string) {
	t.Helper()
	var stdout, said bytes.Buffer
	r, w := io.Pipe()
	ended := make(chan int)
	go func() {
		code := run(t.Context(), args, stdio{in: strings.NewReader(""), out: &stdout, err: w})
		w.Close()
		ended <- code
	}()
	lines := bufio.NewScanner(io.TeeReader(r, &said))
	v := visit(t, lines)
	rest := make(chan struct{})
	go func() {
		defer close(rest)
		for lines.Scan() {
		}
	}()
	do(v)
	code = <-ended
	<-rest
	return code, stdout.String(), said.String()
}

// What only a browser says adds to what is known, and changes nothing of it.
func TestUnverifiedChangesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "landing")
	landing, err := export.OpenLanding(dir)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	keep := func(verified bool, c export.Connection) {
		c.Updated = now
		if err := keepConnection(landing, account(verified, c)); err != nil {
			t.Fatal(err)
		}
	}
	keep(true, export.Connection{ID: "a", APIMode: "test", Status: "authorized", PlatformType: "epic"})
	keep(false, export.Connection{ID: "a", APIMode: "test", Status: "revoked", PlatformType: "cerner", BrandID: "b"})
	c, _, err := landing.Connection("a")
	if err != nil || c.Status != "authorized" || c.PlatformType != "epic" || c.BrandID != "b" || c.Revoked != nil {
		t.Errorf("kept %+v, %v", c, err)
	}
	keep(false, export.Connection{ID: "new", APIMode: "test", Status: "connected"})
	if c, _, err := landing.Connection("new"); err != nil || c.Status != "connected" || c.Connected == nil || c.Connected.IsZero() {
		t.Errorf("kept %+v, %v", c, err)
	}
}

func TestWidgetURLs(t *testing.T) {
	const cdn = "https://api.connect.fastenhealth.com/v1"
	for _, test := range []struct{ script, style, api, wantScript, wantStyle string }{
		{"", "", cdn, "", ""},
		{"", "", "http://127.0.0.1:8790/v1", "http://127.0.0.1:8790/connect/v4/fasten-stitch-element.js", "http://127.0.0.1:8790/connect/v4/fasten-stitch-element.css"},
		{"https://a.example/v5/x.js?auto=1", "", cdn, "https://a.example/v5/x.js?auto=1", "https://a.example/v5/x.css"},
		{"https://a.example/x.js", "https://b.example/y.css", "http://127.0.0.1:8790/v1", "https://a.example/x.js", "https://b.example/y.css"},
	} {
		if script, style := widgetURLs(test.script, test.style, test.api); script != test.wantScript || style != test.wantStyle {
			t.Errorf("widgetURLs(%q, %q, %q) = %q, %q", test.script, test.style, test.api, script, style)
		}
	}
}

func TestRepeat(t *testing.T) {
	f := exportFlags{Live: true, PrivateKeyFile: "my key", landingFlag: landingFlag{Landing: "l"}}
	want := "fhirwh fetch --db 'it'\\''s.duckdb' --landing l --private-key-file 'my key' --live"
	if got := f.repeat(&cli{DB: "it's.duckdb"}, "fetch"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := (&exportFlags{}).repeat(&cli{DB: defaultDB}, "fetch"); got != "fhirwh fetch" {
		t.Errorf("got %s", got)
	}
}

// The file that opens the browser holds the address, is readable by its owner
// alone, and goes with the page.
func TestOpenBrowser(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", "") // no opener
	var said bytes.Buffer
	remove := openBrowser(stdio{err: &said}, "http://127.0.0.1:1/start/x", dir)
	path := filepath.Join(dir, "open.html")
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), `url=http://127.0.0.1:1/start/x"`) {
		t.Errorf("file %q, %v", text, err)
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
	if !strings.Contains(said.String(), "use the address above") {
		t.Errorf("said %q", said.String())
	}
	remove()
	if _, err := os.Stat(path); err == nil {
		t.Error("the file stays")
	}
}

func account(verified bool, c export.Connection) (a connect.Account) {
	a.Connection, a.Verified = c, verified
	return a
}
