package export

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The vectors of Standard Webhooks and of the reference, section 5.4.
const (
	secretA = "whsec_ZmhpcndoLWVtdWxhdG9yLXNpZ25pbmcta2V5LTAwMDE="
	secretB = "whsec_ZmhpcndoLWVtdWxhdG9yLXNpZ25pbmcta2V5LTAwMDI="
	id1     = "c0ac7bc4-c6ef-4f0b-bba3-93506774eb74"
	at1     = 1767225600
	body1   = `{"api_mode":"test","date":"2026-01-01T00:00:00Z","id":"c0ac7bc4-c6ef-4f0b-bba3-93506774eb74","type":"webhook.test","data":{"hello":"world","random":"7f3a"}}`
	sig1    = "v1,YJTRzonVCgAtKnZiC088zwND5at4AyD678o7OCeTEx4="
	sig1B   = "v1,JjmzLBr2uW5Wh5MMycs+WLNoSbIwX1eCWsb+1qh1B9k="
	body2   = `{"api_mode":"test","date":"2026-01-01T00:00:00Z","id":"3f0e6a52-5c0e-4a35-9a3e-0f6f6b0c2d11","type":"patient.ehi_export_success","data":{"download_links":[{"url":"https://api.connect.fastenhealth.com/v1/bridge/fhir/ehi-export/c9c7a91b66b34fdca749bb8e9cfbf617/download/2026-01-01-098c09ef-887d-4aad-886c-d3ffd11750da.jsonl","export_type":"jsonl","content_type":"application/fhir+ndjson"}],"org_connection_id":"16e39045-5382-42a0-b93d-b75268984c1f","task_id":"c9c7a91b66b34fdca749bb8e9cfbf617","org_id":"592c0579-c1cc-443f-a94e-4c8847c0c066","stats":{"total_resources":3,"total_by_resource_type":{"Observation":2,"Patient":1}}}}`
	sig4    = "v1,QzKmS0lALBnFJvTnKhJk3v7EKe+LP3HUt4P2x/l7Moc="
)

var body4 = mustHex("7b226170695f6d6f6465223a2274657374222c2264617465223a22323032362d30312d30315430303a30303a30305a222c226964223a2263306163376263342d633665662d346630622d626261332d393335303637373465623734222c2274797065223a22776562686f6f6b2e74657374222c2264617461223a7b2268656c6c6f223a2277c3b6726c6420e29883222c2272616e646f6d223a223c263e227d7d0a")

