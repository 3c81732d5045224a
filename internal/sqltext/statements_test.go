package sqltext

import (
	"slices"
	"strings"
	"testing"
)

func TestStatements(t *testing.T) {
	tests := []struct {
		name string
		in   string
		want string // parts separated by |
	}{
		{"empty", "", ""},
		{"only space, comments and semicolons", " ;; -- a;b\n /* ; */ ; ", ""},
		{"one", "select 1", "select 1"},
		{"several", "select 1; select 2 ;\nselect 3;", "select 1|select 2|select 3"},
		{"text", "select 'a;b''c;d'; select 2", "select 'a;b''c;d'|select 2"},
		{"text that does not end", "select 'a;b", "select 'a;b"},
		{"backslash is nothing in plain text", `select 'a\'; select 2`, `select 'a\'|select 2`},
		{"backslash escapes in E text", `select e'a\';b'; select 2`, `select e'a\';b'|select 2`},
		{"a name that ends in e is no E text", `select note'a\'; select 2`, `select note'a\'|select 2`},
		{"name", `select ";" from t; select 2`, `select ";" from t|select 2`},
		{"dollar quotes", "select $$a;b$$; select $x$ ; $$ ; $x$; select $1", "select $$a;b$$|select $x$ ; $$ ; $x$|select $1"},
		{"dollar in a name", "select a$b; select c$d", "select a$b|select c$d"},
		{"comments stay", "select 1 -- one; two\n; select /* ; /* ; */ ; */ 2", "select 1 -- one; two|select /* ; /* ; */ ; */ 2"},
		{"comment that does not end", "select 1 /* ;", "select 1 /* ;"},
		{"spaces of Unicode", "\u00a0;select\u00a01;\u2003", "select\u00a01"},
		{"beyond ASCII", "select 'ü;' as ü; select 2", "select 'ü;' as ü|select 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var want []string
			if tt.want != "" {
				want = strings.Split(tt.want, "|")
			}
			if got := Statements(tt.in); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestExplained(t *testing.T) {
	tests := []struct{ in, want string }{
		{"explain select 1", " select 1"},
		{"EXPLAIN ANALYZE select 1", " select 1"},
		{"explain /* x */ analyze\ncopy t to 'x'", "\ncopy t to 'x'"},
		{"explain\u00a0analyze\u00a0select 1", "\u00a0select 1"},
		{"explain (analyze, format json) select (1)", " select (1)"},
	}
	for _, tt := range tests {
		if got := Explained(tt.in); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

// FuzzStatements checks that cutting SQL into statements loses and adds nothing
// but semicolons, space and comments.
func FuzzStatements(f *testing.F) {
	for _, seed := range []string{"select 1; select 'a;b'", "$$;$$", "e'\\';'", "/*/**/;", "--\n;", `";`, "$a$", "$", "a$1;"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		rest := sql
		for _, part := range Statements(sql) {
			i := strings.Index(rest, part)
			if i < 0 || strings.TrimSpace(part) == "" {
				t.Fatalf("%q: %q is not in %q", sql, part, rest)
			}
			rest = rest[i+len(part):]
			if len(Statements(part)) != 1 {
				t.Fatalf("%q: %q is not one statement", sql, part)
			}
		}
	})
}

func TestSplit(t *testing.T) {
	tests := []struct {
		name  string
		in    string
		whole string // parts separated by |, vertical ones end in ^
		rest  string
	}{
		{"nothing", " \n", "", ""},
		{"the beginning of one", "select\n  1", "", "select\n  1"},
		{"one and the beginning of another", "select 1; select", "select 1", "select"},
		{"vertical", `select 1\G select 2; select 3 \G`, "select 1^|select 2|select 3^", ""},
		{"small g is none", `select 1\g`, "", `select 1\g`},
		{"open text", "select ';", "", "select ';"},
		{"open name", `select ";`, "", `select ";`},
		{"open dollar quote", "select $$;", "", "select $$;"},
		{"open comment", "/* ;", "", "/* ;"},
		{"open comment behind a statement", "select 1; /* a", "select 1", "/* a"},
		{"only a comment", "-- ;", "", ""},
		{"empty statements", ";;", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			whole, rest := Split(tt.in)
			var got []string
			for _, s := range whole {
				if s.Vertical {
					s.SQL += "^"
				}
				got = append(got, s.SQL)
			}
			if strings.Join(got, "|") != tt.whole || rest != tt.rest {
				t.Errorf("got %q and %q, want %q and %q", got, rest, tt.whole, tt.rest)
			}
		})
	}
}

func TestOneLine(t *testing.T) {
	tests := []struct {
		in, want string
		ok       bool
	}{
		{"select 1", "select 1", true},
		{"select\n  a.b,\t'x  y' -- why\nfrom t /* z */ where(c)", "select a.b, 'x  y' from t where(c)", true},
		{"select 'a\nb'", "select 'a\nb'", false},
		{"", "", true},
	}
	for _, tt := range tests {
		if got, ok := OneLine(tt.in); got != tt.want || ok != tt.ok {
			t.Errorf("%q: got %q, %v", tt.in, got, ok)
		}
	}
}

func TestParameters(t *testing.T) {
	tests := []struct{ in, want string }{
		{"select 1", ""},
		{"select $a, $B, $a, $A", "a B"},
		{`select $"my name", $1, ?`, "my name 1"},
		{"select $$ $no $$, '$no', a$no, $x$ $no $x$ -- $no", ""},
		{"select $a = $b, ($c)", "a b c"},
		{"select $ a", ""},
		{"select $", ""},
	}
	for _, tt := range tests {
		if got := strings.Join(Parameters(tt.in), " "); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestIsOperand(t *testing.T) {
	tests := []struct {
		in   string
		want bool
	}{
		{"select $p * 2", true},
		{"select 2-$P", true},
		{"select $p", false},
		{"select *, $p from t", false},
		{"select $p || 'x' - 1", false},
		{"select $q * 2, $p", false},
		{"select '$p * 2'", false},
	}
	for _, tt := range tests {
		if got := IsOperand(tt.in, "p"); got != tt.want {
			t.Errorf("%q: got %v", tt.in, got)
		}
	}
}
