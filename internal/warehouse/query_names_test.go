package warehouse

import (
	"fmt"
	"slices"
	"testing"
)

func TestNames(t *testing.T) {
	r := testReader(t, ReadOptions{},
		"create table b as select 1 as i, {x: [1]} as s", "create view A as select i from b",
		"create schema ledger", "create table ledger.imports as select 1 as n",
		"create schema other", "create table other.t as select 1 as n",
		"create macro my_macro(x) as x")
	n, err := r.Names(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := "[{ A [{i INTEGER}]} { b [{i INTEGER} {s STRUCT(x INTEGER[])}]} {ledger imports [{n INTEGER}]}]"
	if got := fmt.Sprint(n.Tables); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if !slices.Equal(n.Macros, []string{"my_macro"}) {
		t.Errorf("macros %v", n.Macros)
	}
	if !slices.Contains(n.Functions, "date_trunc") || slices.Contains(n.Functions, "+") {
		t.Errorf("functions %v", n.Functions)
	}
	if !slices.Contains(n.Keywords, "SELECT") || !slices.Contains(n.Keywords, "BY") || slices.Contains(n.Keywords, "VACUUM") || !slices.Contains(n.Reserved, "SELECT") || slices.Contains(n.Reserved, "BY") {
		t.Errorf("keywords %v, reserved %v", n.Keywords, n.Reserved)
	}
}
