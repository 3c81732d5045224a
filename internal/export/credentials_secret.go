package export

import (
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
)

// A Secret is text that no print, log or JSON shows: they say its prefix and
// length only. string(s) is the text itself.
type Secret string

var secretPrefixes = []string{"private_test_", "private_live_", secretPrefix}

// String describes the secret, as "private_test_... (45 characters)".
func (s Secret) String() string {
	if s == "" {
		return "none"
	}
	prefix := ""
	for _, p := range secretPrefixes {
		if strings.HasPrefix(string(s), p) {
			prefix = p
		}
	}
	return fmt.Sprintf("%s... (%d characters)", prefix, len(s))
}

// GoString is String: %#v shows no more.
func (s Secret) GoString() string { return s.String() }

// Format is String for every verb: without it fmt shows the text where the verb
// does not fit.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText is String, so that no encoder shows more.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON is String, quoted.
func (s Secret) MarshalJSON() ([]byte, error) { return strconv.AppendQuote(nil, s.String()), nil }

// LogValue is String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// WebhookKey is [ParseWebhookSecret] for a secret that a user configured: it must
// be whole, whsec_ and the base64 of 24 to 64 bytes. The error is a
// [*ConfigError].
//
// Source: Standard Webhooks 1.0.0, symmetric secrets.
func WebhookKey(s Secret) ([]byte, error) {
	problem := ""
	key, err := ParseWebhookSecret(string(s))
	switch {
	case strings.ContainsFunc(string(s), notPrintable):
		problem = "has white space or a character that is not ASCII in it"
	case !strings.HasPrefix(string(s), secretPrefix):
		problem = "does not begin with " + secretPrefix
	case s == secretPrefix:
		problem = "has nothing behind " + secretPrefix
	case err != nil:
		problem = "is not base64 after " + secretPrefix
	case len(key) < 24 || len(key) > 64:
		problem = fmt.Sprintf("is %d bytes long where 24 to 64 are allowed", len(key))
	default:
		return key, nil
	}
	return nil, &ConfigError{
		What:    "webhook secret",
		Problem: problem,
		Advice:  "copy it from the endpoint's page Delivery Logs in the developer portal; several are separated by commas",
	}
}
