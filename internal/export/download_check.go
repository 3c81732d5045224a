package export

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// maxErrorBody is more than an error message has that pretends to be a file.
const maxErrorBody = 64 << 10

// sniff looks at the first bytes of a file of the content type kind. Storage and
// proxies send pages and messages with status 200 too.
func sniff(kind string, head []byte) error {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	problem := ""
	switch {
	case bytes.HasPrefix(head, []byte("{")):
		if isMessage(head) {
			problem = "a JSON error message"
		}
	case bytes.HasPrefix(head, []byte("<?xml")), strings.HasSuffix(kind, "/xml"):
		problem = "an XML message"
	case bytes.HasPrefix(head, []byte("<")), strings.HasSuffix(kind, "/html"):
		problem = "an HTML page"
	}
	if problem == "" {
		return nil
	}
	return &ContentError{Problem: problem, transient: true}
}

// isMessage reports whether the JSON object at the start of head is an error and
// no resource.
func isMessage(head []byte) bool {
	var object map[string]json.RawMessage
	if json.NewDecoder(bytes.NewReader(head[:min(len(head), maxErrorBody)])).Decode(&object) != nil {
		return false // cut off: too long for a message
	}
	message := false
	for name := range object {
		switch strings.ToLower(name) {
		case "resourcetype":
			return false
		case "error", "errors", "message", "success", "fault":
			message = true
		}
	}
	return message
}

// wantedSums returns the checksums of the whole file that an answer has, base64,
// by algorithm: sha-256 and md5.
//
// Source: RFC 9530 (Repr-Digest), RFC 3230 (Digest), RFC 1864 (Content-MD5),
// Amazon S3 (x-amz-checksum-sha256; one with a - is of the parts of an upload).
func wantedSums(h http.Header) map[string]string {
	found := map[string]string{}
	if sum := h.Get("X-Amz-Checksum-Sha256"); sum != "" && h.Get("X-Amz-Checksum-Type") != "COMPOSITE" {
		found["sha-256"] = sum
	}
	if sum := h.Get("Content-Md5"); sum != "" {
		found["md5"] = sum
	}
	for entry := range strings.SplitSeq(strings.Join(slices.Concat(h.Values("Digest"), h.Values("Repr-Digest")), ","), ",") {
		name, sum, _ := strings.Cut(strings.TrimSpace(entry), "=")
		found[strings.ToLower(name)] = strings.Trim(sum, ":")
	}
	return usableSums(found)
}

// usableSums keeps those that we can compute and that have the right length.
func usableSums(found map[string]string) map[string]string {
	usable := map[string]string{}
	for name, size := range map[string]int{"sha-256": sha256.Size, "md5": md5.Size} {
		if sum, err := base64.StdEncoding.DecodeString(found[name]); err == nil && len(sum) == size {
			usable[name] = found[name]
		}
	}
	return usable
}

// A lineScan follows a line of JSON in pieces of any size, to tell whether it
// was cut off.
type lineScan struct {
	depth   int
	inText  bool // between quotes
	escaped bool
	begun   bool // something other than white space came
	object  bool // it began with { or [
}

func (s *lineScan) Write(p []byte) (int, error) {
	for _, c := range p {
		s.next(c)
	}
	return len(p), nil
}

func (s *lineScan) next(c byte) {
	switch {
	case s.escaped:
		s.escaped = false
	case s.inText:
		s.escaped = c == '\\'
		s.inText = c != '"'
	case c == '"':
		s.inText = true
	case c == '{' || c == '[':
		s.depth++
		s.object = s.object || !s.begun
	case c == '}' || c == ']':
		s.depth--
	}
	if c > ' ' {
		s.begun = true
	}
}

// isWhole reports whether the line can be all that was sent. What does not begin
// as an object or array was never one, so that it is no sign of a cut.
func (s *lineScan) isWhole() bool { return !s.object || s.depth <= 0 && !s.inText }
