package export

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"sync"
	"time"
)

// A downloader gets files; a [*Client] is one.
type downloader interface {
	Download(ctx context.Context, link string, to Target) (Downloaded, error)
}

// A linkChecker knows before a download whether its link may be followed.
type linkChecker interface {
	checkLink(link string) (*url.URL, error)
}

// ErrBusy is what an import returns while the warehouse is in use: it is tried
// again soon, and that is no failure.
var ErrBusy = errors.New("the warehouse is in use")

// ErrWorking says that another worker works on the landing folder.
var ErrWorking = errors.New("another process works on this landing folder")

// A Worker does what the events in a landing folder ask for: it keeps the records
// of exports and connections, downloads, and has what landed imported. Each step
// is recorded on disk before the next one begins and may be done again, so that a
// crash between any two loses nothing and doubles nothing.
//
// The fields are not changed while it runs.
type Worker struct {
	Landing *Landing
	Client  downloader // nil: nothing is downloaded

	// Import brings files into the warehouse, all or none; nil: files stay landed.
	// It may be called again with a file that it has imported, after a crash, and
	// says then what it said the first time or has to. Its error is recorded and
	// logged, so it quotes no data.
	Import func(ctx context.Context, files []LandedFile) ([]ImportedFile, error)

	// EraseOnRevoke removes what is here of a connection whose consent has ended,
	// the landing folder too ([Landing.Forget]); nil: nothing is removed. It is
	// called again after a crash.
	EraseOnRevoke func(ctx context.Context, connectionID string) error

	Mode     string                                           // of what is acted on, ModeTest or ModeLive; "" for both
	Keep     time.Duration                                    // originals of imported files are pruned after it; 0: never
	MaxBytes int64                                            // of one file, see [Target]
	Progress func(x Export, f ExportFile, bytes, total int64) // of downloads, several at once; may be nil
	Log      *slog.Logger                                     // may be nil
	Metrics  *Metrics                                         // may be nil
	Now      func() time.Time                                 // nil: time.Now

	once sync.Once
	wake chan struct{}
}

const (
	rescanEvery     = 2 * time.Second // for events that other processes store
	pruneEvery      = time.Hour
	downloadsAtOnce = 3
	eventsAtOnce    = 50  // before downloads and imports get a look in
	importAtOnce    = 200 // files
	importSettle    = 2 * time.Second
	busyWait        = 3 * time.Second
	goneAfter       = 48 * time.Hour // no download succeeds so late: files live 24 hours
	backoffFirst    = 10 * time.Second
	backoffLongest  = 30 * time.Minute
)

// putOff is how long to wait after the n-th failure in a row, give or take a
// quarter.
func putOff(n int) time.Duration {
	d := backoffLongest
	if n < 10 {
		d = min(backoffFirst<<(n-1), backoffLongest)
	}
	return time.Duration((0.75 + rand.Float64()/2) * float64(d))
}

func (w *Worker) now() time.Time { return Clock{Now: w.Now}.now() }

// Wake tells a running worker that an event was stored.
func (w *Worker) Wake() {
	select {
	case w.wakes() <- struct{}{}:
	default: // it will look anyway
	}
}

func (w *Worker) wakes() chan struct{} {
	w.once.Do(func() { w.wake = make(chan struct{}, 1) })
	return w.wake
}

// Run works until ctx ends. If another worker has the folder it waits for it to
// end. What is under way then is parked: downloads go on where they are when a
// worker starts again. The error is about the folder itself.
func (w *Worker) Run(ctx context.Context) error {
	release, err := w.waitTurn(ctx)
	if err != nil || release == nil {
		return err
	}
	defer release()
	s := newShift(w)
	defer s.end()
	for ctx.Err() == nil {
		if err := s.pass(ctx); err != nil && ctx.Err() == nil {
			s.complain(err)
		}
		s.rest(ctx)
	}
	return nil
}

// waitTurn makes this the one worker of the folder; release is nil if ctx ended.
func (w *Worker) waitTurn(ctx context.Context) (release func(), err error) {
	for told := false; ; told = true {
		release, ok, err := w.Landing.TryWork()
		if err != nil || ok {
			return release, err
		}
		if !told {
			logTo(w.Log, slog.LevelWarn, "waiting: "+ErrWorking.Error())
		}
		if (Clock{}).sleep(ctx, rescanEvery) != nil {
			return nil, nil
		}
	}
}

// Drain does what can be done now and returns: what failed, and is to be tried
// again later, has its time in [Export.NextAttempt]. If another worker has the
// folder it returns [ErrWorking]; if files could not be imported because the
// warehouse is in use, [ErrBusy].
func (w *Worker) Drain(ctx context.Context) error {
	release, ok, err := w.Landing.TryWork()
	if err != nil {
		return err
	}
	if !ok {
		return ErrWorking
	}
	defer release()
	s := newShift(w)
	defer s.end()
	for {
		if err := s.pass(ctx); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		switch {
		case s.running():
			s.await(ctx)
		case s.hasDue():
		case s.failed == nil && s.now().Before(s.notBefore):
			return ErrBusy
		default:
			return s.failed
		}
	}
}
