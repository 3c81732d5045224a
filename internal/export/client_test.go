package export_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/export"
)

// An apiRig is an API that answers as scripted, and a client of it.
type apiRig struct {
	api    *script
	client *export.Client
	clock  *fakeClock
	log    bytes.Buffer
	bodies []string // of requests
}

func newAPIRig(t *testing.T, steps ...step) *apiRig {
	t.Helper()
	r := &apiRig{api: &script{steps: steps}, clock: newFakeClock()}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.bodies = append(r.bodies, string(body))
		r.api.ServeHTTP(w, req)
	}))
	t.Cleanup(server.Close)
	client, err := export.NewClient(keys(t), export.ClientOptions{
		BaseURL: server.URL + "/v1/", Clock: r.clock.clock(), Jitter: func() float64 { return 0.5 },
		Log: slog.New(slog.NewTextHandler(&r.log, nil)), CallTimeout: 30 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	r.client = client
	return r
}

const (
	task    = `{"success":true,"data":{"task_id":"c9c7a91b","status":"pending"}}`
	barely  = `{"task_id":"c9c7a91b","status":"pending"}`
	message = `{"success":false,"error":"see https://x.test/` + canary + ` and ` + testPrivate + `"}`
)

func gzipped(text string) string {
	var b strings.Builder
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, text)
	_ = z.Close()
	return b.String()
}

