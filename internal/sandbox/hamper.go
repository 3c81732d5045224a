package sandbox

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

// A hampered response sends its body badly.
type hampered struct {
	*recorder
	ctx context.Context

	noLength bool
	rate     int    // bytes a second; 0: as fast as it goes
	stop     string // fault that ends the body early; empty: none
	left     int64  // bytes until then; set when the length is known
	begun    bool
}

// hampered returns a response that sends badly what the failures say, or w.
func (s *Sandbox) hampered(w *recorder, r *http.Request) http.ResponseWriter {
	h := &hampered{recorder: w, ctx: r.Context()}
	if h.noLength = s.faults.take("no-length"); h.noLength {
		w.faults = append(w.faults, "no-length")
	}
	if f, ok := s.faults.takeAt("", "slow-drip"); ok {
		h.rate = max(1, numberOr(f.Arg, 1<<18))
		w.faults = append(w.faults, f.Name)
	}
	if f, ok := s.faults.takeAt("", "cut-body", "short-body", "stall"); ok {
		h.stop = f.Name
		w.faults = append(w.faults, f.Name)
	}
	if !h.noLength && h.rate == 0 && h.stop == "" {
		return w
	}
	return h
}

// WriteHeader decides how much of the body is sent: half of it.
func (h *hampered) WriteHeader(status int) {
	length, err := strconv.ParseInt(h.Header().Get("Content-Length"), 10, 64)
	if err != nil {
		length = 2
	}
	h.left = (length + 1) / 2
	if h.noLength {
		h.Header().Del("Content-Length")
	}
	h.begun = true
	h.recorder.WriteHeader(status)
	if h.noLength {
		_ = http.NewResponseController(h.recorder).Flush()
	}
}

// Write sends p, or as much of it as is to be sent.
func (h *hampered) Write(p []byte) (int, error) {
	if !h.begun {
		h.WriteHeader(http.StatusOK)
	}
	if h.stop != "" && int64(len(p)) >= h.left {
		if _, err := h.drip(p[:h.left]); err != nil {
			return 0, err
		}
		h.end()
	}
	n, err := h.drip(p)
	h.left -= int64(n)
	return n, err
}

// drip sends p at the rate that was asked for.
func (h *hampered) drip(p []byte) (sent int, err error) {
	if h.rate == 0 {
		return h.recorder.Write(p)
	}
	step := max(1, h.rate/20)
	for sent < len(p) {
		n, err := h.recorder.Write(p[sent:min(len(p), sent+step)])
		sent += n
		if err != nil {
			return sent, err
		}
		_ = http.NewResponseController(h.recorder).Flush()
		select {
		case <-h.ctx.Done():
			return sent, h.ctx.Err()
		case <-time.After(time.Second / 20):
		}
	}
	return sent, nil
}

// end ends the response before its end. It does not return.
func (h *hampered) end() {
	_ = http.NewResponseController(h.recorder).Flush()
	switch h.stop {
	case "stall":
		<-h.ctx.Done()
	case "cut-body":
		time.Sleep(20 * time.Millisecond) // a reset overtakes what was sent just before
		reset(h.recorder)
	}
	panic(http.ErrAbortHandler)
}

// Unwrap is for http.ResponseController.
func (h *hampered) Unwrap() http.ResponseWriter { return h.recorder }
