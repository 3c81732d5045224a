package export

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// lookEvery is how often the landing folder is looked at while waiting.
const lookEvery = 200 * time.Millisecond

// A waiting is the wait for one task.
type waiting struct {
	*fetching
	pollAfter time.Duration // between polls
	nextPoll  time.Time
	ended     time.Time // when we heard that it is finished
	asked     bool      // for the event, by registering again
	other     string    // task that the event may be about instead: both answers to a registration count
	linked    bool      // reported
	attempts  int       // of the download that failed, reported
}

// wait returns when the files of the task have landed.
func (w *fetching) wait(ctx context.Context) (Export, error) {
	now := w.Clock.now()
	s := &waiting{fetching: w, pollAfter: pollFirst, nextPoll: now.Add(pollFirst)}
	s.heard(w.task.Status)
	for {
		e, done, err := s.look()
		if done || err != nil {
			return e, err
		}
		if err := s.act(ctx, e); err != nil {
			return e, err
		}
		if err := w.Clock.sleep(ctx, lookEvery); err != nil {
			return e, err
		}
	}
}

// look reads the record of the task, which the receiver of events keeps.
func (s *waiting) look() (e Export, done bool, err error) {
	if err := s.turnToOther(); err != nil {
		return e, false, err
	}
	e, _, err = s.Landing.Export(s.task.TaskID)
	if err != nil {
		return e, false, err
	}
	switch e.State {
	case ExportLanded, ExportImported:
		return e, true, nil
	case ExportFailed:
		return e, false, s.failure(e.FailureReason)
	case ExportExpired:
		return e, false, &GoneError{Detail: strings.TrimPrefix(e.LastError, goneText+": ")}
	case ExportLinked:
		s.tellDownload(e)
	}
	return e, false, nil
}

// turnToOther waits for the other task from now on, if its event has come.
func (s *waiting) turnToOther() error {
	if s.other == "" {
		return nil
	}
	e, _, err := s.Landing.Export(s.other)
	if e.hasFiles() {
		s.task.TaskID, s.other = s.other, ""
	}
	return err
}

// hasFiles reports whether the files of an export are here, or on their way.
func (x *Export) hasFiles() bool {
	return x.State == ExportLinked || x.State == ExportLanded || x.State == ExportImported
}

// tellDownload reports what the download is at.
func (s *waiting) tellDownload(e Export) {
	if !s.linked {
		s.linked, s.attempts = true, e.Attempts
		s.report(FetchStep{Kind: StepLinked})
	}
	if e.Attempts <= s.attempts || e.NextAttempt == nil {
		return
	}
	s.attempts = e.Attempts
	s.report(FetchStep{Kind: StepFailed, Err: errors.New(e.LastError), Wait: max(0, e.NextAttempt.Sub(s.Clock.now()))})
}

func (s *waiting) failure(reason string) error {
	return &FailureError{TaskID: s.task.TaskID, ConnectionID: s.connection, Reason: reason}
}

// act does what is due: ask how far it is, ask for the event again, give up.
func (s *waiting) act(ctx context.Context, e Export) error {
	now := s.Clock.now()
	overdue := s.waited() > s.maxWait()
	poll := s.WaitFor != WaitWebhook && !now.Before(s.nextPoll)
	switch {
	case e.State == ExportLinked: // only the download is missing
	case !s.ended.IsZero() && now.Sub(s.ended) < s.patience():
		return nil
	case !s.ended.IsZero():
		return s.missing(ctx)
	case poll || overdue:
		if err := s.poll(ctx); err != nil || !s.ended.IsZero() {
			return err
		}
	}
	if !overdue {
		return nil
	}
	return &WaitError{What: "export " + shortID(s.task.TaskID), Status: s.statusOf(e), Waited: s.waited(), Reason: e.LastError}
}

func (s *waiting) statusOf(e Export) string {
	if e.State == ExportLinked {
		return "downloading"
	}
	return s.task.Status
}

// heard takes over a status.
func (s *waiting) heard(status string) {
	s.task.Status = status
	if s.ended.IsZero() && (status == "success" || isFailed(status)) {
		s.ended = s.Clock.now()
	}
}

