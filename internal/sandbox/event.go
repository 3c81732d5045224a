package sandbox

import (
	"strings"
	"time"
)

// A message is an event on its way to a webhook.
type message struct {
	id    string // of the envelope, and of the webhook's request
	owner caller
	typ   string
	body  []byte
	delay time.Duration
	// exact messages are those that nothing was asked to go wrong with: all but
	// the ones that end an export and those of the simulator.
	exact bool
}

// endsExport says whether a type of event is one that failures apply to.
func endsExport(typ string) bool { return strings.HasPrefix(typ, "patient.ehi_export_") }

// emit sends an event. Whoever calls it holds the lock.
func (s *Sandbox) emit(owner caller, typ string, data object) {
	m := message{owner: owner, typ: typ, exact: !endsExport(typ)}
	if !m.exact && s.faults.take("unknown-event") {
		s.emit(owner, "patient.mood_changed", object{{"mood", "cheerful"}})
	}
	s.compose(&m, data)
	if !m.exact && s.faults.take("no-webhook") {
		s.record(&m, "never sent")
		return
	}
	if late, ok := s.faults.takeAt("", "late-event"); ok && !m.exact {
		m.delay = durationOr(late.Arg, 25*time.Hour)
	}
	s.dispatch(m)
}

// compose gives a message its id and its body.
func (s *Sandbox) compose(m *message, data object) {
	m.id = s.ids.uuid("event")
	envelope := object{
		{"api_mode", m.owner.mode}, {"date", s.clock.outside().UTC().Format(time.RFC3339)},
		{"id", m.id}, {"type", m.typ}, {"data", data},
	}
	if !m.exact {
		envelope = s.distort(envelope)
	}
	m.body, _ = encode(envelope) // of strings and numbers: always JSON
	if !m.exact {
		m.body = s.distortBody(m.body)
	}
}

// distort makes an envelope wrong as asked.
func (s *Sandbox) distort(envelope object) object {
	data, _ := envelope[4].value.(object)
	if s.faults.take("non-ascii") {
		data = data.with("note", "wörld ☃ <&>")
	}
	if f, ok := s.faults.takeAt("", "big-event"); ok {
		data = data.with("padding", strings.Repeat("x", numberOr(f.Arg, 10)<<20))
	}
	envelope = envelope.with("data", data)
	if s.faults.take("wrong-mode") {
		envelope = envelope.with("api_mode", otherMode(envelope.text("api_mode")))
	}
	if s.faults.take("no-id") {
		envelope = envelope.without("id")
	}
	if s.faults.take("flat-payload") {
		return data
	}
	return envelope
}

func (s *Sandbox) distortBody(body []byte) []byte {
	if s.faults.take("trailing-newline") {
		body = append(body, '\n')
	}
	if s.faults.take("invalid-json") {
		body = body[:len(body)/2]
	}
	return body
}

func otherMode(mode string) string {
	if mode == modeTest {
		return modeLive
	}
	return modeTest
}

// failure is the data of patient.ehi_export_failed.
func (t *task) failure() object {
	d := object{{"failure_reason", t.fate.reason}, {"org_connection_id", t.connection.id}, {"task_id", t.id}, {"org_id", t.connection.owner.org.id}}
	if t.fate.reason == "" {
		return d.without("failure_reason")
	}
	return d
}

// success is the data of patient.ehi_export_success.
func (s *Sandbox) success(t *task) object {
	links := s.links(t)
	numbers := stats{byType: map[string]int{}}
	for _, f := range t.files {
		if f.exportType != "jsonl" {
			continue
		}
		numbers.total += f.stats.total
		for kind, n := range f.stats.byType {
			numbers.byType[kind] += n
		}
	}
	d := s.linkMembers(links)
	d = append(d, member{"org_connection_id", t.connection.id}, member{"task_id", t.id}, member{"org_id", t.connection.owner.org.id})
	d = append(d, member{"stats", s.statsMember(numbers)})
	if s.faults.take("missing-fields") {
		d = d.without("org_connection_id", "task_id", "org_id")
	}
	if s.faults.take("wrong-org") {
		d = d.with("org_id", s.orgs[1].id)
	}
	return d
}

func (s *Sandbox) statsMember(numbers stats) object {
	if s.faults.take("wrong-stats") {
		return object{{"total_resources", 12}, {"total_by_resource_type", object{{"Observation", numbers.byType["Observation"] + 100}, {"Patient", 217}}}}
	}
	return numbers.json()
}
