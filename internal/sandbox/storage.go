package sandbox

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// storageHandler serves the files. It notes what else arrives, since credentials
// that come here came to a stranger.
func (s *Sandbox) storageHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/"+bucket+"/", s.logged("storage", s.serveObject))
	mux.Handle("GET /hop/{rest...}", s.logged("storage", s.hop))
	mux.Handle("/", s.logged("storage", func(w *recorder, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			writeObjectError(w, errTwoAuths)
			return
		}
		writeObjectError(w, errUnsigned)
	}))
	return mux
}

func writeObjectError(w http.ResponseWriter, e *objectError) {
	text, _ := xml.Marshal(struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: e.code, Message: e.message})
	writeText(w, e.status, "application/xml", append([]byte(xml.Header), text...))
}

// serveObject answers a signed URL.
func (s *Sandbox) serveObject(w *recorder, r *http.Request) {
	if e := s.checkObject(w, r); e != nil {
		writeObjectError(w, e)
		return
	}
	s.mu.Lock()
	f, gone := s.objects[r.URL.Path], false
	if f != nil {
		gone = s.isGone(f)
	}
	s.mu.Unlock()
	if f == nil || gone {
		e := errNoKey
		if s.faults.on("hidden-missing") {
			e = errUnsigned
		}
		writeObjectError(w, e)
		return
	}
	s.writeObject(w, r, f)
}

// objectFaults are the failures that are an answer of the storage.
var objectFaults = map[string]*objectError{
	"expires-once": errExpired, "expired-token": errToken, "storage-forbidden": errUnsigned,
	"storage-missing": errNoKey, "storage-error": errInternal, "slow-down": errSlowDown,
}

func (s *Sandbox) checkObject(w *recorder, r *http.Request) *objectError {
	if e := s.checkSignature(r); e != nil {
		return e
	}
	var names []string
	for name := range objectFaults {
		names = append(names, name)
	}
	if f, ok := s.faults.takeAt("", names...); ok {
		w.faults = append(w.faults, f.Name)
		return objectFaults[f.Name]
	}
	if s.faults.on("once-only") && s.wasUsed(r.URL.Query().Get("X-Amz-Signature")) {
		w.faults = append(w.faults, "once-only")
		return errUnsigned
	}
	return nil
}

func (s *Sandbox) wasUsed(signature string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.used[signature]
	s.used[signature] = true
	return was
}

// writeObject sends a file, whole or in part, or what failures make of it.
func (s *Sandbox) writeObject(w *recorder, r *http.Request, f *stored) {
	content, contentType := f.snapshot, f.contentType
	if name, text := s.takeInstead(); name != "" {
		w.faults = append(w.faults, name)
		contentType = insteadTypes[name]
		content = snapshotOf([]byte(text))
	}
	if s.faults.take("wrong-content-type") {
		contentType = "application/octet-stream"
	}
	if s.faults.take("gzip-body") {
		content = s.compressed(w, r, content)
	}
	if s.faults.take("ignore-range") {
		w.faults = append(w.faults, "ignore-range")
		r.Header.Del("Range")
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Last-Modified", f.created.UTC().Format(http.TimeFormat))
	if etag := s.etagFor(content); etag != "" {
		w.Header().Set("ETag", etag)
	}
	if !satisfiable(r.Header.Get("Range"), content.size) {
		writeObjectError(w, errNoSuchRange)
		return
	}
	http.ServeContent(s.hampered(w, r), r, "", time.Time{}, content.reader())
}

// satisfiable is false for a range that begins beyond the end.
func satisfiable(text string, size int64) bool {
	var first int64
	n, _ := fmt.Sscanf(text, "bytes=%d-", &first)
	return n == 0 || first < 0 || first < size
}

func (s *Sandbox) etagFor(content *snapshot) string {
	if s.faults.take("no-etag") {
		return ""
	}
	if s.faults.take("changed-etag") {
		return etagOf(s.ids.new("etag"))
	}
	return content.etag
}

var insteadTypes = map[string]string{"html-body": "text/html; charset=utf-8", "json-error-body": "application/json", "empty-body": "application/fhir+ndjson"}

// takeInstead returns what is sent instead of the file, if anything.
func (s *Sandbox) takeInstead() (name, text string) {
	f, _ := s.faults.takeAt("", "html-body", "json-error-body", "empty-body")
	switch f.Name {
	case "html-body":
		text = "<!DOCTYPE html>\n<html><head><title>Error</title></head><body>" + strings.Repeat("<p>The service is down.</p>\n", 20) + "</body></html>\n"
	case "json-error-body":
		text = `{"success":false,"error":"The service is down."}` + "\n"
	}
	return f.Name, text
}

// compressed is the content as a storage keeps it that was given it compressed.
func (s *Sandbox) compressed(w *recorder, r *http.Request, content *snapshot) *snapshot {
	var text bytes.Buffer
	if _, err := text.ReadFrom(content.reader()); err != nil {
		return content
	}
	small := snapshotOf(gzipped(text.Bytes()))
	r.Header.Del("Range")
	w.Header().Set("Content-Encoding", "gzip")
	w.Header().Set("Content-Length", fmt.Sprint(small.size))
	w.faults = append(w.faults, "gzip-body")
	return small
}
