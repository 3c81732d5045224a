package sandbox

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := newClock(func() time.Time { return start })
	c.advance(24*time.Hour, false)
	if got := c.now().Sub(start); got != 24*time.Hour {
		t.Errorf("inside moved by %s", got)
	}
	if got := c.outside().Sub(start); got != 0 {
		t.Errorf("outside moved by %s", got)
	}
	c.advance(time.Hour, true)
	if in, out := c.now().Sub(start), c.outside().Sub(start); in != 25*time.Hour || out != time.Hour {
		t.Errorf("inside moved by %s, outside by %s", in, out)
	}
}

func TestClockWait(t *testing.T) {
	c := newClock(nil)
	done := make(chan error)
	inAnHour := c.now().Add(time.Hour) // here: the goroutine may run later
	go func() { done <- c.wait(t.Context(), inAnHour) }()
	c.advance(30*time.Minute, false)
	select {
	case <-done:
		t.Fatal("woke half an hour early")
	case <-time.After(10 * time.Millisecond):
	}
	c.advance(time.Hour, false)
	if err := <-done; err != nil {
		t.Errorf("wait: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.wait(ctx, c.now().Add(time.Hour)); !errors.Is(err, context.Canceled) {
		t.Errorf("wait without time: %v", err)
	}
}