func TestRegister(t *testing.T) {
	tests := []struct {
		name   string
		steps  []step
		want   string // task and status, or a part of the error
		tries  int
		waited time.Duration
	}{
		{"200", []step{answer(200, task)}, "c9c7a91b pending", 1, 0},
		{"201", []step{answer(201, task)}, "c9c7a91b pending", 1, 0},
		{"not wrapped", []step{answer(200, barely)}, "c9c7a91b pending", 1, 0},
		{"unknown fields and status", []step{answer(200, `{"data":{"task_id":"a","status":"rejected","x":{"y":[1]}},"z":null}`)}, "a rejected", 1, 0},
		{"number and null", []step{answer(200, `{"data":{"task_id":4711,"status":null}}`)}, "4711 ", 1, 0},
		{"byte order mark", []step{answer(200, "\xef\xbb\xbf"+task)}, "c9c7a91b pending", 1, 0},
		{"gzip that was not asked for", []step{answer(200, gzipped(task), "Content-Encoding", "gzip")}, "c9c7a91b pending", 1, 0},
		{"gzip that is none", []step{answer(200, task, "Content-Encoding", "gzip")}, "c9c7a91b pending", 1, 0},
		{"gzip cut short, then well", []step{answer(200, gzipped(task)[:40], "Content-Encoding", "gzip"), answer(200, task)}, "c9c7a91b pending", 2, 250 * time.Millisecond},
		{"gzip of too much", []step{answer(200, gzipped(strings.Repeat(" ", 1<<20)+task), "Content-Encoding", "gzip")}, "more than 1 MiB", 1, 0},
		{"500 in gzip", []step{answer(500, gzipped(`{"error":"no"}`), "Content-Encoding", "x-gzip")}, "500 Internal Server Error: no", 8, 30750 * time.Millisecond},
		{"500, then well", []step{answer(500, ""), answer(200, task)}, "c9c7a91b pending", 2, 250 * time.Millisecond},
		{"502 page, 503, 504, then well", []step{answer(502, "<html>"), answer(503, "x"), answer(504, "{"), answer(200, task)}, "c9c7a91b pending", 4, 1750 * time.Millisecond},
		{"reset, then well", []step{reset, answer(200, task)}, "c9c7a91b pending", 2, 250 * time.Millisecond},
		{"reset after headers", []step{answer(200, task[:20], "Content-Length", "100"), answer(200, task)}, "c9c7a91b pending", 2, 250 * time.Millisecond},
		{"truncated JSON, then well", []step{answer(200, task[:30]), answer(200, task)}, "c9c7a91b pending", 2, 250 * time.Millisecond},
		{"429 with seconds", []step{answer(429, "", "Retry-After", "7"), answer(200, task)}, "c9c7a91b pending", 2, 7 * time.Second},
		{"429 with a date", []step{answer(429, "", "Retry-After", start.Add(9*time.Second).Format(http.TimeFormat)), answer(200, task)}, "c9c7a91b pending", 2, 9 * time.Second},
		{"429 with a date that is past", []step{answer(429, "", "Retry-After", start.Add(-time.Hour).Format(http.TimeFormat)), answer(200, task)}, "c9c7a91b pending", 2, 250 * time.Millisecond},
		{"429 with a year", []step{answer(429, "", "Retry-After", "31536000"), answer(200, task)}, "c9c7a91b pending", 2, 2 * time.Minute},
		{"429 without", []step{answer(429, ""), answer(200, task)}, "c9c7a91b pending", 2, 250 * time.Millisecond},
		{"425 and 408", []step{answer(425, ""), answer(408, ""), answer(200, task)}, "c9c7a91b pending", 3, 750 * time.Millisecond},
		{"500 for ever", []step{answer(500, `{"error":"no"}`)}, "500 Internal Server Error: no", 8, 30750 * time.Millisecond},
		{"429 for ever", []step{answer(429, "", "Retry-After", "90")}, "429 Too Many Requests", 4, 270 * time.Second},
		{"400", []step{answer(400, `{"success":false,"error":"org_connection_id is required"}`)}, "400 Bad Request: org_connection_id is required", 1, 0},
		{"401", []step{answer(401, `{"message":"Unauthorized"}`)}, "401 Unauthorized: Unauthorized", 1, 0},
		{"403", []step{answer(403, `{"message":"Forbidden"}`)}, "403 Forbidden: Forbidden", 1, 0},
		{"404", []step{answer(404, `{"error":{"message":"unknown"}}`)}, "404 Not Found: unknown", 1, 0},
		{"409", []step{answer(409, `{"error":{"error":"busy"}}`)}, "409 Conflict: busy", 1, 0},
		{"501", []step{answer(501, "")}, "501 Not Implemented without content", 1, 0},
		{"302", []step{answer(302, "", "Location", "/elsewhere")}, "302 Found", 1, 0},
		{"200 that failed", []step{answer(200, `{"success":false,"error":"no\nway"}`)}, "200 OK: no↵way", 1, 0},
		{"200 with a page", []step{answer(200, "<!DOCTYPE html><p>"+canary)}, "200 OK with an HTML page where JSON was expected", 1, 0},
		{"200 with XML", []step{answer(200, xmlError("x"))}, "with XML", 1, 0},
		{"200 with text", []step{answer(200, canary)}, "with text", 1, 0},
		{"200 without task", []step{answer(200, `{"success":true,"data":{}}`)}, "no task_id", 1, 0},
		{"200 with too much", []step{answer(200, strings.Repeat(" ", 1<<20)+task)}, "more than 1 MiB", 1, 0},
		{"message with link and key", []step{answer(400, message)}, "see [link] and [private key]", 1, 0},
		{"terminal controls", []step{answer(400, `{"error":"\u001b[31m"}`)}, `\u{1b}[31m`, 1, 0},
		{"long message", []step{answer(400, `{"error":"`+strings.Repeat("a", 1000)+`"}`)}, strings.Repeat("a", 200) + "...", 1, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newAPIRig(t, tt.steps...)
			got, err := r.client.Register(t.Context(), "c1", "")
			text := fmt.Sprint(got.TaskID, " ", got.Status)
			if err != nil {
				text = err.Error()
				wantHint(t, err)
			}
			if !strings.Contains(text, tt.want) {
				t.Errorf("got %q, want %q", text, tt.want)
			}
			if waited := r.clock.now().Sub(start); len(r.api.requests()) != tt.tries || waited != tt.waited {
				t.Errorf("%d tries in %v, want %d in %v", len(r.api.requests()), waited, tt.tries, tt.waited)
			}
			if strings.Contains(text+r.log.String(), "CANARY") {
				t.Errorf("shown: %s %s", text, r.log.String())
			}
		})
	}
}

