package export

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a signed webhook (Standard Webhooks 1.0.0).
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

// tolerance is how far the timestamp of a webhook may lie from our clock, in
// either direction.
const tolerance = 5 * time.Minute

// secretPrefix begins a webhook's secret as the portal shows it.
const secretPrefix = "whsec_"

// ParseWebhookSecret returns the key that a webhook's secret stands for: base64,
// its padding or none, behind the prefix whsec_, which may be missing. Its errors
// do not quote the secret.
func ParseWebhookSecret(text string) ([]byte, error) {
	text = strings.TrimPrefix(text, secretPrefix)
	encoding := base64.StdEncoding
	if !strings.HasSuffix(text, "=") { // a double click does not mark it
		encoding = base64.RawStdEncoding
	}
	key, err := encoding.DecodeString(text)
	if err != nil {
		return nil, errors.New("read webhook secret: not base64 behind " + secretPrefix)
	}
	if len(key) == 0 {
		return nil, errors.New("read webhook secret: empty")
	}
	return key, nil
}

// Sign returns the signature header of a webhook with that id and body, sent at
// that time. secret is the key, decoded: see [ParseWebhookSecret].
func Sign(secret []byte, id string, at time.Time, body []byte) string {
	return sign(secret, id, strconv.FormatInt(at.Unix(), 10), body)
}

func sign(key []byte, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// A Verifier checks the signatures of webhooks. It is safe for concurrent use.
type Verifier struct {
	Secrets [][]byte         // keys, decoded; a webhook signed with any of them passes
	Now     func() time.Time // nil: time.Now
	AnyTime bool             // accept any timestamp: for a request out of a file, not for one that arrives
}

// String says how many secrets there are, and keeps them to itself.
func (v Verifier) String() string { return fmt.Sprintf("verifier of %d secrets", len(v.Secrets)) }

// GoString is String.
func (v Verifier) GoString() string { return v.String() }

// A SignatureError says why a webhook was not accepted. It is for our log: the
// sender is told nothing of it.
type SignatureError struct{ Reason string }

func (e *SignatureError) Error() string { return "verify webhook: " + e.Reason }

// Hint says what to do.
func (e *SignatureError) Hint() string {
	return "compare the secret with the one on the endpoint's page in the portal, the clock of this machine with the right time, and let nothing between rewrite the body"
}

// Verify checks the three headers against the body, byte for byte as it came. It
// returns a [*SignatureError] unless one of the signatures is right.
func (v Verifier) Verify(h http.Header, body []byte) error {
	id, timestamp := h.Get(HeaderID), h.Get(HeaderTimestamp)
	signatures := strings.Join(h.Values(HeaderSignature), " ")
	if id == "" || timestamp == "" || signatures == "" {
		return &SignatureError{"one of the headers webhook-id, webhook-timestamp, webhook-signature is missing"}
	}
	if err := v.checkTime(timestamp); err != nil {
		return err
	}
	given := versionOne(signatures)
	if len(given) == 0 {
		return &SignatureError{"no signature of version v1"}
	}
	ok := 0
	for _, key := range v.Secrets {
		want := []byte(sign(key, id, timestamp, body))
		for _, s := range given {
			ok |= subtle.ConstantTimeCompare([]byte(s), want)
		}
	}
	if ok != 1 {
		return &SignatureError{"no signature fits the body and a secret of ours"}
	}
	return nil
}

// versionOne returns the entries of a signature header that are of version v1,
// with their prefix.
func versionOne(header string) []string {
	var found []string
	for entry := range strings.SplitSeq(header, " ") {
		if strings.HasPrefix(entry, "v1,") {
			found = append(found, entry)
		}
	}
	return found
}

// checkTime accepts Unix seconds in the one decimal form that a number has: the
// text is signed as it came, and a second spelling of it would be a second
// message.
func (v Verifier) checkTime(text string) error {
	sec, err := strconv.ParseInt(text, 10, 64)
	if err != nil || strconv.FormatInt(sec, 10) != text {
		return &SignatureError{"the timestamp is not a decimal number"}
	}
	if v.AnyTime {
		return nil
	}
	now := time.Now
	if v.Now != nil {
		now = v.Now
	}
	age := now().Sub(time.Unix(sec, 0)) // saturates
	switch {
	case age > tolerance:
		return &SignatureError{fmt.Sprintf("the timestamp is %v behind our clock, more than %v", age.Round(time.Second), tolerance)}
	case age < -tolerance:
		return &SignatureError{fmt.Sprintf("the timestamp is %v ahead of our clock, more than %v", -age.Round(time.Second), tolerance)}
	}
	return nil
}
