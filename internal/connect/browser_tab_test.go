package connect

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// A tab is a page in a browser of its own, driven by its debugging protocol over
// a pipe: JSON messages, each with a NUL behind it.
type tab struct {
	t       *testing.T
	ctx     context.Context
	to      *os.File
	from    *bufio.Reader
	last    int
	session string
}

// openTab starts a browser that ends with the test, and opens address in it.
func openTab(ctx context.Context, t *testing.T, chromium, address string) *tab {
	t.Helper()
	theirs, to := pipe(t)
	from, ours := pipe(t)
	cmd := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--no-proxy-server",
		"--user-data-dir="+t.TempDir(), "--remote-debugging-pipe", "about:blank")
	cmd.ExtraFiles = []*os.File{theirs, ours} // its 3 and 4
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", chromium, err)
	}
	theirs.Close()
	ours.Close()
	b := &tab{t: t, ctx: ctx, to: to, from: bufio.NewReader(from)}
	t.Cleanup(func() {
		to.Close() // the browser ends with its pipe
		cmd.Wait()
	})
	target := b.call("Target.createTarget", map[string]any{"url": address})
	b.session, _ = b.call("Target.attachToTarget", map[string]any{"targetId": target["targetId"], "flatten": true})["sessionId"].(string)
	return b
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.Close()
		w.Close()
	})
	return r, w
}

// call asks the browser and returns its result. Events are passed over.
func (b *tab) call(method string, params map[string]any) map[string]any {
	b.t.Helper()
	b.last++
	message, err := json.Marshal(struct {
		ID      int            `json:"id"`
		Method  string         `json:"method"`
		Params  map[string]any `json:"params"`
		Session string         `json:"sessionId,omitempty"`
	}{b.last, method, params, b.session})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.to.Write(append(message, 0)); err != nil {
		b.t.Fatalf("ask the browser: %v", err)
	}
	for {
		answer := b.read()
		if answer.ID == b.last {
			return answer.Result
		}
	}
}

type browserMessage struct {
	ID     int            `json:"id"`
	Result map[string]any `json:"result"`
}

func (b *tab) read() browserMessage {
	b.t.Helper()
	text, err := b.from.ReadBytes(0)
	if err != nil {
		b.t.Fatalf("listen to the browser: %v", err)
	}
	var m browserMessage
	if err := json.Unmarshal(text[:len(text)-1], &m); err != nil {
		b.t.Fatal(err)
	}
	return m
}

// eval returns the text that a script gives.
func (b *tab) eval(script string) string {
	b.t.Helper()
	result, _ := b.call("Runtime.evaluate", map[string]any{"expression": script, "returnByValue": true, "userGesture": true})["result"].(map[string]any)
	text, _ := result["value"].(string)
	return text
}

// waitFor returns the page as soon as it has text, or as it is when the time is
// over.
func (b *tab) waitFor(text string) string {
	b.t.Helper()
	for {
		page := b.eval("document.documentElement.outerHTML")
		if strings.Contains(page, text) || b.ctx.Err() != nil {
			return page
		}
		time.Sleep(20 * time.Millisecond) // the browser is another program
	}
}