func TestRegisterSends(t *testing.T) {
	r := newAPIRig(t, answer(200, task))
	for _, fixture := range []string{"", "myra-jones.xml"} {
		if _, err := r.client.Register(t.Context(), "c/1", fixture); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{`{"org_connection_id":"c/1"}`, `{"org_connection_id":"c/1","fixtures":{"tefca_ccda":"myra-jones.xml"}}`}
	for i, req := range r.api.requests() {
		user, password, _ := req.BasicAuth()
		if req.Method != "POST" || req.URL.Path != "/v1/bridge/fhir/ehi-export" || req.Header.Get("Content-Type") != "application/json" ||
			user != testPublic || password != testPrivate || r.bodies[i] != want[i] {
			t.Errorf("sent %s %s %v %s", req.Method, req.URL, req.Header, r.bodies[i])
		}
	}
}

// A status is asked by task; where the server does not know that, by connection,
// and from then on so.
func TestExportStatus(t *testing.T) {
	notFound, forbidden := answer(404, `{"error":"no"}`), answer(403, `{"message":"Forbidden"}`)
	ok := answer(200, `{"success":true,"data":{"task_id":"T-1","status":"success"}}`)
	tests := []struct {
		name  string
		steps []step
		calls int
		want  string // each call's status or HTTP status
		paths string
	}{
		{"by task", []step{ok}, 2, "success success", "t1 t1"},
		{"by connection", []step{notFound, ok}, 2, "success success", "t1 c1 c1"},
		{"by connection after 403", []step{forbidden, ok}, 2, "success success", "t1 c1 c1"},
		{"by neither", []step{notFound}, 2, "404 404", "t1 c1 t1 c1"},
		{"by neither, 403 and 404", []step{forbidden, notFound}, 1, "404", "t1 c1"},
		{"by connection, and by task again", []step{notFound, ok, notFound, ok, ok}, 3, "success success success", "t1 c1 c1 t1 t1"},
		{"401", []step{answer(401, "{}")}, 1, "401", "t1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newAPIRig(t, tt.steps...)
			var got, paths []string
			for range tt.calls {
				task, err := r.client.ExportStatus(t.Context(), "t1", "c1")
				if e, ok := errors.AsType[*export.APIError](err); ok {
					got = append(got, fmt.Sprint(e.Status))
					continue
				}
				got = append(got, task.Status)
				if task.TaskID != "t1" || task.ConnectionID != "c1" {
					t.Errorf("task %+v", task)
				}
			}
			for _, req := range r.api.requests() {
				paths = append(paths, strings.TrimPrefix(req.URL.Path, "/v1/bridge/fhir/ehi-export/"))
			}
			if strings.Join(got, " ") != tt.want || strings.Join(paths, " ") != tt.paths {
				t.Errorf("got %v by %v, want %s by %s", got, paths, tt.want, tt.paths)
			}
		})
	}
}

func TestExportStatusOfAnotherTask(t *testing.T) {
	r := newAPIRig(t, answer(200, `{"data":{"task_id":"t2","status":"success"}}`))
	if got, err := r.client.ExportStatus(t.Context(), "t1", "c1"); err != nil || got.TaskID != "t2" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestConnection(t *testing.T) {
	expires := time.Date(2027, 1, 17, 0, 0, 0, 0, time.UTC)
	full := export.Connection{
		ID: "c1", APIMode: "test", Status: "authorized", PlatformType: "epic", EndpointID: "e", BrandID: "b", PortalID: "p",
		TEFCADirectoryID: "urn:oid:2.16", Scope: "openid", ConsentExpires: &expires, Updated: start,
	}
	bare := export.Connection{ID: "c1", Status: "connected", Updated: start}
	tests := []struct {
		name, body string
		want       export.Connection
	}{
		{"documented", `{"success":true,"data":{"org_connection_id":"C1","org_id":"o","catalog_brand_id":"b","catalog_portal_id":"p","catalog_endpoint_id":"e",
			"tefca_directory_id":"urn:oid:2.16","platform_type":"epic","api_mode":"test","status":"authorized","scope":"openid","consent_expires_at":"2027-01-17T00:00:00Z"}}`, full},
		{"names of events, not wrapped", `{"org_connection_id":"c1","brand_id":"b","portal_id":"p","endpoint_id":"e",
			"tefca_directory_id":"urn:oid:2.16","platform_type":"epic","api_mode":"test","connection_status":"authorized","scope":"openid","consent_expires_at":"2027-01-17T00:00:00Z"}`, full},
		{"bare", `{"data":{"status":"connected","consent_expires_at":"","tefca_directory_id":null,"platform_type":{}}}`, bare},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newAPIRig(t, answer(200, tt.body))
			got, err := r.client.Connection(t.Context(), "c1")
			a, _ := json.Marshal(got)
			b, _ := json.Marshal(tt.want)
			if err != nil || string(a) != string(b) {
				t.Errorf("error %v\ngot  %s\nwant %s", err, a, b)
			}
		})
	}
	r := newAPIRig(t, answer(200, `{"data":{"org_connection_id":"another"}}`))
	if _, err := r.client.Connection(t.Context(), "c1"); !isA[*export.APIError](err) {
		t.Errorf("another connection: %v", err)
	}
}

