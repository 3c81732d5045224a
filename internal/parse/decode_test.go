package parse

import (
	"fmt"
	"strings"
	"testing"
)

// describe returns the rows of a block, their columns and then _extra, and its
// rejects, one a line.
func describe(b *Block) string {
	var out []string
	for _, batch := range b.Batches {
		for row := range batch.Rows {
			v := rebuildStruct(&batch.Root, row)
			line := batch.Type.Name + string(v.AppendJSON(nil))
			if batch.Entries[row] >= 0 {
				line = fmt.Sprintf("%d:%s", batch.Entries[row], line)
			}
			if batch.Extra.Has(row) {
				line += " " + batch.Extra.Text(row)
			}
			out = append(out, line)
		}
	}
	for _, r := range b.Rejects {
		line := fmt.Sprintf("line %d %s", r.Line, r.Reason)
		if r.Entry >= 0 {
			line = fmt.Sprintf("%d:%s", r.Entry, line)
		}
		out = append(out, strings.TrimSuffix(line+": "+r.Detail, ": "))
	}
	return strings.Join(out, "\n")
}

func checkDecode(t *testing.T, o Options, in, want string) *Block {
	t.Helper()
	b := decodeText(newDecoder(&o), []byte(in), nil)
	if got := describe(b); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if err := checkBlock(b); err != nil {
		t.Error(err)
	}
	return b
}

