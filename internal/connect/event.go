package connect

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/fhirwh/fhirwh/internal/export"
)

// The events of the widget that we act on.
const (
	eventPending  = "patient.connection_pending"
	eventSuccess  = "patient.connection_success"
	eventFailed   = "patient.connection_failed"
	eventComplete = "widget.complete"
	eventConfig   = "widget.config_error"
)

const (
	maxID   = 255  // characters of an id, as Fasten Connect's own pages limit it
	maxText = 4096 // bytes of any other value: scopes are long
)

// A widgetEvent is what the widget says. Everything in it is untrusted.
type widgetEvent struct {
	kind string
	mode string
	data []object // of widget.complete each account, else one
}

// An object is what an event says about a connection. Members of other types
// than text are ignored.
type object map[string]any

// text returns a member, or "" if it is absent, no text, too long or holds
// characters that no such value has.
func (o object) text(name string) string {
	s, _ := o[name].(string)
	if len(s) > maxText || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return ""
	}
	return strings.TrimSpace(s)
}

// id is text for an id.
func (o object) id(name string) string {
	if s := o.text(name); validID(s) {
		return s
	}
	return ""
}

// code is text for a short word such as a status, "" if it is none.
func (o object) code(name string) string {
	if s := o.text(name); len(s) <= 64 && validID(s) {
		return s
	}
	return ""
}

// request is the request id, for Fasten Connect's support. Its name has two
// spellings.
func (o object) request() string { return cmp.Or(o.id("request_id"), o.id("request-id")) }

// validID reports whether s can be an id: of Fasten Connect's ids only length
// and characters are certain. None is a path, an option or markup.
func validID(s string) bool {
	return s != "" && len(s) <= maxID && s[0] != '-' && strings.Trim(s, ".") != "" && !strings.ContainsFunc(s, notOfID)
}

func notOfID(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.:+=@", r))
}

// connection returns what the browser says about a connection.
func (o object) connection() export.Connection {
	c := export.Connection{
		ID:               o.id("org_connection_id"),
		Status:           o.code("connection_status"),
		PlatformType:     o.code("platform_type"),
		EndpointID:       o.id("endpoint_id"),
		BrandID:          o.id("brand_id"),
		PortalID:         o.id("portal_id"),
		TEFCADirectoryID: o.id("tefca_directory_id"),
		Scope:            o.text("scope"),
		RequestID:        o.request(),
	}
	if t, err := time.Parse(time.RFC3339, o.text("consent_expires_at")); err == nil {
		c.ConsentExpires = &t
	}
	return c
}

// decodeEvent reads the envelope {"api_mode","event_type","data"}. It accepts
// text that holds it, and data that is an array, an object, text that holds
// either, null or absent: versions of the widget differ.
func decodeEvent(body []byte) (widgetEvent, error) {
	var envelope struct {
		Mode string          `json:"api_mode"`
		Kind string          `json:"event_type"`
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(unquote(body), &envelope); err != nil {
		return widgetEvent{}, errors.New("not an event") // the decoder's text may quote it
	}
	data, err := decodeData(unquote(envelope.Data))
	if err != nil {
		return widgetEvent{}, fmt.Errorf("data of the event: %w", err)
	}
	return widgetEvent{kind: envelope.Kind, mode: envelope.Mode, data: data}, nil
}

// unquote returns the text in a JSON string, and everything else as it is.
func unquote(b []byte) []byte {
	var s string
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] == '"' && json.Unmarshal(b, &s) == nil {
		return []byte(s)
	}
	return b
}

func decodeData(b []byte) ([]object, error) {
	if len(b) == 0 {
		return nil, nil
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return nil, errors.New("not JSON")
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var objects []object
	for _, member := range list {
		if m, ok := member.(map[string]any); ok {
			objects = append(objects, m)
		}
	}
	return objects, nil
}