// poll asks how far the export is.
func (s *waiting) poll(ctx context.Context) error {
	s.pollAfter, s.nextPoll = nextPoll(s.pollAfter), s.Clock.now().Add(s.pollAfter)
	task, err := s.Client.ExportStatus(ctx, s.task.TaskID, s.connection)
	switch {
	case err != nil && canGetBetter(err) && ctx.Err() == nil:
		s.report(FetchStep{Kind: StepUnreached, Wait: s.pollAfter, Err: err})
		return nil
	case err != nil:
		return err
	}
	other := ""
	if !SameID(task.TaskID, s.task.TaskID) {
		other = task.TaskID // of a deployment that knows exports by their connection
	}
	s.report(FetchStep{Kind: StepStatus, Status: task.Status, Wait: s.pollAfter, OtherTask: other})
	if task.Status == s.task.Status {
		return nil
	}
	s.heard(task.Status)
	return s.record(func(e *Export) { e.Status = task.Status })
}

func (s *waiting) record(change func(*Export)) error {
	return s.Landing.UpdateExport(s.task.TaskID, change)
}

// missing handles a task that has ended without an event: its reason, or its
// link, is not here. Registering again has been seen to send the event again.
func (s *waiting) missing(ctx context.Context) error {
	if isFailed(s.task.Status) {
		return s.failedUnheard()
	}
	if s.other = s.byAnotherName(); s.other != "" {
		return nil
	}
	if s.gone != nil && SameID(s.failed, s.task.TaskID) {
		return s.goneStill()
	}
	if s.asked {
		err := s.record(func(e *Export) {
			if e.State == ExportPending {
				e.State = ExportNoLink
			}
		})
		if err != nil {
			return err
		}
		return &NoLinkError{TaskID: s.task.TaskID, ConnectionID: s.connection, Mode: s.Client.Mode(), Reason: s.whyNot()}
	}
	task, err := s.Client.Register(ctx, s.connection, s.Fixture)
	if err == nil {
		err = s.takeOver(task)
	}
	if err != nil {
		return err
	}
	s.asked, s.ended = true, time.Time{}
	s.heard(task.Status)
	s.report(FetchStep{Kind: StepAskedAgain, Status: s.task.Status, Wait: s.patience()})
	return nil
}

// takeOver takes the answer to a repeated registration. Another task that has
// succeeded already is our export by another name.
func (s *waiting) takeOver(task Task) error {
	before := s.task.TaskID
	if SameID(before, task.TaskID) {
		return s.begun(task)
	}
	if task.Status == "success" {
		s.other = task.TaskID
		return nil
	}
	s.other = before
	return s.begun(task)
}

// byAnotherName returns the task that an event since we began has the files of our
// connection under: Fasten's own examples name one export in several ways.
func (s *waiting) byAnotherName() string {
	events, err := s.Landing.Events()
	if err != nil {
		return "" // without it the wait ends as it would
	}
	for _, e := range slices.Backward(events) {
		isNews := e.Type == TypeExportSuccess && e.State == EventDone && !e.Received.Before(s.start)
		if isNews && SameID(e.ConnectionID, s.connection) && e.TaskID != "" && !SameID(e.TaskID, s.task.TaskID) {
			x, _, err := s.Landing.Export(e.TaskID)
			if err == nil && x.hasFiles() {
				return e.TaskID
			}
		}
	}
	return ""
}

// goneStill ends a task whose file is gone, which Fasten answered again when we
// registered, and of which no event came.
func (s *waiting) goneStill() error {
	err := s.record(func(e *Export) {
		if e.State == ExportPending {
			e.State, e.LastError = ExportExpired, s.gone.Error()
		}
	})
	if err != nil {
		return err
	}
	return &GoneError{Detail: s.gone.Detail, Kept: shortID(s.task.TaskID)}
}

// whyNot says what was wrong with the last event since we began that was about
// this export, or about none that it named.
func (s *waiting) whyNot() string {
	events, err := s.Landing.Events()
	if err != nil {
		return "" // it only explains
	}
	reason := ""
	for _, e := range events {
		about := SameID(e.TaskID, s.task.TaskID) || SameID(e.ConnectionID, s.connection) || e.ConnectionID == ""
		if about && e.Reason != "" && e.State != EventIgnored && !e.Received.Before(s.start) {
			reason = e.Reason
		}
	}
	return reason
}

// failedUnheard ends a task that failed for a reason that only its event has.
func (s *waiting) failedUnheard() error {
	reason := ""
	if s.task.Status != "failed" {
		reason = s.task.Status
	}
	err := s.record(func(e *Export) {
		if e.State == ExportPending || e.State == ExportNoLink {
			e.State, e.FailureReason = ExportFailed, reason
		}
	})
	if err != nil {
		return err
	}
	return s.failure(reason)
}
