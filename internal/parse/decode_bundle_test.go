package parse

import (
	"fmt"
	"strings"
	"testing"
)

func TestDecodeBundle(t *testing.T) {
	tests := []struct{ name, in, want, entries string }{
		{"simple", `{"resourceType":"Bundle","type":"searchset","entry":[{"fullUrl":"u","resource":{"resourceType":"Patient","id":"a"},"search":{"mode":"match"}},{"resource":{"id":"b","resourceType":"Group"}}]}`,
			`Bundle{"type":"searchset","entry":[{"fullUrl":"u","search":{"mode":"match"}},{}]}
0:Patient{"id":"a"}
1:Group{"id":"b"}`,
			`0 "u" true Patient/a {"resourceType":"Patient","id":"a"}
1 "" false Group/b {"id":"b","resourceType":"Group"}`},
		{"entries without resource have a number", `{"resourceType":"Bundle","entry":[{"fullUrl":""},null,{"resource":{"resourceType":"Patient"}},1]}`,
			`Bundle{"entry":[{"fullUrl":""},null,{},null]} {"/entry/1":null,"/entry/3":{"$number":"1"}}
2:Patient{}`,
			`0 "" true / 
1 "" false / 
2 "" false Patient/ {"resourceType":"Patient"}
3 "" false / `},
		{"what cannot be a resource stays", `{"resourceType":"Bundle","entry":[{"resource":null},{"resource":"x"},{"resource":{"id":"a"}},{"resource":{"resourceType":1}},{"resource":[{"resourceType":"Patient"}]}]}`,
			`Bundle{"entry":[{},{},{},{},{}]} {"/entry/0/resource":null,"/entry/1/resource":"x","/entry/2/resource":{"id":"a"},"/entry/3/resource":{"resourceType":{"$number":"1"}},"/entry/4/resource":[{"resourceType":"Patient"}]}`,
			`0 "" false / 
1 "" false / 
2 "" false / 
3 "" false / 
4 "" false / `},
		{"nested, level by level", `{"resourceType":"Bundle","id":"o","entry":[` +
			`{"resource":{"resourceType":"Bundle","id":"i","entry":[{"resource":{"resourceType":"Patient","id":"x"}},{"resource":{"resourceType":"Bundle","id":"j","entry":[{"resource":{"resourceType":"Patient","id":"z"}}]}}]}},` +
			`{"resource":{"resourceType":"Patient","id":"a"}},{"resource":{"resourceType":"Bundle","id":"k","entry":[{"resource":{"resourceType":"Patient","id":"y"}}]}}]}`,
			`Bundle{"id":"o","entry":[{},{},{}]}
0:Bundle{"id":"i","entry":[{},{}]}
2:Bundle{"id":"k","entry":[{}]}
4:Bundle{"id":"j","entry":[{}]}
1:Patient{"id":"a"}
3:Patient{"id":"x"}
5:Patient{"id":"y"}
6:Patient{"id":"z"}`, ``},
		{"a rejected entry", `{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"a","id":"b"}},{"resource":{"resourceType":"Patient","id":"c"}}]}`,
			`Bundle{"entry":[{},{}]}
1:Patient{"id":"c"}
0:line 1 duplicate member: /id`,
			`0 "" false / 
1 "" false Patient/c {"resourceType":"Patient","id":"c"}`},
		{"an unknown type", `{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"X"}}]}`,
			`Bundle{"entry":[{}]}
0:Unknown{"resourceType":"X"} {"":{"resourceType":"X"}}`,
			`0 "" false X/ {"resourceType":"X"}`},
		{"damaged inside an entry", `{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"a"}},{"resource":{"resourceType":"Patient","id":01}}]}`,
			`line 1 not JSON: invalid number at byte 126`, ``},
		{"damaged behind the entries", `{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"a"}}]`,
			`line 1 not JSON: unexpected end at byte 83`, ``},
		{"duplicate in the envelope", `{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient"},"resource":{"resourceType":"Patient"}}]}`,
			`line 1 duplicate member: /entry/0/resource`, ``},
		{"outcome of a response", `{"resourceType":"Bundle","entry":[{"response":{"status":"200","outcome":{"resourceType":"OperationOutcome"}}}]}`,
			`Bundle{"entry":[{"response":{"status":"200","outcome":{"resourceType":"OperationOutcome"}}}]}`, `0 "" false / `},
		{"entry that is no array", `{"resourceType":"Bundle","entry":{"resource":{"resourceType":"Patient"}}}`,
			`Bundle{} {"/entry":{"resource":{"resourceType":"Patient"}}}`, ``},
		{"array", ` [ {"resourceType":"Patient","id":"a"} , 1,{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"c"}}]}, [], {"resourceType":"Patient","id":"b"} ]`,
			`0:Patient{"id":"a"}
4:Patient{"id":"b"}
5:Patient{"id":"c"}
2:Bundle{"entry":[{}]}
1:line 1 not a JSON object
3:line 1 not a JSON object`, `5 "" false Patient/c {"resourceType":"Patient","id":"c"}`},
		{"empty array", `[ ]`, ``, ``},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := decodeText(newDecoder(&Options{}), []byte(tt.in), nil)
			if got := describe(b); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if got := describeEntries(b); tt.entries != "" && got != tt.entries {
				t.Errorf("entries: got\n%s\nwant\n%s", got, tt.entries)
			}
			for _, batch := range b.Batches {
				for row := range batch.Rows {
					if err := checkRow(batch, row, b.Bytes[batch.Raws[row].Start:batch.Raws[row].End]); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
}

func describeEntries(b *Block) string {
	var out []string
	for _, e := range b.Entries {
		out = append(out, fmt.Sprintf("%d %q %v %s/%s %s", e.Entry, e.FullURL, e.HasFullURL, e.ResourceType, e.ResourceID, b.Bytes[e.Raw.Start:e.Raw.End]))
	}
	return strings.Join(out, "\n")
}

func TestBundleBytesAreCountedOnce(t *testing.T) {
	in := "\n {\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":{\"resourceType\":\"Patient\"}}]} \n [{\"resourceType\":\"Patient\"}, {}]\n"
	b := decodeText(newDecoder(&Options{}), []byte(in), nil)
	if b.Blank != 10 {
		t.Errorf("%d bytes are blank, want 10", b.Blank)
	}
}

func TestBundleCountsDeletes(t *testing.T) {
	in := `{"resourceType":"Bundle","entry":[{"request":{"method":"DELETE","url":"Patient/1"}},{"request":{"method":"PUT"}},{"request":{}},{"request":{"method":"DELETE"}}]}`
	if b := decodeText(newDecoder(&Options{}), []byte(in), nil); b.Deletes != 2 {
		t.Errorf("got %d deletes, want 2", b.Deletes)
	}
}

func TestDecodeRecords(t *testing.T) {
	in := "[ {\"resourceType\":\n\"Patient\"},\n[],x {\"resourceType\":\"Bundle\",\n\"entry\":[{\"resource\":{\"resourceType\":\"Patient\",\"id\":\"a\"}}]}"
	third := strings.Index(in, `{"resourceType":"Bundle"`)
	records := []record{
		{start: 2, end: 29, line: 1, entry: 0},
		{start: 31, end: 33, line: 3, entry: 1},
		{start: 34, end: 35, line: 3, entry: -1, reject: LineTooLong, length: 700, offset: 34},
		{start: third, end: len(in), line: 3, entry: 2},
	}
	b := decodeText(newDecoder(&Options{}), []byte(in), records)
	want := `0:Patient{}
1073872896:Patient{"id":"a"}
2:Bundle{"entry":[{}]}
1:line 3 not a JSON object
line 3 line too long`
	if got := describe(b); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if r := b.Rejects[1]; r.Length != 700 || r.Offset != 34 || string(r.Raw) != "x" {
		t.Errorf("got %+v", r)
	}
	if want := int64(len(in) - 27 - 2 - 1 - (len(in) - third)); b.Blank != want {
		t.Errorf("%d bytes are blank, want %d", b.Blank, want)
	}
}
