package export

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A Task is an export as the API knows it.
type Task struct {
	TaskID       string
	ConnectionID string
	Status       string // pending, success, failed: an open set
}

// Register asks for an export of a connection's records. Asking again returns
// the same task as long as Fasten keeps it. fixture names a synthetic document,
// in test mode for a TEFCA connection; else it is "".
func (c *Client) Register(ctx context.Context, connectionID, fixture string) (Task, error) {
	if !isPossibleID(connectionID) {
		return Task{}, &IDError{"connection"}
	}
	type fixtures struct {
		TEFCA string `json:"tefca_ccda"`
	}
	request := struct {
		ConnectionID string    `json:"org_connection_id"`
		Fixtures     *fixtures `json:"fixtures,omitempty"`
	}{ConnectionID: connectionID}
	if fixture != "" {
		request.Fixtures = &fixtures{fixture}
	}
	body, err := json.Marshal(request)
	if err != nil {
		return Task{}, err
	}
	r := call{name: "register an export", method: http.MethodPost, path: "/bridge/fhir/ehi-export", body: body}
	data, err := c.do(ctx, r)
	if err != nil {
		return Task{}, err
	}
	return readTask(r.name, data, "", connectionID)
}

// ExportStatus asks how far an export is. Older deployments of the API know it by
// its connection: on 404 or 403 that is tried once, and what worked is tried
// first from then on. connectionID may be "" where it is not known.
func (c *Client) ExportStatus(ctx context.Context, taskID, connectionID string) (Task, error) {
	forms := []string{taskID, connectionID}
	if c.knowsByConnection() {
		forms = []string{connectionID, taskID}
	}
	var first error
	for _, id := range forms {
		if id == "" {
			continue
		}
		task, err := c.exportStatus(ctx, id, taskID, connectionID)
		switch {
		case err == nil:
			c.setByConnection(id != taskID)
			return task, nil
		case !isNotFound(err):
			return Task{}, err
		case first == nil || isStatus(err, http.StatusNotFound) && !isStatus(first, http.StatusNotFound):
			first = err // 404 says more than 403, which unknown paths are answered too
		}
	}
	if first == nil {
		return Task{}, &IDError{"task"}
	}
	return Task{}, first
}

func (c *Client) exportStatus(ctx context.Context, id, taskID, connectionID string) (Task, error) {
	if !isPossibleID(id) {
		return Task{}, &IDError{"task"}
	}
	r := call{
		name:   "read the status of an export",
		method: http.MethodGet,
		path:   "/bridge/fhir/ehi-export/" + url.PathEscape(id),
	}
	data, err := c.do(ctx, r)
	if err != nil {
		return Task{}, err
	}
	return readTask(r.name, data, taskID, connectionID)
}

func (c *Client) knowsByConnection() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byConnection
}

func (c *Client) setByConnection(is bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byConnection = is
}

// readTask reads a task. Where the server writes the asked id with other dashes
// or case, the asked one stays.
func readTask(name string, data json.RawMessage, askedID, connectionID string) (Task, error) {
	var t struct {
		TaskID looseText `json:"task_id"`
		Status looseText `json:"status"`
	}
	if err := json.Unmarshal(data, &t); err != nil {
		return Task{}, &APIError{Call: name, Status: http.StatusOK, Message: "JSON of another shape"}
	}
	task := Task{TaskID: string(t.TaskID), ConnectionID: connectionID, Status: string(t.Status)}
	if task.TaskID == "" || SameID(task.TaskID, askedID) {
		task.TaskID = askedID
	}
	if !isPossibleID(task.TaskID) {
		return Task{}, &APIError{Call: name, Status: http.StatusOK, Message: "no task_id in it"}
	}
	return task, nil
}

// SameID reports whether two ids differ at most in dashes and the case of
// letters, as Fasten writes them in different places.
func SameID(a, b string) bool {
	return strings.EqualFold(strings.ReplaceAll(a, "-", ""), strings.ReplaceAll(b, "-", ""))
}

