package connect

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/fhirwh/fhirwh/internal/export"
)

// Where the widget comes from, version 4 as documented.
const (
	DefaultScript = "https://cdn.fastenhealth.com/connect/v4/fasten-stitch-element.js"
	DefaultStyle  = "https://cdn.fastenhealth.com/connect/v4/fasten-stitch-element.css"
)

// Options say what the page shows and where what is connected goes.
type Options struct {
	PublicID   string // decides the mode at Fasten Connect
	Live       bool   // the mode of PublicID
	ExternalID string // the caller's own id of the patient; may be empty
	Email      string // prefills the widget's forms; may be empty
	Reconnect  string // org_connection_id to renew; empty: a new connection
	TEFCA      bool   // look for the patient's records by identity

	Script string // URL of the widget; empty: DefaultScript
	Style  string // URL of its style sheet; empty: DefaultStyle

	Renewable []Renewable // known connections that need the patient again
	KeepOpen  bool        // go on after the widget has completed
	Fetching  bool        // the caller fetches the records as soon as the page ends
	Fetch     string      // command that fetches, less the id; empty: fhirwh fetch

	// Verify asks Fasten Connect about a connection; nil where there is no private
	// key. An error of kind ErrUnknown means that there is no such connection, any
	// other one that we cannot know now.
	Verify func(ctx context.Context, id string) (export.Connection, error)
	// Store keeps a connection. It is called once or more for each, with Updated as
	// the time of what it says.
	Store func(Account) error
	// Report is told what happens on the page, for the terminal; may be nil.
	Report func(Notice)
	// Now is the clock; nil: time.Now.
	Now func() time.Time
}

// check completes o.
func (o *Options) check() error {
	if o.Script == "" {
		o.Script = DefaultScript
	}
	if o.Style == "" {
		o.Style = DefaultStyle
	}
	if o.Fetch == "" {
		o.Fetch = "fhirwh fetch"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Report == nil {
		o.Report = func(Notice) {}
	}
	if o.Reconnect != "" && !validID(o.Reconnect) {
		return fmt.Errorf("%q cannot be the id of a connection", o.Reconnect)
	}
	for _, address := range []string{o.Script, o.Style} {
		if _, err := originOf(address); err != nil {
			return err
		}
	}
	return nil
}

func (o *Options) mode() string {
	if o.Live {
		return "live"
	}
	return "test"
}

// originOf returns scheme, host and port of a URL that a page may load code
// from: https, or http from this machine.
func originOf(address string) (string, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil || strings.ContainsAny(u.Host, "*;,'\" "):
		return "", fmt.Errorf("the widget's address %q is no URL such as %s", address, DefaultScript)
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return u.Scheme + "://" + strings.ToLower(u.Host), nil
	}
	return "", fmt.Errorf("the widget's address %q is not https: only this machine may serve it by http", address)
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
