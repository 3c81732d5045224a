package export

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// A Target says where a download goes. Both paths are in folders of one file
// system that only their owner can read.
type Target struct {
	Final    string                   // the whole file, zstd; it appears when the download is complete and durable
	NotEmpty bool                     // there must be something in the file: its event announces resources
	Part     string                   // what there is so far; beside it Part.state says how to go on
	MaxBytes int64                    // of the file as sent; 0: 64 GiB
	Progress func(bytes, total int64) // of the file as sent; total is -1 where the server does not say; may be nil
}

// Downloaded says what a download brought.
type Downloaded struct {
	Bytes   int64  // as sent
	SHA256  string // of those bytes, hexadecimal
	Resumed int    // how often it went on in the middle
	Final   string
	CutOff  bool // the last line is no whole JSON, and was no better when asked for again
}

const (
	defaultMaxBytes = 64 << 30
	maxFailures     = 6    // in a row, without progress
	maxAttempts     = 1000 // in all
)

// Download gets the file of a link out of an event. The keys are sent to the API
// alone, with one request a try; where that leads, a signed URL at a storage
// host, is asked without them. The bytes are kept in independent zstd frames, so
// that a later call, after a kill too, goes on behind the last one if the server
// says that the file is still the same. Two calls for one Part cannot run at once.
//
// If Final is there already, Download reads it and asks nobody.
//
// Errors are a [*ForeignHostError], a [*GoneError] where only a new export helps,
// an [*APIError], [*UnreachableError], [*StorageError], [*ContentError],
// [*RedirectError], [*TooLargeError], [*DiskFullError], [*PartInUseError], or the
// context's. What came so far is kept, except where it was not the file.
func (c *Client) Download(ctx context.Context, link string, to Target) (Downloaded, error) {
	u, err := c.checkLink(link)
	if err != nil {
		return Downloaded{}, err
	}
	if to.MaxBytes == 0 {
		to.MaxBytes = defaultMaxBytes
	}
	if done, ok, err := c.already(to); ok || err != nil {
		return done, err
	}
	p, err := openPart(to.Part)
	if err != nil {
		return Downloaded{}, err
	}
	defer p.close()
	if done, ok, err := c.already(to); err != nil {
		return done, err
	} else if ok { // another process was faster
		return done, remove(to.Part)
	}
	d := &download{client: c, link: u, to: to, part: p}
	if err := d.run(ctx); err != nil {
		return Downloaded{}, err
	}
	sum := p.sum()
	if err := p.finish(to.Final); err != nil {
		return Downloaded{}, err
	}
	return Downloaded{Bytes: p.state.Raw, SHA256: sum, Resumed: d.resumed, Final: to.Final, CutOff: d.cutOff}, nil
}

// already returns what is known of a Final that is there. One that cannot be read
// back is downloaded again.
func (c *Client) already(to Target) (Downloaded, bool, error) {
	bytes, sum, err := readBack(to.Final)
	switch {
	case errors.Is(err, errNotThere):
		return Downloaded{}, false, nil
	case errors.Is(err, errDamaged):
		c.opts.Log.Warn("a landed file is damaged and is downloaded again", "file", to.Final)
		return Downloaded{}, false, nil
	case err != nil:
		return Downloaded{}, false, err
	}
	removeState(to.Part)
	return Downloaded{Bytes: bytes, SHA256: sum, Final: to.Final}, true, nil
}

// A download is one call of Download.
type download struct {
	client *Client
	link   *url.URL
	to     Target
	part   *part

	direct    bool   // the API itself sends the file
	attempts  int    // so far
	failures  int    // in a row, without progress
	expired   int    // refusals by the storage, without progress
	resumed   int    // attempts that went on in the middle
	gained    int64  // bytes of the last attempt
	restarted bool   // the last attempt had to begin again
	cutAt     string // sum of the file when its last line was not whole
	cutOff    bool
	wasEmpty  bool
}

