package warehouse

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/schema"
)

// patientTable has one column of every shape that a typed table has. The order
// of its columns is not the specification's.
const patientTable = `create table "Patient" (
	gender varchar,
	id varchar,
	_birthDate struct(id varchar, extension struct(url varchar, valueDecimal double, valueString varchar)[]),
	birthDate varchar,
	active boolean,
	name struct("family" varchar, "use" varchar, "given" varchar[], "_given" struct(id varchar)[], period struct("end" varchar, "start" varchar))[],
	multipleBirthInteger integer,
	contained json[],
	maritalStatus struct("text" varchar, coding struct("system" varchar, code varchar, userSelected boolean)[]),
	notes varchar, -- a user's
	_source varchar, _file integer, _line bigint, _entry integer, _hash ubigint, _content uhugeint, _extra json)`

// rebuildAll returns the resources of a query's rows.
func rebuildAll(t *testing.T, c *conn, typ *schema.Type, sql string) ([]string, error) {
	t.Helper()
	r, err := c.query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	b, err := newRebuilder(r, typ)
	if err != nil {
		return nil, err
	}
	var all []string
	for b.nextChunk() {
		for i := range r.size {
			text, err := b.appendRow(nil, i)
			if err != nil {
				return all, err
			}
			all = append(all, string(text))
		}
	}
	return all, r.close()
}

