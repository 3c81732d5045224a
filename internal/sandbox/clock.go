package sandbox

import (
	"context"
	"sync"
	"time"
)

// A clock is the sandbox's time: that of the machine, plus what it was advanced
// by. Whoever talks to the sandbox has a clock of their own that nobody advances;
// so what others read (the time of an event, of a signature) is outside time,
// while everything inside (signed URLs, files, retries) grows older.
type clock struct {
	base func() time.Time

	mu     sync.Mutex
	aged   time.Duration // inside only
	moved  time.Duration // inside and outside
	change chan struct{} // closed by the next advance
}

func newClock(base func() time.Time) *clock {
	if base == nil {
		base = time.Now
	}
	return &clock{base: base, change: make(chan struct{})}
}

// now is the time inside.
func (c *clock) now() time.Time {
	now, _ := c.read()
	return now
}

// outside is the time that others are told.
func (c *clock) outside() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base().Add(c.moved)
}

func (c *clock) read() (time.Time, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base().Add(c.moved + c.aged), c.change
}

// advance makes everything inside older by d; outside too, if all is set.
func (c *clock) advance(d time.Duration, all bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if all {
		c.moved += d
	} else {
		c.aged += d
	}
	close(c.change)
	c.change = make(chan struct{})
}

// wait returns when the time inside is t, or with the error of ctx.
func (c *clock) wait(ctx context.Context, t time.Time) error {
	for {
		now, change := c.read()
		if !now.Before(t) {
			return ctx.Err()
		}
		timer := time.NewTimer(t.Sub(now))
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-change:
			timer.Stop()
		case <-timer.C:
		}
	}
}
