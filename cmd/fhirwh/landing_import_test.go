package main

import "testing"

// TestDefaultWork holds what connect, demo and replay take against the defaults of
// the flags of fetch.
func TestDefaultWork(t *testing.T) {
	var c cli
	parser, _ := grammar(t.Context(), &c, stdio{})
	if _, err := parser.Parse([]string{"fetch", "--all"}); err != nil {
		t.Fatal(err)
	}
	if want := c.Fetch.workFlags; defaultWork() != want {
		t.Errorf("without flags %+v, with their defaults %+v", defaultWork(), want)
	}
}
