package export

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"
)

// An outcome is what became of an event.
type outcome struct {
	state, reason    string
	task, connection string // where the event itself names none
	strip            bool   // nothing of its content may stay
}

// aboutErased: an event that would bring back what was erased.
var aboutErased = outcome{state: EventIgnored, reason: "about a connection that was erased since", strip: true}

// act does what pending events ask for, some at a time. Those that cannot be
// acted on now are put off. It returns the last error.
func (s *shift) act(ctx context.Context) (failed error) {
	now, done := s.now(), 0
	s.pending = slices.DeleteFunc(s.pending, func(e Event) bool {
		if ctx.Err() != nil || done >= eventsAtOnce || now.Before(s.retry[e.ID].next) {
			return false
		}
		done++
		err := s.actOn(ctx, e)
		if err == nil {
			delete(s.retry, e.ID)
			return true
		}
		if ctx.Err() == nil {
			failed = err
			s.putOffEvent(e, err)
		}
		return false
	})
	return failed
}

func (s *shift) putOffEvent(e Event, err error) {
	a := s.retry[e.ID]
	a.failures++
	wait := putOff(a.failures)
	if errors.Is(err, ErrBusy) {
		wait = busyWait
	}
	a.next = s.now().Add(wait)
	s.retry[e.ID] = a
	logTo(s.Log, slog.LevelWarn, "event put off", append(eventAttrs(e),
		slog.String("error", errorText(err)), slog.Duration("wait", wait.Round(time.Second)))...)
}

// actOn does what one event asks for and records that it is done, in this order.
func (s *shift) actOn(ctx context.Context, e Event) error {
	e, ok, err := s.Landing.Event(e.ID)
	if err != nil || !ok || e.State != EventPending { // it was erased since we looked
		return err
	}
	o, err := s.outcomeOf(ctx, e)
	if err != nil {
		return err
	}
	now := s.now().UTC()
	err = s.Landing.UpdateEvent(e.ID, func(e *Event) {
		switch {
		case e.Reason == reasonErased:
		case o.strip:
			e.strip(now)
		default:
			e.State, e.Reason, e.Processed = o.state, o.reason, &now
			e.TaskID, e.ConnectionID = firstText(e.TaskID, o.task), firstText(e.ConnectionID, o.connection)
		}
	})
	if err != nil && !isNotThere(err) {
		return err
	}
	level := slog.LevelInfo
	if o.state == EventRefused || o.state == EventUndecodable {
		level = slog.LevelWarn
	}
	attrs := append(eventAttrs(e), slog.String("state", o.state))
	if o.reason != "" {
		attrs = append(attrs, slog.String("reason", o.reason))
	}
	logTo(s.Log, level, "event processed", attrs...)
	return nil
}

func (s *shift) outcomeOf(ctx context.Context, e Event) (outcome, error) {
	m, err := decodeMessage(e.Body, true) // the intake has judged whether a flat body is allowed
	if err != nil {
		return outcome{state: EventUndecodable, reason: err.Error()}, nil
	}
	switch m.kind {
	case TypeExportSuccess:
		return s.succeeded(e, m)
	case TypeExportFailed:
		return s.failedAtFasten(e, m)
	case TypeConnected:
		return s.connected(e, m)
	case TypeRevoked:
		return s.revoked(ctx, e, m)
	}
	return outcome{state: EventIgnored, reason: "of a type that asks for nothing here"}, nil
}

// changeExport changes the export that an event is about, or makes it, unless the
// event is about something erased: a record that is there was made since.
func (s *shift) changeExport(e Event, m message, change func(*Export)) (x Export, erased bool, err error) {
	task, err := s.taskOf(e, m)
	if err != nil {
		return x, false, err
	}
	var markErr error
	x, _, err = s.Landing.changeExport(task, true, func(x *Export) bool {
		if x.State == "" { // it is new
			erased, markErr = s.Landing.isErased(m.connection.ID, e.when(), m.kind)
		}
		if erased || markErr != nil {
			return false
		}
		change(x)
		return true
	})
	if err = errors.Join(err, markErr); err == nil && !erased {
		s.put(x)
	}
	return x, erased, err
}

// succeeded enters the files of an export.
func (s *shift) succeeded(e Event, m message) (outcome, error) {
	if err := s.checkLinks(m); err != nil {
		return outcome{state: EventRefused, reason: errorText(err)}, nil
	}
	news := false
	x, erased, err := s.changeExport(e, m, func(x *Export) {
		news = x.succeed(e, m)
		if !x.hasAny() {
			x.LastError = nothingToLoad(m.links)
		}
	})
	if err != nil || erased {
		return aboutErased, err
	}
	o := outcome{state: EventDone, task: x.TaskID, connection: x.ConnectionID}
	switch {
	case !x.hasAny():
		o.reason = nothingToLoad(m.links)
	case !news && x.EventID != e.ID:
		o.state, o.reason = EventIgnored, "its files are known already"
	case x.ConnectionID == "":
		o.reason = "no connection is known for it: the source of its resources is " + shortID(x.Source())
	}
	return o, nil
}

