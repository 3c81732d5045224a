package warehouse

import (
	"errors"
	"strings"
	"testing"
)

const (
	notObserved = "FHIR has it, but nothing imported so far brought it; fhirwh describe Observation lists what there is"
	codingField = "FHIR has it in Coding, but nothing imported so far brought it"
)

func explainedReader(t *testing.T) *Reader {
	t.Helper()
	return testReader(t, ReadOptions{},
		`create table Patient as select 'x' as id, {"end": 'y', start: 'z'} as period, 'n' as note`,
		`create table Observation as select 'x' as id, {coding: [{code: 'x'}], text: 'y'} as code, [{text: 'a'}] as note,
			{value: 1} as valueQuantity, 'v' as valueString, {reference: 'Patient/x'} as subject`,
		"create view patients as select id as patient_id, note as full_name, note as family_name from Patient",
		"create schema ledger", "create table ledger.imports as select 1 as import_id")
}

func TestExplain(t *testing.T) {
	r := explainedReader(t)
	tests := []struct {
		sql    string
		text   string
		advice string
		caret  string // what the caret is below; "" if there is none
	}{
		// Tables.
		{"select * from pateints", "there is no table or view pateints", "did you mean patients?", "pateints"},
		{"select * from xyz", "there is no table or view xyz", "fhirwh tables lists what there is", "xyz"},
		{"select * from device", "no Device was imported here", "fhirwh tables lists what there is", "device"},
		{"select * from main.Device", "no Device was imported here", "fhirwh tables lists what there is", "main.Device"},
		{"select * from ledger.import", "there is no table ledger.import", "did you mean ledger.imports?", "ledger.import"},
		{"select * from ledger.xyz", "there is no table ledger.xyz", "fhirwh tables --all lists what there is", "ledger.xyz"},

		// Columns that FHIR has.
		{"select valueratio from Observation", "no Observation here has valueRatio", notObserved, "valueratio"},
		{"select o.valueRatio from Observation o", "no Observation here has valueRatio", notObserved, "o.valueRatio"},
		{"select o.valueRatio.numerator.value from Observation o", "no Observation here has valueRatio", notObserved, "o.valueRatio"},
		{"select valueRatio.numerator from Observation", "no Observation here has valueRatio", notObserved, "valueRatio"},
		{"with o as (from Observation) select valueRatio from o", "no Observation here has valueRatio", notObserved, "valueRatio"},
		{"select * exclude (valueRatio) from Observation", "no Observation here has valueRatio", notObserved, "valueRatio"},
		{"select p.birthDate from Observation o, Patient p", "no Patient here has birthDate", "FHIR has it, but nothing imported so far brought it; fhirwh describe Patient lists what there is", "p.birthDate"},
		{"select 1 from Patient where exists (from Observation) and valueString = 'x'", "there is no column valueString", "Observation has it, but is not read where it stands", "valueString"},
		{"select value from Observation", "value of Observation has a column for each type", "here it is valueQuantity or valueString", "value"},

		// Other columns.
		{"select nota from Patient", "there is no column nota in Patient", "did you mean note?", "nota"},
		{"select patientid from patients", "there is no column patientid in patients", "did you mean patient_id?", "patientid"},
		{"select p.patientid from patients p", "there is no column patientid in patients", "did you mean patient_id?", "p.patientid"},
		{"select name from patients", "there is no column name in patients", "did you mean full_name or family_name?", "name"},
		{`select * from patients where full_name = "Ann O'Hara"`, "there is no column Ann O'Hara in patients", "a text stands in single quotes: 'Ann O''Hara'", `"Ann`},
		{"select zzz from patients", "there is no column zzz in patients", "fhirwh describe patients lists its columns", "zzz"},
		{"select zzz from patients, Observation", "there is no column zzz", "", "zzz"},
		{"select * from patients join Patient using (ident)", "there is no column ident", "", "ident"},
		{"select pat.note from Patient p", "pat is no table or column of this query", "", "pat"},

		// Fields.
		{"select period.ende from Patient", "there is no field ende", "did you mean end?", "ende"},
		{"select o.code.coding[1].userselected from Observation o", "no Observation here has code.coding.userSelected", notObserved, "userselected"},
		{"select subject.identifier.value\nfrom Observation", "no Observation here has subject.identifier", notObserved, "identifier"},
		{"select list_transform(code.coding, lambda x: x.userSelected) from Observation", "there is no field userSelected", codingField, "userSelected"},
		{"select code['userSelected'] from Observation", "there is no field userselected", codingField, "'userSelected'"},
		{"select code.coding.code from Observation", "code.coding is a list, and has no field code", "code.coding[1].code is of the first, list_transform(code.coding, lambda x: x.code) of all", "code from"},
		{"select code.coding[1].code.x from Observation", "code.coding[1].code has no fields", "", "x from"},
		{"select l.x from (select [{x: 1}] as l)", "l has no field x", "if it is a list: l[1].x is of the first, list_transform(l, lambda x: x.x) of all", "x from"},

		// Words and functions.
		{"select * from Group", `syntax error at or near "Group"`, `Group is a word of SQL: as a name it needs double quotes, "Group"`, "Group"},
		{"select start, end from Patient", `syntax error at or near "end"`, `end is a word of SQL: as a name it needs double quotes, "end"`, "end"},
		{"select from where", `syntax error at or near "where"`, "", "where"},
		{"select *\nfrom Patient\nwhere ", "syntax error at end of input", "", " "},
		{"select lenght('x')", "there is no function lenght", "did you mean length?", "lenght"},
		{"select 'x'::integer", "Conversion Error: Could not convert string 'x' to INT32", "", "::integer"},
		{"pivot Patient on id", "a PIVOT must say which values become columns", "as in PIVOT t ON gender IN ('female', 'male') USING count(*)", ""},
		{"select 1\x00; drop table Patient", "the statement has a NUL byte in it", "", ""},
		{"from read_text('/etc/hostname')", "SQL given to query can neither read nor write files, nor reach the network", "--allow-files lets it read files of yours, and trust the SQL not to write any", "read_text"},
		{"select error('mine')", "Invalid Input Error: mine", "", ""},
		{"select now() at time zone 'Europe/Madird'", "there is no time zone Europe/Madird", "did you mean Europe/Madrid?", ""},
		{"select now() at time zone 'Mars'", "there is no time zone Mars", "SELECT name FROM pg_timezone_names() lists them", ""},
	}
	for _, tt := range tests {
		t.Run(tt.sql, func(t *testing.T) {
			res, err := r.Query(t.Context(), tt.sql)
			if err == nil {
				for res.Next() {
				}
				err = res.Close()
			}
			e, ok := errors.AsType[*QueryError](err)
			if !ok {
				t.Fatalf("got %v", err)
			}
			if e.Text != tt.text || e.Advice != tt.advice {
				t.Errorf("got  %q, %q\nwant %q, %q", e.Text, e.Advice, tt.text, tt.advice)
			}
			if got := belowCaret(e.Where); !strings.HasPrefix(got, tt.caret) || tt.caret == "" && got != "" {
				t.Errorf("the caret is below %q, want %q:\n%s", got, tt.caret, e.Where)
			}
		})
	}
}

