package export

import (
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A StorageError is an answer of the host that keeps the file.
type StorageError struct {
	Status     int
	Code       string // S3's, such as AccessDenied; may be empty
	RetryAfter time.Duration
}

func (e *StorageError) Error() string { return "download an export: " + e.answer() }

func (e *StorageError) answer() string {
	text := "the storage host answered " + statusText(e.Status)
	if e.Code != "" {
		text += ", " + e.Code
	}
	return text
}

// Hint says what to do.
func (e *StorageError) Hint() string {
	if isTransient(e.Status) {
		return "try again later; what was downloaded so far is kept"
	}
	return "a proxy may have changed the request; if there is none, ask support"
}

// refused reports whether the signed URL may have expired: S3 says 403, or 400
// where it was signed with a credential that has expired. What other codes
// complain about is no matter of time.
func (e *StorageError) refused() bool {
	switch e.Status {
	case http.StatusForbidden:
		return !slices.Contains([]string{"SignatureDoesNotMatch", "InvalidAccessKeyId", "RequestTimeTooSkewed"}, e.Code)
	case http.StatusBadRequest:
		return e.Code == "ExpiredToken"
	}
	return false
}

var storageCode = regexp.MustCompile(`<Code>([A-Za-z]{1,40})</Code>`)

// storageError says what an answer means that has no file in it.
//
// Source: Amazon S3 API Reference, Error responses.
func (d *download) storageError(resp *http.Response, body []byte) error {
	e := &StorageError{Status: resp.StatusCode, RetryAfter: retryAfter(resp.Header, d.client.opts.Clock.now())}
	if m := storageCode.FindSubmatch(body); m != nil {
		e.Code = string(m[1])
	}
	if e.Status == http.StatusNotFound || e.Status == http.StatusGone || e.Code == "NoSuchKey" {
		return &GoneError{Detail: e.answer()}
	}
	return e
}

// A TooLargeError is a file larger than allowed.
type TooLargeError struct{ Max int64 }

func (e *TooLargeError) Error() string {
	return "download an export: the file is larger than the limit of " + mebibytes(e.Max)
}

// Hint says what to do.
func (e *TooLargeError) Hint() string { return "raise the limit if an export of that size is right" }

// begin takes the head of an answer: where its body belongs, and what is said
// about the whole file. whole reports that the part has all of it.
func (d *download) begin(resp *http.Response) (whole bool, err error) {
	switch resp.StatusCode {
	case http.StatusRequestedRangeNotSatisfiable:
		return d.beyondEnd(resp)
	case http.StatusPartialContent:
		if start, total, ok := contentRange(resp.Header.Get("Content-Range")); ok && start == 0 {
			err = d.startOver(resp, total) // where we asked to go on is ignored
		} else {
			err = d.goOn(resp)
		}
	default:
		err = d.startOver(resp, resp.ContentLength)
	}
	if err == nil && d.part.state.Total > d.to.MaxBytes {
		err = &TooLargeError{d.to.MaxBytes}
	}
	return false, err
}

// beyondEnd takes a 416: of the file that we have so far nothing more is there.
func (d *download) beyondEnd(resp *http.Response) (whole bool, err error) {
	s := &d.part.state
	_, total, ok := contentRange(resp.Header.Get("Content-Range"))
	if d.part.canResume() && (!ok || total == s.Raw) && (s.Total < 0 || s.Total == s.Raw) {
		s.Total = s.Raw
		d.cutOff = d.cutAt == d.part.sum()
		return true, d.verify()
	}
	return false, d.doesNotFit()
}

// goOn takes a 206, which must be the rest of what we have.
func (d *download) goOn(resp *http.Response) error {
	s := &d.part.state
	start, total, ok := contentRange(resp.Header.Get("Content-Range"))
	etag := resp.Header.Get("ETag")
	if !ok || start != s.Raw || s.Total >= 0 && total >= 0 && total != s.Total || etag != "" && etag != s.ETag {
		return d.doesNotFit()
	}
	if s.Total < 0 {
		s.Total = total
	}
	d.resumed++
	return nil
}

// doesNotFit drops what we have: the answer is about another file.
func (d *download) doesNotFit() error {
	d.restarted = true
	if err := d.part.reset(); err != nil {
		return err
	}
	return &ContentError{Problem: "the rest that came does not belong to what was there", transient: true}
}

// startOver takes a 200: the whole file of total bytes, from its beginning.
func (d *download) startOver(resp *http.Response, total int64) error {
	if d.part.state.Raw > 0 {
		d.restarted = true
	}
	if err := d.part.reset(); err != nil {
		return err
	}
	packed, err := isPacked(resp.Header.Values("Content-Encoding"))
	if err != nil {
		return err
	}
	s := &d.part.state
	s.Total, s.Packed = total, packed
	if etag := resp.Header.Get("ETag"); isStrong(etag) {
		s.ETag = etag
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	d.part.kind = kind
	return d.part.expect(wantedSums(resp.Header))
}

// isStrong reports whether an entity tag says that a file is the same to the
// byte.
//
// Source: RFC 9110, section 8.8.3.
func isStrong(etag string) bool {
	return len(etag) > 2 && etag[0] == '"' && etag[len(etag)-1] == '"'
}

// isPacked reports whether the bytes that come are compressed in a way that an
// import unpacks. We ask for none; files may be stored so.
func isPacked(encodings []string) (bool, error) {
	packed := false
	for name := range strings.SplitSeq(strings.Join(encodings, ","), ",") {
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "", "identity", "aws-chunked":
		case "gzip", "x-gzip", "zstd":
			packed = true
		default:
			return false, &ContentError{Problem: "it is compressed in a way that was not asked for (" + oneLine(name, 20) + ")"}
		}
	}
	return packed, nil
}

// contentRange reads "bytes 5-9/10" and "bytes */10". start is -1 for the second,
// total for an unknown one.
//
// Source: RFC 9110, section 14.4.
func contentRange(text string) (start, total int64, ok bool) {
	span, size, ok := strings.Cut(strings.TrimPrefix(text, "bytes "), "/")
	if !ok || !strings.HasPrefix(text, "bytes ") {
		return 0, 0, false
	}
	start, total = -1, -1
	var err1, err2 error
	if size != "*" {
		total, err1 = parseSize(size)
	}
	if span != "*" {
		first, _, _ := strings.Cut(span, "-")
		start, err2 = parseSize(first)
	}
	return start, total, err1 == nil && err2 == nil
}

// parseSize reads a number that is not negative.
func parseSize(text string) (int64, error) {
	n, err := strconv.ParseUint(text, 10, 63)
	return int64(n), err
}

// A ContentError is a body that is not the file.
type ContentError struct {
	Problem   string
	transient bool // asking again may help
}

func (e *ContentError) Error() string {
	return fmt.Sprintf("download an export: what came is not the file: %s", e.Problem)
}

// Hint says what to do.
func (e *ContentError) Hint() string {
	return "a proxy or the provider sent something else; try again later, and ask support if it stays so"
}
