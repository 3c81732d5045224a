package export

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// An Intake takes events in: it judges each one and stores it, durably, whatever
// it thinks of it. It acts on none. It may be used from several goroutines.
type Intake struct {
	Landing *Landing
	Mode    string           // of the events to act on, ModeTest or ModeLive; "" for both
	OrgID   string           // of the organisation whose events to act on; "" for any
	Legacy  bool             // read a body without envelope as its data
	Now     func() time.Time // nil: time.Now
}

// A Delivery is an event as it came.
type Delivery struct {
	Body   []byte
	Header http.Header // with the headers of the signature; may be nil
	Signed bool        // the signature was verified
	Mode   string      // that the address stands for; "" if it stands for none
	Again  bool        // judge anew if it was refused or could not be read before
}

// Take stores an event and returns it. stored is false if one of its id was known:
// then that one is returned. An error says that nothing was stored.
func (in Intake) Take(d Delivery) (e Event, stored bool, err error) {
	e = in.judge(d)
	stored, err = in.Landing.StoreEvent(e)
	if err != nil || stored {
		return e, stored, err
	}
	known, ok, err := in.Landing.Event(e.ID)
	if err == nil && !ok {
		err = errors.New("store event: the one of that id went away meanwhile")
	}
	if err != nil {
		return e, false, err
	}
	if d.Again && e.State == EventPending && (known.State == EventRefused || known.State == EventUndecodable) {
		e.Received = known.Received
		return e, true, in.Landing.UpdateEvent(e.ID, func(old *Event) { *old = e })
	}
	return known, false, nil
}

// judge makes the record of an event. What is to be acted on is pending.
func (in Intake) judge(d Delivery) Event {
	m, err := decodeMessage(d.Body, in.Legacy)
	e := Event{
		ID:           m.id,
		Type:         m.kind,
		APIMode:      m.mode,
		Date:         m.date,
		Received:     Clock{Now: in.Now}.now().UTC(),
		Signed:       d.Signed,
		Headers:      signatureHeaders(d.Header),
		Body:         d.Body,
		State:        EventPending,
		ConnectionID: m.connection.ID,
		TaskID:       m.taskID,
	}
	if e.ID == "" {
		e.ID = d.Header.Get(HeaderID)
	}
	if e.ID == "" {
		sum := sha256.Sum256(d.Body)
		e.ID = "sha256:" + hex.EncodeToString(sum[:])
	}
	if e.APIMode == "" {
		e.APIMode = firstText(d.Mode, in.Mode)
	}
	if err != nil {
		e.State, e.Reason = EventUndecodable, err.Error()
	} else if state, reason := in.verdict(d, m, e.APIMode); state != "" {
		e.State, e.Reason = state, reason
	}
	return e
}

func firstText(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// verdict says why an event is not acted on; state is "" if it is.
func (in Intake) verdict(d Delivery, m message, mode string) (state, reason string) {
	switch {
	case in.Mode != "" && mode != in.Mode:
		return EventRefused, fmt.Sprintf("of %s mode, and only events of %s mode are acted on here", word(mode), in.Mode)
	case d.Mode != "" && mode != d.Mode:
		return EventRefused, fmt.Sprintf("of %s mode, but came to the address of %s mode", word(mode), d.Mode)
	case in.OrgID != "" && m.orgID != "" && !SameID(m.orgID, in.OrgID):
		return EventRefused, "of another organisation"
	}
	switch m.kind {
	case TypeExportSuccess, TypeExportFailed, TypeConnected, TypeRevoked:
		return "", ""
	case TypeTest:
		return EventIgnored, "a test of the webhook"
	case TypeAskedForClinic, TypeAskedForHelp:
		return EventIgnored, "for people: look at it in the developer portal"
	}
	return EventIgnored, "of a type that asks for nothing here"
}

// signatureHeaders keeps the headers that a signature is checked with.
func signatureHeaders(h http.Header) map[string]string {
	var kept map[string]string
	for _, name := range []string{HeaderID, HeaderTimestamp, HeaderSignature} {
		if values := h.Values(name); len(values) > 0 {
			if kept == nil {
				kept = map[string]string{}
			}
			kept[strings.ToLower(name)] = strings.Join(values, " ")
		}
	}
	return kept
}
