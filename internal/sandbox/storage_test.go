package sandbox_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/sandbox"
)

func TestStorageChecksSignatures(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	link := w.link(t)
	at, again := w.signed(t, link), w.signed(t, link)
	if at == again {
		t.Error("two redirects have the same URL")
	}
	changed := func(name, value string) string {
		u, _ := url.Parse(at)
		q := u.Query()
		q.Set(name, value)
		u.RawQuery = q.Encode()
		return u.String()
	}
	tests := []struct {
		name, url string
		change    func(*http.Request)
		status    int
		code      string
	}{
		{"good", at, bare, 200, ""},
		{"good again", at, bare, 200, ""},
		{"basic", at, header("X", "x"), 400, "InvalidArgument"},
		{"bearer", at, header("Authorization", "Bearer x"), 400, "InvalidArgument"},
		{"longer", changed("X-Amz-Expires", "6000"), bare, 403, "SignatureDoesNotMatch"},
		{"later", changed("X-Amz-Date", "20990101T000000Z"), bare, 403, "SignatureDoesNotMatch"},
		{"no signature", changed("X-Amz-Signature", ""), bare, 403, "AccessDenied"},
		{"other signature", changed("X-Amz-Signature", strings.Repeat("0", 64)), bare, 403, "SignatureDoesNotMatch"},
		{"other host", at, func(r *http.Request) { bare(r); r.Host = strings.Replace(r.Host, "localhost", "127.0.0.1", 1) }, 403, "SignatureDoesNotMatch"},
		{"HEAD", at, func(r *http.Request) { bare(r); r.Method = "HEAD" }, 403, ""},
		{"root", w.info.StorageURL + "/", bare, 403, "AccessDenied"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := w.ask(t, "GET", tt.url, "", tt.change)
			if g.status != tt.status || tt.code != "" && (!strings.Contains(g.text, "<Code>"+tt.code+"</Code>") || g.header.Get("Content-Type") != "application/xml") {
				t.Errorf("status %d: %.300s", g.status, g.text)
			}
		})
	}
	w.Advance(9 * time.Minute)
	if g := w.ask(t, "GET", at, "", bare); g.status != 200 {
		t.Errorf("after nine minutes: status %d", g.status)
	}
	w.Advance(2 * time.Minute)
	if g := w.ask(t, "GET", at, "", bare); g.status != 403 || !strings.Contains(g.text, "Request has expired") {
		t.Errorf("after eleven minutes: status %d: %s", g.status, g.text)
	}
}

func TestStorageNotesCredentials(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	at := w.signed(t, w.link(t))
	w.ask(t, "GET", at, "", bare)
	w.ask(t, "GET", at, "", header("Referer", "http://x/"), header("Cookie", "a=b"))
	var seen []sandbox.Entry
	eventually(t, func() bool { // a request is logged when its handler returns: after the last byte has come
		seen = slices.DeleteFunc(w.Entries(), func(e sandbox.Entry) bool { return e.Kind != "storage" })
		return len(seen) == 2
	})
	if seen[0].Authorization || seen[0].Cookie || seen[0].Referer || !seen[1].Authorization || !seen[1].Cookie || !seen[1].Referer {
		t.Errorf("seen %+v", seen)
	}
}

func TestRanges(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	text := string(exampleText(t))
	at := w.signed(t, w.link(t))
	etag := w.ask(t, "GET", at, "", bare).header.Get("ETag")
	if etag == "" {
		t.Fatal("no ETag")
	}
	part := func(change ...func(*http.Request)) got {
		return w.ask(t, "GET", at, "", append(change, bare, header("Range", "bytes=1000-"))...)
	}
	if g := part(header("If-Range", etag)); g.status != 206 || g.text != text[1000:] || g.header.Get("ETag") != etag {
		t.Errorf("status %d, %d bytes", g.status, len(g.text))
	}
	if g := part(header("If-Range", `"other"`)); g.status != 200 || g.text != text {
		t.Errorf("other ETag: status %d, %d bytes", g.status, len(g.text))
	}
	if g := w.ask(t, "GET", at, "", bare, header("Range", "bytes=99999999-")); g.status != 416 || !strings.Contains(g.text, "InvalidRange") {
		t.Errorf("beyond the end: status %d: %s", g.status, g.text)
	}
	w.Fail(fault(t, "ignore-range=1"))
	if g := part(); g.status != 200 || g.text != text {
		t.Errorf("ignore-range: status %d", g.status)
	}
	w.Fail(fault(t, "changed-etag=1"))
	if g := part(header("If-Range", etag)); g.status != 200 || g.header.Get("ETag") == etag {
		t.Errorf("changed-etag: status %d", g.status)
	}
	w.Fail(fault(t, "no-etag=1"))
	if g := part(); g.status != 206 || g.header.Get("ETag") != "" {
		t.Errorf("no-etag: status %d, %s", g.status, g.header.Get("ETag"))
	}
}

