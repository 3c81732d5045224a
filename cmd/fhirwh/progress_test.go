package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fhirwh/fhirwh/internal/warehouse"
)

func TestProgressLine(t *testing.T) {
	tests := []struct {
		name string
		now  warehouse.Progress
		want string
	}{
		{"reading", warehouse.Progress{Stage: "read", Bytes: 100 << 20, Total: 400 << 20, Resources: 12345, Rejected: 2}, "reading, 100 MiB of 400 MiB (25%), 12,345 resources, 2 rejected, 10.0 MiB/s, 30.0 s left, 10.0 s so far"},
		{"total not known", warehouse.Progress{Stage: "read", Bytes: 1 << 20, Resources: 1}, "reading, 1.00 MiB, 1 resource, 10.0 s so far"},
		{"writing", warehouse.Progress{Stage: "commit"}, "writing, 10.0 s so far"},
		{"a stage we have no words for", warehouse.Progress{Stage: "dream"}, "dream, 10.0 s so far"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // where time stands still
				p := &progress{now: tt.now, started: time.Now().Add(-10 * time.Second)}
				if got := p.line(); got != tt.want {
					t.Errorf("got  %s\nwant %s", got, tt.want)
				}
			})
		})
	}
}

func TestProgressFitsTheTerminal(t *testing.T) {
	for _, width := range []int{120, 80, 40, 20} {
		var out bytes.Buffer
		p := startProgress(stdio{err: &out, errWidth: width})
		for _, now := range []warehouse.Progress{
			{Stage: "read", Bytes: 1 << 30, Total: 30 << 30, Resources: 12345678},
			{Stage: "read", Bytes: 2 << 30, Total: 30 << 30, Resources: 23456789, Rejected: 1},
			{Stage: "read", Bytes: 30 << 30, Total: 30 << 30, Resources: 34567890},
			{Stage: "resolve", Resources: 34567890},
			{Stage: "commit"},
		} {
			p.update(now)
			p.show()
		}
		p.stop()
		if strings.Contains(out.String(), "\n") {
			t.Errorf("width %d: progress moved to another line: %q", width, out.String())
		}
		for line := range strings.SplitSeq(out.String(), "\r") {
			if n := len([]rune(line)); n >= width {
				t.Errorf("width %d: a line has %d characters: %q", width, n, line)
			}
		}
		if !strings.Contains(out.String(), "reading") || !strings.Contains(out.String(), "writing") {
			t.Errorf("width %d: stages are not named: %q", width, out.String())
		}
	}
}

func TestNoProgressOfWhatIsShort(t *testing.T) {
	var out bytes.Buffer
	p := startProgress(stdio{err: &out})
	p.update(warehouse.Progress{Stage: "read", Bytes: 1})
	p.stop()
	if out.Len() > 0 {
		t.Errorf("said %q", out.String())
	}
}