// belowCaret returns what of the statement begins above the caret.
func belowCaret(where string) string {
	line, pointer, _ := strings.Cut(where, "\n")
	if at := strings.IndexByte(pointer, '^'); at >= 0 && at < len(line) {
		return line[at:]
	}
	return ""
}

func TestPointToTheEnd(t *testing.T) {
	_, err := explainedReader(t).Query(t.Context(), "select *\nfrom Patient\nwhere\t\n")
	e, ok := errors.AsType[*QueryError](err)
	if want := "LINE 3: where \n             ^"; !ok || e.Where != want {
		t.Errorf("got %v, want\n%s", err, want)
	}
}

func TestPointBehindTabs(t *testing.T) {
	_, err := explainedReader(t).Query(t.Context(), "select\t'日本'\t,\tnota from Patient")
	e, ok := errors.AsType[*QueryError](err)
	if want := "LINE 1: select '日本' , nota from Patient\n" + strings.Repeat(" ", 24) + "^"; !ok || e.Where != want {
		t.Errorf("got %v, want\n%s", err, want)
	}
}

func TestPointBehindWideCharacters(t *testing.T) {
	_, err := explainedReader(t).Query(t.Context(), "select '日本', period.ende from Patient")
	e, ok := errors.AsType[*QueryError](err)
	if want := "LINE 1: select '日本', period.ende from Patient\n" + strings.Repeat(" ", 30) + "^"; !ok || e.Where != want {
		t.Errorf("got %v, want\n%s", err, want)
	}
}

func TestNear(t *testing.T) {
	columns := []string{"source", "patient_id", "full_name", "family_name", "middle_names", "birth_date", "birth_date_precision", "gender", "race"}
	tests := []struct{ in, want string }{
		{"patientid", "patient_id"},
		{"name", "full_name, family_name or middle_names"},
		{"BirthDate", "birth_date or birth_date_precision"},
		{"gendr", "gender"},
		{"age", ""},
		{"xyz", ""},
		{"", ""},
	}
	for _, tt := range tests {
		if got := oneOf(near(tt.in, columns)); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}
