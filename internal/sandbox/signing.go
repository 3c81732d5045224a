package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
)

// sign returns the signature of a message as Standard Webhooks wants it: "v1,"
// and the HMAC-SHA256 of "id.timestamp.body" in base64.
func sign(secret, id, timestamp string, body []byte) (string, error) {
	digest, err := digestOf(secret, id, timestamp, body)
	if err != nil {
		return "", err
	}
	return "v1," + base64.StdEncoding.EncodeToString(digest), nil
}

func digestOf(secret, id, timestamp string, body []byte) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return nil, fmt.Errorf("decode webhook secret: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return mac.Sum(nil), nil
}
