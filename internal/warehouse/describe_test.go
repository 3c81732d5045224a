package warehouse

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func describedReader(t *testing.T) *Reader {
	t.Helper()
	return testReader(t, ReadOptions{},
		`create table Patient as select p.* from (select unnest([
			{id: 'a', birthDate: '1985', name: [{"family": 'X', given: ['A', 'B']}, {"family": null, given: null}],
				maritalStatus: {coding: null::struct(code varchar)[], text: 'm'}, _source: 's'},
			{id: 'b', birthDate: null, name: [{"family": null, given: [null]}], maritalStatus: null, _source: 's'},
			{id: 'c', birthDate: '', name: null, maritalStatus: null, _source: 's'}]) as p)`,
		`create table "Group" as select 'g' as id`,
		`create view patients as select id as patient_id, birthDate as birth_date from Patient`,
		`comment on view patients is 'One row per Patient'`,
		`comment on column patients.birth_date is 'Day of birth'`,
		`create table mine as select 1 as n, map {'k': {v: 2}} as m, [[{v: 1}]] as l`,
		`create view broken as select n from mine`,
		`alter table mine rename column n to o`)
}

func spellOut(d *Description) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %d %s\n", d.Name, d.Kind, d.Rows, d.About)
	for _, c := range d.Columns {
		fmt.Fprintf(&b, "%s|%s|%s|%d|%s\n", c.Path, c.Type, c.FHIR, c.Filled, c.Meaning)
	}
	return b.String()
}

