package sandbox

import (
	"context"
	"net/http"
	"slices"
	"time"
)

// registerExport answers POST /bridge/fhir/ehi-export.
func (s *Sandbox) registerExport(who caller, r *http.Request) reply {
	var body struct {
		ConnectionID string `json:"org_connection_id"`
		Fixtures     *struct {
			CCDA *string `json:"tefca_ccda"`
		} `json:"fixtures"`
	}
	if !decode(r, &body) {
		return failed(http.StatusBadRequest, "the body is no JSON object as documented")
	}
	if body.ConnectionID == "" {
		return failed(http.StatusBadRequest, "org_connection_id is required")
	}
	t, repeated, refusal := s.admit(who, body.ConnectionID, func(c *connection) string {
		if body.Fixtures == nil || body.Fixtures.CCDA == nil {
			return ""
		}
		return checkFixture(c, *body.Fixtures.CCDA)
	})
	if refusal != nil {
		return *refusal
	}
	ended := !repeated && s.begin(t)
	s.mu.Lock()
	defer s.mu.Unlock()
	id, status := t.id, t.status
	if !repeated && !ended {
		status = "pending" // however soon it ends
	}
	if repeated && s.faults.take("other-task-id") {
		id = s.ids.taskID()
	}
	return wrapped(object{{"task_id", id}, {"status", status}})
}

// admit finds the connection of a registration and gives it a task, or says why
// not.
func (s *Sandbox) admit(who caller, id string, check func(*connection) string) (t *task, repeated bool, refusal *reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	refuse := func(status int, text string) (*task, bool, *reply) {
		r := failed(status, text)
		return nil, false, &r
	}
	c := s.connectionOf(who, id)
	if c == nil {
		return refuse(http.StatusNotFound, "org_connection_id not found")
	}
	if text := check(c); text != "" {
		return refuse(http.StatusBadRequest, text)
	}
	if c.status == "revoked" && !s.faults.on("revoked-accepted") {
		return refuse(http.StatusBadRequest, "the connection is revoked")
	}
	t, repeated = s.register(c)
	if repeated && t.status != "pending" && !s.faults.on("no-resend") {
		s.resend(t)
	}
	return t, repeated, nil
}

func checkFixture(c *connection, name string) string {
	switch {
	case c.owner.mode != modeTest || !c.source.tefca:
		return "fixtures are for TEFCA connections in test mode"
	case !slices.Contains(fixtures, name):
		return "fixtures.tefca_ccda is not one of the documents"
	}
	return ""
}

// resend emits the event of a finished task again, as an event of its own.
func (s *Sandbox) resend(t *task) {
	if t.status == "failed" {
		s.emit(t.connection.owner, "patient.ehi_export_failed", t.failure())
		return
	}
	s.emit(t.connection.owner, "patient.ehi_export_success", s.success(t))
}

// begin starts a new task. With early-event it has ended, and its event is
// delivered, when begin returns.
func (s *Sandbox) begin(t *task) (ended bool) {
	if s.faults.take("early-event") {
		s.finish(t)
		s.settle(5 * time.Second)
		return true
	}
	s.start(func(ctx context.Context) { s.run(ctx, t) })
	return false
}

// settle waits until each delivery had its first attempt, or the time is up.
func (s *Sandbox) settle(limit time.Duration) {
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if !slices.ContainsFunc(s.Deliveries(), func(d Delivery) bool { return d.State == "waiting" && len(d.Attempts) == 0 }) {
			return
		}
	}
}

// exportStatus answers GET /bridge/fhir/ehi-export/{id}, where id is of the task
// or, in older readings, of the connection.
func (s *Sandbox) exportStatus(who caller, r *http.Request) reply {
	id := r.PathValue("id")
	s.mu.Lock()
	defer s.mu.Unlock()
	var t *task
	if !s.faults.on("status-by-connection-only") {
		t = s.taskWhere(func(t *task) bool { return t.connection.owner == who && sameID(t.id, id) })
	}
	if c := s.connectionOf(who, id); t == nil && c != nil && !s.faults.on("status-by-task-only") {
		t = c.last
	}
	if t == nil {
		return failed(http.StatusNotFound, "task not found")
	}
	return wrapped(object{{"task_id", t.id}, {"status", t.status}})
}
