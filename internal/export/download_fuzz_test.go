package export

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

// A line that is a JSON object is whole, and no part of it is, however it is
// cut into pieces.
func FuzzLineScan(f *testing.F) {
	for _, seed := range []string{`{"a":"}\"{","b":[1,{"c":null}]}`, `{"a":"\\"}`, `[]`, `{`, `x`, `{"a":"ü\u007d"} `} {
		f.Add([]byte(seed), 3)
	}
	f.Fuzz(func(t *testing.T, line []byte, cut int) {
		if len(line) == 0 || cut < 0 || line[0] != '{' {
			t.Skip()
		}
		cut %= len(line)
		var all, pieces lineScan
		_, _ = all.Write(line)
		_, _ = pieces.Write(line[:cut])
		part := pieces
		_, _ = pieces.Write(line[cut:])
		if all != pieces {
			t.Errorf("in pieces %+v, at once %+v", pieces, all)
		}
		if !json.Valid(line) {
			return
		}
		if !all.isWhole() {
			t.Errorf("%q is said to be cut", line)
		}
		if cut > 0 && part.isWhole() != json.Valid(line[:cut]) {
			t.Errorf("%q is said to be whole: %t", line[:cut], part.isWhole())
		}
	})
}

// Headers of a server never give times or places below zero.
func FuzzHeaders(f *testing.F) {
	for _, seed := range []string{"7", "-7", "99999999999999999999", "Wed, 21 Oct 2015 07:28:00 GMT", "bytes 5-9/10", "bytes */10", "bytes 5-9/*", "bytes -/-", "bytes 0/-2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d := retryAfter(http.Header{"Retry-After": {text}}, time.Unix(0, 0)); d < 0 {
			t.Errorf("Retry-After %q: %v", text, d)
		}
		if start, total, ok := contentRange(text); ok && (start < -1 || total < -1) {
			t.Errorf("Content-Range %q: %d of %d", text, start, total)
		}
	})
}
