package connect

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/fhirwh/fhirwh/internal/export"
)

// askLimit is how long the patient waits before a connection is stored unchecked.
const askLimit = 20 * time.Second

// verify asks Fasten Connect about a connection that the browser claims, and
// returns it as it is to be stored, or why it is refused. Where nobody can be
// asked, the claim is stored: it holds an id, which every later step checks, and
// to lose it would cost the patient another login.
func (s *session) verify(ctx context.Context, claimed export.Connection, mode string) (Account, *problem) {
	if s.options.Verify == nil {
		if mode != "" && mode != s.options.mode() {
			return Account{}, wrongMode(mode)
		}
		return Account{Connection: claimed, Doubt: "stored unchecked: there is no private key"}, nil
	}
	limited, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	c, err := s.options.Verify(limited, claimed.ID)
	switch {
	case errors.Is(err, ErrUnknown):
		return Account{}, &problem{
			Title:  "Fasten Connect does not know this connection",
			Advice: "Nothing was stored. The public id and the private key must belong together: fhirwh doctor checks them. Then connect again.",
		}
	case err != nil:
		return Account{Connection: claimed, Doubt: "stored, but Fasten Connect could not be asked about it: " + doubtOf(err)}, nil
	case c.APIMode != "" && c.APIMode != s.options.mode():
		return Account{}, wrongMode(c.APIMode)
	}
	a := Account{Connection: merge(c, claimed), Verified: true}
	switch a.Status {
	case "revoked", "rejected":
		a.Doubt = "Fasten Connect says that it is " + a.Status + ": connect again"
	}
	return a, nil
}

// doubtOf is what to say of an error: what to do about it, if it knows.
func doubtOf(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) && h.Hint() != "" {
		return err.Error() + "; " + h.Hint()
	}
	return err.Error()
}

// merge returns what Fasten Connect says, completed by what the browser says.
func merge(said, claimed export.Connection) export.Connection {
	c := said
	c.ID = claimed.ID
	c.Status = cmp.Or(said.Status, claimed.Status)
	c.PlatformType = cmp.Or(said.PlatformType, claimed.PlatformType)
	c.EndpointID = cmp.Or(said.EndpointID, claimed.EndpointID)
	c.BrandID = cmp.Or(said.BrandID, claimed.BrandID)
	c.PortalID = cmp.Or(said.PortalID, claimed.PortalID)
	c.TEFCADirectoryID = cmp.Or(said.TEFCADirectoryID, claimed.TEFCADirectoryID)
	c.Scope = cmp.Or(said.Scope, claimed.Scope)
	c.RequestID = cmp.Or(said.RequestID, claimed.RequestID)
	c.ConsentExpires = cmp.Or(said.ConsentExpires, claimed.ConsentExpires)
	return c
}

func wrongMode(mode string) *problem {
	if mode != "test" && mode != "live" {
		mode = "other"
	}
	return &problem{
		Title:  "The connection is of " + mode + " mode, the page is not",
		Advice: "Nothing was stored: test and live data stay apart. Start fhirwh connect with the keys of that mode.",
	}
}
