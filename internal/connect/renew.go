package connect

import (
	"slices"
	"time"

	"github.com/fhirwh/fhirwh/internal/export"
)

// A Renewable is a known connection that needs its patient again, and why.
type Renewable struct {
	export.Connection
	Why string // such as "revoked on 2 January 2026"
}

// Name is what to call the connection on the page.
func (r Renewable) Name() string { return platformName(r.PlatformType) }

// TEFCA reports whether the connection was found by the patient's identity, and
// is renewed in the same way.
func (r Renewable) TEFCA() bool { return r.PlatformType == "tefca" }

const day = "2 January 2006"

// Renewables returns those of the known connections of a mode that need their
// patient again: revoked, or with a consent that has ended. The latest is first.
func Renewables(known []export.Connection, mode string, now time.Time) []Renewable {
	var list []Renewable
	for _, c := range known {
		if c.APIMode != mode || !validID(c.ID) {
			continue
		}
		if why := whyRenew(c, now); why != "" {
			list = append(list, Renewable{Connection: c, Why: why})
		}
	}
	slices.SortStableFunc(list, func(a, b Renewable) int { return b.Updated.Compare(a.Updated) })
	return list
}

func whyRenew(c export.Connection, now time.Time) string {
	switch {
	case c.Status == "rejected":
		return "rejected"
	case c.Status == "revoked" && c.Revoked != nil:
		return "revoked on " + c.Revoked.UTC().Format(day)
	case c.Status == "revoked":
		return "revoked"
	case c.ConsentExpires != nil && c.ConsentExpires.Before(now):
		return "consent ended on " + c.ConsentExpires.UTC().Format(day)
	}
	return ""
}
