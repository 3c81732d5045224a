package parse

import "testing"

func TestExtraText(t *testing.T) {
	tests := []struct{ name, value, want string }{
		{"literal", `null`, `null`},
		{"string as sent", `"\u00e9\/"`, `"é/"`},
		{"number", `1.50`, `{"$number":"1.50"}`},
		{"number inside", `[{"a":[-0]}]`, `[{"a":[{"$number":"-0"}]}]`},
		{"empty", `[{},[]]`, `[{},[]]`},
		{"undecodable string", `"a\ud800"`, `{"$raw":"YVx1ZDgwMA=="}`},
		{"member with $", `{"a":{"$x":1}}`, `{"a":{"$json":"{\"$x\":1}"}}`},
		{"coded $", `{"\u0024x":"\n"}`, `{"$json":"{\"$x\":\"\\n\"}"}`},
		{"member with $ and invalid bytes", "{\"$x\":\"\xff\"}", `{"$rawjson":"eyIkeCI6Iv8ifQ=="}`},
		{"duplicate", `[{"b":{"a":1,"a":2}}]`, `[{"$rawjson":"eyJiIjp7ImEiOjEsImEiOjJ9fQ=="}]`},
		{"undecodable name", `{"\ud800":1}`, `{"$rawjson":"eyJcdWQ4MDAiOjF9"}`},
		{"mark that means nothing", `{"$number":"x","b":1}`, `{"$json":"{\"$number\":\"x\",\"b\":1}"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, err := ParseValue([]byte(tt.value))
			if err != nil {
				t.Fatal(err)
			}
			text := AppendExtra(nil, Extra{Values: []Kept{{"/a~1b", v}}, Duplicates: []Kept{{"/c", v}}})
			want := `{"/a~1b":` + tt.want + `,"$duplicate":[{"pointer":"/c","value":` + tt.want + `}]}`
			if string(text) != want {
				t.Errorf("got  %s\nwant %s", text, want)
			}
			e, err := ParseExtra(text)
			if err != nil || len(e.Values) != 1 || len(e.Duplicates) != 1 {
				t.Fatal(e, err)
			}
			for _, k := range []Kept{e.Values[0], e.Duplicates[0]} {
				if got, want := string(k.Value.AppendJSON(nil)), string(v.AppendJSON(nil)); got != want {
					t.Errorf("got back %s, want %s", got, want)
				}
			}
		})
	}
}

func TestParseExtraRefuses(t *testing.T) {
	for name, in := range map[string]string{
		"no JSON":              `{`,
		"no object":            `[]`,
		"no pointer":           `{"a":1}`,
		"unknown mark":         `{"/a":{"$x":"1"}}`,
		"number that is none":  `{"/a":{"$number":"x"}}`,
		"number that is text":  `{"/a":{"$number":"\"1\""}}`,
		"mark of no text":      `{"/a":{"$json":{}}}`,
		"damaged base64":       `{"/a":{"$raw":"*"}}`,
		"string that ends":     `{"/a":{"$raw":"Igo="}}`,
		"duplicate, no value":  `{"$duplicate":[{"pointer":"/a"}]}`,
		"damaged inside array": `{"/a":[{"b":[{"$x":"1"}]}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			if e, err := ParseExtra([]byte(in)); err == nil {
				t.Errorf("got %v", e)
			}
		})
	}
}

func TestPointer(t *testing.T) {
	names := []string{"a/b", "~", "~1", "", "name", "0"}
	var p []byte
	for _, n := range names {
		p = AppendPointer(p, n)
	}
	if want := "/a~1b/~0/~01//name/0"; string(p) != want {
		t.Fatalf("got %s, want %s", p, want)
	}
	got, err := SplitPointer(string(p))
	if err != nil || len(got) != len(names) {
		t.Fatal(got, err)
	}
	for i := range names {
		if got[i] != names[i] {
			t.Errorf("name %d: got %q, want %q", i, got[i], names[i])
		}
	}
	if got, err := SplitPointer(""); err != nil || got != nil {
		t.Errorf("whole value: got %v, %v", got, err)
	}
}
