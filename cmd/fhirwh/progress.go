package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-runewidth"
	"github.com/schollz/progressbar/v3"

	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// How often progress is shown: on a terminal, and as lines elsewhere.
const (
	redrawEvery = 200 * time.Millisecond
	lineEvery   = 10 * time.Second
)

// stages names what a long command does, by [warehouse.Progress].Stage.
var stages = map[string]string{
	"read":    "reading",
	"resolve": "finding current versions",
	"commit":  "writing",
	"check":   "checking what was written",
	"tables":  "reading the warehouse",
	"sources": "comparing the sources",
}

// A progress shows what a long command is doing: on a terminal a bar that moves
// even if the command is silent, elsewhere a line now and then.
type progress struct {
	std     stdio
	started time.Time

	mu    sync.Mutex
	now   warehouse.Progress
	bar   *progressbar.ProgressBar
	stage string // that the bar is for
	total int64

	quit chan struct{}
	done sync.WaitGroup
}

// startProgress starts to show progress; stop ends it.
func startProgress(std stdio) *progress {
	p := &progress{std: std, started: time.Now(), quit: make(chan struct{})}
	every := lineEvery
	if std.errWidth > 0 {
		every = redrawEvery
	}
	p.done.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				p.show()
			case <-p.quit:
				return
			}
		}
	})
	return p
}

// update takes what the command reports.
func (p *progress) update(now warehouse.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = now
}

// stop ends the display and leaves the terminal's line empty.
func (p *progress) stop() {
	close(p.quit)
	p.done.Wait()
	p.clear()
}

// clear empties the terminal's line.
func (p *progress) clear() {
	if p.bar != nil {
		p.std.note("\r%s\r", strings.Repeat(" ", p.std.errWidth-1))
	}
}

func (p *progress) show() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now.Stage == "" {
		return
	}
	if p.std.errWidth == 0 {
		p.std.note("%s\n", p.line())
		return
	}
	if p.bar == nil || p.stage != p.now.Stage || p.total != p.now.Total {
		p.clear()
		p.stage, p.total, p.bar = p.now.Stage, p.now.Total, p.newBar()
	}
	p.bar.Describe(p.describe()) // draws
	_ = p.bar.Set64(p.now.Bytes)
}

// hasBytes reports whether the current stage is measured in bytes of a known
// total.
func (p *progress) hasBytes() bool {
	return p.now.Total > 0 && (p.now.Stage == "read" || p.now.Stage == "sources")
}

// newBar makes the bar of a stage, with what fits the terminal.
func (p *progress) newBar() *progressbar.ProgressBar {
	width := p.std.errWidth
	total, bar, theme := int64(-1), max(0, min(20, width-85)), progressbar.ThemeASCII
	if p.hasBytes() {
		total = p.now.Total + 1 // never full: what is full draws no more
	}
	if bar == 0 {
		theme.BarStart, theme.BarEnd = "", ""
	}
	options := []progressbar.Option{
		progressbar.OptionSetWriter(&lineCutter{out: p.std.err, width: width - 1}),
		progressbar.OptionSetDescription(p.describe()),
		progressbar.OptionShowBytes(p.hasBytes()),
		progressbar.OptionUseIECUnits(true),
		progressbar.OptionShowTotalBytes(true),
		progressbar.OptionSetPredictTime(p.hasBytes()),
		progressbar.OptionSetElapsedTime(true),
		progressbar.OptionSetWidth(bar),
		progressbar.OptionSetTheme(theme),
		progressbar.OptionSpinnerType(14),
		progressbar.OptionSetSpinnerChangeInterval(0),
	}
	if p.hasBytes() && width >= 60 {
		options = append(options, progressbar.OptionShowCount())
	}
	return progressbar.NewOptions64(total, options...)
}

// describe says in words what is being done.
func (p *progress) describe() string {
	text := stageName(p.now.Stage)
	if p.now.Resources > 0 && p.std.errWidth >= 60 {
		text += " " + plural(p.now.Resources, "resource", "resources")
	}
	if p.now.Rejected > 0 && p.std.errWidth >= 100 {
		text += ", " + count(p.now.Rejected) + " rejected"
	}
	return text
}

func stageName(stage string) string {
	if name, ok := stages[stage]; ok {
		return name
	}
	return stage
}

// line is what a log gets.
func (p *progress) line() string {
	elapsed := time.Since(p.started)
	parts := []string{stageName(p.now.Stage)}
	if p.now.Bytes > 0 {
		size := bytesText(p.now.Bytes)
		if p.now.Total > 0 {
			size += fmt.Sprintf(" of %s (%d%%)", bytesText(p.now.Total), 100*p.now.Bytes/p.now.Total)
		}
		parts = append(parts, size)
	}
	if p.now.Resources > 0 {
		parts = append(parts, plural(p.now.Resources, "resource", "resources"))
	}
	if p.now.Rejected > 0 {
		parts = append(parts, count(p.now.Rejected)+" rejected")
	}
	if p.hasBytes() && p.now.Bytes > 0 {
		rate := float64(p.now.Bytes) / elapsed.Seconds()
		parts = append(parts, bytesText(int64(rate))+"/s")
		left := time.Duration(float64(p.now.Total-p.now.Bytes) / rate * float64(time.Second))
		parts = append(parts, durationText(left)+" left")
	}
	return strings.Join(append(parts, durationText(elapsed)+" so far"), ", ")
}

// A lineCutter keeps each line of a progress bar within the terminal: a line
// that wraps cannot be drawn over.
type lineCutter struct {
	out   io.Writer
	width int
}

func (c *lineCutter) Write(b []byte) (int, error) {
	cut := runewidth.Condition{StrictEmojiNeutral: true}
	parts := strings.Split(string(b), "\r")
	for i, part := range parts {
		parts[i] = cut.Truncate(part, c.width, "")
	}
	if _, err := io.WriteString(c.out, strings.Join(parts, "\r")); err != nil {
		return 0, err
	}
	return len(b), nil
}
