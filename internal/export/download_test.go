package export_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/fhirwh/fhirwh/internal/export"
)

func sha256Of(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func TestDownload(t *testing.T) {
	small, large := lines(1000), nineMiB() // three frames
	sum, md := sha256.Sum256(small), md5.Sum(small)
	b64 := base64.StdEncoding.EncodeToString
	tests := []struct {
		name     string
		steps    []step // of the storage
		content  []byte
		resumed  int
		requests int // of the storage
	}{
		{"whole", []step{object(small, etag)}, small, 0, 1},
		{"three frames", []step{object(large, etag)}, large, 0, 1},
		{"empty", []step{object(nil, etag)}, nil, 0, 2},
		{"empty once", []step{answer(200, ""), object(small, etag)}, small, 0, 2},
		{"redirect without Location once", []step{answer(302, ""), object(small, etag)}, small, 0, 2},
		{"broken again and again", []step{cutAfter(250, object(small, etag))}, small, 3, 4},
		{"no length", []step{unsized(small[:len(small)-2])}, small[:len(small)-2], 0, 2}, // the last line is cut: asked twice
		{"no length, the end confirmed", []step{unsized(small[:len(small)-2], "ETag", etag), object(small[:len(small)-2], etag)}, small[:len(small)-2], 0, 2},
		{"no length, more is there", []step{unsized(small[:500], "ETag", etag), object(small, etag)}, small, 1, 2},
		{"no length, another size is there", []step{unsized(small[:500], "ETag", etag), answer(416, "", "Content-Range", "bytes */400"), object(small, etag)}, small, 0, 3},
		{"no length, cut in another place each time", []step{unsized(small[:500]), unsized(small[:700]), unsized(small[:700])}, small[:700], 0, 3},
		{"no length, broken", []step{cutAfter(500, unsized(small)), unsized([]byte(`{"a":"}"}`))}, []byte(`{"a":"}"}`), 0, 2},
		{"no length, whole lines", []step{unsized([]byte(`{"resourceType":"Patient"}`))}, []byte(`{"resourceType":"Patient"}`), 0, 1},
		{"wrong content type", []step{answer(200, `{"resourceType":"Patient","id":"a"}`, "Content-Type", "text/html")}, []byte(`{"resourceType":"Patient","id":"a"}`), 0, 1},
		{"checksums", []step{answer(200, string(small), "X-Amz-Checksum-Sha256", b64(sum[:]), "Content-Md5", b64(md[:]), "Digest", "sha-256="+b64(sum[:]))}, small, 0, 1},
		{"composite checksum is not of the file", []step{answer(200, string(small), "X-Amz-Checksum-Sha256", b64(md[:])+"-3")}, small, 0, 1},
		{"checksum wrong once", []step{answer(200, string(small), "Content-Md5", b64(md5.New().Sum(nil))), object(small, etag)}, small, 0, 2},
		{"broken once", []step{cutAfter(5<<20, object(large, etag)), object(large, etag)}, large, 1, 2},
		{"broken five times", []step{cutAfter(1<<20, object(large, etag)), cutAfter(1<<20, object(large, etag)), cutAfter(1<<20, object(large, etag)),
			cutAfter(1<<20, object(large, etag)), cutAfter(1<<20, object(large, etag)), object(large, etag)}, large, 5, 6},
		{"broken, no ETag", []step{cutAfter(5<<20, answer(200, string(large), "Content-Length", "9437184")), answer(200, string(large))}, large, 0, 2},
		{"broken, weak ETag", []step{cutAfter(5<<20, object(large, "W/"+etag)), object(large, "W/"+etag)}, large, 0, 2},
		{"broken, then another file", []step{cutAfter(5<<20, object(large, etag)), object(small, `"other"`)}, small, 0, 2},
		{"Range ignored", []step{cutAfter(5<<20, object(large, etag)), answer(200, string(large), "ETag", etag)}, large, 0, 2},
		{"If-Range ignored", []step{cutAfter(5<<20, object(large, etag)), withoutIfRange(object(small, `"other"`)), object(small, `"other"`)}, small, 0, 3},
		{"length larger than body", []step{answer(200, string(small), "Content-Length", "1001"), object(small, etag)}, small, 0, 2},
		{"503 SlowDown", []step{answer(503, xmlError("SlowDown")), object(small, etag)}, small, 0, 2},
		{"signed URL expired", []step{answer(403, xmlError("AccessDenied")), object(small, etag)}, small, 0, 2},
		{"token expired", []step{answer(400, xmlError("ExpiredToken")), object(small, etag)}, small, 0, 2},
		{"HTML once", []step{answer(200, "<!DOCTYPE html><p>later", "Content-Type", "text/html"), object(small, etag)}, small, 0, 2},
		{"redirected within the storage", []step{answer(307, "", "Location", "/x"), answer(302, "", "Location", "y?z"), object(small, etag)}, small, 0, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, tt.steps...)
			got := r.want(tt.content)
			if got.Resumed != tt.resumed || len(r.storage.requests()) != tt.requests {
				t.Errorf("resumed %d times with %d requests, want %d and %d", got.Resumed, len(r.storage.requests()), tt.resumed, tt.requests)
			}
		})
	}
}

