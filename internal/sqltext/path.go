package sqltext

import (
	"slices"
	"strings"
)

// Path returns the names of a.b[1].c where c is the token number i: a, b and c.
func Path(tokens []Token, i int) []string {
	names := []string{tokens[i].Name()}
	for j := i - 1; j > 0 && tokens[j].Text == "."; j-- {
		j = beforeIndex(tokens, j-1)
		if j < 0 || !tokens[j].IsName() {
			break
		}
		names = append(names, tokens[j].Name())
	}
	slices.Reverse(names)
	return names
}

// beforeIndex returns the token in front of the [1] that ends at i, or i.
func beforeIndex(tokens []Token, i int) int {
	if tokens[i].Text != "]" {
		return i
	}
	for i >= 0 && tokens[i].Text != "[" {
		i--
	}
	return i - 1
}

// WantsSource reports whether a table or view comes next behind sql, the beginning
// of a statement.
func WantsSource(sql string) bool {
	f := finder{tokens: Tokens(sql), open: make([]clause, 1)}
	for f.at < len(f.tokens) {
		f.step()
	}
	return f.open[len(f.open)-1].expect
}

// IsCode reports whether what is written behind sql is SQL, and not in a comment
// or in quotes.
func IsCode(sql string) bool {
	const mark = "x"
	tokens := Tokens(sql + mark)
	if len(tokens) == 0 {
		return false
	}
	last := tokens[len(tokens)-1]
	return last.end() == len(sql)+len(mark) && strings.HasSuffix(last.Text, mark) && last.IsWord()
}

// Fields returns the names of the fields of a type as DuckDB spells it, and their
// types: of STRUCT(a INTEGER, "b c" VARCHAR[])[] a and b c. Lists are looked through.
// It returns nil of what has no fields.
func Fields(typ string) (names, types []string) {
	tokens := Tokens(typ)
	if len(tokens) < 2 || !strings.EqualFold(tokens[0].Text, "STRUCT") || tokens[1].Text != "(" {
		return nil, nil
	}
	depth, name := 1, -1
	for i := 2; i < len(tokens); i++ {
		t := tokens[i]
		if name < 0 {
			name = i
			continue
		}
		switch t.Text {
		case "(":
			depth++
			continue
		case ")":
			depth--
		}
		if depth > 1 || depth == 1 && t.Text != "," {
			continue
		}
		names = append(names, tokens[name].Name())
		types = append(types, strings.TrimSpace(typ[tokens[name].end():t.At]))
		if depth == 0 {
			break
		}
		name = -1
	}
	return names, types
}