func TestStorageFailures(t *testing.T) {
	text := string(exampleText(t))
	code := func(status int, code string) func(*testing.T, got) {
		return func(t *testing.T, g got) {
			if g.status != status || !strings.Contains(g.text, "<Code>"+code+"</Code>") {
				t.Errorf("status %d: %.300s", g.status, g.text)
			}
		}
	}
	whole := func(is func(got) bool) func(*testing.T, got) {
		return func(t *testing.T, g got) {
			if g.status != 200 || g.err != nil || !is(g) {
				t.Errorf("status %d, %v, %v, %d bytes", g.status, g.err, g.header, len(g.text))
			}
		}
	}
	broken := func(t *testing.T, g got) {
		if g.status != 200 || !isShort(g.err) || g.length != int64(len(text)) || len(g.text) == 0 || !strings.HasPrefix(text, g.text) {
			t.Errorf("status %d, %v, %d of %d bytes", g.status, g.err, len(g.text), g.length)
		}
	}
	tests := map[string]func(*testing.T, got){
		"expired-url": code(403, "AccessDenied"), "expires-once": code(403, "AccessDenied"), "expired-token": code(400, "ExpiredToken"),
		"storage-forbidden": code(403, "AccessDenied"), "storage-missing": code(404, "NoSuchKey"),
		"storage-error": code(500, "InternalError"), "slow-down": code(503, "SlowDown"),
		"cut-body": broken, "short-body": broken,
		"no-length": whole(func(g got) bool { return g.length == -1 && g.text == text }),
		"gzip-body": whole(func(g got) bool {
			return g.header.Get("Content-Encoding") == "gzip" && g.text[:2] == "\x1f\x8b" && g.length == int64(len(g.text))
		}),
		"empty-body":         whole(func(g got) bool { return g.text == "" && g.length == 0 }),
		"wrong-content-type": whole(func(g got) bool { return g.header.Get("Content-Type") == "application/octet-stream" && g.text == text }),
		"html-body": whole(func(g got) bool {
			return strings.HasPrefix(g.header.Get("Content-Type"), "text/html") && strings.HasPrefix(g.text, "<!DOCTYPE")
		}),
		"json-error-body": whole(func(g got) bool {
			return g.header.Get("Content-Type") == "application/json" && strings.HasPrefix(g.text, `{"success":false`)
		}),
	}
	for name, check := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{}, name+"=1")
			link := w.link(t)
			check(t, w.ask(t, "GET", w.signed(t, link), "", bare))
			if g := w.ask(t, "GET", w.signed(t, link), "", bare); g.status != 200 || g.text != text {
				t.Errorf("it happened twice: status %d", g.status)
			}
		})
	}
}

func TestOnceOnly(t *testing.T) {
	w := newWorld(t, sandbox.Options{}, "once-only")
	link := w.link(t)
	at := w.signed(t, link)
	for _, want := range []int{200, 403} {
		if g := w.ask(t, "GET", at, "", bare); g.status != want {
			t.Errorf("status %d, want %d", g.status, want)
		}
	}
	if g := w.ask(t, "GET", w.signed(t, link), "", bare); g.status != 200 {
		t.Errorf("new URL: status %d", g.status)
	}
}

func TestSlowDrip(t *testing.T) {
	w := newWorld(t, sandbox.Options{}, "slow-drip:1000000=1")
	at := w.signed(t, w.link(t))
	began := time.Now()
	if g := w.ask(t, "GET", at, "", bare); g.text != string(exampleText(t)) {
		t.Errorf("%d bytes", len(g.text))
	}
	if took := time.Since(began); took < 400*time.Millisecond {
		t.Errorf("492 kB at 1 MB/s took %s", took)
	}
}

func TestStall(t *testing.T) {
	w := newWorld(t, sandbox.Options{}, "stall=1")
	at := w.signed(t, w.link(t))
	r, err := http.NewRequest("GET", at, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := w.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	half := make([]byte, answer.ContentLength/2)
	ended := make(chan int)
	go func() {
		n := 0
		for {
			m, err := answer.Body.Read(half)
			if n += m; err != nil {
				ended <- n
				return
			}
		}
	}()
	select {
	case n := <-ended:
		t.Errorf("the body ended after %d bytes", n)
	case <-time.After(100 * time.Millisecond):
	}
	w.Close()
	if n := <-ended; int64(n) != (answer.ContentLength+1)/2 {
		t.Errorf("%d of %d bytes came", n, answer.ContentLength)
	}
}

func TestResume(t *testing.T) {
	w := newWorld(t, sandbox.Options{}, "cut-body=3")
	want := string(exampleText(t))
	at := w.signed(t, w.link(t))
	var text string
	for range 3 {
		g := w.ask(t, "GET", at, "", bare, header("Range", "bytes="+itoa(len(text))+"-"))
		if !isShort(g.err) || g.text == "" {
			t.Fatalf("status %d, %v, %d bytes", g.status, g.err, len(g.text))
		}
		text += g.text
	}
	text += w.ask(t, "GET", at, "", bare, header("Range", "bytes="+itoa(len(text))+"-")).text
	if text != want {
		t.Errorf("%d bytes, want %d", len(text), len(want))
	}
}

// isShort says whether a body ended before its end.
func isShort(err error) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
}

func itoa(n int) string { return strconv.Itoa(n) }