// Connection asks for a connection's state. Fields that the server leaves out are
// empty.
func (c *Client) Connection(ctx context.Context, id string) (Connection, error) {
	if !isPossibleID(id) {
		return Connection{}, &IDError{"connection"}
	}
	r := call{
		name:   "read a connection",
		method: http.MethodGet,
		path:   "/bridge/org_connection/" + url.PathEscape(id),
	}
	data, err := c.do(ctx, r)
	if err != nil {
		return Connection{}, err
	}
	var a connectionAnswer
	if err := json.Unmarshal(data, &a); err != nil {
		return Connection{}, &APIError{Call: r.name, Status: http.StatusOK, Message: "JSON of another shape"}
	}
	if a.ID != "" && !SameID(string(a.ID), id) {
		return Connection{}, &APIError{Call: r.name, Status: http.StatusOK, Message: "another connection than the one asked for"}
	}
	return a.connection(id, c.opts.Clock.now()), nil
}

// A connectionAnswer has the names of the API and, behind them, those of events.
type connectionAnswer struct {
	ID         looseText `json:"org_connection_id"`
	APIMode    looseText `json:"api_mode"`
	Status     looseText `json:"status"`
	Platform   looseText `json:"platform_type"`
	Endpoint   looseText `json:"catalog_endpoint_id"`
	Brand      looseText `json:"catalog_brand_id"`
	Portal     looseText `json:"catalog_portal_id"`
	TEFCA      looseText `json:"tefca_directory_id"`
	ExternalID looseText `json:"external_id"`
	Scope      looseText `json:"scope"`
	Expires    looseText `json:"consent_expires_at"`

	EventStatus   looseText `json:"connection_status"`
	EventEndpoint looseText `json:"endpoint_id"`
	EventBrand    looseText `json:"brand_id"`
	EventPortal   looseText `json:"portal_id"`
}

func (a connectionAnswer) connection(id string, now time.Time) Connection {
	conn := Connection{
		ID:               id,
		APIMode:          string(a.APIMode),
		Status:           a.Status.or(a.EventStatus),
		PlatformType:     string(a.Platform),
		EndpointID:       a.Endpoint.or(a.EventEndpoint),
		BrandID:          a.Brand.or(a.EventBrand),
		PortalID:         a.Portal.or(a.EventPortal),
		TEFCADirectoryID: string(a.TEFCA),
		ExternalID:       string(a.ExternalID),
		Scope:            string(a.Scope),
		Updated:          now,
	}
	if expires, err := time.Parse(time.RFC3339, string(a.Expires)); err == nil {
		conn.ConsentExpires = &expires
	}
	return conn
}

// CheckCredentials asks for a connection that cannot exist: keys that are good
// are told so, others are refused. It returns nil for good keys.
func (c *Client) CheckCredentials(ctx context.Context) error {
	r := call{
		name:   "check the keys",
		method: http.MethodGet,
		path:   "/bridge/org_connection/" + randomID(),
	}
	_, err := c.do(ctx, r)
	e, ok := errors.AsType[*APIError](err)
	if ok && e.Status == http.StatusNotFound && e.Body == BodyJSON {
		return nil
	}
	return err
}

// randomID is a UUID of version 4, as most of Fasten's ids are.
func randomID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// isPossibleID reports whether an id can be part of a path. Ids are opaque; the
// provider's own examples are no UUIDs.
func isPossibleID(id string) bool {
	return id != "" && len(id) <= 255 && isASCII(id) && id != "." && id != ".."
}

func isStatus(err error, statuses ...int) bool {
	e, ok := errors.AsType[*APIError](err)
	return ok && slices.Contains(statuses, e.Status)
}

func isNotFound(err error) bool {
	return isStatus(err, http.StatusNotFound, http.StatusForbidden)
}

// A looseText is a text that a server may also send as a number, or as null.
type looseText string

// UnmarshalJSON implements [json.Unmarshaler]. What is neither is no text.
func (t *looseText) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*t = looseText(text)
		return nil
	}
	var number json.Number
	if json.Unmarshal(b, &number) == nil {
		*t = looseText(number)
	}
	return nil
}

func (t looseText) or(other looseText) string {
	if t != "" {
		return string(t)
	}
	return string(other)
}