func mustHex(text string) string {
	b, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func keyOf(t testing.TB, secret string) []byte {
	t.Helper()
	k, err := ParseWebhookSecret(secret)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func signed(id string, at int64, signatures ...string) http.Header {
	h := http.Header{}
	h.Set("webhook-id", id)
	h.Set("webhook-timestamp", strconv.FormatInt(at, 10))
	for _, s := range signatures {
		h.Add("webhook-signature", s)
	}
	return h
}

func clockAt(sec int64) func() time.Time { return func() time.Time { return time.Unix(sec, 0) } }

func TestSignVectors(t *testing.T) {
	tests := []struct {
		name, secret, id string
		at               int64
		body, want       string
	}{
		{"0, of the specification", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, `{"test": 2432232314}`, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
		{"1", secretA, id1, at1, body1, sig1},
		{"1, the other secret", secretB, id1, at1, body1, sig1B},
		{"2", secretA, "3f0e6a52-5c0e-4a35-9a3e-0f6f6b0c2d11", 1767225661, body2, "v1,PjE+Yu4iY+7L8+/YkPAVm6Mge5/NFr2Eikc4yGb/qnk="},
		{"4, not ASCII, a line feed at the end", secretA, id1, at1, body4, sig4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Sign(keyOf(t, tt.secret), tt.id, time.Unix(tt.at, 0), []byte(tt.body)); got != tt.want {
				t.Errorf("Sign = %s, want %s", got, tt.want)
			}
			v := Verifier{Secrets: [][]byte{keyOf(t, tt.secret)}, Now: clockAt(tt.at)}
			if err := v.Verify(signed(tt.id, tt.at, tt.want), []byte(tt.body)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestVerifyAccepts(t *testing.T) {
	a, b := [][]byte{keyOf(t, secretA)}, [][]byte{keyOf(t, secretB)}
	both := append(append([][]byte{}, a...), b...)
	tests := []struct {
		name    string
		secrets [][]byte
		header  http.Header
		now     int64
	}{
		{"rotation: the old secret alone", a, signed(id1, at1, sig1B+" "+sig1), at1},
		{"rotation: the new secret alone", b, signed(id1, at1, sig1B+" "+sig1), at1},
		{"rotation: the other order", a, signed(id1, at1, sig1+" "+sig1B), at1},
		{"two secrets of ours, one signature", both, signed(id1, at1, sig1B), at1},
		{"an entry that is wrong before one that is right", a, signed(id1, at1, "v1,AAAA "+sig1), at1},
		{"other versions and empty entries between", a, signed(id1, at1, "v1a,AAAA   v2,x  "+sig1+" "), at1},
		{"two header lines", a, signed(id1, at1, sig1B, sig1), at1},
		{"five minutes late", a, signed(id1, at1, sig1), at1 + 300},
		{"five minutes early", a, signed(id1, at1, sig1), at1 - 300},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := Verifier{Secrets: tt.secrets, Now: clockAt(tt.now)}
			if err := v.Verify(tt.header, []byte(body1)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestVerifyRefuses(t *testing.T) {
	undecoded := Sign([]byte(strings.TrimPrefix(secretA, "whsec_")), id1, time.Unix(at1, 0), []byte(body1))
	withPrefix := Sign([]byte(secretA), id1, time.Unix(at1, 0), []byte(body1))
	spaced := strings.NewReplacer(":", ": ", ",", ", ").Replace(body1)
	digest, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(sig1, "v1,"))
	urlSafe := "v1," + base64.URLEncoding.EncodeToString(digest)
	header := func(id, at string, sig ...string) http.Header {
		h := signed(id, 0, sig...)
		h.Set("webhook-timestamp", at)
		return h
	}
	tests := []struct {
		name   string
		header http.Header
		body   string
	}{
		{"timestamp changed", signed(id1, at1+1, sig1), body1},
		{"id changed", signed("x"+id1, at1, sig1), body1},
		{"one byte of the body changed", signed(id1, at1, sig1), strings.Replace(body1, "world", "World", 1)},
		{"body serialised again", signed(id1, at1, sig1), spaced},
		{"secret used undecoded", signed(id1, at1, undecoded), body1},
		{"secret used undecoded with its prefix", signed(id1, at1, withPrefix), body1},
		{"the line feed at the end trimmed", signed(id1, at1, sig4), strings.TrimSuffix(body4, "\n")},
		{"signed without the line feed that came", signed(id1, at1, "v1,tP9/vb3pyTcEoj+vU0EOlFVtqfsShQmqVWomErlfBhw="), body4},
		{"another secret", signed(id1, at1, sig1B), body1},
		{"version v1a", signed(id1, at1, "v1a"+sig1[2:]), body1},
		{"no version", signed(id1, at1, sig1[3:]), body1},
		{"hexadecimal", signed(id1, at1, "v1,"+hex.EncodeToString(digest)), body1},
		{"upper-case version", signed(id1, at1, "V1"+sig1[2:]), body1},
		{"a space inside", signed(id1, at1, "v1, "+sig1[3:]), body1},
		{"only empty entries", signed(id1, at1, "   "), body1},
		{"no id", signed("", at1, sig1), body1},
		{"no timestamp", header(id1, "", sig1), body1},
		{"no signature", signed(id1, at1), body1},
		{"timestamp with a plus", header(id1, "+1767225600", sign(keyOf(t, secretA), id1, "+1767225600", []byte(body1))), body1},
		{"timestamp with a zero before", header(id1, "01767225600", sign(keyOf(t, secretA), id1, "01767225600", []byte(body1))), body1},
		{"timestamp of another kind", header(id1, "2026-01-01", sign(keyOf(t, secretA), id1, "2026-01-01", []byte(body1))), body1},
		{"timestamp beyond 64 bits", header(id1, "99999999999999999999", sig1), body1},
		{"id that swallows the timestamp", header(id1+".1", "767225600", sig1), body1},
	}
	if undecoded != "v1,jBmAuQtygIAWIYU1eIIs5NwCxXPkG0GG2Bn7tSZKd6k=" || withPrefix != "v1,5AmnlHLh+u3dck5IY8hC8O11xed4oRTOhOErW3ybIIs=" {
		t.Error("the wrong ways to use a secret differ from those of the reference")
	}
	if got := sign(keyOf(t, secretA), id1, "1767225601", []byte(body1)); got != "v1,JhQgnXBYheyVDsHWYab4hJtOwVepRN/GUcoCL8TOL34=" {
		t.Errorf("with the timestamp changed: %s", got)
	}
	if urlSafe != sig1 { // only where they differ does it say anything
		tests = append(tests, struct {
			name   string
			header http.Header
			body   string
		}{"URL-safe base64", signed(id1, at1, urlSafe), body1})
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := Verifier{Secrets: [][]byte{keyOf(t, secretA)}, Now: clockAt(at1)}
			err := v.Verify(tt.header, []byte(tt.body))
			var e *SignatureError
			if !errors.As(err, &e) {
				t.Fatalf("Verify = %v, want a SignatureError", err)
			}
			if strings.Contains(err.Error(), "YJTRz") || strings.Contains(err.Error(), "world") {
				t.Errorf("%v: says too much", err)
			}
		})
	}
}

func TestVerifyClock(t *testing.T) {
	k := keyOf(t, secretA)
	for _, sec := range []int64{at1 - 301, at1 + 301, 0, -1, math.MinInt64, math.MaxInt64} {
		h := signed(id1, sec, sign(k, id1, strconv.FormatInt(sec, 10), []byte(body1)))
		v := Verifier{Secrets: [][]byte{k}, Now: clockAt(at1)}
		if err := v.Verify(h, []byte(body1)); err == nil {
			t.Errorf("timestamp %d was accepted at %d", sec, at1)
		}
		v.AnyTime = true
		if err := v.Verify(h, []byte(body1)); err != nil {
			t.Errorf("timestamp %d at any time: %v", sec, err)
		}
	}
	v := Verifier{Secrets: [][]byte{k}, Now: func() time.Time { return time.Unix(at1+300, 1) }}
	if err := v.Verify(signed(id1, at1, sig1), []byte(body1)); err == nil {
		t.Error("five minutes and a nanosecond were accepted")
	}
}

func TestVerifyWithoutSecretsRefuses(t *testing.T) {
	v := Verifier{Now: clockAt(at1)}
	if err := v.Verify(signed(id1, at1, Sign(nil, id1, time.Unix(at1, 0), []byte(body1))), []byte(body1)); err == nil {
		t.Error("accepted without a secret")
	}
}

func TestParseWebhookSecret(t *testing.T) {
	tests := []struct {
		name, text string
		ok         bool
	}{
		{"as the portal shows it", secretA, true},
		{"without prefix", strings.TrimPrefix(secretA, "whsec_"), true},
		{"nothing", "", false},
		{"only the prefix", "whsec_", false},
		{"no base64", "whsec_hunter2!", false},
		{"no padding", strings.TrimRight(secretA, "="), true},
		{"half the padding", "whsec_AAAAAA=", false},
		{"prefix twice", "whsec_" + secretA, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseWebhookSecret(tt.text)
			if (err == nil) != tt.ok {
				t.Errorf("error %v", err)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%v: quotes the secret", err)
			}
		})
	}
}

func TestVerifierKeepsItsSecrets(t *testing.T) {
	v := Verifier{Secrets: [][]byte{[]byte("hunter2")}}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		text := fmt.Sprintf(format, v)
		if strings.Contains(text, "hunter2") || strings.Contains(text, "104") {
			t.Errorf("%s shows %s", format, text)
		}
	}
}
