package sandbox

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// An endpoint is a webhook of an organisation, for one mode.
type endpoint struct {
	mode       string
	url        string   // empty: there is none
	secrets    []string // the newest first
	subscribed []string // nil: to everything
	failures   int      // in a row
	disabled   bool
}

// alwaysSent are the types of event that nobody can unsubscribe from.
var alwaysSent = []string{"patient.ehi_export_success", "patient.ehi_export_failed", "webhook.test"}

// A Delivery is an event and what became of it: an entry of the delivery log.
type Delivery struct {
	EventID  string    `json:"event_id"`
	Mode     string    `json:"api_mode"`
	Type     string    `json:"type"`
	Body     string    `json:"body"`  // as signed
	State    string    `json:"state"` // waiting, delivered, failed, disabled, no endpoint, not subscribed, never sent
	Created  time.Time `json:"created"`
	Attempts []Attempt `json:"attempts"`
}

// An Attempt is one request to a webhook.
type Attempt struct {
	Time    time.Time         `json:"time"`
	Headers map[string]string `json:"headers"` // the three of the signature
	Status  int               `json:"status,omitempty"`
	Error   string            `json:"error,omitempty"`
}

// logKept is how long a delivery can be looked up.
const logKept = 15 * 24 * time.Hour

// sender delivers messages.
type sender struct {
	client     *http.Client
	slots      chan struct{} // as many requests at once
	deliveries []*Delivery
	held       chan struct{} // closed when the message that waits for another may go
}

