// Package sandbox is a stand-in for Fasten Connect on this machine: its API, its
// storage, its webhooks and its widget, with keys of its own, and with everything
// that can go wrong at the press of a button. A developer without keys tries the
// whole way from a patient's consent to the file with it; a test makes it fail.
//
// It listens on loopback only and calls nobody but a webhook on loopback.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// Options say what a sandbox is like. The zero value is good.
type Options struct {
	Addr        string // of the API, on loopback; empty: 127.0.0.1 and any port
	StorageAddr string // of the storage, likewise
	SameHost    bool   // the storage has the API's host name, and another port

	WebhookURL     string   // for events of test mode; empty: events are only logged. On loopback; without a path it gets /webhook/test
	LiveWebhookURL string   // for events of live mode; empty: the same host's /webhook/live, if WebhookURL has no path
	Subscribe      []string // types of event to send beside those that are always sent; nil: all

	Files        []string // what the connections export, one each and then from the start; none: an invented record
	RedirectURIs []string // where /bridge/connect may send a browser

	Pending time.Duration // how long an export takes
	Repeat  Repeat        // what a repeated registration gives; empty: RepeatWithinDay

	RetryWaits     []time.Duration // before the attempts after the first; nil: 1 min, 15 min, 2 h, 21 h
	WebhookTimeout time.Duration   // for an answer; 0: 60 s
	DisableAfter   int             // failed attempts in a row, after which an endpoint gets nothing more; 0: 20

	Fail []Fault // what goes wrong from the start
	Seed uint64  // another seed gives other keys and ids

	Now func() time.Time // nil: time.Now

	// Log is called for each request and each attempt to deliver an event, from
	// several goroutines. It may be nil.
	Log func(Entry)
}

// Repeat says when a registration is answered with the export that there is.
type Repeat string

// The readings of what the provider leaves open.
const (
	RepeatWithinDay     Repeat = "window"         // for 24 hours
	RepeatForever       Repeat = "forever"        // always
	RepeatUntilTerminal Repeat = "until-terminal" // until it has ended
)

// A Sandbox is a running stand-in. Its methods may be called from several
// goroutines.
type Sandbox struct {
	opts   Options
	clock  *clock
	ids    *ids
	faults faults
	seen   logbook

	invented func() ([]byte, error) // the record that is exported if no file is given

	base        string // http://host:port of the API
	storageBase string // http://host:port of the storage
	storageKey  []byte // signs URLs

	ctx     context.Context
	cancel  context.CancelFunc
	servers []*http.Server
	life    sync.Mutex // guards ended, and running against a start after the end
	ended   bool
	running sync.WaitGroup

	sender sender

	mu          sync.Mutex // guards what follows, and all it leads to
	orgs        []*organisation
	connections []*connection
	tasks       []*task
	objects     map[string]*stored
	used        map[string]bool // signatures of URLs that were used
	consents    map[string]consent
}

// New checks the options. Nothing listens before Start.
func New(o Options) (*Sandbox, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	s := &Sandbox{
		opts: o, clock: newClock(o.Now), ids: newIDs(o.Seed), invented: sync.OnceValues(invented),
		objects: map[string]*stored{}, used: map[string]bool{}, consents: map[string]consent{},
	}
	for _, f := range o.Fail {
		s.faults.add(f)
	}
	key := s.ids.named("storage key", "")
	s.storageKey = key[:]
	s.sender.init(s)
	if err := s.addOrganisations(); err != nil {
		return nil, err
	}
	return s, s.addConnections()
}

func (o *Options) complete() (err error) {
	if o.Addr, err = loopbackAddr(o.Addr); err != nil {
		return err
	}
	if o.StorageAddr, err = loopbackAddr(o.StorageAddr); err != nil {
		return err
	}
	if err := o.completeWebhooks(); err != nil {
		return err
	}
	if o.Repeat == "" {
		o.Repeat = RepeatWithinDay
	}
	if o.Repeat != RepeatWithinDay && o.Repeat != RepeatForever && o.Repeat != RepeatUntilTerminal {
		return fmt.Errorf("repeat %q: there are only %s, %s and %s", o.Repeat, RepeatWithinDay, RepeatForever, RepeatUntilTerminal)
	}
	if len(o.RedirectURIs) == 0 {
		o.RedirectURIs = []string{"http://127.0.0.1:8787/callback", "http://localhost:8787/callback"}
	}
	if o.DisableAfter == 0 {
		o.DisableAfter = 20
	}
	return nil
}

// Start listens, serves until Close or the end of ctx, and returns at once.
func (s *Sandbox) Start(ctx context.Context) error {
	api, err := net.Listen("tcp", s.opts.Addr)
	if err != nil {
		return &AddressError{Addr: s.opts.Addr, Err: err}
	}
	storage, err := net.Listen("tcp", s.opts.StorageAddr)
	if err != nil {
		return errors.Join(&AddressError{Addr: s.opts.StorageAddr, Err: err}, api.Close())
	}
	s.nameHosts(api.Addr(), storage.Addr())
	s.ctx, s.cancel = context.WithCancel(ctx)
	s.serve(api, s.apiHandler())
	s.serve(storage, s.storageHandler())
	return nil
}

// Close stops everything and waits for it.
func (s *Sandbox) Close() error {
	if s.cancel == nil {
		return nil
	}
	s.cancel()
	s.life.Lock()
	s.ended = true
	s.life.Unlock()
	var errs []error
	for _, server := range s.servers {
		errs = append(errs, server.Close())
	}
	s.running.Wait()
	s.sender.client.CloseIdleConnections()
	s.closeFiles()
	return errors.Join(errs...)
}

// Advance makes everything older by d: signed URLs, files, waits between
// attempts. The times that others are told stay those of the machine.
func (s *Sandbox) Advance(d time.Duration) { s.clock.advance(d, false) }

// AdvanceAll is Advance, and the times that others are told move too: those in
// events and their signatures. Who checks a signature needs a clock that moved
// with it.
func (s *Sandbox) AdvanceAll(d time.Duration) { s.clock.advance(d, true) }

// Fail switches a failure on.
func (s *Sandbox) Fail(f Fault) { s.faults.add(f) }

// Heal switches a failure off; all of them, if name is empty.
func (s *Sandbox) Heal(name string) { s.faults.remove(name) }

// Faults returns the failures that are on.
func (s *Sandbox) Faults() []Fault { return s.faults.list() }

// start runs f beside, unless the sandbox has been closed. Close waits for it.
func (s *Sandbox) start(f func(context.Context)) {
	if !s.enter() {
		return
	}
	go func() {
		defer s.running.Done()
		f(s.ctx)
	}()
}

// enter says that something runs that Close must wait for, or that it is too late.
func (s *Sandbox) enter() bool {
	s.life.Lock()
	defer s.life.Unlock()
	if !s.ended {
		s.running.Add(1)
	}
	return !s.ended
}

func (s *Sandbox) serve(l net.Listener, h http.Handler) {
	tracked := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.enter() {
			return
		}
		defer s.running.Done()
		h.ServeHTTP(w, r)
	})
	server := &http.Server{
		Handler:           onlyLoopbackNames(tracked),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       time.Minute,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          log.New(io.Discard, "", 0), // of clients that go away; requests are logged by us
		BaseContext:       func(net.Listener) context.Context { return s.ctx },
	}
	s.servers = append(s.servers, server)
	s.start(func(context.Context) { _ = server.Serve(l) }) // ends with ErrServerClosed
	context.AfterFunc(s.ctx, func() { _ = server.Close() })
}
