package export

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

// A shift is one run of a worker. It knows what is to be done from the folder,
// and from what it has done since it last looked. All its methods are called by
// one goroutine; downloads and imports run beside it and tell it their results.
type shift struct {
	*Worker
	events  watch[Event]
	exports watch[Export]

	pending   []Event            // to be acted on, in the order of their coming
	open      []*Export          // with files that wait or have landed
	retry     map[string]attempt // events that could not be acted on
	busy      map[string]bool    // tasks whose files are being downloaded
	importing bool
	notBefore time.Time // the next import: the warehouse was in use
	failed    error     // of the last pass, for Drain: events that could not be acted on

	results  chan result
	group    sync.WaitGroup
	nextScan time.Time
	mayScan  time.Time // not before, even if woken: looking must not be all we do
	pruned   time.Time
	said     map[string]bool // damaged records that were reported
}

// An attempt is when to act on an event again.
type attempt struct {
	failures int
	next     time.Time
}

// A result is what a download or an import tells the shift.
type result struct {
	taskID  string // of the download; "" for an import
	changed []Export
	busy    bool // the warehouse was in use, or the records could not be written
}

func newShift(w *Worker) *shift {
	s := &shift{
		Worker:  w,
		retry:   map[string]attempt{},
		busy:    map[string]bool{},
		results: make(chan result),
		said:    map[string]bool{},
	}
	s.events = watch[Event]{shelf: w.Landing.events(), state: func(e *Event) (string, bool) {
		return e.State, e.State != EventPending
	}}
	s.exports = watch[Export]{shelf: w.Landing.exports(), state: func(x *Export) (string, bool) {
		return x.State, !x.has(FileWaiting) && !x.has(FileLanded)
	}}
	return s
}

// end waits for what runs beside the shift.
func (s *shift) end() {
	go func() {
		s.group.Wait()
		close(s.results)
	}()
	for range s.results {
	}
}

// pass looks at the folder if that is due, and starts what can be started.
func (s *shift) pass(ctx context.Context) error {
	if now := time.Now(); !now.Before(s.nextScan) {
		if err := s.scan(); err != nil {
			s.nextScan = now.Add(rescanEvery)
			return err
		}
		s.mayScan = time.Now().Add(4 * time.Since(now))
		s.nextScan = time.Now().Add(max(rescanEvery, 4*time.Since(now)))
	}
	s.failed = s.act(ctx)
	s.startDownloads(ctx)
	s.startImport(ctx)
	s.prune()
	s.measure()
	return nil
}

// rest waits until there may be something to do.
func (s *shift) rest(ctx context.Context) {
	wait := time.Until(s.nextScan)
	if s.hasDue() {
		wait = 0
	} else if next, ok := s.nextDue(); ok {
		wait = min(wait, next.Sub(s.now()))
	}
	timer := time.NewTimer(max(wait, 0))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-s.wakes():
		s.nextScan = s.mayScan
	case r := <-s.results:
		s.take(r)
	}
}

// await waits for a download or an import to end.
func (s *shift) await(ctx context.Context) {
	select {
	case <-ctx.Done():
	case r := <-s.results:
		s.take(r)
	}
}

// take enters a result.
func (s *shift) take(r result) {
	if r.taskID == "" {
		s.importing = false
	}
	delete(s.busy, r.taskID)
	if r.busy {
		s.notBefore = s.now().Add(busyWait)
	}
	for _, x := range r.changed {
		s.put(x)
	}
}

// put enters an export as it is now.
func (s *shift) put(x Export) {
	i := slices.IndexFunc(s.open, func(o *Export) bool { return o.TaskID == x.TaskID })
	settled := s.exports.note(&x)
	switch {
	case settled && i >= 0:
		s.open = slices.Delete(s.open, i, i+1)
	case !settled && i >= 0:
		s.open[i] = &x
	case !settled:
		s.open = append(s.open, &x)
	}
}

