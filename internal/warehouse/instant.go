package warehouse

import (
	"strings"
	"time"
)

// An instant is when a resource was last updated, as far as its text says.
type instant struct {
	at time.Time // UTC
	ok bool
}

// parseInstant reads a FHIR instant, such as "2024-03-01T12:00:00.5-05:00". It is
// not ok for any other text: without a zone two texts cannot be ordered.
//
// Source: FHIR R4, Data Types, instant
// (https://hl7.org/fhir/R4/datatypes.html#instant).
func parseInstant(text string) instant {
	if !strings.Contains(text, "T") {
		return instant{}
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return instant{}
	}
	return instant{t.UTC(), true}
}

// before reports whether both are known and i is the earlier one.
func (i instant) before(j instant) bool { return i.ok && j.ok && i.at.Before(j.at) }

// differs reports whether both are known and not the same.
func (i instant) differs(j instant) bool { return i.before(j) || j.before(i) }
