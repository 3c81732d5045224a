package warehouse

import (
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// testReader makes a database with the statements and opens it for reading.
func testReader(t *testing.T, o ReadOptions, statements ...string) *Reader {
	t.Helper()
	path := filepath.Join(t.TempDir(), "w.duckdb")
	c, err := openDuck(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range statements {
		if err := c.exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	c.close()
	r, err := OpenReader(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// queryAll returns all rows of a query.
func queryAll(t *testing.T, r *Reader, sql string) [][]any {
	t.Helper()
	res, err := r.Query(t.Context(), sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	var all [][]any
	for res.Next() {
		all = append(all, append([]any(nil), res.Values()...))
	}
	if err := res.Close(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return all
}

func TestQueryValues(t *testing.T) {
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		t.Fatal(err)
	}
	r := testReader(t, ReadOptions{Zone: madrid})
	tests := []struct {
		sql  string
		want any
	}{
		{"null", nil},
		{"null::integer", nil},
		{"true", true},
		{"(-128)::tinyint", int64(-128)},
		{"9223372036854775807", int64(9223372036854775807)},
		{"18446744073709551615::ubigint", uint64(18446744073709551615)},
		{"(-170141183460469231731687303715884105728)::hugeint", Number("-170141183460469231731687303715884105728")},
		{"340282366920938463463374607431768211455::uhugeint", Number("340282366920938463463374607431768211455")},
		{"'-12345678901234567890123456789012345678901'::bignum", Number("-12345678901234567890123456789012345678901")},
		{"'0'::bignum", Number("0")},
		{"13.50", Number("13.50")},
		{"(-0.05)::decimal(4,2)", Number("-0.05")},
		{"0::decimal(38,10)", Number("0.0000000000")},
		{"(-1234567890123456789.0123456789)::decimal(38,10)", Number("-1234567890123456789.0123456789")},
		{"7::decimal(9,0)", Number("7")},
		{"0.1::double", 0.1},
		{"0.1::float", float32(0.1)},
		{"'short'", "short"},
		{"'longer than twelve bytes'", "longer than twelve bytes"},
		{`'{"a": 1.50}'::json`, JSON(`{"a": 1.50}`)},
		{`'a\x00b'::blob`, []byte("a\x00b")},
		{"date '2024-02-29'", "2024-02-29"},
		{"date '0044-03-15 (BC)'", "0044-03-15 (BC)"},
		{"date 'infinity'", "infinity"},
		{"time '07:08:09.012300'", "07:08:09.0123"},
		{"timetz '07:08:09+05:30'", "07:08:09+05:30"},
		{"timetz '07:08:09-02'", "07:08:09-02:00"},
		{"timestamp '2024-02-29 07:08:09.5'", "2024-02-29T07:08:09.5"},
		{"timestamp '1969-12-31 23:59:59.999999'", "1969-12-31T23:59:59.999999"},
		{"timestamp_s '2024-02-29 07:08:09'", "2024-02-29T07:08:09"},
		{"timestamp_ms '2024-02-29 07:08:09.25'", "2024-02-29T07:08:09.25"},
		{"timestamp_ns '2024-02-29 07:08:09.000000001'", "2024-02-29T07:08:09.000000001"},
		{"timestamp '-infinity'", "-infinity"},
		{"timestamptz '2024-02-29 07:08:09Z'", "2024-02-29T08:08:09+01:00"},
		{"timestamptz '2024-07-01 00:00:00Z'", "2024-07-01T02:00:00+02:00"},
		{"interval '14 months 3 days 04:05:06.5'", "1 year 2 months 3 days 04:05:06.5"},
		{"interval '-1 day' - interval '90 minutes'", "-1 day -01:30:00"},
		{"interval '0 days'", "00:00:00"},
		{"uuid '47183823-2574-4bfd-b411-99ed177d3e43'", "47183823-2574-4bfd-b411-99ed177d3e43"},
		{"'0010111'::bit", "0010111"},
		{"'b'::enum('a', 'b')", "b"},
		{"[1, null, 3]", []any{int64(1), nil, int64(3)}},
		{"[]::varchar[]", []any{}},
		{"[[1], [], null]", []any{[]any{int64(1)}, []any{}, nil}},
		{"[1.5, 2.5]::double[2]", []any{1.5, 2.5}},
		{"{a: 1, b: {c: null, d: 'x'}}", Struct{[]string{"a", "b"}, []any{int64(1), Struct{[]string{"c", "d"}, []any{nil, "x"}}}}},
		{"[{a: 1}, null]", []any{Struct{[]string{"a"}, []any{int64(1)}}, nil}},
		{"map {'k': 1, 'l': null}", Map{[]any{"k", "l"}, []any{int64(1), nil}}},
		{"union_value(num := 2)::union(num integer, str varchar)", Struct{[]string{"num"}, []any{int64(2)}}},
		{"'x'::union(num integer, str varchar)", Struct{[]string{"str"}, []any{"x"}}},
		{"null::union(num integer, str varchar)", nil},
		{"'POINT (1 2)'::geometry", "POINT (1 2)"},
		{"{a: 1}::variant", "{'a': 1}"},
	}
	for _, tt := range tests {
		t.Run(tt.sql, func(t *testing.T) {
			got := queryAll(t, r, "select "+tt.sql+" from range(3)")
			for i, row := range got {
				if !reflect.DeepEqual(row[0], tt.want) {
					t.Errorf("row %d: got %#v, want %#v", i, row[0], tt.want)
				}
			}
		})
	}
}

// Every type that DuckDB has decodes, and what we write as text means the same
// to DuckDB.
func TestQueryValuesAgreeWithDuckDB(t *testing.T) {
	r := testReader(t, ReadOptions{}, "create table t as from test_all_types()")
	columns := queryAll(t, r, "select column_name, data_type from duckdb_columns() where table_name = 't' order by column_index")
	if len(columns) < 50 {
		t.Fatalf("only %d types", len(columns))
	}
	for _, c := range columns {
		name, kind := c[0].(string), c[1].(string)
		for i, row := range queryAll(t, r, fmt.Sprintf("select %q from t", name)) {
			var text string
			switch v := row[0].(type) {
			case string:
				text = v
			case Number:
				text = string(v)
			}
			if text == "" || strings.Contains(text, "\x00") {
				continue
			}
			same := fmt.Sprintf("select %s::%s is not distinct from %q from t limit 1 offset %d", quoteText(text), kind, name, i)
			if got := queryAll(t, r, same); got[0][0] != true {
				t.Errorf("%s: row %d: %s is another value", name, i, text)
			}
		}
	}
}

func TestQueryReadsManyChunks(t *testing.T) {
	r := testReader(t, ReadOptions{}, "create table t as select i, [i, i + 1] as list, case when i % 3 > 0 then 'value ' || i end as text from range(10000) s(i)")
	n := int64(0)
	for _, row := range queryAll(t, r, "select i, list, text, 'fixed' from t order by i") {
		want := []any{n, []any{n, n + 1}, nil, "fixed"}
		if n%3 > 0 {
			want[2] = fmt.Sprint("value ", n)
		}
		if !reflect.DeepEqual(row, want) {
			t.Fatalf("row %d: got %v, want %v", n, row, want)
		}
		n++
	}
	if n != 10000 {
		t.Errorf("got %d rows", n)
	}
}