// hasAny reports whether an export has a file to load, or had one.
func (x *Export) hasAny() bool {
	return slices.ContainsFunc(x.Files, func(f ExportFile) bool { return f.State != FileSkipped })
}

func nothingToLoad(links []link) string {
	if len(links) == 0 {
		return "the event has no link in it"
	}
	var types []string
	for _, l := range links {
		types = append(types, word(firstText(l.exportType, l.contentType)))
	}
	slices.Sort(types)
	return "no file of a type that is loaded: " + strings.Join(slices.Compact(types), ", ")
}

// checkLinks refuses an event with a link that leads elsewhere before anything of
// it is believed.
func (s *shift) checkLinks(m message) error {
	checker, ok := s.Client.(linkChecker)
	if !ok {
		return nil
	}
	for _, l := range m.links {
		if !l.load {
			continue
		}
		if _, err := checker.checkLink(l.url); err != nil {
			return err
		}
	}
	return nil
}

// failedAtFasten enters that there will be no files.
func (s *shift) failedAtFasten(e Event, m message) (outcome, error) {
	news := false
	x, erased, err := s.changeExport(e, m, func(x *Export) { news = x.fail(e, m) })
	if err != nil || erased {
		return aboutErased, err
	}
	o := outcome{state: EventDone, task: x.TaskID, connection: x.ConnectionID, reason: word(m.failureReason)}
	if !news {
		o.state, o.reason = EventIgnored, "the export has succeeded"
	}
	return o, nil
}

// taskOf is the task that an event is about. Without an id it is the export of its
// connection that was registered last and waits for an event, else what the link
// says, else the event has one of its own: its files are worth having.
func (s *shift) taskOf(e Event, m message) (string, error) {
	if m.taskID != "" {
		return m.taskID, nil
	}
	exports, err := s.Landing.Exports()
	if err := s.report(err); err != nil {
		return "", err
	}
	for _, x := range slices.Backward(exports) {
		if m.connection.ID != "" && x.ConnectionID == m.connection.ID && (len(x.Files) == 0 || x.EventID == e.ID) {
			return x.TaskID, nil
		}
	}
	for _, l := range m.links {
		if id := taskInLink(l.url); id != "" {
			return id, nil
		}
	}
	return "event:" + e.ID, nil
}

// taskInLink is the segment of a link's path that stands for the export.
func taskInLink(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	segments := strings.Split(u.Path, "/")
	i := slices.Index(segments, "ehi-export")
	if i < 0 || i+1 >= len(segments) {
		return ""
	}
	return segments[i+1]
}

var noConnection = outcome{state: EventUndecodable, reason: "it names no connection"}

// connected enters a connection.
func (s *shift) connected(e Event, m message) (outcome, error) {
	id := m.connection.ID
	if id == "" {
		return noConnection, nil
	}
	if erased, err := s.Landing.isErased(id, e.when(), m.kind); err != nil || erased {
		return aboutErased, err
	}
	if err := s.Landing.unerase(id); err != nil {
		return outcome{}, err
	}
	m.connection.Status = firstText(m.connection.Status, "authorized")
	m.connection.APIMode = e.APIMode
	err := s.Landing.UpdateConnection(id, func(c *Connection) { c.Learn(m.connection, e.when()) })
	return outcome{state: EventDone}, err
}

// revoked enters the end of a consent. If later news are known it changes nothing.
func (s *shift) revoked(ctx context.Context, e Event, m message) (outcome, error) {
	id := m.connection.ID
	if id == "" {
		return noConnection, nil
	}
	if erased, err := s.Landing.isErased(id, e.when(), m.kind); err != nil || erased && s.EraseOnRevoke == nil {
		return aboutErased, err
	}
	m.connection.Status, m.connection.APIMode = "revoked", e.APIMode
	ended := false
	err := s.Landing.UpdateConnection(id, func(c *Connection) {
		c.Learn(m.connection, e.when())
		ended = IsRevoked(c.Status)
	})
	switch {
	case err != nil:
		return outcome{}, err
	case !ended:
		return outcome{state: EventIgnored, reason: "the connection was made again since"}, nil
	case s.EraseOnRevoke == nil:
		return outcome{state: EventDone}, nil
	}
	if err := s.EraseOnRevoke(ctx, id); err != nil {
		return outcome{}, err
	}
	logTo(s.Log, slog.LevelInfo, "connection erased", withText(nil, "connection", id)...)
	return outcome{state: EventDone, strip: true}, nil
}