func memoryDB(t testing.TB) *conn {
	t.Helper()
	c, err := openDuck("", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	return c
}

func TestRebuild(t *testing.T) {
	c := memoryDB(t)
	if err := c.exec(t.Context(), patientTable); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		row  string // column: SQL value, one a line
		want string // what stands behind "resourceType":"Patient"
	}{
		{"nothing", `id: null`, ``},
		{"order of the specification", "gender: 'male'\nid: 'a'\nactive: true", `,"id":"a","active":true,"gender":"male"`},
		{"a user's column is not ours", "notes: 'mine'", ``},
		{"bookkeeping is not ours", "_source: 's'\n_file: 1\n_line: 1\n_entry: 0\n_hash: 1\n_content: 1", ``},
		{"empty string", "gender: ''", `,"gender":""`},
		{"escapes", `gender: 'a"b\c' || chr(10) || chr(9) || chr(8) || chr(12) || chr(13) || chr(1) || chr(0) || chr(127) || '/é💊'`,
			`,"gender":"a\"b\\c\n\t\b\f\r\u0001\u0000` + "\x7f" + `/é💊"`},
		{"escape behind the eighth byte", `gender: '0123456789"'`, `,"gender":"0123456789\""`},
		{"integer", "multipleBirthInteger: -2147483648", `,"multipleBirthInteger":-2147483648`},
		{"decimals", "_birthDate: {extension: [{valueDecimal: 1.5}, {valueDecimal: 100000}, {valueDecimal: 1e21}, {valueDecimal: 5e-7}, {valueDecimal: -0.1}]}",
			`,"_birthDate":{"extension":[{"valueDecimal":1.5},{"valueDecimal":100000},{"valueDecimal":1000000000000000000000},{"valueDecimal":0.0000005},{"valueDecimal":-0.1}]}`},
		{"null padding", "name: [{given: ['a', null, 'b'], _given: [null, {id: 'x'}, null]}]", `,"name":[{"given":["a",null,"b"],"_given":[null,{"id":"x"},null]}]`},
		{"contained as sent, on one line", `contained: ['{"resourceType":"Basic", "x":1.50}', '{' || chr(10) || '  "a":' || chr(13) || chr(10) || '"b\nc"}']`,
			`,"contained":[{"resourceType":"Basic", "x":1.50},{  "a":"b\nc"}]`},
		{"empty object", "maritalStatus: {'text': null}", `,"maritalStatus":{}`},
		{"fields in order", "maritalStatus: {'text': 't', coding: [{code: 'c', 'system': 's', userSelected: false}]}",
			`,"maritalStatus":{"coding":[{"system":"s","code":"c","userSelected":false}],"text":"t"}`},

		{"number beside a typed value", "_birthDate: {extension: [{valueDecimal: 1.5}]}\n" + `_extra: '{"/_birthDate/extension/0/valueDecimal":{"$number":"1.50"}}'`,
			`,"_birthDate":{"extension":[{"valueDecimal":1.50}]}`},
		{"wrong type in place of NULL", `_extra: '{"/gender":{"$number":"3"}}'`, `,"gender":3`},
		{"unknown element", "id: 'a'\n" + `_extra: '{"/species":[{"x":true}],"/maritalStatus/a~1b~0":null}'` + "\nmaritalStatus: {'text': 't'}",
			`,"id":"a","maritalStatus":{"text":"t","a/b~":null},"species":[{"x":true}]`},
		{"parent that was not typed", `_extra: '{"/maritalStatus/text":{"$number":"1"},"/link/0":5}'`, `,"maritalStatus":{"text":1},"link":{"0":5}`},
		{"position in a list", "name: [{'family': 'a'}, null, {'family': 'c'}]\n" + `_extra: '{"/name/1":null,"/name/2/use":false}'`,
			`,"name":[{"family":"a"},null,{"use":false,"family":"c"}]`},
		{"positions not in order", "name: [{given: ['a',null,null]}]\n" + `_extra: '{"/name/0/given/2":true,"/name/0/given/1":{"$number":"10"}}'`, `,"name":[{"given":["a",10,true]}]`},
		{"parent has it all", "name: [{'family': 'a'}]\n" + `_extra: '{"/name/0/family":"c","/name/0":"b"}'`, `,"name":["b"]`},
		{"undecodable string", `_extra: '{"/gender":{"$raw":"XHVkODAw"}}'`, `,"gender":"\ud800"`},
		{"object with a dollar", `_extra: '{"/x":{"$json":"{\"$number\":\"7\"}"}}'`, `,"x":{"$number":"7"}`},
		{"object as text", `_extra: '{"/x":{"$rawjson":"eyJhIjoxLAoiYSI6IDJ9"}}'`, `,"x":{"a":1,"a":2}`},
		{"order of what has no column", "gender: 'male'\n" + `_extra: '{"/x":true,"/deceasedBoolean":"no","/implicitRules":5,"/maritalStatus/id":5}'`,
			`,"implicitRules":5,"gender":"male","deceasedBoolean":"no","maritalStatus":{"id":5},"x":true`},
		{"a pointer twice", `_extra: '{"/x":{"a":true},"/x":{}}'`, `,"x":{"a":true}`},
		{"empty ones", "name: [{'family': null}]\n" + `_extra: '{"/name/0":{},"/contained":[]}'`, `,"contained":[],"name":[{}]`},
		{"losers of duplicates", "gender: 'c'\n" + `_extra: '{"$duplicate":[{"pointer":"/gender","value":"a"},{"pointer":"/gender","value":{"$number":"2"}},{"pointer":"/y","value":1}]}'`,
			`,"gender":"a","gender":2,"gender":"c","y":1`},
		{"loser of a winner in _extra", `_extra: '{"/gender":null,"$duplicate":[{"pointer":"/gender","value":"a"}]}'`, `,"gender":"a","gender":null`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			insertRow(t, c, tt.row)
			got, err := rebuildAll(t, c, schema.Resource("Patient"), `from "Patient"`)
			want := `{"resourceType":"Patient"` + tt.want + "}"
			if err != nil || len(got) != 1 || got[0] != want {
				t.Errorf("got  %s, error %v\nwant %s", got, err, want)
			}
		})
	}
}

// insertRow makes the row, whose columns stand as "name: value" on lines, the
// only one of Patient.
func insertRow(t *testing.T, c *conn, row string) {
	t.Helper()
	var names, values []string
	for line := range strings.SplitSeq(row, "\n") {
		name, value, _ := strings.Cut(line, ": ")
		names, values = append(names, name), append(values, value)
	}
	sql := fmt.Sprintf(`delete from "Patient"; insert into "Patient" by name select %s`, selectList(names, values))
	if err := c.exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func selectList(names, values []string) string {
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(values[i] + ` as "` + name + `"`)
	}
	return b.String()
}
