package parse

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseValueAndBack(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"literals", `[null,true,false]`, `[null,true,false]`},
		{"numbers keep their digits", ` [ 1.50 , -0 , 1E+400 ] `, `[1.50,-0,1E+400]`},
		{"white space", " {\r\n\t\"a\" : [ ] , \"b\" : { } } ", `{"a":[],"b":{}}`},
		{"escapes", `"\u0041\/\"\\\b\f\n\r\t\u0000\u001F\ud83d\ude00"`, "\"A/\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f\U0001F600\""},
		{"delete and line separator stay", "\"\x7f\u2028\"", "\"\x7f\u2028\""},
		{"members keep order and duplicates", `{"b":1,"a":2,"b":3}`, `{"b":1,"a":2,"b":3}`},
		{"lone surrogate", `"a\ud800\u0041"`, `"a\ud800\u0041"`},
		{"swapped surrogates", `"\udc00\ud800"`, `"\udc00\ud800"`},
		{"invalid bytes", "\"\\u0041\xff\"", "\"\\u0041\xff\""},
		{"escape completes no raw byte", "\"\xc3\\u00a9\"", "\"\xc3\\u00a9\""},
		{"raw name", `{"\ud800":1}`, `{"\ud800":1}`},
		{"long string", `"` + strings.Repeat("0123456\\n", 100) + `"`, `"` + strings.Repeat("0123456\\n", 100) + `"`},
		{"deepest", strings.Repeat("[", 512) + strings.Repeat("]", 512), strings.Repeat("[", 512) + strings.Repeat("]", 512)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, err := ParseValue([]byte(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			if got := string(v.AppendJSON(nil)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestParseValueRefuses(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"nothing", ``, "unexpected end at byte 0"},
		{"second value", `{} {}`, "more than one value at byte 3"},
		{"NUL behind", "1\x00", "more than one value at byte 1"},
		{"513 deep", strings.Repeat("[", 513), "nested too deep at byte 513"},
		{"control character", "\"a\x01\"", "control character in a string at byte 2"},
		{"escaped control character", "\"\\\n\"", "control character in a string at byte 2"},
		{"cut in a string", `{"a`, "unexpected end in a string at byte 3"},
		{"cut behind a backslash", `"\`, "unexpected end in a string at byte 2"},
		{"unknown escape", `"\x41"`, "invalid escape at byte 6"},
		{"short escape", `"\u00"`, "invalid escape at byte 6"},
		{"byte order mark", "\xEF\xBB\xBF{}", "byte order mark at byte 0"},
		{"bare invalid byte", "[\xff]", "no UTF-8 at byte 1"},
		{"leading zero", `01`, "invalid number at byte 0"},
		{"cut literal", `tru`, "invalid literal at byte 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseValue([]byte(tt.in))
			if err == nil || err.Error() != "parse JSON: "+tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestContent(t *testing.T) {
	tests := []struct {
		name, a, b string
		same       bool
	}{
		{"order of members", `{"a":1,"b":{"d":1,"c":2}}`, `{"b":{"c":2,"d":1},"a":1}`, true},
		{"white space", `{"a":[1,2]}`, "{ \"a\" :\n[ 1 , 2 ] }", true},
		{"escapes", `{"\u0061":"\u00e9\/"}`, `{"a":"é/"}`, true},
		{"order of an array", `[1,2]`, `[2,1]`, false},
		{"digits", `1.5`, `1.50`, false},
		{"null and absent", `{"a":null}`, `{}`, false},
		{"order of duplicates", `{"a":1,"a":2}`, `{"a":2,"a":1}`, false},
		{"undecodable", `"\ud800"`, `"\ud801"`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ah, al, aerr := Content([]byte(tt.a))
			bh, bl, berr := Content([]byte(tt.b))
			if aerr != nil || berr != nil {
				t.Fatal(aerr, berr)
			}
			if same := ah == bh && al == bl; same != tt.same {
				t.Errorf("same is %v", same)
			}
		})
	}
	if _, _, err := Content([]byte(`{`)); err == nil {
		t.Error("no error for text that is no JSON")
	}
}

func TestCanonical(t *testing.T) {
	in := "{\"b\": \"\\u0041\\ud800\", \"a\": [ 1.0, \"\\t\" ], \"\\ud801\": 1}"
	want := `{"\ud801":1,"a":[1.0,"\t"],"b":{"$raw":"XHUwMDQxXHVkODAw"}}`
	v, err := ParseValue([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(v.AppendCanonical(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// suite is where JSONTestSuite lies, if it is at hand.
const suite = "../../../shared/data/json-test-suite/test_parsing"

func eachSuiteFile(t *testing.T, f func(t *testing.T, name string, text []byte)) {
	files, _ := filepath.Glob(filepath.Join(suite, "*.json"))
	if len(files) == 0 {
		t.Skip("JSONTestSuite is not at hand")
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(path), func(t *testing.T) { f(t, filepath.Base(path), text) })
	}
}

// refused are the files of JSONTestSuite that a parser may refuse and we do.
var refused = map[string]bool{
	"i_string_utf16BE_no_BOM.json":            true,
	"i_string_utf16LE_no_BOM.json":            true,
	"i_string_UTF-16LE_with_BOM.json":         true,
	"i_structure_UTF-8_BOM_empty_object.json": true, // only a file may begin with it
}

func TestParseValueOnJSONTestSuite(t *testing.T) {
	eachSuiteFile(t, func(t *testing.T, name string, text []byte) {
		want := name[0] == 'y' || name[0] == 'i' && !refused[name]
		v, err := ParseValue(text)
		if (err == nil) != want {
			t.Fatalf("error %v, want accepted %v", err, want)
		}
		if err != nil {
			return
		}
		again, err := ParseValue(v.AppendJSON(nil))
		if err != nil || string(again.AppendJSON(nil)) != string(v.AppendJSON(nil)) {
			t.Errorf("written value reads back otherwise: %v", err)
		}
		if name[0] == 'y' && !json.Valid(v.AppendJSON(nil)) {
			t.Error("written value is no JSON")
		}
	})
}
