package export

import (
	"context"
	"errors"
	"time"
)

// A FetchLanding is what a [Fetcher] needs of a landing folder.
type FetchLanding interface {
	UpdateConnection(id string, change func(*Connection)) error
	UpdateExport(taskID string, change func(*Export)) error
	Export(taskID string) (Export, bool, error)
	Events() ([]Event, error)
}

// What a [Fetcher] waits for.
const (
	WaitBoth    = ""        // the event, and asks how far the export is
	WaitWebhook = "webhook" // the event alone
	WaitPoll    = "poll"    // asks; an event that comes is used too, since nothing else has a link
)

// A Fetcher takes a connection to files in the landing folder. It registers and
// waits; whoever receives the events, in this process or another, downloads.
type Fetcher struct {
	Client   *Client
	Landing  FetchLanding
	Clock    Clock
	WaitFor  string
	MaxWait  time.Duration   // for everything; default 2 h
	Patience time.Duration   // for an event after Fasten says success, and again after asking for it; default 15 s
	Fixture  string          // for Register
	Report   func(FetchStep) // may be nil
}

// The kinds of [FetchStep].
const (
	StepConnection = "connection" // it is known and may be used
	StepRefreshing = "refreshing" // it is not ready yet
	StepRegistered = "registered"
	StepStatus     = "status"      // asked how far it is
	StepUnreached  = "unreached"   // asked, and no answer came; it is asked again
	StepAskedAgain = "asked again" // finished without an event: registered again, which may send one
	StepLinked     = "linked"      // the event is here; the download runs
	StepFailed     = "failed"      // the export or its download, and is tried again after Wait
)

// A FetchStep says what a [Fetcher] is at.
type FetchStep struct {
	Kind         string
	ConnectionID string
	TaskID       string
	Status       string
	OtherTask    string        // that the status is about, where the server names another
	Wait         time.Duration // until the next step
	Err          error
}

// Fetch returns the export of a connection when its files are in the landing
// folder, or imported already. An export that was registered before goes on where
// it is. Errors are those of the client, and a [*ModeError], [*ConsentError],
// [*FailureError], [*GoneError], [*NoLinkError] or [*WaitError].
func (f *Fetcher) Fetch(ctx context.Context, connectionID string) (Export, error) {
	w := &fetching{Fetcher: f, connection: connectionID, start: f.Clock.now()}
	if err := w.preflight(ctx); err != nil {
		return Export{}, err
	}
	for {
		e, err := w.once(ctx)
		if err == nil {
			return e, nil
		}
		if wait, ok := w.mayRetry(err); ok {
			w.report(FetchStep{Kind: StepFailed, Wait: wait, Err: err})
			err = f.Clock.sleep(ctx, wait)
			if err == nil {
				continue
			}
		}
		return e, err
	}
}

// A fetching is one call of Fetch.
type fetching struct {
	*Fetcher
	connection string
	start      time.Time

	task     Task
	failures int        // of exports at Fasten
	failed   string     // task that failed or whose file is gone; the same again is no retry
	gone     *GoneError // a file was gone once
}

func (w *fetching) report(s FetchStep) {
	s.ConnectionID, s.TaskID = w.connection, w.task.TaskID
	if w.Report != nil {
		w.Report(s)
	}
}

func (w *fetching) waited() time.Duration { return w.Clock.now().Sub(w.start) }

func (w *fetching) maxWait() time.Duration {
	if w.MaxWait > 0 {
		return w.MaxWait
	}
	return 2 * time.Hour
}

func (w *fetching) patience() time.Duration {
	if w.Patience > 0 {
		return w.Patience
	}
	return 15 * time.Second
}

const (
	pollFirst = 5 * time.Second
	pollMax   = time.Minute
)

// nextPoll is the wait after a wait of d.
func nextPoll(d time.Duration) time.Duration { return min(d*3/2, pollMax) }