func TestIDs(t *testing.T) {
	client, err := export.NewClient(keys(t), export.ClientOptions{Transport: noNetwork{t}})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"", ".", "..", "a b", "a\n", "ä", strings.Repeat("a", 256)} {
		_, err1 := client.Connection(t.Context(), id)
		_, err2 := client.Register(t.Context(), id, "")
		if !isA[*export.IDError](err1) || !isA[*export.IDError](err2) {
			t.Errorf("%.10q: %v, %v", id, err1, err2)
		}
	}
	r := newAPIRig(t, answer(200, "{}"))
	if _, err := r.client.Connection(t.Context(), "../../a?b#c%2f"); err != nil {
		t.Fatal(err)
	}
	if got := r.api.requests()[0].URL.EscapedPath(); got != "/v1/bridge/org_connection/..%2F..%2Fa%3Fb%23c%252f" {
		t.Errorf("asked for %s", got)
	}
}

func TestCheckCredentials(t *testing.T) {
	tests := []struct {
		name string
		step step
		good bool
	}{
		{"unknown connection", answer(404, `{"success":false,"error":"not found"}`), true},
		{"200", answer(200, "{}"), true},
		{"401", answer(401, `{"message":"Unauthorized"}`), false},
		{"403", answer(403, `{"message":"Forbidden"}`), false},
		{"404 page", answer(404, "<html>"), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newAPIRig(t, tt.step)
			err := r.client.CheckCredentials(t.Context())
			if (err == nil) != tt.good || len(r.api.requests()) != 1 {
				t.Errorf("got %v after %d requests", err, len(r.api.requests()))
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	clock := newFakeClock()
	client, err := export.NewClient(keys(t), export.ClientOptions{BaseURL: "http://" + address, Clock: clock.clock()})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Connection(t.Context(), "c1")
	if !isA[*export.UnreachableError](err) || !strings.Contains(err.Error(), "no answer from "+address) || strings.Contains(err.Error(), "org_connection") {
		t.Errorf("got %v", err)
	}
	if len(clock.slept) != 7 {
		t.Errorf("slept %v", clock.slept)
	}
}

func TestUntrustedCertificate(t *testing.T) {
	server := httptest.NewTLSServer(answer(200, task))
	t.Cleanup(server.Close)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	clock := newFakeClock()
	client, err := export.NewClient(keys(t), export.ClientOptions{BaseURL: server.URL, Clock: clock.clock()})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Register(t.Context(), "c1", "")
	e, ok := errors.AsType[*export.UnreachableError](err)
	if !ok || !strings.Contains(e.Hint(), "certificate") || len(clock.slept) != 0 {
		t.Errorf("got %v after %v", err, clock.slept)
	}
}

func TestCallStops(t *testing.T) {
	reason := errors.New("the user's reason")
	ctx, cancel := contextWithCause(t)
	r := newAPIRig(t, func(http.ResponseWriter, *http.Request) { cancel(reason) }, answer(500, ""))
	if _, err := r.client.Register(ctx, "c1", ""); !errors.Is(err, reason) {
		t.Errorf("got %v", err)
	}
}

func TestClientShowsNoKeys(t *testing.T) {
	client, err := export.NewClient(keys(t), export.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"%v", "%+v", "%#v"} {
		if text := fmt.Sprintf(format, client); strings.Contains(text, "CANARY") {
			t.Errorf("%s: %s", format, text)
		}
	}
}
