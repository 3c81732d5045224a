package sqltext

import (
	"strings"
	"testing"
)

func TestSources(t *testing.T) {
	tests := []struct{ in, want string }{ // schema.name=alias
		{"", ""},
		{"select 1", ""},
		{"select a from t", "t"},
		{"from t", "t"},
		{"from", ""},
		{"from t as x where y = 1", "t=x"},
		{`from "my t" x, main.u, w.main.v "y z" order by 1, 2`, "my t=x main.u main.v=y z"},
		{"from a join b using (x, y) left join c d on c.i = a.i, e", "a b c=d e"},
		{"from (from a, b) x, c", "a b c"},
		{"from a where i in (select i from b), c", "a b"},
		{"with x as (from a) select * from x group by a, b", "a x"},
		{"select * from a union all select * from b", "a b"},
		{"select extract(year from d) from a", "d a"},
		{"from range(10) r, a, lateral unnest(a.l) as t(c), b", "a b"},
		{"from unnest([1]) order by 1", ""},
		{"summarize t", "t"},
		{"describe main.t", "main.t"},
		{"select ( from a, ) x ) from b", "a b"},
		{"from a 1", "a"},
		{"from a tablesample 10%, b", "a b"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			var got []string
			for _, s := range Sources(tt.in) {
				text := s.Name
				if s.Schema != "" {
					text = s.Schema + "." + text
				}
				if s.Alias != "" {
					text += "=" + s.Alias
				}
				got = append(got, text)
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSourceIs(t *testing.T) {
	tests := []struct {
		source Source
		name   string
		want   bool
	}{
		{Source{Name: "Observation"}, "observation", true},
		{Source{Name: "Observation", Alias: "o"}, "O", true},
		{Source{Name: "Observation", Alias: "o"}, "Observation", false},
	}
	for _, tt := range tests {
		if got := tt.source.Is(tt.name); got != tt.want {
			t.Errorf("%v is %s: got %v", tt.source, tt.name, got)
		}
	}
}

// FuzzTokens checks that tokens are parts of the text in its order, and that
// nothing that reads them panics.
func FuzzTokens(f *testing.F) {
	for _, seed := range []string{"select $a from t x, (from u)", `from "a"."b" c join`, "/*", "$a$", ")))(", `"`, "e'\\"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		end := 0
		for _, token := range Tokens(sql) {
			if token.Text == "" || token.At < end || sql[token.At:token.end()] != token.Text {
				t.Fatalf("%q: token %q at %d", sql, token.Text, token.At)
			}
			if end = token.end(); token.IsName() && token.Name() == "" && token.Text != `""` && token.Text != `"` {
				t.Fatalf("%q: %q has no name", sql, token.Text)
			}
		}
		Sources(sql)
		Parameters(sql)
		OneLine(sql)
	})
}