func (s *shift) running() bool { return s.importing || len(s.busy) > 0 }

// hasDue reports whether there is an event to act on now.
func (s *shift) hasDue() bool {
	now := s.now()
	return slices.ContainsFunc(s.pending, func(e Event) bool { return !now.Before(s.retry[e.ID].next) })
}

// nextDue is when something that was put off is to be tried again.
func (s *shift) nextDue() (next time.Time, ok bool) {
	now := s.now()
	consider := func(t time.Time) {
		if t.After(now) && (!ok || t.Before(next)) { // what is due already waits for something that ends
			next, ok = t, true
		}
	}
	for _, e := range s.pending {
		consider(s.retry[e.ID].next)
	}
	for _, x := range s.open {
		if x.NextAttempt != nil && !s.busy[x.TaskID] {
			consider(*x.NextAttempt)
		}
	}
	consider(s.notBefore)
	return next, ok
}

// scan reads what is to be done from the folder. Records that nothing is to be
// done about are read once.
func (s *shift) scan() error {
	if s.events.isUnchanged() && s.exports.isUnchanged() {
		return nil
	}
	events, err := s.events.scan()
	if err := s.report(err); err != nil {
		return err
	}
	exports, err := s.exports.scan()
	if err := s.report(err); err != nil {
		return err
	}
	s.pending = slices.DeleteFunc(events, func(e Event) bool { return !s.isOurs(e.APIMode) })
	slices.SortFunc(s.pending, compareEvents)
	slices.SortFunc(exports, compareExports)
	s.open = nil
	for _, x := range exports {
		if s.isOurs(x.APIMode) {
			s.open = append(s.open, &x)
		}
	}
	for id := range s.retry {
		if !slices.ContainsFunc(s.pending, func(e Event) bool { return e.ID == id }) {
			delete(s.retry, id)
		}
	}
	return nil
}

func (s *shift) isOurs(mode string) bool { return s.Mode == "" || mode == "" || mode == s.Mode }

// report logs damaged records, each once, and returns other errors.
func (s *shift) report(err error) error {
	d, ok := errors.AsType[*DamagedError](err)
	if !ok {
		return err
	}
	for _, file := range d.Files {
		if !s.said[file] {
			s.said[file] = true
			logTo(s.Log, slog.LevelError, "damaged record", slog.String("file", file), slog.String("hint", d.Hint()))
		}
	}
	return nil
}

// complain logs an error that will pass or come again.
func (s *shift) complain(err error) {
	logTo(s.Log, slog.LevelError, "landing folder cannot be read", slog.String("error", errorText(err)))
}

// measure tells the metrics what waits.
func (s *shift) measure() {
	if s.Metrics == nil {
		return
	}
	length, oldest := len(s.pending), time.Time{}
	older := func(t time.Time) {
		if oldest.IsZero() || t.Before(oldest) {
			oldest = t
		}
	}
	for _, e := range s.pending {
		older(e.Received)
	}
	states := s.exports.states()
	for _, x := range s.open {
		states[x.State]++
		for _, f := range x.Files {
			switch f.State {
			case FileWaiting:
				length++
				older(*cmpTime(x.Finished, &x.Updated))
			case FileLanded:
				length++
				older(*cmpTime(f.Landed, &x.Updated))
			}
		}
	}
	for _, state := range exportStates {
		s.Metrics.setGauge(exportsInState(state), float64(states[state]))
	}
	s.Metrics.setQueue(length, oldest)
}

// cmpTime returns the first time that is known.
func cmpTime(a, b *time.Time) *time.Time {
	if a != nil {
		return a
	}
	return b
}

// errorText is an error as a record and a log may show it: without links.
func errorText(err error) string {
	text := withoutURL(err).Error()
	if strings.Contains(text, "://") {
		text = urls.ReplaceAllString(text, "[link]")
	}
	return oneLine(text, 300)
}
