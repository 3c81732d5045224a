package sandbox

import (
	"fmt"
	"slices"
	"time"
)

// A connection is a patient's consent.
type connection struct {
	id             string
	owner          caller
	source         source
	patient        string // user at FooClinic, or a facility of TEFCA
	email          string // of a TEFCA patient
	status         string // authorized, revoked or refreshing
	externalID     string
	externalState  string
	requestID      string
	consentExpires time.Time // zero: the source gives none
	directoryID    string    // of TEFCA

	origin  *origin   // what it exports from now on
	cached  *snapshot // what it exports for 24 hours
	cacheAt time.Time
	last    *task
}

// addConnections makes the connections that are ready from the start.
func (s *Sandbox) addConnections() error {
	ours := func(mode string) caller { return caller{s.orgs[0], mode} }
	for _, p := range Patients()[:4] {
		s.readyConnection(ours(modeTest), fooClinic, p.User, "authorized")
	}
	s.readyConnection(ours(modeTest), tefca, facilities[0], "authorized")
	s.readyConnection(ours(modeTest), epic, "camila", "revoked")
	s.readyConnection(ours(modeTest), epic, "derrick", "refreshing")
	s.readyConnection(ours(modeLive), epic, "live patient", "authorized")
	s.readyConnection(caller{s.orgs[1], modeTest}, fooClinic, "somebody else's patient", "authorized")
	for i, c := range s.connections {
		o, err := s.originFor(i)
		if err != nil {
			return err
		}
		c.origin = o
	}
	return nil
}

func (s *Sandbox) readyConnection(owner caller, from source, patient, status string) {
	c := s.newConnection(s.ids.namedUUID("connection", owner.mode+owner.org.name+patient), owner, from, patient)
	c.status = status
	s.connections = append(s.connections, c)
}

func (s *Sandbox) newConnection(id string, owner caller, from source, patient string) *connection {
	c := &connection{
		id: id, owner: owner, source: from, patient: patient, status: "authorized",
		requestID: s.ids.uuid("request"),
	}
	if from.tefca {
		c.email = tefcaEmail
		d := s.ids.named("directory", patient)
		c.directoryID = fmt.Sprintf("urn:oid:2.16.840.1.111111.3.3126.2.3.%d.%d", 10000+int(d[0]), d[1])
		return c
	}
	c.consentExpires = s.clock.outside().UTC().AddDate(1, 0, 0).Truncate(24 * time.Hour)
	return c
}

// connect makes a connection, tells the webhook, and returns what the widget and
// the redirect say about it. Whoever calls it holds the lock.
func (s *Sandbox) connect(owner caller, from source, patient, externalID, externalState string) (*connection, error) {
	c := s.newConnection(s.ids.uuid("connection"), owner, from, patient)
	c.externalID, c.externalState = externalID, externalState
	o, err := s.originFor(len(s.connections))
	if err != nil {
		return nil, err
	}
	c.origin = o
	s.connections = append(s.connections, c)
	s.announce(c)
	return c, nil
}

// reconnect renews a consent. The id stays.
func (s *Sandbox) reconnect(c *connection, externalID, externalState string) {
	c.status = "authorized"
	c.requestID = s.ids.uuid("request")
	if externalID != "" {
		c.externalID = externalID
	}
	c.externalState = externalState
	if !c.source.tefca {
		c.consentExpires = s.clock.outside().UTC().AddDate(1, 0, 0).Truncate(24 * time.Hour)
	}
	s.announce(c)
}

func (s *Sandbox) announce(c *connection) {
	s.emit(c.owner, "patient.connection_success", c.eventData())
}

// revoke withdraws a consent, as a failed refresh of the token does.
func (s *Sandbox) revoke(c *connection) {
	c.status = "revoked"
	data := object{{"org_connection_id", c.id}}
	data = append(data, s.catalogIDs(c, "endpoint_id", "portal_id", "brand_id")...)
	data = append(data, member{"platform_type", c.source.platform}, member{"connection_status", "revoked"})
	s.emit(c.owner, "patient.authorization_revoked", data)
}

// connectionOf returns the connection that a caller can see.
func (s *Sandbox) connectionOf(who caller, id string) *connection {
	i := slices.IndexFunc(s.connections, func(c *connection) bool { return c.owner == who && sameID(c.id, id) })
	if i < 0 {
		return nil
	}
	return s.connections[i]
}

// eventData is a connection as its event, its redirect and the widget tell it.
func (c *connection) eventData() object {
	d := object{
		{"org_connection_id", c.id}, {"connection_status", c.status}, {"platform_type", c.source.platform},
		{"request_id", c.requestID}, {"scope", c.source.scope},
	}
	if !c.source.tefca {
		d = append(d, member{"endpoint_id", endpointID(c.source)}, member{"portal_id", portalID(c.source)}, member{"brand_id", brandID(c.source)})
	}
	for _, m := range (object{{"external_id", c.externalID}, {"external_state", c.externalState}, {"consent_expires_at", c.consentText()}, {"tefca_directory_id", c.directoryID}}) {
		if m.value != "" {
			d = append(d, m)
		}
	}
	return d
}

// statusData is a connection as /bridge/org_connection tells it.
func (c *connection) statusData() object {
	d := object{{"org_connection_id", c.id}, {"org_id", c.owner.org.id}}
	if !c.source.tefca {
		d = append(d, member{"catalog_brand_id", brandID(c.source)}, member{"catalog_portal_id", portalID(c.source)}, member{"catalog_endpoint_id", endpointID(c.source)})
	}
	if c.directoryID != "" {
		d = append(d, member{"tefca_directory_id", c.directoryID})
	}
	d = append(d, member{"platform_type", c.source.platform}, member{"api_mode", c.owner.mode}, member{"status", c.status}, member{"scope", c.source.scope})
	if expires := c.consentText(); expires != "" {
		d = append(d, member{"consent_expires_at", expires})
	}
	return d
}

func (c *connection) consentText() string {
	if c.consentExpires.IsZero() {
		return ""
	}
	return c.consentExpires.Format(time.RFC3339)
}

func (s *Sandbox) catalogIDs(c *connection, endpoint, portal, brand string) object {
	if c.source.tefca {
		return nil
	}
	return object{{endpoint, endpointID(c.source)}, {portal, portalID(c.source)}, {brand, brandID(c.source)}}
}
