package sandbox

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// control lets another process drive the sandbox: POST /control/ACTION?NAME=VALUE.
// It answers no page of a browser, which would send an Origin.
func (s *Sandbox) control(w *recorder, r *http.Request) {
	if r.Header.Get("Origin") != "" {
		writeReply(w, failed(http.StatusForbidden, "not for pages"))
		return
	}
	action := r.PathValue("action")
	look, isLook := looks[action]
	if isLook && r.Method == http.MethodGet {
		look(s, w, r)
		return
	}
	act, ok := acts[action]
	if !ok || r.Method != http.MethodPost {
		writeReply(w, failed(http.StatusNotFound, "GET state, log, deliveries, event, headers or failures; POST "+strings.Join(actNames(), ", ")))
		return
	}
	result, err := act(s, r)
	if err != nil {
		writeReply(w, failed(http.StatusBadRequest, err.Error()))
		return
	}
	writeReply(w, wrapped(result))
}

// looks read.
var looks = map[string]func(*Sandbox, http.ResponseWriter, *http.Request){
	"state":      func(s *Sandbox, w http.ResponseWriter, _ *http.Request) { writeReply(w, wrapped(s.Info())) },
	"log":        func(s *Sandbox, w http.ResponseWriter, _ *http.Request) { writeReply(w, wrapped(s.Entries())) },
	"deliveries": func(s *Sandbox, w http.ResponseWriter, _ *http.Request) { writeReply(w, wrapped(s.Deliveries())) },
	"failures": func(s *Sandbox, w http.ResponseWriter, _ *http.Request) {
		writeReply(w, wrapped(object{{"active", s.Faults()}, {"known", Failures()}}))
	},
	"event":   (*Sandbox).lookEvent,
	"headers": (*Sandbox).lookHeaders,
}

// lookEvent gives the body of an event as it was signed: of an id, or the last one
// of a type, or the last one that ended an export.
func (s *Sandbox) lookEvent(w http.ResponseWriter, r *http.Request) {
	if d, ok := s.deliveryFor(w, r); ok {
		writeText(w, http.StatusOK, "application/json", []byte(d.Body))
	}
}

// lookHeaders gives the three headers of an event's signature, of now.
func (s *Sandbox) lookHeaders(w http.ResponseWriter, r *http.Request) {
	d, ok := s.deliveryFor(w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	signed := draft{id: d.EventID, body: []byte(d.Body), secrets: slices.Clone(s.orgs[0].endpoints[d.Mode].secrets)}
	s.mu.Unlock()
	signed.timestamp = strconv.FormatInt(s.clock.outside().Unix(), 10)
	signed.sign()
	text := fmt.Sprintf("webhook-id: %s\nwebhook-timestamp: %s\nwebhook-signature: %s\n", signed.id, signed.timestamp, signed.signature)
	writeText(w, http.StatusOK, "text/plain; charset=utf-8", []byte(text))
}

// deliveryFor returns the event that a request asks for, or says that there is
// none.
func (s *Sandbox) deliveryFor(w http.ResponseWriter, r *http.Request) (Delivery, bool) {
	id, typ := r.FormValue("id"), r.FormValue("type")
	all := s.Deliveries()
	for _, d := range slices.Backward(all) {
		if id == "" && typ == "" && endsExport(d.Type) || id != "" && d.EventID == id || typ != "" && d.Type == typ {
			return d, true
		}
	}
	writeReply(w, failed(http.StatusNotFound, "no such event"))
	return Delivery{}, false
}

// acts change something.
var acts = map[string]func(*Sandbox, *http.Request) (any, error){
	"fail":  (*Sandbox).actFail,
	"heal":  func(s *Sandbox, r *http.Request) (any, error) { s.Heal(r.FormValue("name")); return s.Faults(), nil },
	"clock": (*Sandbox).actClock,
	"connect": func(s *Sandbox, r *http.Request) (any, error) {
		return s.Connect(r.FormValue("patient"), r.FormValue("external_id"))
	},
	"revoke": func(s *Sandbox, r *http.Request) (any, error) { return nil, s.Revoke(r.FormValue("connection")) },
	"status": func(s *Sandbox, r *http.Request) (any, error) {
		return nil, s.SetStatus(r.FormValue("connection"), r.FormValue("status"))
	},
	"content":    (*Sandbox).actContent,
	"webhook":    (*Sandbox).actWebhook,
	"send-event": (*Sandbox).actSendEvent,
	"redeliver":  func(s *Sandbox, r *http.Request) (any, error) { return nil, s.Redeliver(r.FormValue("id")) },
}

func actNames() []string {
	return []string{"fail", "heal", "clock", "connect", "revoke", "status", "content", "webhook", "send-event", "redeliver"}
}

// actFail switches failures on: name=cut-body=2, repeatable.
func (s *Sandbox) actFail(r *http.Request) (any, error) {
	var all []Fault
	for _, spec := range r.URL.Query()["name"] {
		f, err := ParseFault(spec)
		if err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	for _, f := range all {
		s.Fail(f)
	}
	return s.Faults(), nil
}

// actClock advances the clock: advance=24h, and all=1 for what others are told.
func (s *Sandbox) actClock(r *http.Request) (any, error) {
	d, err := time.ParseDuration(r.FormValue("advance"))
	if err != nil || d < 0 {
		return nil, errors.New("advance=DURATION is required, such as 24h")
	}
	s.clock.advance(d, r.FormValue("all") != "")
	return object{{"now", s.clock.now()}, {"outside", s.clock.outside()}}, nil
}

// actContent changes what a connection exports, to the body of the request or to
// file=PATH.
func (s *Sandbox) actContent(r *http.Request) (any, error) {
	id := r.URL.Query().Get("connection")
	if path := r.URL.Query().Get("file"); path != "" {
		return nil, s.SetFile(id, path)
	}
	text, err := io.ReadAll(io.LimitReader(r.Body, 256<<20))
	if err != nil {
		return nil, fmt.Errorf("read content: %w", err)
	}
	return nil, s.SetContent(id, text)
}

// actWebhook changes an endpoint: mode=test|live with url=, enable=1, rotate=1,
// drop-old=1 or subscribe=TYPE,TYPE.
func (s *Sandbox) actWebhook(r *http.Request) (any, error) {
	mode := r.FormValue("mode")
	if mode == "" {
		mode = modeTest
	}
	var errs []error
	if r.Form.Has("url") {
		errs = append(errs, s.SetWebhook(mode, r.FormValue("url")))
	}
	if r.Form.Has("enable") {
		errs = append(errs, s.EnableWebhook(mode))
	}
	if r.Form.Has("rotate") {
		errs = append(errs, s.RotateSecret(mode))
	}
	if r.Form.Has("drop-old") {
		errs = append(errs, s.DropOldSecrets(mode))
	}
	if r.Form.Has("subscribe") {
		errs = append(errs, s.Subscribe(mode, strings.Split(r.FormValue("subscribe"), ",")))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keysOf(mode), nil
}

// actSendEvent sends an event of a type with invented content, or the body of the
// request as it is: type=webhook.test, or mode= and id=.
func (s *Sandbox) actSendEvent(r *http.Request) (any, error) {
	query := r.URL.Query()
	if typ := query.Get("type"); typ != "" {
		return nil, s.Simulate(typ)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<20))
	if err != nil || len(body) == 0 {
		return nil, errors.New("type=TYPE or a body is required")
	}
	mode := query.Get("mode")
	if mode == "" {
		mode = modeTest
	}
	return nil, s.SendRaw(mode, query.Get("id"), body)
}