// withoutIfRange is a server that takes a Range for any version of the file.
func withoutIfRange(next step) step {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Range", "bytes=10-")
		r.Header.Del("If-Range")
		next(w, r)
	}
}

func TestDownloadErrors(t *testing.T) {
	small := lines(1000)
	tests := []struct {
		name  string
		steps []step
		want  string // of the error; "" for any
		is    func(error) bool
	}{
		{"403 again", []step{answer(403, xmlError("AccessDenied"))}, "gone at Fasten Connect: the storage host answered 403 Forbidden, AccessDenied", isA[*export.GoneError]},
		{"404", []step{answer(404, xmlError("NoSuchKey"))}, "gone", isA[*export.GoneError]},
		{"410", []step{answer(410, "")}, "gone", isA[*export.GoneError]},
		{"tampered", []step{answer(403, xmlError("SignatureDoesNotMatch"))}, "SignatureDoesNotMatch", isA[*export.StorageError]},
		{"two ways to sign", []step{answer(400, xmlError("InvalidArgument"))}, "InvalidArgument", isA[*export.StorageError]},
		{"500 for ever", []step{answer(500, "")}, "500 Internal Server Error", isA[*export.StorageError]},
		{"broken for ever", []step{cutAfter(0, object(small, etag))}, "broke off after", isA[*export.UnreachableError]},
		{"HTML", []step{answer(200, "\n<!DOCTYPE html><p>"+canary)}, "an HTML page", isA[*export.ContentError]},
		{"HTML by its type", []step{answer(200, canary, "Content-Type", "text/html; charset=utf-8")}, "an HTML page", isA[*export.ContentError]},
		{"XML", []step{answer(200, xmlError("AccessDenied"), "Content-Type", "application/xml")}, "an XML message", isA[*export.ContentError]},
		{"JSON message", []step{answer(200, `{"message":"`+canary+`"}`)}, "a JSON error message", isA[*export.ContentError]},
		{"JSON message on lines", []step{answer(200, "{\n  \"success\": false,\n  \"error\": \""+canary+"\"\n}\n")}, "a JSON error message", isA[*export.ContentError]},
		{"checksum wrong", []step{answer(200, string(small), "X-Amz-Checksum-Sha256", base64.StdEncoding.EncodeToString(make([]byte, 32)))}, "sha-256 checksum", isA[*export.ContentError]},
		{"brotli", []step{answer(200, string(small), "Content-Encoding", "br")}, "compressed", isA[*export.ContentError]},
		{"larger than allowed", []step{object(make([]byte, 1<<20+1), etag)}, "limit of 1.0 MiB", isA[*export.TooLargeError]},
		{"larger than allowed, no length", []step{unsized(make([]byte, 1<<20+1))}, "limit of 1.0 MiB", isA[*export.TooLargeError]},
		{"redirect loop", []step{answer(302, "", "Location", "/again")}, "more than 5 times", isA[*export.RedirectError]},
		{"no Location", []step{answer(302, "")}, "without saying where to", isA[*export.RedirectError]},
		{"to http elsewhere", []step{answer(302, "", "Location", "http://192.0.2.1/"+canary)}, "not https", isA[*export.RedirectError]},
		{"to a file", []step{answer(302, "", "Location", "file:///etc/passwd")}, "no URL", isA[*export.RedirectError]},
		{"with a user", []step{answer(302, "", "Location", "https://"+canary+":x@192.0.2.1/")}, "user name", isA[*export.RedirectError]},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, tt.steps...)
			to := r.target()
			to.MaxBytes = 1 << 20
			_, err := r.client.Download(t.Context(), r.link, to)
			if err == nil || !tt.is(err) || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %T %v, want %q", err, err, tt.want)
			}
			r.wantDiscreet(err)
			wantHint(t, err)
			if _, err := os.Stat(to.Final); err == nil {
				t.Error("a file landed")
			}
		})
	}
}