func TestDescribe(t *testing.T) {
	r := describedReader(t)
	tests := []struct{ name, want string }{
		{"patient", `Patient table 3 Information about an individual or animal receiving health care services
id|VARCHAR|id|3|Logical id of this artifact
birthDate|VARCHAR|date|2|The date of birth for the individual
name|STRUCT[]|HumanName[]|2|A name associated with the patient
name.family|VARCHAR|string|1|Family name (often called 'Surname')
name.given|VARCHAR[]|string[]|1|Given names (not always 'first'). Includes middle names
maritalStatus|STRUCT|CodeableConcept|1|Marital (civil) status of a patient
maritalStatus.coding|STRUCT[]|Coding[]|0|Code defined by a terminology system
maritalStatus.coding.code|VARCHAR|code|0|Symbol in syntax defined by the system
maritalStatus.text|VARCHAR|string|1|Plain text representation of the concept
_source|VARCHAR||3|System that the resource came from (--source)
`},
		{"Patient.name", `Patient.name table 3 Information about an individual or animal receiving health care services
name|STRUCT[]|HumanName[]|2|A name associated with the patient
name.family|VARCHAR|string|1|Family name (often called 'Surname')
name.given|VARCHAR[]|string[]|1|Given names (not always 'first'). Includes middle names
`},
		{"patients", `patients view 3 One row per Patient
patient_id|VARCHAR||3|
birth_date|VARCHAR||2|Day of birth
`},
		{"Group", `Group table 1 Group of multiple entities
id|VARCHAR|id|1|Logical id of this artifact
`},
		{"mine", `mine table 1 
o|INTEGER||1|
m|MAP||1|
l|STRUCT[][]||1|
`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := r.Describe(t.Context(), tt.name, 0)
			if err != nil {
				t.Fatal(err)
			}
			if got := spellOut(d); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// top spells out the most frequent values of the columns that show some.
func top(d *Description) string {
	var b strings.Builder
	for _, c := range d.Columns {
		if len(c.Top) > 0 {
			fmt.Fprintf(&b, "%s %v\n", c.Path, c.Top)
		}
	}
	return b.String()
}

func TestMostFrequentValues(t *testing.T) {
	r := testReader(t, ReadOptions{},
		`create table Observation as select
			if(i % 10 = 0, 'amended', if(i = 1, 'once', if(i = 2, '', 'final'))) as status,
			{coding: [{system: 'http://loinc.org', code: 'c' || (i % 5), display: 'd'}, {system: 's', code: 'second', display: null}], text: 'free text'} as code,
			{reference: 'Patient/1', type: 'Patient', identifier: {system: 's', use: 'official', type: {coding: [{code: 'MR'}]}}} as subject,
			[{text: 'a note', authorString: 'Dr. X'}] as note,
			{value: 1.5, unit: 'mg', comparator: '<'} as valueQuantity,
			true as valueBoolean, '2020-01-01' as effectiveDateTime, 'mine' as my_own, 'x' as _source
			from range(100) t(i)`,
		"create view observations as select 'final' as status, ['1', '2'] as code, 'x' as display, 'n' as note, 'p' as patient_id from Observation")
	tests := []struct{ name, want string }{
		{"Observation", `status [{final 88} {amended 10}]
code.coding.system [{http://loinc.org 100}]
code.coding.code [{c0 20} {c1 20} {c2 20}]
code.coding.display [{d 100}]
valueQuantity.unit [{mg 100}]
valueQuantity.comparator [{< 100}]
valueBoolean [{true 100}]
`},
		{"observations", `status [{final 100}]
code [{1 100}]
display [{x 100}]
`},
		{"Observation.valueQuantity.unit", "valueQuantity.unit [{mg 100}]\n"},
		{"Observation.subject", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := r.Describe(t.Context(), tt.name, 0)
			if err != nil {
				t.Fatal(err)
			}
			if got := top(d); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestDescribeOrigin(t *testing.T) {
	r := testReader(t, ReadOptions{},
		"create table t as select 1 as i",
		"create view medications as select 'a' as status, 'b' as request_id, 'request' as kind, 'x' as own from t",
		"create view mine as select 'a' as status from t")
	d, err := r.Describe(t.Context(), "medications", 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range d.Columns {
		got = append(got, fmt.Sprintf("%s: %s: %s", c.Path, strings.Join(c.Origin, ", "), strings.Join(c.From, ", ")))
	}
	want := []string{
		"status: status: MedicationRequest.status, MedicationDispense.status, MedicationAdministration.status, MedicationStatement.status",
		"request_id: authorizingPrescription, request: MedicationDispense.authorizingPrescription, MedicationAdministration.request",
		"kind: : ",
		"own: : ",
	}
	if !slices.Equal(got, want) || len(d.Types) != 4 {
		t.Errorf("got %q of %v, want %q", got, d.Types, want)
	}
	if d, err := r.Describe(t.Context(), "mine.status", 0); err != nil || len(d.Columns[0].From) > 0 || len(d.Types) > 0 {
		t.Errorf("a view that is not ours: got %+v, %v", d, err)
	}
}

func TestDescribeLooksAtAPart(t *testing.T) {
	r := testReader(t, ReadOptions{},
		"create table Patient as select i::varchar as id, if(i % 2 = 0, 'male', null) as gender, {family: 'x', given: ['y']} as name from range(20000) t(i)",
		"create view patients as select id as patient_id, gender from Patient")
	tests := []struct {
		name          string
		most          int64
		rows, looked  int64
		more, isExact bool
	}{
		{"Patient", 0, 20000, 20000, false, true},
		{"Patient", 20000, 20000, 20000, false, true},
		{"Patient", 5000, 20000, 6144, false, false}, // three vectors: the 1st, 5th and 9th
		{"Patient.name", 5000, 20000, 6144, false, false},
		{"patients", 0, 20000, 20000, false, true},
		{"patients", 30000, 20000, 20000, false, true},
		{"patients", 5000, 5000, 5000, true, false},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.name, tt.most), func(t *testing.T) {
			d, err := r.Describe(t.Context(), tt.name, tt.most)
			if err != nil {
				t.Fatal(err)
			}
			if d.Rows != tt.rows || d.Looked != tt.looked || d.More != tt.more {
				t.Errorf("got %d rows, looked at %d, more %v", d.Rows, d.Looked, d.More)
			}
			if c := d.Columns[0]; c.Filled != tt.looked {
				t.Errorf("%s: filled in %d of %d", c.Path, c.Filled, tt.looked)
			}
		})
	}
}

func TestDescribeWhatIsNotThere(t *testing.T) {
	r := describedReader(t)
	tests := []struct{ name, text, advice string }{
		{"patientes", "there is no table or view patientes", "did you mean patients?"},
		{"Observation", "there is no table or view Observation", "no Observation was imported; fhirwh tables lists what there is"},
		{"Patient.contact.name", "there is no column contact.name in Patient", "FHIR has it, but no Patient here does"},
		{"Patient.contact.nome", "there is no column contact.nome in Patient", "fhirwh describe Patient lists them"},
		{"Patient.id.x", "there is no column id.x in Patient", "fhirwh describe Patient lists them"},
		{"patients.x", "there is no column x in patients", "fhirwh describe patients lists them"},
		{"x; drop table mine", "there is no table or view x; drop table mine", "fhirwh tables lists what there is"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := r.Describe(t.Context(), tt.name, 0)
			e, ok := errors.AsType[*NotThereError](err)
			if !ok || e.Error() != tt.text || e.Hint() != tt.advice {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := r.Describe(t.Context(), "broken", 0); err == nil {
		t.Error("a view that cannot be read is described")
	}
}

func TestTables(t *testing.T) {
	r := describedReader(t)
	tables, err := r.Tables(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, x := range tables {
		fmt.Fprintf(&got, "%s %s %d %d %v %v\n", x.Name, x.Kind, x.Rows, x.Columns, x.Bytes > 0, x.Problem != "")
	}
	const want = `Group table 1 1 true false
mine table 1 3 true false
Patient table 3 5 true false
broken view 0 1 false true
patients view 3 2 false false
`
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}

func TestTablesOfTheLedger(t *testing.T) {
	tables, err := ledgerReader(t).Tables(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]int64{}
	for _, x := range tables {
		rows[x.Name] = x.Rows
	}
	if rows["ledger.imports"] != 2 || rows["ledger.rejects"] != 4 {
		t.Errorf("got %v", rows)
	}
}

// The sizes of all tables make up the data of the file.
func TestTableSizesAddUp(t *testing.T) {
	r := testReader(t, ReadOptions{},
		"create table small as select 1 as i",
		"create table large as select i, md5(i::varchar) as s from range(300000) t(i)")
	tables, err := r.Tables(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	sum := int64(0)
	for _, x := range tables {
		sum += x.Bytes
	}
	used := queryAll(t, r, "select used_blocks * block_size from pragma_database_size()")[0][0].(int64)
	if sum > used || sum < used*8/10 {
		t.Errorf("the tables have %d bytes, the file %d", sum, used)
	}
}
