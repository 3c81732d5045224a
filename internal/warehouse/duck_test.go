package warehouse

import "testing"

func TestQueryStreamsRows(t *testing.T) {
	c, err := openDuck("", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	r, err := c.query(t.Context(), "select i, 'v' || i, if(i % 2 = 0, i::double, null) from range(5000) t(i) where i >= ?", int64(2))
	if err != nil {
		t.Fatal(err)
	}
	n := int64(2)
	for r.next() {
		var i int64
		var s string
		var f *float64
		if err := r.scan(&i, &s, &f); err != nil {
			t.Fatal(err)
		}
		if i != n || (f != nil) != (i%2 == 0) {
			t.Fatalf("row %d: got %d %q %v", n, i, s, f)
		}
		n++
	}
	if err := r.close(); err != nil || n != 5000 {
		t.Fatalf("got %d rows, error %v", n, err)
	}
}

func TestQueryReportsAnErrorInTheMiddle(t *testing.T) {
	c, err := openDuck("", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	r, err := c.query(t.Context(), "select if(i = 400000, error('at the end'), i::varchar) from range(500000) t(i)")
	if err == nil {
		for r.next() {
		}
		err = r.close()
	}
	if err == nil {
		t.Fatal("no error")
	}
}
