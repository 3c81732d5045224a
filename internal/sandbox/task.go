package sandbox

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// retention is how long an exported file and the records behind it are kept.
const retention = 24 * time.Hour

// A task is an export. Its fields are guarded by the sandbox.
type task struct {
	id         string
	linkID     string // in its download links: not the task's id
	connection *connection
	registered time.Time // inside time, as are the others
	finished   time.Time
	status     string // pending, success, failed
	fate       fate
	files      []*stored
}

// A fate is how a task will end.
type fate struct {
	after  time.Duration // negative: never
	fails  bool
	reason string // empty: the event gives none
}

// A stored file lies in the storage.
type stored struct {
	*snapshot
	fileID      string
	exportType  string
	contentType string
	owner       *organisation
	created     time.Time // zero: for ever
}

// register returns the task of a connection: the one there is, or a new one.
func (s *Sandbox) register(c *connection) (t *task, repeated bool) {
	if t := c.last; t != nil && s.stillCounts(t) {
		return t, true
	}
	t = &task{id: s.ids.taskID(), linkID: s.ids.uuid("link"), connection: c, registered: s.clock.now(), status: "pending", fate: s.fateOf(c)}
	c.last = t
	s.tasks = append(s.tasks, t)
	return t, false
}

func (s *Sandbox) stillCounts(t *task) bool {
	switch s.opts.Repeat {
	case RepeatForever:
		return true
	case RepeatUntilTerminal:
		return t.status == "pending"
	}
	return s.clock.now().Sub(t.registered) < retention
}

func (s *Sandbox) fateOf(c *connection) fate {
	if c.status == "revoked" {
		return fate{after: s.opts.Pending, fails: true, reason: "token_refresh_failure"}
	}
	var names []string
	for _, f := range exportFailures {
		names = append(names, f.Name)
	}
	f, ok := s.faults.takeAt("", names...)
	if !ok {
		return fate{after: s.opts.Pending}
	}
	switch f.Name {
	case "stuck":
		return fate{after: -1}
	case "timed-out":
		return fate{after: durationOr(f.Arg, 4*time.Hour), fails: true, reason: "suppressed_please_contact"}
	case "unknown_reason":
		return fate{after: s.opts.Pending, fails: true, reason: f.Arg}
	case "no_reason":
		return fate{after: s.opts.Pending, fails: true}
	}
	return fate{after: s.opts.Pending, fails: true, reason: f.Name}
}

func durationOr(text string, fallback time.Duration) time.Duration {
	if d, err := time.ParseDuration(text); err == nil {
		return d
	}
	return fallback
}

// run waits until the time of a task has come, and finishes it.
func (s *Sandbox) run(ctx context.Context, t *task) {
	if t.fate.after < 0 || s.clock.wait(ctx, t.registered.Add(t.fate.after)) != nil {
		return
	}
	s.finish(t)
}

// finish ends a task and emits its event.
func (s *Sandbox) finish(t *task) {
	var taken *snapshot
	if !t.fate.fails {
		taken = s.records(t)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t.finished = s.clock.now()
	if taken == nil {
		t.status = "failed"
		s.emit(t.connection.owner, "patient.ehi_export_failed", t.failure())
		return
	}
	t.status = "success"
	s.store(t, taken)
	data := s.success(t)
	s.emit(t.connection.owner, "patient.ehi_export_success", data)
	if s.faults.take("second-event") {
		s.emit(t.connection.owner, "patient.ehi_export_success", data)
	}
}

// records returns what a task exports: what the connection's last export took, if
// that was less than 24 hours ago. Without any, the task fails.
func (s *Sandbox) records(t *task) *snapshot {
	c := t.connection
	s.mu.Lock()
	cached, from := c.cached, c.origin
	if cached != nil && s.clock.now().Sub(c.cacheAt) >= retention {
		cached = nil
	}
	s.mu.Unlock()
	if cached != nil {
		return cached
	}
	taken, err := from.take()
	if err != nil {
		s.note(Entry{Kind: "export", Path: t.id, Error: err.Error()})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		t.fate.reason = "suppressed_please_contact"
		return nil
	}
	c.cached, c.cacheAt = taken, s.clock.now()
	return taken
}

// store puts the files of a task into the storage.
func (s *Sandbox) store(t *task, taken *snapshot) {
	parts := []*snapshot{taken}
	if s.faults.take("two-files") {
		if a, b, err := taken.halves(); err == nil {
			parts = []*snapshot{a, b}
		}
	}
	if s.faults.take("several-types") {
		s.storeFile(t, snapshotOf([]byte(`{"resourceType":"Bundle","type":"collection","entry":[]}`)), ".json", "fhir_bundle", "application/fhir+json")
		s.storeFile(t, snapshotOf([]byte("%PDF-1.4\n%%EOF\n")), ".pdf", "pdf", "application/pdf")
	}
	for _, p := range parts {
		s.storeFile(t, p, ".jsonl", "jsonl", "application/fhir+ndjson")
	}
}

func (s *Sandbox) storeFile(t *task, content *snapshot, extension, exportType, contentType string) {
	f := &stored{
		snapshot: content, exportType: exportType, contentType: contentType,
		fileID:  fmt.Sprintf("%s-%s%s", s.clock.outside().UTC().Format(time.DateOnly), s.ids.uuid("file"), extension),
		owner:   t.connection.owner.org,
		created: t.finished,
	}
	t.files = append(t.files, f)
	s.objects["/"+bucket+"/"+f.owner.id+"/"+f.fileID] = f
}

// isGone says whether a file is deleted by now.
func (s *Sandbox) isGone(f *stored) bool {
	return !f.created.IsZero() && s.clock.now().Sub(f.created) >= retention
}

func (s *Sandbox) taskWhere(is func(*task) bool) *task {
	i := slices.IndexFunc(s.tasks, is)
	if i < 0 {
		return nil
	}
	return s.tasks[i]
}
