package warehouse

import (
	"errors"
	"reflect"
	"testing"
)

func paramsReader(t *testing.T) *Reader {
	t.Helper()
	return testReader(t, ReadOptions{}, `create table t as select * from (values
		(1, date '2020-01-31', 1.5::double, 'x', true, timestamptz '2020-01-31 12:00:00Z', 12.25::decimal(18,2)),
		(2, date '1969-12-31', -2, '1', false, timestamptz '1969-12-31 00:00:00Z', 0)) as t(i, d, f, s, b, ts, amount)`)
}

func TestParams(t *testing.T) {
	r := paramsReader(t)
	tests := []struct {
		sql    string
		params []Param
		want   any // the first value of the first row
	}{
		{"select i from t where s = $p", []Param{{"p", "x"}}, int64(1)},
		{"select i from t where s = $p", []Param{{"p", "1"}}, int64(2)},
		{"select i from t where s = $P", []Param{{"p", "x"}}, int64(1)},
		{"select s from t where i = $p", []Param{{"p", "1"}}, "x"},
		{"select i from t where d >= $p", []Param{{"p", "2020-01-01"}}, int64(1)},
		{"select i from t where ts < $p", []Param{{"p", "1970-01-01T00:00:00Z"}}, int64(2)},
		{"select i from t where b = $p", []Param{{"p", "false"}}, int64(2)},
		{"select i from t where amount > $p", []Param{{"p", "12.2"}}, int64(1)},
		{"select i from t where i in ($a, $b) and s = $c", []Param{{"a", "1"}, {"b", "2"}, {"c", "1"}, {"unused", "x"}}, int64(2)},
		{"select i from t where $p is null or s = $p", []Param{{"p", "1"}}, int64(2)},
		{"select i from t order by i limit $n", []Param{{"n", "1"}}, int64(1)},
		{"select $p", []Param{{"p", "1"}}, "1"},
		{`select $"my name"`, []Param{{"my name", "it's"}}, "it's"},
		{"select ?", []Param{{"1", "a"}}, "a"},
		{"select $p", []Param{{"p", ""}}, ""},
		{"select $p", []Param{{"p", "a\x00b"}}, "a\x00b"},
		{"select $p || '; drop table t'", []Param{{"p", "'; drop table t; --"}}, "'; drop table t; --; drop table t"},

		// The type is what the value is spelled as.
		{"select $p + 1", []Param{{"p", "41"}}, int64(42)},
		{"select $p * 2", []Param{{"p", "1.25"}}, 2.5},
		{"select year($p)", []Param{{"p", "1969-12-31"}}, int64(1969)},
		{"select hour($p)", []Param{{"p", "2020-01-01T23:00:00Z"}}, int64(23)},
		{"select count(*) from range($n)", []Param{{"n", "3"}}, int64(3)},

		// A type that only DuckDB can spell.
		{"select {'a': $p}::variant", []Param{{"p", "1"}}, "{'a': 1}"},
	}
	for _, tt := range tests {
		t.Run(tt.sql, func(t *testing.T) {
			res, err := r.Query(t.Context(), tt.sql, tt.params...)
			if err != nil {
				t.Fatal(err)
			}
			if !res.Next() {
				t.Fatal("no row", res.Close())
			}
			if got := res.Values()[0]; !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %#v, want %#v", got, tt.want)
			}
			if err := res.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestParamErrors(t *testing.T) {
	r := paramsReader(t)
	tests := []struct {
		sql    string
		params []Param
		text   string
		advice string
	}{
		{"select * from t where i = $p", []Param{{"p", "one"}}, `the value "one" of parameter $p is no INTEGER`, ""},
		{"select * from t where s = $a and d > $b", []Param{{"a", "x"}, {"b", "2020-02-30"}}, `the value "2020-02-30" of parameter $b is no DATE`, "a date is written 2024-12-31"},
		{"select * from t where ts > $p", []Param{{"p", "yesterday"}}, `the value "yesterday" of parameter $p is no TIMESTAMPTZ`, "an instant is written 2024-12-31T23:59:00Z"},
		{"select * from t where b = $p", []Param{{"p", "no idea"}}, `the value "no idea" of parameter $p is no BOOLEAN`, "true or false"},
		{"select s::integer from t where s = $p", []Param{{"p", "x"}}, "Conversion Error: Could not convert string 'x' to INT32 when casting from source column s", ""},
		{"select $p", []Param{{"p", "\xff"}}, "the value of parameter $p is no UTF-8 text", ""},
		{"select * from t where nothing = $p", []Param{{"p", "x"}}, "there is no column nothing in t", "fhirwh describe t lists its columns"},
	}
	for _, tt := range tests {
		t.Run(tt.sql, func(t *testing.T) {
			res, err := r.Query(t.Context(), tt.sql, tt.params...)
			if err == nil {
				for res.Next() {
				}
				err = res.Close()
			}
			e, ok := errors.AsType[*QueryError](err)
			if !ok || e.Text != tt.text || e.Advice != tt.advice {
				t.Errorf("got %v, hint %q\nwant %s, hint %q", err, Hint(err), tt.text, tt.advice)
			}
		})
	}
}

func TestMissingParam(t *testing.T) {
	r := paramsReader(t)
	for sql, want := range map[string]string{
		"select $a, $b":                         "b",
		"explain select $b":                     "b",
		"select ?":                              "1",
		"select * from t where i in ($a, $2nd)": "",
	} {
		err := r.Check(sql, Param{"a", "x"})
		missing, ok := errors.AsType[*MissingParamError](err)
		if want != "" && (!ok || missing.Name != want) || want == "" && (err == nil || ok) {
			t.Errorf("%s: got %v, want %s", sql, err, want)
		}
	}
	if err := r.Check("explain analyze select $a", Param{"a", "x"}); err != nil {
		t.Error(err)
	}
	if err := r.Check("copy t to $a", Param{"a", "x"}); err == nil {
		t.Error("a parameter opens the fence")
	}
}