// A file is not empty if its event announces something.
func TestDownloadNotEmpty(t *testing.T) {
	small := lines(1000)
	to := func(r *rig) export.Target {
		to := r.target()
		to.NotEmpty = true
		return to
	}
	r := newRig(t, object(nil, etag))
	if _, err := r.client.Download(t.Context(), r.link, to(r)); !isA[*export.ContentError](err) || len(r.storage.requests()) != 3 {
		t.Errorf("got %v after %d requests", err, len(r.storage.requests()))
	}
	r = newRig(t, object(nil, etag), unsized(nil), object(small, etag))
	got, err := r.client.Download(t.Context(), r.link, to(r))
	if err != nil {
		t.Fatal(err)
	}
	r.wantLanded(got, small)
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func wantHint(t *testing.T, err error) {
	t.Helper()
	var h interface{ Hint() string }
	if !errors.As(err, &h) || h.Hint() == "" {
		t.Errorf("no hint: %v", err)
	}
}

func TestDownloadFromAPI(t *testing.T) {
	small, large := lines(1000), nineMiB()
	type steps = []step
	tests := []struct {
		name    string
		api     func(*rig) steps
		content []byte
		is      func(error) bool // of the error; nil: none
	}{
		{"301", func(r *rig) steps { return steps{r.redirect(301)} }, small, nil},
		{"303", func(r *rig) steps { return steps{r.redirect(303)} }, small, nil},
		{"307", func(r *rig) steps { return steps{r.redirect(307)} }, small, nil},
		{"308", func(r *rig) steps { return steps{r.redirect(308)} }, small, nil},
		{"200 with Location", func(r *rig) steps { return steps{r.redirect(200)} }, small, nil},
		{"200 with the file", func(*rig) steps { return steps{object(small, etag)} }, small, nil},
		{"200 with the file, broken", func(*rig) steps {
			return steps{cutAfter(5<<20, object(large, etag)), object(large, etag)}
		}, large, nil},
		{"429 with Retry-After", func(r *rig) steps { return steps{answer(429, "", "Retry-After", "7"), r.redirect(302)} }, small, nil},
		{"502 page", func(r *rig) steps { return steps{answer(502, "<html>"), r.redirect(302)} }, small, nil},
		{"connection reset", func(r *rig) steps { return steps{reset, r.redirect(302)} }, small, nil},
		{"404", func(*rig) steps { return steps{answer(404, `{"success":false,"error":"x"}`)} }, nil, isA[*export.GoneError]},
		{"401", func(*rig) steps { return steps{answer(401, "{}")} }, nil, isA[*export.APIError]},
		{"403", func(*rig) steps { return steps{answer(403, `{"message":"Forbidden"}`)} }, nil, isA[*export.APIError]},
		{"200 with an error", func(*rig) steps { return steps{answer(200, `{"success":false,"error":"no"}`)} }, nil, isA[*export.ContentError]},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, object(small, etag))
			r.api.answers(tt.api(r)...)
			if tt.is == nil {
				r.want(tt.content)
				return
			}
			if _, err := r.download(); err == nil || !tt.is(err) {
				t.Errorf("got %T %v", err, err)
			}
		})
	}
}

