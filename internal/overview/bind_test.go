package overview

import (
	"context"
	"testing"

	fhirsql "github.com/fhirwh/fhirwh/sql"
)

// TestQuoteRoundTrip asks DuckDB what a literal of ours is.
func TestQuoteRoundTrip(t *testing.T) {
	r := warehouseOf(t, "a", odd)
	for _, text := range []string{
		"", "plain", "it's", "''", `\'`, `"`, "a\x00b", "\x00", "--", "/* */", "; drop table x", "$as_of", "line\nend\t.\r\n", "\x1b[31m\u202e\u0085\u00a0", "日本 😀", "E'\\n'", "' || chr(0) || '",
	} {
		got := ""
		if err := askSQL(context.Background(), r, "quote", "select "+quote(text)+" as v", func(r row) { got = r.text("v") }); err != nil || got != text {
			t.Errorf("%q became %q (%v)", text, got, err)
		}
	}
	if got, want := quote("\x1b'"), "('' || chr(27) || '''')"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := quote("a\xffb"); got != "'a\uFFFDb'" {
		t.Errorf("what is no UTF-8: %q", got)
	}
}

func TestBind(t *testing.T) {
	tests := []struct{ name, sql, want string }{
		{"text", "select $text", "select 'it''s $n'"},
		{"number and NULL", "limit $n or $none", "limit 7 or null"},
		{"list", "in $list", "in ['a', 'b''']"},
		{"not in literals and names", `select '$text' as "$n"`, `select '$text' as "$n"`},
		{"comments go", "-- of $text, it's\nselect 1 -- $n", "\nselect 1 "},
		{"end of a regular expression", `'(a|b)?$', 1`, `'(a|b)?$', 1`},
	}
	values := params{"text": "it's $n", "n": int64(7), "none": nil, "list": []string{"a", "b'"}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := bind(tt.sql, values); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCondense(t *testing.T) {
	got := condense("-- why\nselect count(\n    *\n) as \"a  b\", 'c  (  d'\nfrom t -- end\n")
	if want := `select count(*) as "a  b", 'c  (  d' from t`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestIsUnit(t *testing.T) {
	for _, unit := range []string{
		"mg/dL", "MG/DL", "%", "mm[Hg]", "10*3/uL", "10^9/L", "x10E3/uL", "mL/min/{1.73_m2}", "{score}", "/min", "kg/m2", "U/L", "[IU]/mL",
		"m[IU]/L", "ng/mL{FEU}", "[degF]", "Cel", "µg/L", "mmHg", "beats/min", "ug.h/mL", "1", "10*-6", "[lb_av]", "mL/(kg.h)",
	} {
		if !isUnit(unit) {
			t.Errorf("%q is a unit", unit)
		}
	}
	for _, unit := range []string{"it's odd", "mg%dL", "furlong", "K/cumm", "see note", "mgdL", "x10e", "[xyz]"} {
		if isUnit(unit) {
			t.Errorf("%q is no unit", unit)
		}
	}
}

// TestEveryChartRunsInAnyWarehouse asks everything of somebody who is not there.
func TestEveryChartRunsInAnyWarehouse(t *testing.T) {
	r := warehouseOf(t, "a", odd)
	for _, name := range chartParts {
		sql := bind(fhirsql.Question("chart/"+name), params{"source": "a", "patient_id": "nobody"})
		if n := rowsOf(t, r, sql); n != 0 && name != "counts" {
			t.Errorf("%s: %d rows", name, n)
		}
	}
}