// run tries until the whole file is in the part.
func (d *download) run(ctx context.Context) error {
	if d.part.isWhole() && d.verify() == nil {
		return nil // a crash came before it was moved to its place
	}
	for {
		err := d.attempt(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := d.again(ctx, err); err != nil {
			return err
		}
	}
}

// again waits before the next attempt, or returns the error that ends it all.
func (d *download) again(ctx context.Context, err error) error {
	d.attempts++
	if d.gained > 0 && d.part.canResume() && !d.restarted {
		d.failures, d.expired = 0, 0
	}
	if e, ok := errors.AsType[*StorageError](err); ok && e.refused() {
		d.expired++
		if d.expired > 1 {
			return &GoneError{Detail: e.answer()}
		}
		return nil // a new signed URL may be good
	}
	d.failures++
	if !d.mayTry(err) {
		return err
	}
	wait := d.client.waitFor(err, d.failures)
	d.client.opts.Log.Warn("downloading again", "have", d.part.state.Raw, "wait", wait.Round(time.Millisecond), "error", err.Error())
	return d.client.opts.Clock.sleep(ctx, wait)
}

// mayTry reports whether another attempt is worth it.
func (d *download) mayTry(err error) bool {
	if d.failures >= maxFailures || d.attempts >= maxAttempts {
		return false
	}
	if e, ok := errors.AsType[*ContentError](err); ok {
		return e.transient && d.failures < 3
	}
	if e, ok := errors.AsType[*RedirectError](err); ok {
		return e.transient && d.failures < 3
	}
	if e, ok := errors.AsType[*StorageError](err); ok {
		return isTransient(e.Status)
	}
	return canGetBetter(err)
}

// attempt asks for the file, or the rest of it, once. It returns nil when the part
// has all of it.
func (d *download) attempt(ctx context.Context) error {
	d.gained, d.restarted = 0, false
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	guard := newStallGuard(d.client.opts.StallTimeout, cancel)
	defer guard.stop()

	resp, err := d.open(ctx, guard)
	if err != nil {
		return stalled(ctx, err)
	}
	defer resp.Body.Close()
	whole, err := d.begin(resp)
	if err != nil || whole {
		return err
	}
	before := d.part.state.Raw
	err = d.receive(ctx, cancel, guard.reader(resp.Body))
	d.gained = d.part.state.Raw - before
	if err != nil {
		return stalled(ctx, err)
	}
	return d.check()
}

// check judges a file whose last byte seems to have come.
func (d *download) check() error {
	s := d.part.state
	if s.Total >= 0 && s.Raw != s.Total {
		return d.broke(fmt.Errorf("%d bytes of %d came", s.Raw, s.Total))
	}
	if err := d.verify(); err != nil {
		return err
	}
	switch {
	case s.Raw == 0:
		return d.empty()
	case s.Total >= 0:
		return nil
	}
	whole, err := d.part.endsWhole()
	if whole || err != nil {
		return err
	}
	if sum := d.part.sum(); d.cutAt != sum {
		d.cutAt = sum
		return d.broke(errors.New("the last line is not whole"))
	}
	d.cutOff = true // asked twice, the same: so it is
	return nil
}

// empty judges a file without a byte. A connection that was hijacked on the way
// gives one too, so it must come twice.
func (d *download) empty() error {
	if d.to.NotEmpty || !d.wasEmpty {
		d.wasEmpty = true
		return &ContentError{Problem: "it is empty", transient: true}
	}
	return nil
}

// verify compares the checksums that the server gave. A file that has others is
// dropped.
func (d *download) verify() error {
	err := d.part.checkSums()
	if err == nil {
		return nil
	}
	return errors.Join(err, d.part.reset())
}

// broke is the error of a transfer that ended early.
func (d *download) broke(err error) error {
	return broken(d.part.state.Raw, err)
}

func broken(bytes int64, err error) error {
	return &UnreachableError{Call: "download an export", Begun: true, Bytes: bytes, Err: err}
}
