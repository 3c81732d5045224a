package warehouse

import (
	"fmt"
	"testing"

	"github.com/fhirwh/fhirwh/internal/schema"
	fhirsql "github.com/fhirwh/fhirwh/sql"
)

// withMacros opens a database in memory that has our macros.
func withMacros(t *testing.T) *conn {
	t.Helper()
	c, err := openDuck("", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	for _, s := range fhirsql.Macros() {
		if err := c.exec(t.Context(), s.SQL); err != nil {
			t.Fatalf("macro %s: %v", s.Name, err)
		}
	}
	return c
}

// A macroCase is an SQL expression and its value as text, "NULL" if it has none.
type macroCase struct{ expr, want string }

func checkMacros(t *testing.T, c *conn, cases []macroCase) {
	t.Helper()
	for _, tt := range cases {
		var got string
		err := c.value(t.Context(), &got, fmt.Sprintf("select coalesce((%s)::varchar, 'NULL')", tt.expr))
		if err != nil {
			t.Errorf("%s: %v", tt.expr, err)
		} else if got != tt.want {
			t.Errorf("%s\ngot  %s\nwant %s", tt.expr, got, tt.want)
		}
	}
}

func TestDateMacros(t *testing.T) {
	tests := []struct{ text, date, timestamp, precision, high string }{
		{"2012", "2012-01-01", "NULL", "year", "2012-12-31"},
		{"2012-02", "2012-02-01", "NULL", "month", "2012-02-29"},
		{"2012-05-17", "2012-05-17", "NULL", "day", "2012-05-17"},
		{"0001-01-01", "0001-01-01", "NULL", "day", "0001-01-01"},
		{"2012-05-01T10:20Z", "2012-05-01", "2012-05-01 10:20:00+00", "minute", "2012-05-01"},
		{"2012-05-01T10:20+01:00", "2012-05-01", "2012-05-01 09:20:00+00", "minute", "2012-05-01"},
		{"2012-05-01T10:20:30Z", "2012-05-01", "2012-05-01 10:20:30+00", "second", "2012-05-01"},
		{"2012-05-01T23:20:30-14:00", "2012-05-01", "2012-05-02 13:20:30+00", "second", "2012-05-01"},
		{"2012-05-01T00:20:30.123456789+05:30", "2012-05-01", "2012-04-30 18:50:30.123456+00", "second", "2012-05-01"},
		{"2012-05-01T10:20:30", "2012-05-01", "NULL", "second", "2012-05-01"},
		{"2016-12-31T23:59:60.5Z", "2016-12-31", "2017-01-01 00:00:00.5+00", "second", "2016-12-31"},
		{"2021-02-20T00:00:00.000Z", "2021-02-20", "2021-02-20 00:00:00+00", "second", "2021-02-20"},
	}
	var cases []macroCase
	for _, tt := range tests {
		cases = append(cases,
			macroCase{"fhir_date('" + tt.text + "')", tt.date},
			macroCase{"fhir_timestamp('" + tt.text + "')", tt.timestamp},
			macroCase{"fhir_precision('" + tt.text + "')", tt.precision},
			macroCase{"fhir_low('" + tt.text + "')", tt.date},
			macroCase{"fhir_high('" + tt.text + "')", tt.high})
	}
	none := []string{
		"", " ", "0000", "2012-13", "2012-00", "2012-02-30", "2012-02-30T10:00:00Z", "2012-5-1", "2012/05/01", "20120501",
		"2012-05-01T24:00:00Z", "2012-05-01T10:60:00Z", "2012-05-01T10:20:61Z", "2012-05-01T10:20:30+15:00",
		"2012-05-01T10", "2012-05-01 10:20:30Z", "2012-05-01T10:20:30Z ", "2012-05-01T10:20:30z", "2012-05-01T",
		"1607030537000", "infinity", "٢٠١٢", "2012-05-01garbage", "before 2012",
	}
	for _, text := range none {
		for _, macro := range []string{"fhir_date", "fhir_timestamp", "fhir_precision", "fhir_low", "fhir_high"} {
			cases = append(cases, macroCase{macro + "('" + text + "')", "NULL"})
		}
	}
	c := withMacros(t)
	for _, zone := range []string{"UTC", "America/New_York"} {
		if err := c.exec(t.Context(), "set timezone = '"+zone+"'"); err != nil {
			t.Fatal(err)
		}
		if zone != "UTC" { // the same instants, whatever the connection's zone
			for i := range cases {
				if len(cases[i].expr) > 14 && cases[i].expr[:14] == "fhir_timestamp" {
					cases[i].expr = "epoch_us(" + cases[i].expr + ")"
					if cases[i].want != "NULL" {
						cases[i].want = epochMicros(t, c, cases[i].want)
					}
				}
			}
		}
		checkMacros(t, c, cases)
	}
}

func epochMicros(t *testing.T, c *conn, timestamp string) string {
	t.Helper()
	var us string
	if err := c.value(t.Context(), &us, "select epoch_us('"+timestamp+"'::timestamptz)::varchar"); err != nil {
		t.Fatal(err)
	}
	return us
}

func TestReferenceMacros(t *testing.T) {
	tests := []struct{ reference, id, typ string }{
		{"Patient/1", "1", "Patient"},
		{"https://host.example/fhir/R4/Patient/1", "1", "Patient"},
		{"Patient/1/_history/3", "1", "Patient"},
		{"http://host/fhir/Patient/a.B-9/_history/3", "a.B-9", "Patient"},
		{"urn:uuid:0b1c", "0b1c", "NULL"},
		{"urn:oid:1.2.3", "1.2.3", "NULL"},
		{"urn:other:1", "NULL", "NULL"},
		{"", "NULL", "NULL"},
		{"#p1", "NULL", "NULL"},
		{"Practitioner?identifier=http://x/Patient/1", "NULL", "NULL"},
		{"Patient/Anyman/Bob", "NULL", "NULL"},
		{"Foo/1", "NULL", "NULL"},
		{"patient/1", "NULL", "NULL"},
		{"Patient", "NULL", "NULL"},
		{"Patient/", "NULL", "NULL"},
		{"Patient/1/", "NULL", "NULL"},
		{"Patient/1#name", "NULL", "NULL"},
		{"1", "NULL", "NULL"},
	}
	var cases []macroCase
	for _, tt := range tests {
		ref := fmt.Sprintf("{reference: '%s'}", tt.reference)
		cases = append(cases, macroCase{"reference_id(" + ref + ")", tt.id}, macroCase{"reference_type(" + ref + ")", tt.typ})
	}
	cases = append(cases,
		macroCase{"reference_type({reference: null::varchar})", "NULL"},
		macroCase{"reference_id(null::struct(reference varchar))", "NULL"})
	checkMacros(t, withMacros(t), cases)
}

func TestIsResourceTypeKnowsAllOfR4(t *testing.T) {
	var cases []macroCase
	for _, r := range schema.Resources() {
		cases = append(cases, macroCase{"is_resource_type('" + r.Name + "')", "true"})
	}
	for _, name := range []string{"", "patient", "DomainResource", "Resource", "HumanName", "Unknown", "MedicationUsage"} {
		cases = append(cases, macroCase{"is_resource_type('" + name + "')", "false"})
	}
	checkMacros(t, withMacros(t), cases)
}

func TestCodeSystemName(t *testing.T) {
	tests := []struct{ uri, want string }{
		{"http://loinc.org", "LOINC"},
		{"https://loinc.org/", "LOINC"},
		{"http://www.loinc.org|2.72", "LOINC"},
		{"urn:oid:2.16.840.1.113883.6.1", "LOINC"},
		{"2.16.840.1.113883.6.96", "SNOMED CT"},
		{"http://snomed.info/sct", "SNOMED CT"},
		{"http://snomed.info/sct/731000124108", "SNOMED CT"},
		{"http://www.nlm.nih.gov/research/umls/rxnorm", "RxNorm"},
		{"http://hl7.org/fhir/sid/icd-10-cm", "ICD-10-CM"},
		{"http://hl7.org/fhir/sid/icd-10", "ICD-10"},
		{"http://hl7.org/fhir/ValueSet/icd-10", "ICD-10"},
		{"http://www.cms.gov/Medicare/Coding/ICD10", "ICD-10-PCS"},
		{"http://hl7.org/fhir/sid/icd-9-cm/diagnosis", "ICD-9-CM"},
		{"http://hl7.org/fhir/sid/cvx", "CVX"},
		{"urn:oid:2.16.840.1.113883.12.292", "CVX"},
		{"http://hl7.org/fhir/sid/ndc", "NDC"},
		{"http://www.ama-assn.org/go/cpt", "CPT"},
		{"https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "HCPCS"},
		{"http://unitsofmeasure.org", "UCUM"},
		{"http://nucc.org/provider-taxonomy", "NUCC"},
		{"http://www.ada.org/cdt", "CDT"},
		{"http://ncithesaurus-stage.nci.nih.gov", "NCI"},
		{"http://terminology.hl7.org/CodeSystem/v3-ActCode", "v3-ActCode"},
		{"https://terminology.hl7.org/CodeSystem/v3-ActCode/|3.0.0", "v3-ActCode"},
		{"urn:oid:2.16.840.1.113883.5.4", "v3-ActCode"},
		{"2.16.840.1.113883.12.203", "v2-0203"},
		{"http://hl7.org/fhir/sid/us-npi", "us-npi"},
		{"http://hl7.org/fhir/us/core/CodeSystem/condition-category", "condition-category"},
		{"http://hl7.org.au/x", "http://hl7.org.au/x"},
		{"urn:oid:1.2.840.114350.1", "urn:oid:1.2.840.114350.1"},
		{"https://acme.example/codes/|2", "https://acme.example/codes/|2"},
		{"", "NULL"},
	}
	var cases []macroCase
	for _, tt := range tests {
		cases = append(cases, macroCase{"code_system_name('" + tt.uri + "')", tt.want})
	}
	checkMacros(t, withMacros(t), cases)
}

func TestCodingMacros(t *testing.T) {
	coding := func(system, code, display string, selected string) string {
		return fmt.Sprintf("{system: %s, code: %s, display: %s, userSelected: %s::boolean}", system, code, display, selected)
	}
	local := coding("'x'", "'1'", "'one'", "null")
	selected := coding("'y'", "'2'", "null", "true")
	bare := coding("null", "'3'", "''", "false")
	snomed := coding("'http://snomed.info/sct'", "'4'", "'four'", "null")
	loinc := coding("'https://loinc.org'", "'5'", "'five'", "null")
	uncoded := coding("'http://loinc.org'", "''", "'six'", "null")
	pick := func(codings string) string {
		return "pick_coding({coding: [" + codings + "], text: null}, ['LOINC', 'SNOMED CT']).code"
	}
	checkMacros(t, withMacros(t), []macroCase{
		{pick(local + "," + snomed + "," + loinc), "5"},
		{pick(local + "," + snomed), "4"},
		{pick(uncoded + "," + snomed), "4"},
		{pick(local + "," + selected + "," + uncoded), "2"},
		{pick(bare + "," + local), "1"},
		{pick(bare + "," + bare), "3"},
		{pick(bare), "3"},
		{"(select pick_coding(concept, ['LOINC']).code from (select {coding: [" + bare + "], text: null} as concept where false union all select null))", "NULL"},
		{"concept_text({coding: [" + bare + "," + snomed + "], text: 'as text'})", "as text"},
		{"concept_text({coding: [" + selected + "," + snomed + "], text: ''})", "four"},
		{"concept_text({coding: [" + bare + "], text: null})", "3"},
		{"concept_text({coding: [], text: null})", "NULL"},
		{"pick_concept([{coding: [" + local + "], text: 'a'}, {coding: [" + loinc + "], text: 'b'}], ['LOINC']).text", "b"},
		{"pick_concept([{coding: [" + local + "], text: 'a'}, {coding: [" + uncoded + "], text: 'b'}], ['LOINC']).text", "a"},
	})
}

func TestNumberMacros(t *testing.T) {
	extra := `'{"/value":{"$number":"1.50"},"/a":"50","/b":"5 mg","/c":{"$number":"1e400"},"/d":"1e3","/q\"r~1":"odd","":{"x":1}}'::json`
	checkMacros(t, withMacros(t), []macroCase{
		{"as_sent(" + extra + ", '/value')", "1.50"},
		{"as_sent(" + extra + ", '/a')", "50"},
		{"as_sent(" + extra + `, '/q"r~1')`, "odd"},
		{"as_sent(" + extra + ", '')", `{"x":1}`},
		{"as_sent(" + extra + ", '/none')", "NULL"},
		{"as_sent(null::json, '/none')", "NULL"},
		{"number_sent(" + extra + ", '/value')", "1.5"},
		{"number_sent(" + extra + ", '/a')", "50.0"},
		{"number_sent(" + extra + ", '/b')", "NULL"},
		{"number_sent(" + extra + ", '/c')", "NULL"},
		{"number_sent(" + extra + ", '/d')", "1000.0"},
		{"number_text(5::double)", "5"},
		{"number_text(-0.25)", "-0.25"},
		{"number_text(1.5e-7)", "0.00000015"},
		{"number_text(123456789012.0)", "123456789012"},
		{"quantity_text({value: 0.5::double, comparator: '<', unit: 'mg/dL', code: 'x'})", "< 0.5 mg/dL"},
		{"quantity_text({value: 5::double, comparator: null, unit: '', code: '%'})", "5 %"},
		{"quantity_text({value: null::double, comparator: '<', unit: 'mg/dL', code: 'x'})", "NULL"},
	})
}

func TestNameMacros(t *testing.T) {
	const person = `struct(use varchar, text varchar, family varchar, given varchar[], prefix varchar[], suffix varchar[], period struct("start" varchar, "end" varchar))[]`
	name := func(json string) string {
		return "human_name(from_json('" + json + "', '" + personJSON + "')::" + person + ")"
	}
	checkMacros(t, withMacros(t), []macroCase{
		{name(`[{"family":"Roe","given":["Ann",null,""],"prefix":["Dr."],"suffix":["Jr"]}]`), "Dr. Ann Roe Jr"},
		{name(`[{"use":"usual","text":"B"},{"use":"official","text":"A"}]`), "A"},
		{name(`[{"text":"C"},{"use":"usual","text":"B"}]`), "B"},
		{name(`[{"use":"nickname","text":"C"},{"text":"D"}]`), "C"},
		{name(`[{"use":"old","text":"C"},{"use":"maiden","text":"D"}]`), "D"},
		{name(`[{"use":"official","text":"C","period":{"end":"2001"}},{"text":"D","period":{"end":"2999"}}]`), "D"},
		{name(`[null,{"text":"D"}]`), "D"},
		{name(`[]`), "NULL"},
		{name(`null`), "NULL"},
		{`extension([{url: 'a', "valueCode": 'x'}, {url: 'b', "valueCode": 'y'}], 'b')."valueCode"`, "y"},
		{`extension([{url: 'a', "valueCode": 'x'}], 'b')."valueCode"`, "NULL"},
	})
}

const personJSON = `[{"use":"VARCHAR","text":"VARCHAR","family":"VARCHAR","given":["VARCHAR"],"prefix":["VARCHAR"],"suffix":["VARCHAR"],"period":{"start":"VARCHAR","end":"VARCHAR"}}]`