func TestDecodeValues(t *testing.T) {
	// Each resource is {"resourceType":"X", and in, and }.
	tests := []struct{ name, in, want string }{
		{"nothing", `X|`, `{}`},
		{"primitives", `Patient|"id":"a","active":true,"birthDate":"2012-05","multipleBirthInteger":2`,
			`{"id":"a","active":true,"birthDate":"2012-05","multipleBirthInteger":2}`},
		{"white space", "Patient| \"id\" : \"a\" , \"active\"\t:\rfalse ", `{"id":"a","active":false}`},
		{"nested", `Patient|"name":[{"family":"F","given":["a","b"]},{"use":"old"}]`,
			`{"name":[{"family":"F","given":["a","b"]},{"use":"old"}]}`},
		{"empty string", `Patient|"birthDate":""`, `{"birthDate":""}`},
		{"escapes", `Patient|"language":"\u0041\/\ud83d\ude00 and more than twelve"`, "{\"language\":\"A/\U0001F600 and more than twelve\"}"},
		{"short escapes", `Patient|"language":"\t\""`, `{"language":"\t\""}`},
		{"coded name", `Patient|"\u0069d":"a"`, `{"id":"a"}`},
		{"primitive extension", `Patient|"birthDate":"1990","_birthDate":{"id":"x"}`, `{"birthDate":"1990","_birthDate":{"id":"x"}}`},
		{"padding", `Patient|"name":[{"given":["a",null],"_given":[null,{"id":"x"}]}]`,
			`{"name":[{"given":["a",null],"_given":[null,{"id":"x"}]}]}`},
		{"only padding", `Patient|"name":[{"given":[null,null]}]`, `{"name":[{"given":[null,null]}]}`},

		{"unknown element", `Patient|"x/~y":{"a":[1,"b"]}`, `{} {"/x~1~0y":{"a":[{"$number":"1"},"b"]}}`},
		{"unknown nested element", `Patient|"name":[{"family":"F"},{"x":"\u00e9"}]`, `{"name":[{"family":"F"},{}]} {"/name/1/x":"\u00e9"}`},
		{"resourceType in a data type", `Patient|"name":[{"resourceType":"HumanName"}]`, `{"name":[{}]} {"/name/0/resourceType":"HumanName"}`},
		{"text for a number", `Observation|"valueQuantity":{"value":"50"}`, `{"valueQuantity":{}} {"/valueQuantity/value":"50"}`},
		{"number for text", `Observation|"issued":1607030537000`, `{} {"/issued":{"$number":"1607030537000"}}`},
		{"text for a boolean", `Patient|"active":"true"`, `{} {"/active":"true"}`},
		{"object for a primitive", `Patient|"birthDate":{"a":1.0}`, `{} {"/birthDate":{"a":{"$number":"1.0"}}}`},
		{"text for an object", `Patient|"maritalStatus":"M"`, `{} {"/maritalStatus":"M"}`},
		{"object for an array", `Patient|"name":{"family":"F"}`, `{} {"/name":{"family":"F"}}`},
		{"array for an object", `Patient|"maritalStatus":[{"text":"M"}]`, `{} {"/maritalStatus":[{"text":"M"}]}`},
		{"array for a primitive", `Patient|"birthDate":["1990"]`, `{} {"/birthDate":["1990"]}`},
		{"wrong elements", `Patient|"name":["F",{"given":["a",1,["b"]]},[]]`,
			`{"name":[null,{"given":["a",null,null]},null]} {"/name/0":"F","/name/1/given/1":{"$number":"1"},"/name/1/given/2":["b"],"/name/2":[]}`},
		{"empty array", `Patient|"name":[]`, `{} {"/name":[]}`},
		{"empty object", `Patient|"maritalStatus":{},"name":[{}]`, `{"maritalStatus":{},"name":[{}]} {"/maritalStatus":{},"/name/0":{}}`},
		{"null member", `Patient|"active":null,"name":null,"x":null`, `{} {"/active":null,"/name":null,"/x":null}`},
		{"null in an array of objects", `Patient|"name":[null,{"use":"old"}]`, `{"name":[null,{"use":"old"}]} {"/name/0":null}`},

		{"decimals", `Observation|"component":[{"valueQuantity":{"value":0}},{"valueQuantity":{"value":-1.5}},{"valueQuantity":{"value":123456789.123456}},{"valueQuantity":{"value":0.1}}]`,
			`{"component":[{"valueQuantity":{"value":0}},{"valueQuantity":{"value":-1.5}},{"valueQuantity":{"value":123456789.123456}},{"valueQuantity":{"value":0.1}}]}`},
		{"long decimal", `Observation|"valueQuantity":{"value":0.12345678901234567}`,
			`{"valueQuantity":{"value":0.12345678901234566}} {"/valueQuantity/value":{"$number":"0.12345678901234567"}}`},
		{"long but exact decimal", `Observation|"valueQuantity":{"value":9007199254740993.5}`,
			`{"valueQuantity":{"value":9007199254740994}} {"/valueQuantity/value":{"$number":"9007199254740993.5"}}`},
		{"seventeen digits that come back", `Observation|"valueQuantity":{"value":0.30000000000000004}`, `{"valueQuantity":{"value":0.30000000000000004}}`},
		{"trailing zero", `Observation|"valueQuantity":{"value":1.50}`, `{"valueQuantity":{"value":1.5}} {"/valueQuantity/value":{"$number":"1.50"}}`},
		{"zero with decimals", `Observation|"valueQuantity":{"value":0.0}`, `{"valueQuantity":{"value":0}} {"/valueQuantity/value":{"$number":"0.0"}}`},
		{"exponent", `Observation|"valueQuantity":{"value":1e3}`, `{"valueQuantity":{"value":1000}} {"/valueQuantity/value":{"$number":"1e3"}}`},
		{"negative zero", `Observation|"valueQuantity":{"value":-0}`, `{"valueQuantity":{"value":-0}} {"/valueQuantity/value":{"$number":"-0"}}`},
		{"too large", `Observation|"valueQuantity":{"value":1e400}`, `{"valueQuantity":{}} {"/valueQuantity/value":{"$number":"1e400"}}`},
		{"too small", `Observation|"valueQuantity":{"value":1e-400}`, `{"valueQuantity":{}} {"/valueQuantity/value":{"$number":"1e-400"}}`},
		{"zero with an exponent", `Observation|"valueQuantity":{"value":0e-400}`, `{"valueQuantity":{"value":0}} {"/valueQuantity/value":{"$number":"0e-400"}}`},

		{"integer limits", `Observation|"component":[{"valueInteger":2147483647},{"valueInteger":-2147483648}]`,
			`{"component":[{"valueInteger":2147483647},{"valueInteger":-2147483648}]}`},
		{"integer too large", `Observation|"valueInteger":2147483648`, `{} {"/valueInteger":{"$number":"2147483648"}}`},
		{"integer beyond 64 bits", `Observation|"valueInteger":123456789012345678901234567890`, `{} {"/valueInteger":{"$number":"123456789012345678901234567890"}}`},
		{"integral spellings", `Observation|"component":[{"valueInteger":1.0},{"valueInteger":10e-1},{"valueInteger":-1.5E1},{"valueInteger":0e99999999999}]`,
			`{"component":[{"valueInteger":1},{"valueInteger":1},{"valueInteger":-15},{"valueInteger":0}]} {"/component/0/valueInteger":{"$number":"1.0"},"/component/1/valueInteger":{"$number":"10e-1"},"/component/2/valueInteger":{"$number":"-1.5E1"},"/component/3/valueInteger":{"$number":"0e99999999999"}}`},
		{"not integral", `Observation|"component":[{"valueInteger":1.5},{"valueInteger":1.00000000000000000000001},{"valueInteger":1e11},{"valueInteger":1e99999999999}]`,
			`{"component":[{},{},{},{}]} {"/component/0/valueInteger":{"$number":"1.5"},"/component/1/valueInteger":{"$number":"1.00000000000000000000001"},"/component/2/valueInteger":{"$number":"1e11"},"/component/3/valueInteger":{"$number":"1e99999999999"}}`},
		{"negative zero integer", `Observation|"valueInteger":-0`, `{"valueInteger":0} {"/valueInteger":{"$number":"-0"}}`},

		{"lone surrogate", `Patient|"language":"a\ud800"`, `{} {"/language":{"$raw":"YVx1ZDgwMA=="}}`},
		{"invalid bytes", "Patient|\"name\":[{\"given\":[\"\xff\",\"b\"]}]", `{"name":[{"given":[null,"b"]}]} {"/name/0/given/0":{"$raw":"/w=="}}`},
		{"invalid bytes and escapes", "Patient|\"language\":\"\\n\xff\"", `{} {"/language":{"$raw":"XG7/"}}`},
		{"undecodable name", `Patient|"name":[{"family":"F","x":1,"\ud800":2},{"y":3}]`,
			`{"name":[{"family":"F"},{}]} {"/name/0":{"$rawjson":"eyJmYW1pbHkiOiJGIiwieCI6MSwiXHVkODAwIjoyfQ=="},"/name/1/y":{"$number":"3"}}`},
		{"undecodable name at the root", `Patient|"\ud800":0,"active":"x","id":"a"`,
			`{"id":"a"} {"":{"$rawjson":"eyJyZXNvdXJjZVR5cGUiOiJQYXRpZW50IiwiXHVkODAwIjowLCJhY3RpdmUiOiJ4IiwiaWQiOiJhIn0="}}`},
		{"equal undecodable names", `Patient|"maritalStatus":{"\ud800":0,"\ud800":1}`, `{"maritalStatus":{}} {"/maritalStatus":{"$rawjson":"eyJcdWQ4MDAiOjAsIlx1ZDgwMCI6MX0="}}`},
		{"member with $", `Patient|"x":{"$number":"1"}`, `{} {"/x":{"$json":"{\"$number\":\"1\"}"}}`},

		{"contained", `Patient|"contained":[{"resourceType":"X", "a" : 1.50}]`, `{"contained":[{"resourceType":"X","a":1.50}]}`},
		{"contained that is none", `Patient|"contained":[{"a":1},"x",null,{"a":"\ud800"},{"\ud800":1},{"a":1e999},{"a":[1e-999]},{"a":-0.0e0}]`,
			`{"contained":[{"a":1},null,null,null,null,null,null,{"a":-0.0e0}]} {"/contained/1":"x","/contained/2":null,"/contained/3":{"a":{"$raw":"XHVkODAw"}},"/contained/4":{"$rawjson":"eyJcdWQ4MDAiOjF9"},"/contained/5":{"a":{"$number":"1e999"}},"/contained/6":{"a":[{"$number":"1e-999"}]}}`},
		{"contained that is no array", `Patient|"contained":{"a":1}`, `{} {"/contained":{"a":{"$number":"1"}}}`},
		{"empty contained", `Patient|"contained":[{}]`, `{"contained":[{}]}`},
		{"resource in a resource", `Parameters|"parameter":[{"name":"p","resource":{"resourceType":"Patient"}}]`,
			`{"parameter":[{"name":"p","resource":{"resourceType":"Patient"}}]}`},

		{"reserved name", `DocumentManifest|"source":"a","_source":{"id":"x"},"_extra":1`, `{"source":"a"} {"/_source":{"id":"x"},"/_extra":{"$number":"1"}}`},
		{"four levels", `Patient|"extension":[{"extension":[{"extension":[{"extension":[{"url":"u"}]}]}]}]`,
			`{"extension":[{"extension":[{"extension":[{"extension":[{"url":"u"}]}]}]}]}`},
		{"id that is empty", `Patient|"id":""`, `{} {"/id":""}`},
		{"id that is a number", `Patient|"id":1`, `{} {"/id":{"$number":"1"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			typ, members, _ := strings.Cut(tt.in, "|")
			want := typ + tt.want
			if typ == "X" {
				want = `Unknown{"resourceType":"X"} {"":{"resourceType":"X"}}`
			}
			name := `"resourceType":"` + typ + `"`
			if members == "" {
				checkDecode(t, Options{}, "{"+name+"}", want)
				return
			}
			checkDecode(t, Options{}, "{"+name+","+members+"}", want)
			for _, last := range []string{name, ` "resourceType" : "` + typ + "\" ", `"resource\u0054ype":"` + typ + `"`} {
				b := decodeText(newDecoder(&Options{}), []byte(" {"+members+","+last+"} \r\n"), nil)
				if err := checkBlock(b); err != nil {
					t.Errorf("resourceType last: %v", err)
				}
				if len(b.Rejects) > 0 {
					t.Errorf("resourceType last: %s", describe(b))
				}
			}
		})
	}
}

