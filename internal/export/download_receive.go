package export

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
)

const (
	frameSize  = 4 << 20         // bytes in a frame, before compression
	frameEvery = 5 * time.Second // or what came in that time, where it is less
	progressAt = 100 * time.Millisecond
)

// A frame is a piece of the file on its way to the disk.
type frame struct {
	raw    []byte // the bytes received; capacity frameSize
	packed []byte
	at     sumState      // at the end of raw
	done   chan struct{} // receives when packed is made
}

// receive reads the body to its end and puts it into the part, frame by frame:
// one goroutine reads, some compress, one writes, with a fixed number of frames
// between them. Whatever came is in the part, and durable, when receive returns,
// also with an error of the body's; an error of the disk cancels the reading.
func (d *download) receive(ctx context.Context, cancel context.CancelCauseFunc, body io.Reader) error {
	workers := min(4, runtime.GOMAXPROCS(0))
	free := make(chan *frame, workers+2)
	for range cap(free) {
		free <- &frame{raw: make([]byte, 0, frameSize), done: make(chan struct{}, 1)}
	}
	work, order := make(chan *frame, cap(free)), make(chan *frame, cap(free))
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() { compressFrames(work) })
	}
	var writeErr error
	wg.Go(func() {
		if writeErr = d.writeFrames(order, free); writeErr != nil {
			cancel(writeErr)
		}
		for f := range order { // so that the reading can end
			<-f.done
			free <- f
		}
	})
	r := reading{d: d, body: body, free: free, work: work, order: order, offset: d.part.state.Raw}
	readErr := r.run(ctx)
	close(work)
	close(order)
	wg.Wait()
	if writeErr != nil {
		return writeErr
	}
	return readErr
}

// compressFrames makes a zstd frame with a checksum of each.
func compressFrames(work <-chan *frame) {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(true))
	if err != nil {
		panic(err) // options are constants
	}
	defer z.Close()
	for f := range work {
		f.packed = z.EncodeAll(f.raw, f.packed[:0])
		f.done <- struct{}{}
	}
}

// writeFrames writes the frames in order, and checkpoints, until there are no
// more or the disk fails.
func (d *download) writeFrames(order <-chan *frame, free chan<- *frame) error {
	for f := range order {
		<-f.done
		err := d.part.append(f.packed, len(f.raw), bytes.LastIndexByte(f.raw, '\n'), f.at)
		free <- f
		if err == nil {
			err = d.part.checkpoint(false)
		}
		if err != nil {
			return err
		}
	}
	return d.part.checkpoint(true)
}

// A reading is the reading side of receive.
type reading struct {
	d     *download
	body  io.Reader
	free  <-chan *frame
	work  chan<- *frame
	order chan<- *frame

	offset int64 // in the file, of the frame's beginning
	cut    time.Time
	told   time.Time
}

// run reads frames until the body ends. Its error is nil at the end of the body.
func (r *reading) run(ctx context.Context) error {
	r.cut = time.Now()
	for {
		f := <-r.free
		f.raw = f.raw[:0]
		err := r.fill(f)
		if passErr := r.pass(f); passErr != nil {
			return passErr
		}
		switch {
		case err == nil:
			continue
		case errors.Is(err, io.EOF):
			r.tell(0)
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		}
		return broken(r.offset, err)
	}
}

// fill reads into f until it is full or has waited long enough.
func (r *reading) fill(f *frame) error {
	for len(f.raw) < frameSize {
		n, err := r.body.Read(f.raw[len(f.raw):frameSize])
		r.d.part.sums.write(f.raw[len(f.raw) : len(f.raw)+n])
		f.raw = f.raw[:len(f.raw)+n]
		if err != nil {
			return err
		}
		if r.tell(len(f.raw)); time.Since(r.cut) > frameEvery && len(f.raw) > 0 {
			return nil
		}
	}
	return nil
}

// pass hands f on, if it is of the file.
func (r *reading) pass(f *frame) error {
	r.cut = time.Now()
	p := r.d.part
	if r.offset == 0 && len(f.raw) > 0 && !(p.state.Packed && isPackedHead(f.raw)) {
		if err := sniff(p.kind, f.raw); err != nil {
			return err
		}
	}
	r.offset += int64(len(f.raw))
	if r.offset > r.d.to.MaxBytes {
		return &TooLargeError{r.d.to.MaxBytes}
	}
	if len(f.raw) == 0 {
		return nil
	}
	var err error
	if f.at, err = p.sums.state(); err != nil {
		return err
	}
	r.work <- f
	r.order <- f
	return nil
}

// tell reports progress, at most ten times a second and at the end.
func (r *reading) tell(pending int) {
	if r.d.to.Progress == nil || pending > 0 && time.Since(r.told) < progressAt {
		return
	}
	r.told = time.Now()
	r.d.to.Progress(r.offset+int64(pending), r.d.part.state.Total)
}

// errStalled is why a transfer was given up.
var errStalled = errors.New("nothing came for too long")

// A stallGuard ends a request that waits too long for a byte. While we are busy
// ourselves it does not run.
type stallGuard struct {
	timer *time.Timer
	after time.Duration
}

func newStallGuard(after time.Duration, cancel context.CancelCauseFunc) *stallGuard {
	g := &stallGuard{after: after, timer: time.AfterFunc(after, func() { cancel(errStalled) })}
	g.timer.Stop()
	return g
}

func (g *stallGuard) start() { g.timer.Reset(g.after) }
func (g *stallGuard) stop()  { g.timer.Stop() }

// reader guards each Read of r.
func (g *stallGuard) reader(r io.Reader) io.Reader { return guarded{g, r} }

type guarded struct {
	g *stallGuard
	r io.Reader
}

func (r guarded) Read(p []byte) (int, error) {
	r.g.start()
	defer r.g.stop()
	return r.r.Read(p)
}

// stalled gives err its reason if it comes from the guard.
func stalled(ctx context.Context, err error) error {
	if !errors.Is(context.Cause(ctx), errStalled) {
		return err
	}
	return &UnreachableError{Call: "download an export", Err: errStalled}
}