// preflight checks the connection, and waits while it is refreshing.
func (w *fetching) preflight(ctx context.Context) error {
	for wait := pollFirst; ; wait = nextPoll(wait) {
		conn, err := w.Client.Connection(ctx, w.connection)
		if err != nil {
			return err
		}
		if conn.APIMode != "" && conn.APIMode != w.Client.Mode() {
			return &ModeError{ConnectionID: w.connection, Mode: conn.APIMode, KeyMode: w.Client.Mode()}
		}
		if conn.APIMode == "" {
			conn.APIMode = w.Client.Mode() // these keys see no other
		}
		now := w.Clock.now()
		if err := w.Landing.UpdateConnection(w.connection, func(c *Connection) { c.Learn(conn, now) }); err != nil {
			return err
		}
		if err := usable(conn, now); err != nil {
			return err
		}
		if conn.Status != "refreshing" {
			w.report(FetchStep{Kind: StepConnection, Status: conn.Status})
			return nil
		}
		if w.waited()+wait > w.maxWait() {
			return &WaitError{What: "connection " + shortID(w.connection), Status: conn.Status, Waited: w.waited()}
		}
		w.report(FetchStep{Kind: StepRefreshing, Status: conn.Status, Wait: wait})
		if err := w.Clock.sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// usable returns an error for a connection whose consent has ended.
func usable(c Connection, now time.Time) error {
	switch {
	case IsRevoked(c.Status) || c.Status == "rejected":
		return &ConsentError{ConnectionID: c.ID, Status: c.Status}
	case c.ConsentExpires != nil && c.ConsentExpires.Before(now):
		return &ConsentError{ConnectionID: c.ID, Status: c.Status, Expired: *c.ConsentExpires}
	}
	return nil
}

// once registers and waits for the end of one task.
func (w *fetching) once(ctx context.Context) (Export, error) {
	if err := w.register(ctx); err != nil {
		return Export{}, err
	}
	return w.wait(ctx)
}

// register asks for the export and records it.
func (w *fetching) register(ctx context.Context) error {
	task, err := w.Client.Register(ctx, w.connection, w.Fixture)
	if err != nil {
		return err
	}
	return w.begun(task)
}

// begun records a task that was registered.
func (w *fetching) begun(task Task) error {
	w.task = task
	now := w.Clock.now()
	if err := w.Landing.UpdateExport(task.TaskID, func(e *Export) { e.registered(task, w.Client.Mode(), now) }); err != nil {
		return err
	}
	w.report(FetchStep{Kind: StepRegistered, Status: task.Status})
	return nil
}

// registered takes over a task. The event may have come before the answer, so a
// state that is further on stays.
func (e *Export) registered(task Task, mode string, now time.Time) {
	if e.Registered == nil {
		e.Registered = &now
	}
	e.ConnectionID, e.APIMode, e.Status = task.ConnectionID, mode, task.Status
	switch {
	case e.State == "":
		e.State = ExportPending
	case (e.State == ExportFailed || e.State == ExportExpired) && !isFailed(task.Status):
		e.State, e.FailureReason, e.LastError = ExportPending, "", "" // it has begun again
	}
}

// isFailed reports whether a status is the end without a file. Fasten documents
// failed alone; its portal counts rejected and missing exports too.
func isFailed(status string) bool {
	switch status {
	case "failed", "rejected", "missing", "error", "cancelled", "canceled", "expired", "timeout":
		return true
	}
	return false
}

// mayRetry reports whether to register again after err, and after which wait: a
// bounded number of times, and not for a task that has failed before.
func (w *fetching) mayRetry(err error) (wait time.Duration, ok bool) {
	same := SameID(w.failed, w.task.TaskID) && w.failed != ""
	w.failed = w.task.TaskID
	if e, isGone := errors.AsType[*GoneError](err); isGone && w.gone == nil && !same {
		w.gone = e
		return 0, true
	}
	e, isFailure := errors.AsType[*FailureError](err)
	if !isFailure || same {
		return 0, false
	}
	times, wait := e.Retry()
	w.failures++
	return wait, w.failures <= times && w.waited()+wait < w.maxWait()
}
