package warehouse

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/parse"
)

func mustParse(t *testing.T, text string) *parse.Value {
	t.Helper()
	v, err := parse.ParseValue([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return &v
}

func TestCompare(t *testing.T) {
	const patient = `"resourceType":"Patient",`
	tests := []struct {
		name string
		a, b string // a source's resource and the warehouse's
		want string // kind:pointer of each difference, "" if they are the same
	}{
		{"same", `{"a":[1,"x",null,true,{}]}`, `{"a":[1,"x",null,true,{}]}`, ""},
		{"order of members, white space, escapes", `{"a":"\u00e9/","b":{"c":1,"d":2}}`, "{ \"b\":{\"d\":2,\n\"c\":1},\"a\":\"é\\/\" }", ""},
		{"escaped name", `{"\u0061":1}`, `{"a":1}`, ""},
		{"digits", `{` + patient + `"multipleBirthInteger":1.0}`, `{` + patient + `"multipleBirthInteger":1}`, "number:/multipleBirthInteger"},
		{"exponent", `[1e3]`, `[1000]`, "number:/0"},
		{"minus zero", `[-0]`, `[0]`, "number:/0"},
		{"number or string", `[5]`, `["5"]`, "type:/0"},
		{"null or absent", `{` + patient + `"id":"1","gender":null}`, `{` + patient + `"id":"1"}`, "missing:/gender"},
		{"null or empty", `[null]`, `[{}]`, "type:/0"},
		{"added", `{` + patient + `"id":"1"}`, `{` + patient + `"active":false,"id":"1"}`, "added:/active"},
		{"boolean", `{` + patient + `"active":true}`, `{` + patient + `"active":false}`, "boolean:/active"},
		{"text", `{` + patient + `"name":[{"family":"a"}]}`, `{` + patient + `"name":[{"family":"A"}]}`, "text:/name/0/family"},
		{"order of items", `["a","b"]`, `["b","a"]`, "text:/0 text:/1"},
		{"padding", `{` + patient + `"name":[{"given":["a",null]}]}`, `{` + patient + `"name":[{"given":["a"]}]}`, "length:/name/0/given"},
		{"object or array", `{` + patient + `"name":{}}`, `{` + patient + `"name":[{}]}`, "type:/name"},
		{"several", `{` + patient + `"gender":"a","active":true,"id":"1"}`, `{` + patient + `"gender":"b","birthDate":"2000","id":"1"}`,
			"missing:/active added:/birthDate text:/gender"},
		{"unknown names are not shown", `{` + patient + `"Smith":1,"name":[{"Jones":1}]}`, `{` + patient + `"name":[{"Jones":2}]}`, "missing:/? number:/name/0/?"},
		{"names of contained resources", `{` + patient + `"contained":[{"resourceType":"Basic","code":{"text":"a"},"x":1}]}`,
			`{` + patient + `"contained":[{"resourceType":"Basic","code":{"text":"b"},"x":2}]}`, "text:/contained/0/code/text number:/contained/0/?"},
		{"undecodable string", `["\ud800"]`, `["\ud801"]`, "text:/0"},
		{"undecodable or spelled so", `["\ud800"]`, `["\\ud800"]`, "text:/0"},
		{"undecodable or what stands for it", `["\ud800"]`, `[{"$raw":"XHVkODAw"}]`, "type:/0"},
		{"undecodable name", `{"\ud800":1}`, `{"\\ud800":1}`, "added:/? missing:/?"},
		{"repeated member", `{"a":1,"a":2}`, `{"a":2,"a":1}`, "number:/? number:/?"},
		{"repeated member missing", `{"a":1,"a":1}`, `{"a":1}`, "missing:/?"},
		{"repeated elsewhere", `{"a":1,"b":1}`, `{"a":1,"a":1}`, "added:/? missing:/?"},
		{"nested differently", `[["a"],["b"]]`, `[["a","b"],[]]`, "length:/0 length:/1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, b := mustParse(t, tt.a), mustParse(t, tt.b)
			c := comparison{max: 100}
			c.compareResources(a, b)
			if got := listed(c.found); got != tt.want || c.count != len(c.found) {
				t.Errorf("got %q and count %d, want %q", got, c.count, tt.want)
			}
			var d digester
			if same := d.of("s", a) == d.of("s", b); same != (tt.want == "") {
				t.Errorf("digests are the same: %v", same)
			}
			if d.of("s", a) == d.of("other", a) {
				t.Error("the digest does not depend on the source")
			}
		})
	}
}

func listed(found []ElementDifference) string {
	var b strings.Builder
	for i, d := range found {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(d.Kind + ":" + d.Pointer)
	}
	return b.String()
}

func TestComparisonShowsValuesOnlyWhenAsked(t *testing.T) {
	const canary = "ZQX-CANARY-1985"
	a := mustParse(t, `{"resourceType":"Patient","gender":"`+canary+`","birthDate":"1985","`+canary+`":1}`)
	b := mustParse(t, `{"resourceType":"Patient","gender":"x"}`)
	hidden := comparison{max: 100}
	hidden.compareResources(a, b)
	if text := fmt.Sprint(hidden.found); strings.Contains(text, "ZQX") || strings.Contains(text, "1985") {
		t.Errorf("values are shown: %s", text)
	}
	open := comparison{max: 2, show: true}
	open.compareResources(a, b)
	want := fmt.Sprint([]ElementDifference{
		{Pointer: "/" + canary, Kind: "missing", Source: "1"},
		{Pointer: "/birthDate", Kind: "missing", Source: `"1985"`},
	})
	if got := fmt.Sprint(open.found); got != want || open.count != 3 {
		t.Errorf("got  %s and count %d\nwant %s and 3", got, open.count, want)
	}
}
