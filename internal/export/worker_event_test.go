package export

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestWorkerRepeats(t *testing.T) {
	b := newBench(t)
	b.send("e1", TypeExportSuccess, 0, links("t", "c", "a"))
	b.send("e1", TypeExportSuccess, 0, links("t", "c", "a"))
	b.send("e2", TypeExportSuccess, 5, links("t", "c", "a"))
	b.drain()
	b.send("e3", TypeExportSuccess, 10, links("t", "c", "a"))
	b.drain()
	b.expect("t", "imported a:imported")
	b.expectEvent("e3", EventIgnored, "known already")
	if len(b.store.asked) != 1 || len(b.imports) != 1 || b.export("t").EventID == "e3" {
		t.Errorf("downloads %v, imports %v", b.store.asked, b.imports)
	}
	b.send("e4", TypeExportSuccess, 15, links("t", "c", "a", "b"))
	b.drain()
	b.expect("t", "imported a:imported b:imported")
}

func TestWorkerGoneThenRenewed(t *testing.T) {
	b := newBench(t)
	b.store.fail("a", &GoneError{Detail: "404"})
	b.send("e1", TypeExportSuccess, 0, links("t", "c", "a", "b"))
	b.drain()
	b.expect("t", "expired a:expired b:imported")
	if x := b.export("t"); !strings.Contains(x.LastError, "gone") || x.NextAttempt != nil {
		t.Errorf("export %+v", x)
	}
	b.store.fail("a", nil)
	b.send("e2", TypeExportSuccess, 30, links("t", "c", "a"))
	b.drain()
	b.expect("t", "imported a:imported b:imported")
	b.expectEvent("e2", EventDone, "")
}

func TestWorkerGoneThenUnderAnotherName(t *testing.T) {
	b := newBench(t)
	b.store.fail("a", &GoneError{})
	b.send("e1", TypeExportSuccess, 0, links("t", "c", "a"))
	b.drain()
	b.send("e2", TypeExportSuccess, 30, links("t", "c", "b"))
	b.drain()
	b.expect("t", "imported b:imported")
}

func TestWorkerOlderEventBringsNoLink(t *testing.T) {
	b := newBench(t)
	b.store.fail("a", errors.New("no"))
	b.send("new", TypeExportSuccess, 30, strings.Replace(links("t", "c", "a"), "/x/", "/new/", 1))
	b.drain()
	b.send("old", TypeExportSuccess, 0, strings.Replace(links("t", "c", "a"), "/x/", "/old/", 1))
	b.drain()
	if x := b.export("t"); !strings.Contains(x.Files[0].Link, "/new/") || x.EventID != "new" {
		t.Errorf("export %+v", x)
	}
}

func TestWorkerRetriesDownloads(t *testing.T) {
	b := newBench(t)
	link := "https://api/v1/ehi-export/x/download/a"
	b.store.fail("a", &url.Error{Op: "Get", URL: link, Err: errors.New("broken pipe at " + link)})
	b.send("e", TypeExportSuccess, 0, links("t", "c", "a"))
	for n := 1; n <= 3; n++ {
		b.drain()
		x := b.export("t")
		if states(x) != "linked a:waiting" || x.Attempts != n || x.NextAttempt == nil || !x.NextAttempt.After(b.clock) ||
			!strings.Contains(x.LastError, "broken pipe") || strings.Contains(x.LastError, "download/") {
			t.Fatalf("attempt %d: %s %+v", n, states(x), x)
		}
		b.drain()
		if len(b.store.asked) != n {
			t.Fatalf("asked %d times, want %d", len(b.store.asked), n)
		}
		b.clock = *x.NextAttempt
	}
	b.store.fail("a", nil)
	b.drain()
	b.expect("t", "imported a:imported")
	if x := b.export("t"); x.Attempts != 0 || x.NextAttempt != nil || x.LastError != "" {
		t.Errorf("after it went well: %+v", x)
	}
	if strings.Contains(b.log.String(), link) {
		t.Errorf("the log shows a link:\n%s", b.log)
	}
}

func TestWorkerGivesUpAfterTwoDays(t *testing.T) {
	b := newBench(t)
	b.store.fail("a", errors.New("no"))
	b.send("e", TypeExportSuccess, 0, links("t", "c", "a"))
	b.clock = b.clock.Add(49 * time.Hour)
	b.drain()
	b.expect("t", "expired a:expired")
}

func TestWorkerForeignHost(t *testing.T) {
	t.Run("seen in the event", func(t *testing.T) {
		b := newBench(t)
		b.Client = checkingStore{b.store}
		b.send("e1", TypeExportSuccess, 0, links("t", "c", "a"))
		b.send("forged", TypeExportSuccess, 5, strings.ReplaceAll(links("t", "c", "a"), "https://api/", "https://api.evil.test/"))
		b.drain()
		b.expect("t", "imported a:imported")
		b.expectEvent("forged", EventRefused, "another host")
	})
	t.Run("seen in the download", func(t *testing.T) {
		b := newBench(t)
		b.store.fail("a", &ForeignHostError{Host: "evil", API: "api", Problem: "it leads to another host"})
		b.send("forged", TypeExportSuccess, 0, links("t", "c", "a"))
		b.drain()
		b.expect("t", "no-link")
		b.expectEvent("forged", EventRefused, "another host")
		b.store.fail("a", nil)
		b.send("good", TypeExportSuccess, 0, links("t", "c", "a"))
		b.drain()
		b.expect("t", "imported a:imported")
	})
}

