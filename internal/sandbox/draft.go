package sandbox

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A draft is a request to a webhook before it is sent.
type draft struct {
	method, contentType string
	id, timestamp       string
	body                []byte // as signed
	secrets             []string

	signature string
	extra     map[string]string
	missing   []string // headers that stay away
	sent      []byte   // nil: the body
	chunked   bool
	slow      time.Duration
	faults    []string
}

// A forgery makes a draft wrong.
type forgery struct {
	name  string
	apply func(s *Sandbox, r *draft, arg string)
}

// Some things go wrong before a draft is signed.
var beforeSigning = []forgery{
	{"bad-signature", func(s *Sandbox, r *draft, _ string) { r.secrets = []string{s.ids.webhookSecret("wrong")} }},
	{"old-timestamp", func(_ *Sandbox, r *draft, _ string) { r.shift(-6 * time.Minute) }},
	{"future-timestamp", func(_ *Sandbox, r *draft, _ string) { r.shift(6 * time.Minute) }},
	{"limit-timestamp", func(_ *Sandbox, r *draft, _ string) { r.shift(5 * time.Minute) }},
	{"word-timestamp", func(_ *Sandbox, r *draft, _ string) { r.timestamp = "yesterday" }},
	{"other-webhook-id", func(s *Sandbox, r *draft, _ string) { r.id = "msg_" + plainID(s.ids.uuid("message")) }},
}

// Others after it.
var afterSigning = []forgery{
	{"first-invalid", func(_ *Sandbox, r *draft, _ string) {
		r.signature = "v1," + strings.Repeat("A", 43) + "= " + r.signature
	}},
	{"v1a-only", func(_ *Sandbox, r *draft, _ string) { r.signature = strings.ReplaceAll(r.signature, "v1,", "v1a,") }},
	{"hex-signature", func(_ *Sandbox, r *draft, _ string) { r.signature = "v1," + r.hexDigest() }},
	{"empty-entries", func(_ *Sandbox, r *draft, _ string) { r.signature = "v1,  , " + r.signature + "  v1" }},
	{"missing-id", func(_ *Sandbox, r *draft, _ string) { r.missing = append(r.missing, "webhook-id") }},
	{"missing-timestamp", func(_ *Sandbox, r *draft, _ string) { r.missing = append(r.missing, "webhook-timestamp") }},
	{"missing-signature", func(_ *Sandbox, r *draft, _ string) { r.missing = append(r.missing, "webhook-signature") }},
	{"extra-headers", func(_ *Sandbox, r *draft, _ string) {
		r.extra = map[string]string{"svix-id": "msg_other", "svix-timestamp": "1", "svix-signature": "v1,x", "X-Fasten-Signature": "t=1,v1=00"}
	}},
	{"changed-body", func(_ *Sandbox, r *draft, _ string) { r.sent = changed(r.body) }},
	{"gzip-event", func(_ *Sandbox, r *draft, _ string) {
		r.sent, r.extra = gzipped(r.body), map[string]string{"Content-Encoding": "gzip"}
	}},
	{"chunked-event", func(_ *Sandbox, r *draft, _ string) { r.chunked = true }},
	{"slow-event", func(_ *Sandbox, r *draft, arg string) { r.slow = durationOr(arg, 30*time.Second) }},
	{"get-event", func(_ *Sandbox, r *draft, _ string) { r.method = http.MethodGet }},
	{"text-event", func(_ *Sandbox, r *draft, _ string) { r.contentType = "text/plain" }},
}

// forge signs a draft, rightly or as asked.
func (s *Sandbox) forge(r *draft, m message) {
	if !m.exact && s.faults.take("other-mode-secret") {
		r.secrets = m.owner.org.endpoints[otherMode(m.owner.mode)].secrets
		r.faults = append(r.faults, "other-mode-secret")
	}
	s.applyForgeries(r, m, beforeSigning)
	r.sign()
	s.applyForgeries(r, m, afterSigning)
}

func (s *Sandbox) applyForgeries(r *draft, m message, all []forgery) {
	if m.exact {
		return
	}
	for _, f := range all {
		if fault, ok := s.faults.takeAt("", f.name); ok {
			f.apply(s, r, fault.Arg)
			r.faults = append(r.faults, f.name)
		}
	}
}

// sign signs a draft with each of its secrets.
func (r *draft) sign() {
	var all []string
	for _, secret := range r.secrets {
		one, err := sign(secret, r.id, r.timestamp, r.body)
		if err != nil {
			one = "v1," // a secret of ours is always base64
		}
		all = append(all, one)
	}
	r.signature = strings.Join(all, " ")
}

func (r *draft) shift(d time.Duration) {
	seconds, _ := strconv.ParseInt(r.timestamp, 10, 64)
	r.timestamp = strconv.FormatInt(seconds+int64(d/time.Second), 10)
}

func (r *draft) hexDigest() string {
	digest, _ := digestOf(r.secrets[0], r.id, r.timestamp, r.body)
	return hex.EncodeToString(digest)
}

// changed returns a body with one byte changed that leaves it JSON.
func changed(body []byte) []byte {
	other := bytes.Clone(body)
	if i := bytes.LastIndexAny(other, "0123456789abcdef"); i >= 0 {
		other[i] ^= 1
	}
	return other
}

func gzipped(text []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(text) // memory gives no errors
	_ = w.Close()
	return b.Bytes()
}

// signatureHeaders are the headers that carry the signature.
func (r *draft) signatureHeaders() map[string]string {
	h := map[string]string{"webhook-id": r.id, "webhook-timestamp": r.timestamp, "webhook-signature": r.signature}
	for _, name := range r.missing {
		delete(h, name)
	}
	return h
}

// request turns a draft into a request.
func (r *draft) request(ctx context.Context, url string) (*http.Request, error) {
	body := r.body
	if r.sent != nil {
		body = r.sent
	}
	request, err := http.NewRequestWithContext(ctx, r.method, url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	if r.chunked {
		request.ContentLength = -1
	}
	if r.slow > 0 {
		request.Body = io.NopCloser(&slowReader{ctx: ctx, r: bytes.NewReader(body), pause: r.slow / 20, chunk: max(1, len(body)/20)})
	}
	request.Header.Set("Content-Type", r.contentType)
	request.Header.Set("User-Agent", "fhirwh-sandbox")
	for name, value := range r.extra {
		request.Header.Set(name, value)
	}
	for name, value := range r.signatureHeaders() {
		request.Header[name] = []string{value} // in lower case, as the provider sends them
	}
	return request, nil
}

// A slowReader pauses before each chunk.
type slowReader struct {
	ctx   context.Context
	r     io.Reader
	pause time.Duration
	chunk int
}

func (s *slowReader) Read(p []byte) (int, error) {
	select {
	case <-s.ctx.Done():
		return 0, s.ctx.Err()
	case <-time.After(s.pause):
	}
	return s.r.Read(p[:min(len(p), s.chunk)])
}
