package parse

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzScanValue holds the scanner against encoding/json, which is laxer in
// three ways: it nests deeper, and takes bytes that are no UTF-8.
func FuzzScanValue(f *testing.F) {
	f.Add([]byte(`{"a":[1.50,-0,1e9,"\u00e9\ud800",true,null]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := ParseValue(text)
		if valid := json.Valid(text); valid != (err == nil) {
			if !valid || !strings.Contains(err.Error(), "too deep") {
				t.Fatalf("encoding/json says %v, we %v", valid, err)
			}
		}
		if err != nil {
			return
		}
		out := v.AppendJSON(nil)
		if !json.Valid(out) {
			t.Fatalf("wrote %q", out)
		}
		again, err := ParseValue(out)
		if err != nil || !bytes.Equal(again.AppendCanonical(nil), v.AppendCanonical(nil)) {
			t.Fatalf("wrote %q, which is another value: %v", out, err)
		}
		compareStrings(t, v, text)
	})
}

// compareStrings checks a string against encoding/json, which puts U+FFFD for
// what is no UTF-8.
func compareStrings(t *testing.T, v Value, text []byte) {
	if v.Kind != Text {
		return
	}
	var want string
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	if v.Raw != !utf8.ValidString(v.Text) && !bytes.Contains(text, []byte(`\`)) {
		t.Fatalf("raw is %v", v.Raw)
	}
	if v.Raw && !strings.ContainsRune(want, utf8.RuneError) || !v.Raw && v.Text != want {
		t.Fatalf("got %q, raw %v, want %q", v.Text, v.Raw, want)
	}
}

// FuzzDecodeRoundTrip decodes lines and rebuilds what they hold.
func FuzzDecodeRoundTrip(f *testing.F) {
	for _, s := range []string{
		`{"resourceType":"Patient","id":"a","name":[{"given":["a",null],"_given":[null,{"id":"x"}]}]}`,
		`{"resourceType":"Observation","valueQuantity":{"value":1.50},"component":[{"valueInteger":1e0}]}`,
		"[{\"resourceType\":\"X\"},{\"resourceType\":\"Patient\",\"contained\":[{\"a\":\"\xff\"}]}]\n\n{",
		`{"resourceType":"Bundle","entry":[{"fullUrl":"u","resource":{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Group"}}]}}]}`,
		`{"resourceType":"Patient","gender":"a","gender":"b","\ud800":[{"$x":1}],"active":"\u0000"}`,
	} {
		f.Add([]byte(s), true)
		f.Add([]byte(s), false)
	}
	f.Fuzz(func(t *testing.T, text []byte, lastDuplicate bool) {
		d := newDecoder(&Options{LastDuplicate: lastDuplicate})
		b := decodeText(d, text, nil)
		first := describe(b)
		if !lastDuplicate || !bytes.Contains(text, []byte("Bundle")) {
			if err := checkBlock(b); err != nil {
				t.Fatal(err)
			}
		}
		checkRejects(t, b)
		b.Release()
		again := decodeText(d, text, nil) // with used batches
		if got := describe(again); got != first {
			t.Fatalf("got  %s\nthen %s", first, got)
		}
	})
}

// checkRejects checks that what is rejected as no JSON is none.
func checkRejects(t *testing.T, b *Block) {
	for _, r := range b.Rejects {
		switch r.Reason {
		case NotJSON, ControlCharacter, InvalidUTF8, MisplacedBOM, TrailingBytes:
			if json.Valid(r.Raw) {
				t.Fatalf("%q is rejected: %s", r.Raw, r.Reason)
			}
		case DuplicateMember, TwoResourceTypes, NoResourceType, BadResourceType, NotObject:
			if !json.Valid(r.Raw) && r.Reason == NotObject {
				t.Fatalf("%q is rejected: %s", r.Raw, r.Reason)
			}
		}
	}
}

func FuzzExtra(f *testing.F) {
	f.Add([]byte(`{"":{"$rawjson":"eyJhIjoxLCJhIjoyfQ=="},"/a~1":[{"$number":"-0"},{"$raw":"/w=="}],"$duplicate":[{"pointer":"/b","value":null}]}`))
	f.Add([]byte(`{"/a":{"$json":"{\"$x\":1}"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := ParseExtra(text)
		if err != nil {
			return
		}
		out := AppendExtra(nil, e)
		if !json.Valid(out) || !utf8.Valid(out) {
			t.Fatalf("wrote %q", out)
		}
		again, err := ParseExtra(out)
		if err != nil {
			t.Fatalf("wrote %q: %v", out, err)
		}
		if second := AppendExtra(nil, again); !bytes.Equal(second, out) {
			t.Fatalf("got  %s\nthen %s", out, second)
		}
	})
}
