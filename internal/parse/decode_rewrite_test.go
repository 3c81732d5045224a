package parse

import "testing"

func TestLastDuplicate(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"simple", `{"resourceType":"Patient","gender":"male","id":"a","gender":"female"}`,
			`Patient{"gender":"female","id":"a"} {"$duplicate":[{"pointer":"/gender","value":"male"}]}`},
		{"three", `{"resourceType":"Patient","gender":"a","gender":1,"gender":"c"}`,
			`Patient{"gender":"c"} {"$duplicate":[{"pointer":"/gender","value":"a"},{"pointer":"/gender","value":{"$number":"1"}}]}`},
		{"nested, in a list", `{"resourceType":"Patient","name":[{"use":"a"},{"use":"b","use":"c"}]}`,
			`Patient{"name":[{"use":"a"},{"use":"c"}]} {"$duplicate":[{"pointer":"/name/1/use","value":"b"}]}`},
		{"lists are not merged", `{"resourceType":"Patient","name":[{"use":"a"},{"x":1}],"name":[{"use":"b"}]}`,
			`Patient{"name":[{"use":"b"}]} {"$duplicate":[{"pointer":"/name","value":[{"use":"a"},{"x":{"$number":"1"}}]}]}`},
		{"objects are not merged", `{"resourceType":"Patient","maritalStatus":{"text":"a"},"maritalStatus":{"id":"b"}}`,
			`Patient{"maritalStatus":{"id":"b"}} {"$duplicate":[{"pointer":"/maritalStatus","value":{"text":"a"}}]}`},
		{"duplicates in what lost", `{"resourceType":"Patient","maritalStatus":{"text":"a","text":"b"},"maritalStatus":{"id":"b"}}`,
			`Patient{"maritalStatus":{"id":"b"}} {"$duplicate":[{"pointer":"/maritalStatus","value":{"$rawjson":"eyJ0ZXh0IjoiYSIsInRleHQiOiJiIn0="}}]}`},
		{"unknown element", `{"resourceType":"Patient","x":1,"x":2}`,
			`Patient{} {"/x":{"$number":"2"},"$duplicate":[{"pointer":"/x","value":{"$number":"1"}}]}`},
		{"inside an unknown element", `{"resourceType":"Patient","x":[{"a":1,"a":2}]}`,
			`Patient{} {"/x":[{"$rawjson":"eyJhIjoxLCJhIjoyfQ=="}]}`},
		{"inside a contained resource", `{"resourceType":"Patient","contained":[{"a":1,"a":2}]}`, `Patient{"contained":[{"a":1,"a":2}]}`},
		{"beside a misfit", `{"resourceType":"Patient","id":"a","id":1,"active":"x"}`,
			`Patient{} {"/id":{"$number":"1"},"/active":"x","$duplicate":[{"pointer":"/id","value":"a"}]}`},
		{"in an object with an undecodable name", `{"resourceType":"Patient","id":"a","id":"b","name":[{"use":"a","\ud800":1,"use":"b","period":{"start":"a","start":"b"}}]}`,
			`Patient{"id":"b","name":[{"use":"b","period":{"start":"b"}}]} {"/name/0":{"$rawjson":"eyJ1c2UiOiJhIiwiXHVkODAwIjoxLCJ1c2UiOiJiIiwicGVyaW9kIjp7InN0YXJ0IjoiYSIsInN0YXJ0IjoiYiJ9fQ=="},"$duplicate":[{"pointer":"/id","value":"a"}]}`},
		{"in a resource with an undecodable name", `{"resourceType":"Patient","resourceType":"Patient","id":"a","id":"b","\ud800":1}`,
			`Patient{"id":"b"} {"":{"$rawjson":"eyJyZXNvdXJjZVR5cGUiOiJQYXRpZW50IiwicmVzb3VyY2VUeXBlIjoiUGF0aWVudCIsImlkIjoiYSIsImlkIjoiYiIsIlx1ZDgwMCI6MX0="}}`},
		{"type that R4 does not know", `{"resourceType":"X","id":"a","id":"b","y":1}`,
			`Unknown{"resourceType":"X","id":"b"} {"":{"$rawjson":"eyJyZXNvdXJjZVR5cGUiOiJYIiwiaWQiOiJhIiwiaWQiOiJiIiwieSI6MX0="}}`},
		{"resourceType and another", `{"resourceType":"Patient","id":"a","id":"b","resourceType":"Patient"}`,
			`Patient{"id":"b"} {"$duplicate":[{"pointer":"/id","value":"a"},{"pointer":"/resourceType","value":"Patient"}]}`},
		{"beside values of other shapes", `{"resourceType":"Patient","id":"a","id":"b","name":["x",{"use":"u"}],"photo":{"url":"p"},"maritalStatus":[1],"contact":[]}`,
			`Patient{"id":"b","name":[null,{"use":"u"}]} {"/name/0":"x","/photo":{"url":"p"},"/maritalStatus":[{"$number":"1"}],"/contact":[],"$duplicate":[{"pointer":"/id","value":"a"}]}`},
		{"broken behind the duplicate", `{"resourceType":"Patient","id":"a","id":"b",x}`, `line 1 not JSON: no member name at byte 44`},
		{"broken value behind the duplicate", `{"resourceType":"Patient","id":"a","id":"b","x":-}`, `line 1 not JSON: invalid number at byte 48`},
		{"escaped text in columns", `{"resourceType":"Patient","id":"a","id":"b","language":"long enough for memory of its own\n"}`,
			`Patient{"id":"b","language":"long enough for memory of its own\n"} {"$duplicate":[{"pointer":"/id","value":"a"}]}`},
		{"two resourceTypes stay an error", `{"resourceType":"Patient","id":"a","id":"b","resourceType":"Group"}`, `line 1 two different resourceTypes`},
		{"cut behind the duplicate", `{"resourceType":"Patient","id":"a","id":"b"`, `line 1 not JSON: unexpected end at byte 43`},
		{"more behind the duplicate", `{"resourceType":"Patient","id":"a","id":"b"}1`, `line 1 more than one value: next value at byte 44`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checkDecode(t, Options{LastDuplicate: true}, tt.in, tt.want)
		})
	}
}

func TestLastDuplicateInABundle(t *testing.T) {
	in := `{"resourceType":"Bundle","type":"a","type":"b","entry":[` +
		`{"resource":{"resourceType":"Patient","id":"lost"},"resource":{"resourceType":"Patient","id":"a","id":"b"}},` +
		`{"resource":{"resourceType":"Patient","id":"c"},"fullUrl":"u","fullUrl":"v"}]}`
	want := `Bundle{"type":"b","entry":[{},{"fullUrl":"v"}]} {"$duplicate":[{"pointer":"/type","value":"a"},` +
		`{"pointer":"/entry/0/resource","value":{"resourceType":"Patient","id":"lost"}},{"pointer":"/entry/1/fullUrl","value":"u"}]}
0:Patient{"id":"b"} {"$duplicate":[{"pointer":"/id","value":"a"}]}
1:Patient{"id":"c"}`
	b := decodeText(newDecoder(&Options{LastDuplicate: true}), []byte(in), nil)
	if got := describe(b); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, batch := range b.Batches {
		for row := range batch.Rows {
			if batch.Type.Name != "Bundle" {
				if err := checkRow(batch, row, b.Bytes[batch.Raws[row].Start:batch.Raws[row].End]); err != nil {
					t.Error(err)
				}
			}
		}
	}
}
