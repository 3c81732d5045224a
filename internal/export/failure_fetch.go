package export

import (
	"fmt"
	"time"
)

// A NoLinkError is an export that Fasten has finished, while the event with its
// link has not come here.
type NoLinkError struct {
	TaskID       string
	ConnectionID string
	Mode         string
	Reason       string // what was wrong with an event that came; "" if none did
}

func (e *NoLinkError) Error() string {
	text := "export " + shortID(e.TaskID) + " is finished, link not received: only the webhook carries it, and "
	if e.Reason == "" {
		return text + "none came here"
	}
	return text + "of what came none was good: " + oneLine(e.Reason, 300)
}

// Hint says how to get the link.
func (e *NoLinkError) Hint() string {
	return "run fhirwh listen, make it reachable over https (a tunnel or a proxy) and enter that URL with /webhook/" + word(e.Mode) +
		" in the developer portal under Developers, Webhooks; for this export copy the payload from the portal's delivery log into a file, " +
		"within 24 hours, and run: fhirwh events replay event.json"
}

// A WaitError is an export, or a connection, that did not get ready in time.
type WaitError struct {
	What   string // such as "export 4711"
	Status string // as last heard of
	Waited time.Duration
	Reason string // what stands in the way, if that is known
}

func (e *WaitError) Error() string {
	text := fmt.Sprintf("%s is still %s after %s", e.What, word(e.Status), e.Waited.Round(time.Second))
	if e.Reason != "" {
		text += ": " + oneLine(e.Reason, 200)
	}
	return text
}

// Hint says what to do.
func (e *WaitError) Hint() string {
	return "it goes on without us; run the same command again later, or wait longer: nothing is registered twice"
}
