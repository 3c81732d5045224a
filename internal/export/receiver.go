package export

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"
)

// MaxEventBytes is the most that the body of an event may have: it holds links,
// no records.
const MaxEventBytes = 1 << 20

// The paths of a [Receiver].
const (
	PathWebhookTest = "/webhook/test"
	PathWebhookLive = "/webhook/live"
	PathHealth      = "/healthz"
	PathMetrics     = "/metrics"
)

// A Receiver is the HTTP end of the webhook. It verifies an event, stores it,
// answers, and then wakes the worker: what the event asks for is done elsewhere.
//
// A sender that is answered 4xx or 5xx a few times switches the endpoint off, so
// everything whose signature is right is answered 200, except for a body beyond
// [MaxEventBytes] (413) and an event that could not be stored (503: it comes
// again).
type Receiver struct {
	Intake  Intake
	Secrets [][]byte            // decoded
	ByMode  map[string][][]byte // secrets of one mode, instead of Secrets
	Wake    func()              // after an event to act on was stored; may be nil
	Log     *slog.Logger        // may be nil
	Metrics *Metrics            // may be nil
}

// ServeHTTP implements [http.Handler].
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	switch req.URL.Path {
	case PathWebhookTest, PathWebhookTest + "/": // as people enter it: a 404 would switch the endpoint off
		r.webhook(w, req, ModeTest)
	case PathWebhookLive, PathWebhookLive + "/":
		r.webhook(w, req, ModeLive)
	case PathHealth:
		if allow(w, req, http.MethodGet, http.MethodHead) {
			answer(w, http.StatusOK, "ok")
		}
	case PathMetrics:
		if allow(w, req, http.MethodGet, http.MethodHead) {
			w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
			r.Metrics.WritePrometheus(w)
		}
	default:
		answer(w, http.StatusNotFound, "not found")
	}
}

// allow reports whether a request is of one of the methods, and answers others.
func allow(w http.ResponseWriter, req *http.Request, methods ...string) bool {
	for _, m := range methods {
		if req.Method == m {
			return true
		}
	}
	for _, m := range methods {
		w.Header().Add("Allow", m)
	}
	answer(w, http.StatusMethodNotAllowed, "method not allowed")
	return false
}

func answer(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n")
}

// webhook answers a request at the address of one mode.
func (r *Receiver) webhook(w http.ResponseWriter, req *http.Request, mode string) {
	if !allow(w, req, http.MethodPost) {
		return
	}
	start := time.Now()
	body, err := readBody(w, req)
	if errors.As(err, new(*http.MaxBytesError)) {
		r.reject(w, mode, verdictTooLarge, http.StatusRequestEntityTooLarge, "too large", err)
		return
	}
	if err == nil {
		err = r.verifier(mode).Verify(req.Header, body)
	}
	if err != nil {
		r.reject(w, mode, verdictSignature, http.StatusUnauthorized, "signature", err)
		return
	}
	e, stored, err := r.Intake.Take(Delivery{Body: body, Header: req.Header, Signed: true, Mode: mode})
	if err != nil {
		r.reject(w, mode, verdictNotStored, http.StatusServiceUnavailable, "not stored", err)
		return
	}
	answer(w, http.StatusOK, "ok")
	r.took(e, stored, time.Since(start))
}

// took tells the log, the metrics and the worker of an event.
func (r *Receiver) took(e Event, stored bool, after time.Duration) {
	verdict := e.State
	if !stored {
		verdict = verdictDuplicate
	}
	r.Metrics.add(eventsTotal(verdict), 1)
	level := slog.LevelInfo
	if verdict == EventRefused || verdict == EventUndecodable {
		level = slog.LevelWarn
	}
	attrs := append(eventAttrs(e), slog.String("verdict", verdict), slog.Duration("took", after))
	if e.Reason != "" {
		attrs = append(attrs, slog.String("reason", e.Reason))
	}
	logTo(r.Log, level, "event received", attrs...)
	if verdict == EventPending && r.Wake != nil {
		r.Wake()
	}
}

// reject answers a request of which nothing was stored. The sender learns nothing
// of the reason: it may be anybody.
func (r *Receiver) reject(w http.ResponseWriter, mode, verdict string, status int, text string, err error) {
	answer(w, status, text)
	r.Metrics.add(eventsTotal(verdict), 1)
	logTo(r.Log, slog.LevelWarn, "event rejected", slog.String("mode", mode), slog.String("verdict", verdict),
		slog.Int("status", status), slog.String("reason", oneLine(withoutURL(err).Error(), 200)))
}

func (r *Receiver) verifier(mode string) Verifier {
	secrets, ok := r.ByMode[mode]
	if !ok {
		secrets = r.Secrets
	}
	return Verifier{Secrets: secrets, Now: r.Intake.Now}
}

// readBody reads a body of at most MaxEventBytes, byte for byte. A longer one is
// an [*http.MaxBytesError], before it is sent where the sender says its length.
func readBody(w http.ResponseWriter, req *http.Request) ([]byte, error) {
	if req.ContentLength > MaxEventBytes {
		return nil, &http.MaxBytesError{Limit: MaxEventBytes}
	}
	return io.ReadAll(http.MaxBytesReader(w, req.Body, MaxEventBytes))
}
