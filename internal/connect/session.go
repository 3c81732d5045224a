package connect

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/fhirwh/fhirwh/internal/export"
)

// ErrUnknown is the kind of error of Options.Verify for a connection that Fasten
// Connect does not know.
var ErrUnknown = errors.New("no such connection")

// maxAccounts is how many connections one page takes: a patient of TEFCA may
// have hundreds of facilities, a page that invents them would have more.
const maxAccounts = 1000

// An Account is a connection that was made on the page, and stored.
type Account struct {
	export.Connection
	// Verified: Fasten Connect says so, not only the browser.
	Verified bool
	// Doubt says why it could not be verified, or what is wrong with it; or "".
	Doubt string
}

// A session is what happened on the page.
type session struct {
	options Options
	done    chan struct{} // closed when the page may end
	turn    sync.Mutex    // one event at a time, in the order of their coming

	mu       sync.Mutex // guards what follows
	list     []Account
	problems []problem
	pending  bool // a login is under way
	closed   bool // the widget has completed without a connection
	finished bool
}

func newSession(o Options) *session { return &session{options: o, done: make(chan struct{})} }

// accounts returns what was connected, in the order of its coming.
func (s *session) accounts() []Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.list)
}

// take acts on an event. What it learns is kept also if the browser goes away
// meanwhile.
func (s *session) take(ctx context.Context, e widgetEvent) {
	s.turn.Lock()
	defer s.turn.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), verifyLimit)
	defer cancel()
	switch e.kind {
	case eventPending:
		s.begin()
	case eventSuccess:
		s.connectAll(ctx, e)
	case eventFailed:
		s.fail(failure(e.data))
	case eventConfig:
		s.fail(configProblem())
	case eventComplete:
		s.connectAll(ctx, e)
		s.complete()
	}
}

func (s *session) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// complete ends the page if anything was connected. A widget that was closed
// without a connection can be opened again.
func (s *session) complete() {
	if len(s.accounts()) == 0 {
		s.set(func() { s.pending, s.closed = false, true })
		s.options.Report(Notice{Kind: ClosedEmpty})
		return
	}
	s.set(func() { s.pending, s.closed = false, false })
	if !s.options.KeepOpen {
		s.finish()
	}
}

// finish ends the page, at most once.
func (s *session) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.finished {
		s.finished = true
		close(s.done)
	}
}

func (s *session) fail(p problem) {
	s.set(func() {
		s.pending = false
		s.problems = append(lastOf(s.problems, 19), p)
	})
	s.options.Report(Notice{Kind: Failed, Code: p.code, Request: p.Request, Title: p.Title, Advice: p.Advice})
}

// begin starts another attempt. The problems of earlier ones go; what could not be
// stored stays.
func (s *session) begin() {
	s.set(func() {
		s.pending, s.closed = true, false
		s.problems = slices.DeleteFunc(s.problems, func(p problem) bool { return !p.lasting })
	})
	s.options.Report(Notice{Kind: LoginStarted})
}

// lastOf returns the last n members of list at most.
func lastOf(list []problem, n int) []problem { return list[max(0, len(list)-n):] }

func (s *session) connectAll(ctx context.Context, e widgetEvent) {
	s.set(func() { s.pending = false })
	for _, o := range e.data {
		c := o.connection()
		switch {
		case c.ID == "":
			s.fail(problem{Title: "A connection came without an id that we can use", Advice: "Connect again. If that repeats, use the current widget: --stitch-script names it."})
		case s.settled(c.ID):
		case len(s.accounts()) >= maxAccounts:
			s.fail(problem{Title: "There are too many connections for one page", Advice: "Start fhirwh connect again for the others."})
			return
		default:
			s.connect(ctx, c, e.mode)
		}
	}
}

// settled reports whether nothing remains to be learned about a connection: a
// success and the completion both tell of it.
func (s *session) settled(id string) bool {
	return slices.ContainsFunc(s.accounts(), func(a Account) bool { return a.ID == id && a.Verified })
}

// connect verifies and stores one connection that the browser tells of.
func (s *session) connect(ctx context.Context, claimed export.Connection, mode string) {
	a, refused := s.verify(ctx, claimed, mode)
	if refused != nil {
		s.fail(*refused)
		return
	}
	now := s.options.Now().UTC()
	a.APIMode, a.Updated = s.options.mode(), now
	a.Connected = &now
	if s.options.ExternalID != "" {
		a.ExternalID = s.options.ExternalID
	}
	if err := s.options.Store(a); err != nil {
		s.fail(problem{lasting: true, Title: "The connection " + a.ID + " could not be stored", Advice: "Free space or set the rights of the landing folder, then: " + s.options.Fetch + " " + a.ID})
		s.options.Report(Notice{Kind: StoreFailed, Account: a, Err: err})
		return
	}
	if s.put(a) {
		s.options.Report(Notice{Kind: Connected, Account: a})
	}
}

// put keeps an account, and reports whether that is news.
func (s *session) put(a Account) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.list, func(b Account) bool { return b.ID == a.ID })
	if i < 0 {
		s.list = append(s.list, a)
		return true
	}
	news := s.list[i].Verified != a.Verified
	s.list[i] = a
	return news
}
