package sandbox

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// An Entry is something that happened: a request to the sandbox, or an attempt of
// its webhooks. It holds no key, no link and no body.
type Entry struct {
	Time   time.Time     `json:"time"`
	Kind   string        `json:"kind"` // api, storage, page, control, webhook or export
	Method string        `json:"method,omitempty"`
	Path   string        `json:"path"` // of a webhook: the type of event; as a client sent it, without the query
	Status int           `json:"status,omitempty"`
	Bytes  int64         `json:"bytes,omitempty"`
	Took   time.Duration `json:"took,omitempty"`
	Error  string        `json:"error,omitempty"`
	Faults []string      `json:"faults,omitempty"` // that were made to happen

	// What arrived that the storage has no business to see.
	Authorization bool   `json:"authorization,omitempty"`
	Cookie        bool   `json:"cookie,omitempty"`
	Referer       bool   `json:"referer,omitempty"`
	Range         string `json:"range,omitempty"`
}

// kept is how many entries can be looked up.
const kept = 20_000

type logbook struct {
	mu      sync.Mutex
	entries []Entry
}

// note enters something in the log.
func (s *Sandbox) note(e Entry) {
	e.Time = s.clock.outside()
	s.seen.mu.Lock()
	if len(s.seen.entries) >= kept {
		s.seen.entries = slices.Delete(s.seen.entries, 0, kept/10)
	}
	s.seen.entries = append(s.seen.entries, e)
	s.seen.mu.Unlock()
	if s.opts.Log != nil {
		s.opts.Log(e)
	}
}

// Entries returns what happened, the oldest first.
func (s *Sandbox) Entries() []Entry {
	s.seen.mu.Lock()
	defer s.seen.mu.Unlock()
	return slices.Clone(s.seen.entries)
}

// A recorder is a response that is logged.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
	faults []string
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// logged logs the requests to a handler.
func (s *Sandbox) logged(kind string, h func(*recorder, *http.Request)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, rec := time.Now(), &recorder{ResponseWriter: w}
		defer func() {
			s.note(Entry{
				Kind: kind, Method: r.Method, Path: r.URL.Path, Status: rec.status, Bytes: rec.bytes, Took: time.Since(began), Faults: rec.faults,
				Authorization: r.Header.Get("Authorization") != "", Cookie: r.Header.Get("Cookie") != "", Referer: r.Header.Get("Referer") != "",
				Range: r.Header.Get("Range"),
			})
		}()
		h(rec, r)
	})
}
