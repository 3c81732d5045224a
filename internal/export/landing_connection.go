package export

import (
	"strings"
	"time"
)

// SetStatus sets the status as it was at a time, unless a later one is known. At
// the same time a revocation counts. It reports whether the status was set.
func (c *Connection) SetStatus(status string, at time.Time) bool {
	at = at.UTC()
	if c.StatusAt != nil && (at.Before(*c.StatusAt) || at.Equal(*c.StatusAt) && IsRevoked(c.Status) && !IsRevoked(status)) {
		return false
	}
	c.Status, c.StatusAt = status, &at
	switch {
	case !IsRevoked(status):
		c.Revoked = nil
	case c.Revoked == nil:
		c.Revoked = &at
	}
	return true
}

// Learn takes over what an event, the API or the widget says of a connection, as
// of a time. What it does not say stays; what is known from later stays too.
func (c *Connection) Learn(said Connection, at time.Time) {
	news := c.StatusAt == nil || !at.Before(*c.StatusAt)
	if said.Status != "" {
		c.SetStatus(said.Status, at)
	}
	for _, f := range []struct {
		field *string
		said  string
	}{
		{&c.APIMode, said.APIMode}, {&c.PlatformType, said.PlatformType}, {&c.EndpointID, said.EndpointID},
		{&c.BrandID, said.BrandID}, {&c.PortalID, said.PortalID}, {&c.TEFCADirectoryID, said.TEFCADirectoryID},
		{&c.ExternalID, said.ExternalID}, {&c.Scope, said.Scope}, {&c.RequestID, said.RequestID},
	} {
		if f.said != "" && (news || *f.field == "") {
			*f.field = f.said
		}
	}
	if said.ConsentExpires != nil && (news || c.ConsentExpires == nil) {
		c.ConsentExpires = said.ConsentExpires
	}
	if c.Connected == nil {
		first := at.UTC()
		c.Connected = &first
	}
}

// IsRevoked reports whether a connection's status says that the consent ended.
func IsRevoked(status string) bool { return strings.EqualFold(status, "revoked") }
