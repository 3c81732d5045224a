package sqltext

import (
	"strings"
)

// A Source is what a FROM or JOIN names: a table or view, or a common table
// expression.
type Source struct {
	Schema string // "" if none is named
	Name   string
	Alias  string // "" if it has none
}

// Is reports whether a column written name.column is the source's.
func (s Source) Is(name string) bool {
	if s.Alias != "" {
		return strings.EqualFold(s.Alias, name)
	}
	return strings.EqualFold(s.Name, name)
}

// Sources returns what the statement reads from, subqueries included, in its
// order. It looks at words alone: what only looks like a FROM (EXTRACT(YEAR FROM
// d)) gives a source too.
func Sources(sql string) []Source {
	f := finder{tokens: Tokens(sql), open: make([]clause, 1)}
	for f.at < len(f.tokens) {
		f.step()
	}
	return f.found
}

// A finder walks over a statement. It has a clause for every parenthesis that is
// open.
type finder struct {
	tokens []Token
	at     int
	open   []clause
	found  []Source
}

// A clause says where in a query the finder is.
type clause struct {
	from   bool // in FROM: a comma leads to another source
	expect bool // a source comes next
}

func (f *finder) step() {
	t := f.tokens[f.at]
	c := &f.open[len(f.open)-1]
	word := strings.ToUpper(t.Text)
	f.at++
	switch {
	case word == "(":
		c.expect = false
		f.open = append(f.open, clause{})
	case word == ")":
		f.open = f.open[:max(1, len(f.open)-1)]
	case word == ",":
		c.expect = c.from
	case word == "FROM", word == "JOIN", word == "SUMMARIZE", word == "DESCRIBE":
		*c = clause{from: true, expect: true}
	case word == "LATERAL":
	case behindFrom[word] && !joins[word]:
		*c = clause{}
	case c.expect && t.IsName():
		c.expect = false
		f.at--
		f.source()
	default:
		c.expect = false
	}
}

// source reads a name, of up to three parts, and its alias.
func (f *finder) source() {
	s := Source{Name: f.tokens[f.at].Name()}
	f.at++
	for f.is(0, ".") && f.at+1 < len(f.tokens) && f.tokens[f.at+1].IsName() {
		s.Schema, s.Name = s.Name, f.tokens[f.at+1].Name()
		f.at += 2
	}
	if f.is(0, "(") { // a function
		return
	}
	if f.is(0, "AS") {
		f.at++
	}
	if f.at < len(f.tokens) && f.tokens[f.at].IsName() && !behindFrom[strings.ToUpper(f.tokens[f.at].Text)] {
		s.Alias = f.tokens[f.at].Name()
		f.at++
	}
	f.found = append(f.found, s)
}

// is reports whether the token that many further on is that word or sign.
func (f *finder) is(further int, word string) bool {
	i := f.at + further
	return i < len(f.tokens) && strings.EqualFold(f.tokens[i].Text, word)
}

// joins are the words behind a source that do not end the FROM.
var joins = words("JOIN LEFT RIGHT FULL OUTER INNER CROSS NATURAL ASOF POSITIONAL SEMI ANTI ON USING TABLESAMPLE AS")

// behindFrom are the words that may follow a source and are no alias of it.
var behindFrom = words(`JOIN LEFT RIGHT FULL OUTER INNER CROSS NATURAL ASOF POSITIONAL SEMI ANTI ON USING TABLESAMPLE AS
	FROM SELECT WHERE GROUP ORDER HAVING LIMIT OFFSET UNION EXCEPT INTERSECT WINDOW QUALIFY PIVOT UNPIVOT SET FETCH VALUES WITH`)

func words(list string) map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.Fields(list) {
		all[w] = true
	}
	return all
}
