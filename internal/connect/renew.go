package connect

import (
	"maps"
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
// patient again: revoked, with a consent that has ended, or with an export that
// failed for want of rights. The latest is first.
func Renewables(known []export.Connection, exports []export.Export, mode string, now time.Time) []Renewable {
	failed := failedForRights(exports)
	var list []Renewable
	for _, c := range known {
		if c.APIMode != mode || !validID(c.ID) {
			continue
		}
		if why := whyRenew(c, failed[c.ID], now); why != "" {
			list = append(list, Renewable{Connection: c, Why: why})
		}
	}
	slices.SortStableFunc(list, func(a, b Renewable) int { return b.Updated.Compare(a.Updated) })
	return list
}

// failedForRights returns, by connection, the last export if it failed with a
// reason that only the patient's login settles.
func failedForRights(exports []export.Export) map[string]export.Export {
	last := map[string]export.Export{}
	for _, x := range exports {
		if y, ok := last[x.ConnectionID]; !ok || x.Updated.After(y.Updated) {
			last[x.ConnectionID] = x
		}
	}
	maps.DeleteFunc(last, func(_ string, x export.Export) bool {
		return x.State != export.ExportFailed || x.FailureReason != "token_refresh_failure" && x.FailureReason != "scope_patient_missing"
	})
	return last
}

// whyRenew says why a connection needs its patient, or "". An export that failed
// before the connection was renewed says nothing.
func whyRenew(c export.Connection, failed export.Export, now time.Time) string {
	renewed := failed.TaskID == "" || c.StatusAt != nil && c.StatusAt.After(failed.Updated)
	switch {
	case c.Status == "rejected":
		return "rejected"
	case c.Status == "revoked" && c.Revoked != nil:
		return "revoked on " + c.Revoked.UTC().Format(day)
	case c.Status == "revoked":
		return "revoked"
	case c.ConsentExpires != nil && c.ConsentExpires.Before(now):
		return "consent ended on " + c.ConsentExpires.UTC().Format(day)
	case !renewed && failed.FailureReason == "scope_patient_missing":
		return "export failed: Demographics was not selected"
	case !renewed:
		return "export failed: the login has ended"
	}
	return ""
}
