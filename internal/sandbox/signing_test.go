package sandbox

import (
	"encoding/hex"
	"testing"
)

// The vectors are those of the Standard Webhooks libraries and of the provider's
// documentation as we read it.
func TestSign(t *testing.T) {
	const (
		secretA = "whsec_ZmhpcndoLWVtdWxhdG9yLXNpZ25pbmcta2V5LTAwMDE="
		secretB = "whsec_ZmhpcndoLWVtdWxhdG9yLXNpZ25pbmcta2V5LTAwMDI="
		id      = "c0ac7bc4-c6ef-4f0b-bba3-93506774eb74"
		hello   = `{"api_mode":"test","date":"2026-01-01T00:00:00Z","id":"c0ac7bc4-c6ef-4f0b-bba3-93506774eb74","type":"webhook.test","data":{"hello":"world","random":"7f3a"}}`
		snow    = "7b226170695f6d6f6465223a2274657374222c2264617465223a22323032362d30312d30315430303a30303a30305a222c226964223a2263306163376263342d633665662d346630622d626261332d393335303637373465623734222c2274797065223a22776562686f6f6b2e74657374222c2264617461223a7b2268656c6c6f223a2277c3b6726c6420e29883222c2272616e646f6d223a223c263e227d7d0a"
	)
	letters, err := hex.DecodeString(snow)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, secret, id, timestamp, body, want string }{
		{"library", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", `{"test": 2432232314}`, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
		{"first secret", secretA, id, "1767225600", hello, "v1,YJTRzonVCgAtKnZiC088zwND5at4AyD678o7OCeTEx4="},
		{"second secret", secretB, id, "1767225600", hello, "v1,JjmzLBr2uW5Wh5MMycs+WLNoSbIwX1eCWsb+1qh1B9k="},
		{"another second", secretA, id, "1767225601", hello, "v1,JhQgnXBYheyVDsHWYab4hJtOwVepRN/GUcoCL8TOL34="},
		{"letters and a line feed", secretA, id, "1767225600", string(letters), "v1,QzKmS0lALBnFJvTnKhJk3v7EKe+LP3HUt4P2x/l7Moc="},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := sign(tt.secret, tt.id, tt.timestamp, []byte(tt.body))
			if err != nil || got != tt.want {
				t.Errorf("got %s, %v, want %s", got, err, tt.want)
			}
		})
	}
}