func manyMembers(n int) string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf(`"m%d":%d`, i, i%10))
	}
	return strings.Join(names, ",")
}

func TestManyUnknownMembersAreKept(t *testing.T) {
	b := decodeText(newDecoder(&Options{}), []byte(`{"resourceType":"Patient",`+manyMembers(60)+`,"x":{`+manyMembers(60)+`}}`), nil)
	if err := checkBlock(b); err != nil || len(b.Rejects) > 0 {
		t.Error(err, describe(b))
	}
}

func TestDecodeRejects(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"no JSON", `<html>`, "not JSON: invalid number at byte 0"},
		{"cut", `{"resourceType":"Patient","na`, "not JSON: unexpected end in a string at byte 29"},
		{"cut behind a value", `{"resourceType":"Patient","id":"a"`, "not JSON: unexpected end at byte 34"},
		{"cut number", `{"resourceType":"Observation","valueQuantity":{"value":1.`, "not JSON: invalid number at byte 55"},
		{"comma at the end", `{"resourceType":"Patient",}`, "not JSON: no member name at byte 26"},
		{"comma at the end of an array", `{"resourceType":"Patient","name":[{},]}`, "not JSON: invalid number at byte 37"},
		{"invalid escape", `{"resourceType":"Patient","id":"\x"}`, "not JSON: invalid escape at byte 35"},
		{"invalid escape in an unknown element", `{"resourceType":"Patient","x":"\x"}`, "not JSON: invalid escape at byte 34"},
		{"leading zero", `{"resourceType":"Observation","valueQuantity":{"value":01}}`, "not JSON: invalid number at byte 55"},
		{"bad literal", `{"resourceType":"Patient","active":tru}`, "not JSON: invalid literal at byte 35"},
		{"NUL", "{\"resourceType\":\"Patient\",\x00\"id\":\"a\"}", "not JSON: no member name at byte 26"},
		{"string", `"Patient"`, "not a JSON object"},
		{"number", ` 1 `, "not a JSON object"},
		{"null", `null`, "not a JSON object"},
		{"no resourceType", `{"id":"a"}`, "no resourceType"},
		{"no resourceType and no JSON", `{"id":a}`, "not JSON: invalid number at byte 6"},
		{"empty object", `{}`, "no resourceType"},
		{"resourceType a number", `{"resourceType":1}`, "resourceType is not a name"},
		{"resourceType null", `{"resourceType":null}`, "resourceType is not a name"},
		{"resourceType empty", `{"resourceType":""}`, "resourceType is not a name"},
		{"resourceType undecodable", `{"resourceType":"\ud800"}`, "resourceType is not a name"},
		{"resourceType no name, then one", `{"resourceType":1,"resourceType":"Patient"}`, "duplicate member: repeated member name at byte 33"},
		{"resourceType, then no name", `{"resourceType":"Patient","resourceType":1}`, "resourceType is not a name"},
		{"two resourceTypes", `{"resourceType":"Patient","resourceType":"Group"}`, "two different resourceTypes"},
		{"two unknown resourceTypes", `{"resourceType":"X","resourceType":"Y"}`, "two different resourceTypes"},
		{"duplicate", `{"resourceType":"Patient","id":"a","id":"a"}`, "duplicate member: /id"},
		{"duplicate by an escape", `{"resourceType":"Patient","id":"a","\u0069d":"a"}`, "duplicate member: /id"},
		{"nested duplicate", `{"resourceType":"Patient","name":[{"use":"old"},{"use":"old","use":"usual"}]}`, "duplicate member: /name/1/use"},
		{"duplicate array", `{"resourceType":"Patient","name":[],"name":[]}`, "duplicate member: /name"},
		{"unknown duplicate", `{"resourceType":"Patient","maritalStatus":{"x":1,"x":1}}`, "duplicate member: /maritalStatus"},
		{"reserved duplicate", `{"resourceType":"DocumentManifest","_source":1,"_source":2}`, "duplicate member: /_source"},
		{"duplicate in an unknown element", `{"resourceType":"Patient","maritalStatus":{"x":{"a":1,"a":1}}}`, "duplicate member: /maritalStatus"},
		{"duplicate in a value of the wrong type", `{"resourceType":"Patient","birthDate":[{"a":1,"a":1}]}`, "duplicate member: /birthDate"},
		{"duplicate in a contained resource", `{"resourceType":"Patient","contained":[{},{"a":1,"a":1}]}`, "duplicate member: /contained/1"},
		{"duplicate in a resource of an unknown type", `{"resourceType":"X","y":{"a":1,"a":2}}`, "duplicate member: repeated member name at byte 35"},
		{"second value", `{"resourceType":"Patient"} {"resourceType":"Patient"}`, "more than one value: next value at byte 27"},
		{"closing brace too many", `{"resourceType":"Patient"}}`, "more than one value: next value at byte 26"},
		{"513 levels", `{"resourceType":"Patient","x":` + strings.Repeat("[", 512) + strings.Repeat("]", 512) + "}", "nested too deep: nested too deep at byte 542"},
		{"control character", "{\"resourceType\":\"Patient\",\"id\":\"a\tb\"}", "control character in a string: control character in a string at byte 33"},
		{"control character in a name", "{\"resourceType\":\"Patient\",\"i\x01d\":\"a\"}", "control character in a string: control character in a string at byte 28"},
		{"invalid UTF-8 outside", "{\"resourceType\":\"Patient\",\"id\":\xff}", "invalid UTF-8 outside a string: no UTF-8 at byte 31"},
		{"byte order mark", "\xEF\xBB\xBF{\"resourceType\":\"Patient\"}", "byte order mark inside the file: byte order mark at byte 0"},
		{"misspelt null", `{"resourceType":"Patient","active":nul}`, "not JSON: invalid literal at byte 35"},
		{"misspelt null in an array", `{"resourceType":"Patient","name":[{"given":[nul]}]}`, "not JSON: invalid literal at byte 44"},
		{"no integer", `{"resourceType":"Observation","valueInteger":-}`, "not JSON: invalid number at byte 45"},
		{"no number in an unknown element", `{"resourceType":"Observation","x":[-]}`, "not JSON: invalid number at byte 35"},
		{"no string in a contained resource", `{"resourceType":"Patient","contained":[{"\x":1}]}`, "not JSON: invalid escape at byte 45"},
		{"no name", `{"resourceType":"Patient",id:1}`, "not JSON: no member name at byte 26"},
		{"no colon", `{"resourceType":"Patient","id" "a"}`, "not JSON: no colon at byte 31"},
		{"no comma", `{"resourceType":"Patient","id":"a" "active":true}`, "not JSON: neither comma nor end at byte 35"},
		{"second resourceType undecodable", `{"resourceType":"Patient","resourceType":"\ud800"}`, "resourceType is not a name"},
		{"second resourceType broken", `{"resourceType":"Patient","resourceType":"\x"}`, "not JSON: invalid escape at byte 45"},
		{"second resourceType cut", `{"resourceType":"Patient","resourceType":"P`, "not JSON: unexpected end in a string at byte 43"},
		{"duplicate in a reserved element", `{"resourceType":"DocumentManifest","_source":{"a":1,"a":1}}`, "duplicate member: /_source"},
		{"duplicate in a stray resource", `{"resourceType":"Bundle","entry":[{"resource":[{"a":1,"a":1}]}]}`, "duplicate member: /entry/0/resource"},
		{"broken member of an array", `[{"a":}]`, "not JSON: invalid number at byte 6"},
		{"duplicate among many", `{"resourceType":"Patient",` + manyMembers(60) + `,"m33":1}`, "duplicate member: repeated member name at byte 502"},
		{"duplicate among the many of an unknown element", `{"resourceType":"Patient","x":{` + manyMembers(60) + `,"m59":1}}`, "duplicate member: repeated member name at byte 507"},
		{"cut array", `[{"resourceType":"Patient"}`, "not JSON: unexpected end at byte 27"},
		{"array and more", `[{"resourceType":"Patient"}] 1`, "more than one value: next value at byte 29"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before, after := `{"resourceType":"Patient","id":"before","name":[{"family":"F"}]}`, `{"resourceType":"Patient","id":"after","name":[{"family":"F"}]}`
			want := "Patient" + strings.Replace(before, `"resourceType":"Patient",`, "", 1) + "\nPatient" + strings.Replace(after, `"resourceType":"Patient",`, "", 1) + "\nline 2 " + tt.want
			b := checkDecode(t, Options{}, before+"\n"+tt.in+"\n"+after, want)
			if b.Warned != (Warnings{}) {
				t.Errorf("a rejected line warns: %+v", b.Warned)
			}
			if b.Rejects[0].Offset != int64(len(before)+1+strings.Index(tt.in, strings.TrimSpace(tt.in))) {
				t.Errorf("offset is %d", b.Rejects[0].Offset)
			}
		})
	}
}

// TestRejectLeavesNoTrace rejects resources behind whatever they wrote.
func TestRejectLeavesNoTrace(t *testing.T) {
	good := `{"resourceType":"Observation","id":"a","component":[{"valueQuantity":{"value":1},"code":{"coding":[{"code":"c"},{"code":"d"}]}},{"valueBoolean":true}],"valueInteger":1,"extension":[{"url":"long enough for memory of its own"}],"x":1}`
	for cut := 1; cut < len(good); cut++ {
		in := good + "\n" + good[:cut] + "\n" + good
		b := decodeText(newDecoder(&Options{}), []byte(in), nil)
		if err := checkBlock(b); err != nil {
			t.Fatal(err)
		}
		if len(b.Rejects) != 1 || b.Batches[0].Rows != 2 {
			t.Fatalf("cut at %d: %s", cut, describe(b))
		}
	}
}