func TestWorkerFailedExports(t *testing.T) {
	const failed = `"task_id":"t","org_connection_id":"c","failure_reason":"token_refresh_failure"`
	t.Run("alone", func(t *testing.T) {
		b := newBench(t)
		b.send("e", TypeExportFailed, 0, failed)
		b.drain()
		b.expect("t", "failed")
		if x := b.export("t"); x.FailureReason != "token_refresh_failure" || x.ConnectionID != "c" || x.EventID != "e" {
			t.Errorf("export %+v", x)
		}
	})
	for name, order := range map[string][]string{"before the success": {"failed", "ok"}, "after the success": {"ok", "failed"}} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			for i, kind := range order {
				if kind == "ok" {
					b.send("ok", TypeExportSuccess, i, links("t", "c", "a"))
				} else {
					b.send("failed", TypeExportFailed, i, failed)
				}
				b.drain()
			}
			b.expect("t", "imported a:imported")
			if x := b.export("t"); x.FailureReason != "" || x.Status != "success" {
				t.Errorf("export %+v", x)
			}
		})
	}
	t.Run("of a reason we do not know", func(t *testing.T) {
		b := newBench(t)
		b.send("e", TypeExportFailed, 0, `"task_id":"t","failure_reason":"\u001b[2Jnew"`)
		b.drain()
		b.expect("t", "failed")
		if strings.Contains(b.log.String(), "\x1b") {
			t.Error("the log has a control character")
		}
	})
}

func TestWorkerIncompleteEvents(t *testing.T) {
	registered := func(b *bench, task string, minutes int) {
		at := b.clock.Add(time.Duration(minutes) * time.Minute)
		must(b.t, b.Landing.UpdateExport(task, func(x *Export) {
			x.ConnectionID, x.State, x.Registered, x.APIMode = "c", ExportPending, &at, ModeTest
		}))
	}
	t.Run("no task, but one registered", func(t *testing.T) {
		b := newBench(t)
		registered(b, "old", -2)
		registered(b, "t", -1)
		b.send("e", TypeExportSuccess, 0, links("", "c", "a"))
		b.drain()
		b.expect("t", "imported a:imported")
		b.expect("old", "pending")
		if e := b.event("e"); e.TaskID != "t" {
			t.Errorf("event %+v", e)
		}
	})
	t.Run("no connection, but a task registered", func(t *testing.T) {
		b := newBench(t)
		registered(b, "t", -1)
		b.send("e", TypeExportSuccess, 0, links("t", "", "a"))
		b.drain()
		if x := b.export("t"); x.Source() != "c" || x.State != ExportImported {
			t.Errorf("export %+v", x)
		}
	})
	t.Run("neither task nor connection", func(t *testing.T) {
		b := newBench(t)
		b.send("e", TypeExportSuccess, 0, links("", "", "a"))
		b.drain()
		b.expect("x", "imported a:imported") // the segment in the link
		b.expectEvent("e", EventDone, "task:x")
		if x := b.export("x"); x.Source() != "task:x" {
			t.Errorf("source %s", x.Source())
		}
	})
	t.Run("nothing but a link of another shape", func(t *testing.T) {
		b := newBench(t)
		b.send("e", TypeExportSuccess, 0, `"download_link":"https://api/files/a"`)
		b.drain()
		b.expect("event:e", "imported a:imported")
	})
	t.Run("no link", func(t *testing.T) {
		b := newBench(t)
		b.send("e", TypeExportSuccess, 0, links("t", "c"))
		b.drain()
		b.expect("t", "no-link")
		b.expectEvent("e", EventDone, "no link")
		b.send("e2", TypeExportSuccess, 1, links("t", "c", "a"))
		b.drain()
		b.expect("t", "imported a:imported")
	})
	t.Run("only other types", func(t *testing.T) {
		b := newBench(t)
		b.send("e", TypeExportSuccess, 0, `"task_id":"t","download_links":[{"url":"https://api/d/a.pdf","export_type":"pdf"}]`)
		b.drain()
		b.expect("t", "no-link a.pdf:skipped")
		b.expectEvent("e", EventDone, "no file of a type that is loaded: pdf")
		if x := b.export("t"); !strings.Contains(x.LastError, "pdf") || len(b.store.asked) != 0 {
			t.Errorf("export %+v, downloads %v", x, b.store.asked)
		}
	})
	t.Run("a connection without an id", func(t *testing.T) {
		b := newBench(t)
		b.send("e1", TypeConnected, 0, `"connection_status":"authorized"`)
		b.send("e2", TypeRevoked, 0, `"connection_status":"revoked"`)
		b.drain()
		b.expectEvent("e1", EventUndecodable, "no connection")
		b.expectEvent("e2", EventUndecodable, "no connection")
	})
}

func TestWorkerConnections(t *testing.T) {
	b := newBench(t)
	b.send("e1", TypeConnected, 0, `"org_connection_id":"c","connection_status":"authorized","platform_type":"epic","external_id":"u"`)
	b.send("e3", TypeConnected, 20, `"org_connection_id":"c","connection_status":"authorized"`)
	b.send("e2", TypeRevoked, 10, `"org_connection_id":"c","connection_status":"revoked"`)
	b.drain()
	c, _, _ := b.Landing.Connection("c")
	if c.Status != "authorized" || c.Revoked != nil || c.ExternalID != "u" || c.APIMode != ModeTest {
		t.Errorf("connection %+v", c)
	}
	b.send("e4", TypeRevoked, 30, `"org_connection_id":"c"`)
	b.send("e5", TypeConnected, 5, `"org_connection_id":"c","connection_status":"authorized"`)
	b.drain()
	c, _, _ = b.Landing.Connection("c")
	if c.Status != "revoked" || c.Revoked == nil || !c.Revoked.Equal(b.clock.Add(30*time.Minute)) {
		t.Errorf("connection %+v", c)
	}
}