// reset breaks the connection before any answer.
func reset(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func TestDownloadWaitsAsAsked(t *testing.T) {
	small := lines(1000)
	r := newRig(t, answer(503, xmlError("SlowDown"), "Retry-After", "9"), object(small, etag))
	r.want(small)
	if len(r.clock.slept) != 1 || r.clock.slept[0] != 9*time.Second {
		t.Errorf("slept %v", r.clock.slept)
	}
}

func TestDownloadLinks(t *testing.T) {
	tests := []struct{ name, link, want string }{
		{"other host", "https://evil.test/" + canary, "another host"},
		{"look-alike", "https://api.connect.fastenhealth.com.evil.test/" + canary, "another host"},
		{"host in the query", "https://evil.test/?api.connect.fastenhealth.com" + canary, "another host"},
		{"host as user", "https://api.connect.fastenhealth.com@evil.test/" + canary, "user name"},
		{"host in the path", "https://evil.test/api.connect.fastenhealth.com/v1/" + canary, "another host"},
		{"user", "https://x:y@api.connect.fastenhealth.com/" + canary, "user name"},
		{"http", "http://api.connect.fastenhealth.com/" + canary, "https"},
		{"other port", "https://api.connect.fastenhealth.com:8443/" + canary, "another port"},
		{"trailing dot", "https://api.connect.fastenhealth.com./" + canary, "dot"},
		{"letters that fold", "https://api.connect.faſtenhealth.com/" + canary, "ASCII"},
		{"subdomain", "https://x.api.connect.fastenhealth.com/" + canary, "another host"},
		{"storage", "https://bucket.s3.amazonaws.com/f?X-Amz-Signature=" + canary, "another host"},
		{"no scheme", "//evil.test/" + canary, "https"},
		{"backslash", `https://evil.test\@api.connect.fastenhealth.com/` + canary, "no URL"},
		{"not a URL", "%zz" + canary, "no URL"},
		{"empty", "", "no URL"},
		{"file", "file:///etc/passwd", "no URL"},
	}
	client, err := export.NewClient(keys(t), export.ClientOptions{Transport: noNetwork{t}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := client.Download(t.Context(), tt.link, export.Target{Final: t.TempDir() + "/f", Part: t.TempDir() + "/p"})
			if !isA[*export.ForeignHostError](err) || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), canary) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

type noNetwork struct{ t *testing.T }

func (n noNetwork) RoundTrip(r *http.Request) (*http.Response, error) {
	n.t.Errorf("a request was sent to %s", r.URL.Host)
	return nil, errors.New("no network")
}

// The API's own host is recognised however it is written.
func TestDownloadLinkSpellings(t *testing.T) {
	for _, link := range []string{
		"https://API.Connect.FastenHealth.com/v1/x",
		"https://api.connect.fastenhealth.com:443/v1/x",
	} {
		client, err := export.NewClient(keys(t), export.ClientOptions{Transport: refusing{}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Download(t.Context(), link, export.Target{Final: t.TempDir() + "/f", Part: t.TempDir() + "/p"})
		if !isA[*export.APIError](err) {
			t.Errorf("%s: %v", link, err)
		}
	}
}

type refusing struct{}

func (refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 401, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

// Only a machine's own emulator may lead to this machine.
func TestDownloadNotToThisMachine(t *testing.T) {
	for _, location := range []string{"https://127.0.0.1/x", "http://localhost/x", "https://[::1]/x"} {
		client, err := export.NewClient(keys(t), export.ClientOptions{Transport: leading{location}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Download(t.Context(), export.DefaultBaseURL+"/x", export.Target{Final: t.TempDir() + "/f", Part: t.TempDir() + "/p"})
		if !isA[*export.RedirectError](err) {
			t.Errorf("%s: %v", location, err)
		}
	}
}

type leading struct{ to string }

func (l leading) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 302, Header: http.Header{"Location": {l.to}}, Body: http.NoBody, Request: r}, nil
}

func TestDownloadKeepsCompressedAsSent(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(lines(1000))
	_ = z.Close()
	r := newRig(t, answer(200, b.String(), "Content-Encoding", "gzip", "Content-Type", "application/fhir+ndjson"))
	r.want(b.Bytes())
	if got := r.storage.requests()[0].Header.Get("Accept-Encoding"); got != "identity" {
		t.Errorf("asked for %q", got)
	}
}

// Nothing but the content itself says that a compressed file was cut off where the
// end of the connection is the end of the file.
func TestDownloadOfCompressedCutOff(t *testing.T) {
	var z, zs bytes.Buffer
	g := gzip.NewWriter(&z)
	_, _ = g.Write(lines(1000))
	_ = g.Close()
	w, err := zstd.NewWriter(&zs)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(lines(1000))
	_ = w.Close()
	for _, whole := range [][]byte{z.Bytes(), zs.Bytes()} {
		for _, cut := range []int{1, 3, 200} {
			for _, encoding := range []string{"gzip", ""} {
				r := newRig(t, answer(200, string(whole[:len(whole)-cut]), "Transfer-Encoding", "chunked", "Content-Encoding", encoding), answer(200, string(whole), "Content-Encoding", encoding))
				if r.want(whole); len(r.storage.requests()) != 2 {
					t.Errorf("%d bytes missing, declared as %q: asked %d times", cut, encoding, len(r.storage.requests()))
				}
			}
		}
	}
	r := newRig(t, answer(200, z.String()[:z.Len()-5], "Transfer-Encoding", "chunked"))
	if got := r.want(z.Bytes()[:z.Len()-5]); !got.CutOff {
		t.Error("not said that it is cut off")
	}
}

// A server that ignores where a range begins may still answer 206.
func TestDownloadOfRangeFromTheBeginning(t *testing.T) {
	all := lines(1000)
	head := answer(206, string(all), "ETag", etag, "Content-Range", fmt.Sprintf("bytes 0-%d/%d", len(all)-1, len(all)))
	r := newRig(t, answer(200, string(all[:500]), "ETag", etag, "Content-Length", strconv.Itoa(len(all))), head)
	r.want(all)
	if n := len(r.storage.requests()); n != 2 {
		t.Errorf("asked %d times", n)
	}
	part := answer(206, string(all[:500]), "ETag", etag, "Content-Range", fmt.Sprintf("bytes 0-499/%d", len(all)))
	newRig(t, part, object(all, etag)).want(all)
}

func TestDownloadStalls(t *testing.T) {
	small := lines(1000)
	stall := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.Header().Set("ETag", etag)
		_, _ = w.Write(small[:100])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	never := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	r := newRig(t, stall, never, object(small, etag))
	client, err := export.NewClient(keys(t), export.ClientOptions{
		BaseURL: strings.SplitN(r.link, "/v1/", 2)[0], Clock: r.clock.clock(), StallTimeout: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	r.client = client
	if got := r.want(small); got.Resumed != 1 {
		t.Errorf("resumed %d times", got.Resumed)
	}
}

func TestDownloadInterrupted(t *testing.T) {
	large := nineMiB()
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("the user's reason")
	hang := func(w http.ResponseWriter, r *http.Request) {
		cutAfterFlush(w, r, object(large, etag), 5<<20, func() { cancel(reason); <-r.Context().Done() })
	}
	r := newRig(t, hang, object(large, etag))
	to := r.target()
	if _, err := r.client.Download(ctx, r.link, to); !errors.Is(err, reason) {
		t.Fatalf("got %v", err)
	}
	var last, total int64
	to.Progress = func(n, all int64) { last, total = n, all }
	got, err := r.client.Download(t.Context(), r.link, to)
	if err != nil {
		t.Fatal(err)
	}
	r.wantLanded(got, large)
	if o := offset(r.storage.requests()[1]); got.Resumed != 1 || o == 0 {
		t.Errorf("resumed %d times, from %d", got.Resumed, o)
	}
	if last != int64(len(large)) || total != last {
		t.Errorf("progress ended at %d of %d", last, total)
	}
}

func cutAfterFlush(w http.ResponseWriter, r *http.Request, next step, n int, then func()) {
	defer then()
	next(&cutWriter{ResponseWriter: w, left: n}, r)
}