func (q *sender) init(s *Sandbox) {
	q.slots = make(chan struct{}, 32)
	q.client = &http.Client{
		Timeout:       s.opts.WebhookTimeout,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 32, DisableCompression: true}, // no proxy: all of it is loopback
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// record enters a message in the delivery log.
func (s *Sandbox) record(m *message, state string) *Delivery {
	now := s.clock.now()
	s.sender.deliveries = slices.DeleteFunc(s.sender.deliveries, func(d *Delivery) bool { return now.Sub(d.Created) > logKept })
	d := &Delivery{EventID: m.id, Mode: m.owner.mode, Type: m.typ, Body: string(m.body), State: state, Created: now}
	s.sender.deliveries = append(s.sender.deliveries, d)
	return d
}

// dispatch starts the delivery of a message, and of the copies that were asked
// for. Whoever calls it holds the lock.
func (s *Sandbox) dispatch(m message) {
	e := m.owner.org.endpoints[m.owner.mode]
	if e.subscribed != nil && !slices.Contains(e.subscribed, m.typ) && !slices.Contains(alwaysSent, m.typ) {
		s.record(&m, "not subscribed")
		return
	}
	copies := []message{m}
	if !m.exact {
		if f, ok := s.faults.takeAt("", "duplicate-events"); ok {
			copies = append(copies, slices.Repeat([]message{m}, numberOr(f.Arg, 1))...)
		}
		if f, ok := s.faults.takeAt("", "duplicate-later"); ok {
			again := m
			again.delay += durationOr(f.Arg, 3*time.Hour)
			copies = append(copies, again)
		}
	}
	var before, after chan struct{}
	if !m.exact && s.sender.held == nil && s.faults.take("reordered-events") {
		before = make(chan struct{})
		s.sender.held = before
	} else if s.sender.held != nil {
		after, s.sender.held = s.sender.held, nil
	}
	for i, c := range copies {
		d := s.record(&c, "waiting")
		free := after
		if i > 0 {
			free = nil
		}
		due := s.clock.now().Add(c.delay) // here: the clock may be advanced before deliver runs
		s.start(func(ctx context.Context) { s.deliver(ctx, c, d, due, before, free) })
	}
}

// deliver sends a message, first when it is due, until it is accepted or the
// attempts are used up. It begins when before is closed or a second has passed, and
// closes after when the first attempt is over. A retry's time counts from the
// beginning of the attempt before it: who has received that may advance the clock.
func (s *Sandbox) deliver(ctx context.Context, m message, d *Delivery, due time.Time, before, after chan struct{}) {
	if before != nil {
		select {
		case <-before:
		case <-time.After(time.Second):
			s.release(before)
		}
	}
	for n := 0; s.clock.wait(ctx, due) == nil; n++ {
		began := s.clock.now()
		done := s.attempt(ctx, m, d)
		if after != nil {
			close(after)
			after = nil
		}
		if done || s.usedUp(d, n) {
			return
		}
		due = began.Add(s.opts.RetryWaits[n])
	}
	if after != nil {
		close(after)
	}
}

// release lets go of a message that nothing came after.
func (s *Sandbox) release(before chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sender.held == before {
		s.sender.held = nil
	}
}

func (s *Sandbox) usedUp(d *Delivery, n int) bool {
	if n < len(s.opts.RetryWaits) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d.State = "failed"
	return true
}

// attempt sends a message once and says whether there is nothing more to do.
func (s *Sandbox) attempt(ctx context.Context, m message, d *Delivery) (done bool) {
	e := m.owner.org.endpoints[m.owner.mode]
	draft, url, ok := s.prepare(e, m, d)
	if !ok {
		return true
	}
	select {
	case s.sender.slots <- struct{}{}:
	case <-ctx.Done():
		return true
	}
	began := time.Now()
	a := s.post(ctx, url, draft)
	<-s.sender.slots
	s.note(Entry{Kind: "webhook", Method: draft.method, Path: m.typ, Status: a.Status, Error: a.Error, Took: time.Since(began), Faults: draft.faults})
	s.mu.Lock()
	defer s.mu.Unlock()
	d.Attempts = append(d.Attempts, a)
	if a.Status >= 200 && a.Status < 300 {
		d.State, e.failures = "delivered", 0
		return true
	}
	e.failures++
	e.disabled = e.disabled || e.failures >= s.opts.DisableAfter
	return false
}

// prepare decides what the next attempt sends where, if anywhere.
func (s *Sandbox) prepare(e *endpoint, m message, d *Delivery) (*draft, string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case e.url == "":
		d.State = "no endpoint"
		return nil, "", false
	case e.disabled:
		d.State = "disabled"
		return nil, "", false
	}
	r := &draft{method: http.MethodPost, contentType: "application/json", id: m.id, body: m.body, secrets: slices.Clone(e.secrets)}
	r.timestamp = strconv.FormatInt(s.clock.outside().Unix(), 10)
	s.forge(r, m)
	return r, e.url, true
}

// post sends a draft.
func (s *Sandbox) post(ctx context.Context, url string, r *draft) Attempt {
	a := Attempt{Time: s.clock.outside(), Headers: r.signatureHeaders()}
	request, err := r.request(ctx, url)
	if err != nil {
		a.Error = err.Error()
		return a
	}
	answer, err := s.sender.client.Do(request)
	if err != nil {
		a.Error = err.Error()
		return a
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10) // what it says does not matter
	a.Status = answer.StatusCode
	return a
}

func numberOr(text string, fallback int) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return fallback
	}
	return n
}

// Deliveries returns the delivery log, the oldest first.
func (s *Sandbox) Deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Delivery
	for _, d := range s.sender.deliveries {
		c := *d
		c.Attempts = slices.Clone(d.Attempts)
		all = append(all, c)
	}
	return all
}

// Redeliver sends an event again, under its id.
func (s *Sandbox) Redeliver(eventID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.sender.deliveries, func(d *Delivery) bool { return d.EventID == eventID })
	if i < 0 {
		return fmt.Errorf("no event has the id %q", eventID)
	}
	d := s.sender.deliveries[i]
	s.dispatch(message{id: d.EventID, owner: caller{s.orgs[0], d.Mode}, typ: d.Type, body: []byte(d.Body), exact: true})
	return nil
}
