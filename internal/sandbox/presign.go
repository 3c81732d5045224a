package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const bucket = "fasten-connect-sandbox-files"

const amzDate = "20060102T150405Z"

// storageURL is where the storage is, by the name that it has now.
func (s *Sandbox) storageURL() string {
	if !s.faults.on("same-host") {
		return s.storageBase
	}
	u, _ := url.Parse(s.base) // ours
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(s.storageBase, "http://"))
	return "http://" + net.JoinHostPort(u.Hostname(), port)
}

// presign returns a new URL of an object that is good for a while.
func (s *Sandbox) presign(key string, good time.Duration) string {
	return s.presignAt(s.storageURL(), key, good)
}

func (s *Sandbox) presignAt(base, key string, good time.Duration) string {
	signed := s.clock.now()
	if s.faults.take("expired-url") {
		signed = signed.Add(-good - time.Minute)
	}
	query := url.Values{
		"X-Amz-Algorithm":      {"AWS4-HMAC-SHA256"},
		"X-Amz-Credential":     {"SANDBOX/" + signed.UTC().Format("20060102") + "/us-east-1/s3/aws4_request"},
		"X-Amz-Date":           {signed.UTC().Format(amzDate)},
		"X-Amz-Expires":        {strconv.Itoa(int(good / time.Second))},
		"X-Amz-Security-Token": {plainID(s.ids.uuid("token"))}, // makes each URL another one
		"X-Amz-SignedHeaders":  {"host"},
	}
	host := strings.TrimPrefix(base, "http://")
	query.Set("X-Amz-Signature", s.signature(http.MethodGet, host, key, query))
	return base + key + "?" + query.Encode()
}

// signature signs a request for an object. It is not the real algorithm, which
// nobody but the storage needs to know.
func (s *Sandbox) signature(method, host, key string, query url.Values) string {
	mac := hmac.New(sha256.New, s.storageKey)
	mac.Write([]byte(strings.Join([]string{method, strings.ToLower(host), key, query.Encode()}, "\n")))
	return hex.EncodeToString(mac.Sum(nil))
}

// An objectError is what the storage says when it does not give an object.
type objectError struct {
	status        int
	code, message string
}

var (
	errTwoAuths    = &objectError{http.StatusBadRequest, "InvalidArgument", "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified"}
	errUnsigned    = &objectError{http.StatusForbidden, "AccessDenied", "Access Denied"}
	errExpired     = &objectError{http.StatusForbidden, "AccessDenied", "Request has expired"}
	errTampered    = &objectError{http.StatusForbidden, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method."}
	errNoKey       = &objectError{http.StatusNotFound, "NoSuchKey", "The specified key does not exist."}
	errToken       = &objectError{http.StatusBadRequest, "ExpiredToken", "The provided token has expired."}
	errInternal    = &objectError{http.StatusInternalServerError, "InternalError", "We encountered an internal error. Please try again."}
	errSlowDown    = &objectError{http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate."}
	errNoSuchRange = &objectError{http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The requested range is not satisfiable"}
)

// checkSignature says whether a request to the storage may pass.
func (s *Sandbox) checkSignature(r *http.Request) *objectError {
	query := r.URL.Query()
	given := query.Get("X-Amz-Signature")
	if r.Header.Get("Authorization") != "" {
		return errTwoAuths
	}
	if given == "" {
		return errUnsigned
	}
	signed, err := time.Parse(amzDate, query.Get("X-Amz-Date"))
	seconds, err2 := strconv.Atoi(query.Get("X-Amz-Expires"))
	query.Del("X-Amz-Signature")
	if err != nil || err2 != nil || !hmac.Equal([]byte(given), []byte(s.signature(r.Method, r.Host, r.URL.Path, query))) {
		return errTampered
	}
	if s.clock.now().After(signed.Add(time.Duration(seconds) * time.Second)) {
		return errExpired
	}
	return nil
}
