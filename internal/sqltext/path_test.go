package sqltext

import (
	"strings"
	"testing"
)

func TestPath(t *testing.T) {
	tests := []struct{ in, want string }{
		{"select a", "a"},
		{"select a.b", "a b"},
		{`select o."code".coding[1].system`, "o code coding system"},
		{"select list[x].y", "list y"},
		{"select f(x).y", "y"},
		{"select 1.y", "y"},
		{".y", "y"},
		{"].y", "y"},
	}
	for _, tt := range tests {
		tokens := Tokens(tt.in)
		if got := strings.Join(Path(tokens, len(tokens)-1), " "); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestWantsSource(t *testing.T) {
	tests := []struct {
		in   string
		want bool
	}{
		{"select a from ", true},
		{"from a, ", true},
		{"from a join ", true},
		{"select x, ", false},
		{"from a ", false},
		{"from a where x in (select y from ", true},
		{"from (from a) x, ", true},
		{"from a where b, ", false},
		{"from f(", false},
		{"summarize ", true},
		{"", false},
	}
	for _, tt := range tests {
		if got := WantsSource(tt.in); got != tt.want {
			t.Errorf("%q: got %v", tt.in, got)
		}
	}
}

func TestIsCode(t *testing.T) {
	tests := []struct {
		in   string
		want bool
	}{
		{"", true}, {"select ", true}, {"select a.", true}, {"select 'a'", true}, {"select co", true},
		{"select 'a", false}, {`select "a`, false}, {"-- a", false}, {"/* a", false}, {"$$ a", false},
		{"-- a\n", true}, {"/* a */", true},
	}
	for _, tt := range tests {
		if got := IsCode(tt.in); got != tt.want {
			t.Errorf("%q: got %v", tt.in, got)
		}
	}
}

func TestFields(t *testing.T) {
	tests := []struct{ in, want string }{
		{"VARCHAR", ""},
		{"INTEGER[]", ""},
		{`STRUCT(a INTEGER, "b c" VARCHAR[])`, "a:INTEGER|b c:VARCHAR[]"},
		{`STRUCT(coding STRUCT("system" VARCHAR, code VARCHAR)[], "text" DECIMAL(18,3))[]`, `coding:STRUCT("system" VARCHAR, code VARCHAR)[]|text:DECIMAL(18,3)`},
		{"MAP(VARCHAR, INTEGER)", ""},
		{"STRUCT(", ""},
		{"STRUCT(a", ""},
		{"", ""},
	}
	for _, tt := range tests {
		names, types := Fields(tt.in)
		var got []string
		for i := range names {
			got = append(got, names[i]+":"+types[i])
		}
		if strings.Join(got, "|") != tt.want {
			t.Errorf("%s: got %q, want %q", tt.in, got, tt.want)
		}
	}
}
