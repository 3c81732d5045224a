package sandbox

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// refusals are the failures that are an answer instead of the real one.
var refusals = map[string]func(s *Sandbox, arg string) reply{
	"unauthorized":    func(*Sandbox, string) reply { return failed(http.StatusUnauthorized, "Unauthorized") },
	"not-found":       func(*Sandbox, string) reply { return failed(http.StatusNotFound, "not found") },
	"conflict":        func(*Sandbox, string) reply { return failed(http.StatusConflict, "conflict") },
	"rate-limit-bare": func(*Sandbox, string) reply { return failed(http.StatusTooManyRequests, "too many requests") },
	"server-error":    func(*Sandbox, string) reply { return failed(http.StatusInternalServerError, "internal error") },
	"bad-gateway":     func(*Sandbox, string) reply { return failed(http.StatusBadGateway, "bad gateway") },
	"unavailable":     func(*Sandbox, string) reply { return failed(http.StatusServiceUnavailable, "unavailable") },
	"gateway-timeout": func(*Sandbox, string) reply { return failed(http.StatusGatewayTimeout, "timeout") },
	"success-false":   func(*Sandbox, string) reply { return failed(http.StatusOK, "something is wrong") },
	"answer":          func(_ *Sandbox, arg string) reply { return failed(statusOf(arg), "something is wrong") },
	"rate-limit": func(_ *Sandbox, arg string) reply {
		r := failed(http.StatusTooManyRequests, "too many requests")
		r.header = map[string]string{"Retry-After": arg}
		return r
	},
	"retry-date": func(s *Sandbox, arg string) reply {
		r := failed(http.StatusTooManyRequests, "too many requests")
		date := s.clock.outside().UTC().Add(time.Duration(numberOr(arg, 2)) * time.Second)
		r.header = map[string]string{"Retry-After": date.Format(http.TimeFormat)}
		return r
	},
}

func statusOf(arg string) int {
	if n, err := strconv.Atoi(arg); err == nil && n >= 200 && n <= 599 {
		return n
	}
	return http.StatusRequestTimeout
}

// failBefore makes a request fail before its endpoint sees it, and says whether
// it has been answered.
func (s *Sandbox) failBefore(where string, w *recorder, r *http.Request) (answered bool) {
	if f, ok := s.faults.takeAt(where, "latency"); ok {
		w.faults = append(w.faults, f.Name)
		select {
		case <-r.Context().Done():
		case <-time.After(durationOr(f.Arg, 2*time.Second)):
		}
	}
	names := []string{"reset-before", "reset-after", "forbidden", "html-page"}
	for name := range refusals {
		names = append(names, name)
	}
	f, ok := s.faults.takeAt(where, names...)
	if !ok {
		return false
	}
	w.faults = append(w.faults, f.Name)
	switch f.Name {
	case "reset-before":
		reset(w)
	case "reset-after":
		w.Header().Set("Content-Length", "1000")
		w.WriteHeader(http.StatusOK)
		_, _ = io.WriteString(w, `{"success":true,`)
		_ = http.NewResponseController(w).Flush()
		reset(w)
	case "forbidden":
		writeForbidden(w)
	case "html-page":
		writeText(w, http.StatusOK, "text/html; charset=utf-8", []byte("<!DOCTYPE html><html><body><h1>We will be back soon</h1></body></html>"))
	default:
		writeReply(w, refusals[f.Name](s, f.Arg))
	}
	return true
}

// reset breaks the connection off without a farewell.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// distortions are the failures that change the right answer.
var distortions = []struct {
	name  string
	apply func(r reply, arg string) reply
}{
	{"created", func(r reply, _ string) reply { return reply{http.StatusCreated, r.body, r.header} }},
	{"extra-fields", func(r reply, _ string) reply {
		return changeData(r, func(d object) object {
			return append(d, member{"zodiac", "leo"}, member{"nested", object{{"a", []int{1, 2}}}})
		})
	}},
	{"odd-status", func(r reply, arg string) reply {
		return changeData(r, func(d object) object { return d.with("status", arg) })
	}},
	{"odd-types", func(r reply, _ string) reply {
		return changeData(r, func(d object) object { return d.with("status", nil).with("scope", 7).with("consent_expires_at", nil) })
	}},
	{"empty-fields", func(r reply, _ string) reply {
		return changeData(r, func(d object) object {
			for _, m := range d {
				if m.name == "consent_expires_at" || m.name == "scope" || m.name == "tefca_directory_id" {
					d = d.with(m.name, "")
				}
			}
			return d
		})
	}},
	{"unwrapped", func(r reply, _ string) reply {
		if o, ok := r.body.(object); ok && r.status == http.StatusOK {
			r.body = o[1].value
		}
		return r
	}},
}

func changeData(r reply, change func(object) object) reply {
	body, ok := r.body.(object)
	if !ok || r.status >= 300 {
		return r
	}
	data, ok := body[len(body)-1].value.(object)
	if ok {
		r.body = body.with("data", change(data))
	}
	return r
}

// writeDistorted sends a reply, or what failures make of it.
func (s *Sandbox) writeDistorted(where string, w *recorder, r reply) {
	for _, d := range distortions {
		if f, ok := s.faults.takeAt(where, d.name); ok {
			w.faults = append(w.faults, f.Name)
			r = d.apply(r, f.Arg)
		}
	}
	if _, ok := s.faults.takeAt(where, "truncated-json"); ok {
		w.faults = append(w.faults, "truncated-json")
		text, _ := encode(r.body)
		writeText(w, r.status, "application/json", text[:len(text)/2])
		return
	}
	writeReply(w, r)
}
