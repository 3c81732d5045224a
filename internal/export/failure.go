package export

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Errors of this package say what went wrong and, in Hint, what to do. They have
// no link, no secret and nothing of a record or an event in them.

// An APIError is an answer of Fasten Connect that is no success.
type APIError struct {
	Call       string // what was asked, such as "register an export"
	Status     int    // of HTTP; 200 too, where the answer says that it failed
	Message    string // of the server, cut to a line; may be empty
	RetryAfter time.Duration
	Body       BodyKind // what the answer was
}

// A BodyKind is what an answer was, where JSON was expected.
type BodyKind int

// The kinds of body.
const (
	BodyJSON    BodyKind = iota // as expected
	BodyEmpty                   // nothing
	BodyHTML                    // a page
	BodyXML                     // as storage answers
	BodyText                    // something else
	BodyDamaged                 // JSON that is cut short or damaged
	BodyTooLong                 // far more than the API answers
)

func (e *APIError) Error() string {
	text := e.Call + ": Fasten Connect answered " + statusText(e.Status)
	if e.Body != BodyJSON {
		return text + bodyTexts[e.Body]
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text
}

var bodyTexts = map[BodyKind]string{
	BodyEmpty:   " without content",
	BodyHTML:    " with an HTML page where JSON was expected",
	BodyXML:     " with XML where JSON was expected",
	BodyText:    " with text where JSON was expected",
	BodyDamaged: " with JSON that is damaged or cut short",
	BodyTooLong: " with more than 1 MiB, which is no answer of this API",
}

// Hint says what to do.
func (e *APIError) Hint() string {
	switch {
	case e.Status == http.StatusUnauthorized:
		return "check the public id and the private key, and that they are of the organisation and mode meant: fhirwh doctor"
	case e.Status == http.StatusForbidden:
		return "the keys, their mode or FASTEN_API_BASE_URL may be wrong (unknown paths are answered 403 too): fhirwh doctor"
	case e.Status == http.StatusNotFound:
		return "no such id for these keys; a connection of the other mode is not seen either: fhirwh connections lists what is known"
	case e.Status == http.StatusConflict:
		return "another request for it is under way; try again in a minute"
	case e.Status == http.StatusTooManyRequests:
		return "too many requests; try again later, or ask support for a higher limit"
	case e.Status >= 500:
		return "Fasten Connect has a problem; see status.fastenhealth.com and try again later"
	case e.Status >= 300 && e.Status < 400:
		return "check FASTEN_API_BASE_URL: the API itself does not redirect this call"
	}
	return "check FASTEN_API_BASE_URL; if it is right, ask support with the message"
}

func statusText(status int) string {
	if text := http.StatusText(status); text != "" {
		return strconv.Itoa(status) + " " + text
	}
	return strconv.Itoa(status)
}

// An UnreachableError says that no answer came, or not all of it.
type UnreachableError struct {
	Call  string // what was asked
	Host  string // of the API; "" for a storage host
	Begun bool   // the answer began
	Bytes int64  // of it that came, with those of earlier answers
	Err   error
}

func (e *UnreachableError) Error() string {
	text := e.Call + ": no answer"
	if e.Begun {
		text = fmt.Sprintf("%s: the answer broke off after %d bytes", e.Call, e.Bytes)
	}
	if e.Host != "" && !e.Begun {
		text += " from " + e.Host
	}
	return text + ": " + e.Err.Error()
}

func (e *UnreachableError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *UnreachableError) Hint() string {
	if isCertificateError(e.Err) {
		return "the server's certificate is not trusted; check FASTEN_API_BASE_URL, the clock and any proxy that opens TLS"
	}
	return "check the network, a proxy and FASTEN_API_BASE_URL, then run it again: nothing is lost"
}

// An IDError is an id that no server can have given.
type IDError struct{ What string }

func (e *IDError) Error() string { return e.What + ": not a possible id" }

// Hint says what to do.
func (e *IDError) Hint() string {
	return "ids are printable ASCII, at most 255 characters; fhirwh connections lists those that are known"
}

// A ModeError is a connection of the other mode than the keys'.
type ModeError struct {
	ConnectionID string
	Mode         string // of the connection
	KeyMode      string
}

func (e *ModeError) Error() string {
	return fmt.Sprintf("connection %s is of %s mode, the keys are of %s mode", shortID(e.ConnectionID), word(e.Mode), e.KeyMode)
}

// Hint says what to do.
func (e *ModeError) Hint() string {
	return "use the keys of the connection's mode; test and live records never go into one warehouse by accident"
}

// A ConsentError is a connection whose consent has ended.
type ConsentError struct {
	ConnectionID string
	Status       string // of the connection, as Fasten says it
	Expired      time.Time
}

func (e *ConsentError) Error() string {
	text := "connection " + shortID(e.ConnectionID)
	if !e.Expired.IsZero() {
		return text + ": the patient's consent expired on " + e.Expired.UTC().Format(time.DateOnly)
	}
	return text + " is " + word(e.Status)
}

// Hint says what to do.
func (e *ConsentError) Hint() string {
	return "the patient has to reconnect: fhirwh connect offers it beside the connection"
}

// A ForeignHostError is a link that leads away from the configured API: no
// request was made.
type ForeignHostError struct {
	Host    string // it leads there, as text fit for a terminal
	API     string // the host that links may lead to
	Problem string // what differs
}

func (e *ForeignHostError) Error() string {
	return fmt.Sprintf("the download link was not followed: %s (it leads to %s, the API is %s)", e.Problem, e.Host, e.API)
}

// Hint says what to do.
func (e *ForeignHostError) Hint() string {
	return "an event with such a link is forged, or FASTEN_API_BASE_URL is another one than it was made for"
}

const goneText = "the exported file is gone at Fasten Connect"

// A GoneError says that the file is not at Fasten any more: it lives 24 hours.
type GoneError struct {
	Detail string
	Kept   string // task that Fasten answered again, when a new export was asked for; "" if it did not
}

func (e *GoneError) Error() string {
	text := goneText
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	if e.Kept != "" {
		text += "; asked for a new export, it names the same one"
	}
	return text
}

// Hint says what to do.
func (e *GoneError) Hint() string {
	if e.Kept != "" {
		return "Fasten answers one export for a day or so: run the same command again tomorrow, and contact Fasten's support if it stays so (task_id " + e.Kept + ")"
	}
	return "files are kept for 24 hours; register a new export: fhirwh fetch CONNECTION"
}

// ErrDiskFull is what a [*DiskFullError] is.
var ErrDiskFull = errors.New("the disk is full")

// A DiskFullError says how much room is missing for a download.
type DiskFullError struct {
	Path string
	Need int64 // bytes at most; 0 if not known
	Free int64 // bytes; negative if not known
	Err  error
}

func (e *DiskFullError) Error() string {
	text := e.Path + ": " + ErrDiskFull.Error()
	if e.Need > 0 {
		text += fmt.Sprintf(": up to %s more are needed", mebibytes(e.Need))
	}
	if e.Free >= 0 {
		text += fmt.Sprintf(", %s are free", mebibytes(e.Free))
	}
	return text
}

// Unwrap returns ErrDiskFull and the cause.
func (e *DiskFullError) Unwrap() []error {
	if e.Err == nil {
		return []error{ErrDiskFull}
	}
	return []error{ErrDiskFull, e.Err}
}

// Hint says what to do.
func (e *DiskFullError) Hint() string {
	return "make room, or choose another landing folder with --landing; the download goes on where it stopped"
}

func mebibytes(n int64) string {
	return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MiB"
}

// shortID is an id of a server's as a message may show it.
func shortID(id string) string { return oneLine(id, 60) }

// word is a value of an open set as a message may show it.
func word(s string) string {
	if s == "" {
		return "unknown"
	}
	return oneLine(s, 40)
}
