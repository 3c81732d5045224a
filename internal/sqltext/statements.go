package sqltext

import "strings"

// A Statement is one of several in a text.
type Statement struct {
	SQL      string // as it was written, without what ends it
	Vertical bool   // it ends in \G: its rows are wanted one column a line
}

// Statements splits SQL at its semicolons. What is empty but for space and
// comments is left out; the rest is as it was written.
func Statements(sql string) []string {
	var parts []string
	whole, rest := split(sql, false)
	for _, s := range whole {
		parts = append(parts, s.SQL)
	}
	if len(Tokens(rest)) > 0 {
		parts = append(parts, rest)
	}
	return parts
}

// Split cuts text, as it is typed line by line, into the statements that are
// complete, which end in a semicolon or in \G, and the beginning of the next one,
// "" if it is only space and whole comments.
func Split(text string) (whole []Statement, rest string) { return split(text, true) }

func split(text string, vertical bool) (whole []Statement, rest string) {
	l := lexer{text: text}
	for start, empty := 0, true; ; {
		token := l.token()
		ends := token == ";" || vertical && token == `\` && strings.HasPrefix(l.text[l.at:], "G")
		if token != "" && !ends {
			empty = false
			continue
		}
		part := strings.TrimSpace(text[start : l.at-len(token)])
		if empty && !l.open {
			part = ""
		}
		if token == "" {
			return whole, part
		}
		if token == `\` {
			l.at++ // the G
		}
		if part != "" {
			whole = append(whole, Statement{SQL: part, Vertical: token == `\`})
		}
		start, empty = l.at, true
	}
}

// FirstWord returns the first token in upper case, "" if there is none.
func FirstWord(sql string) string {
	l := lexer{text: sql}
	return strings.ToUpper(l.token())
}

// Explained returns the statement behind EXPLAIN, its ANALYZE and its options.
func Explained(sql string) string {
	l := lexer{text: sql}
	l.token() // EXPLAIN
	rest := l.text[l.at:]
	switch strings.ToUpper(l.token()) {
	case "ANALYZE", "ANALYSE":
		return l.text[l.at:]
	case "(":
		l.closing()
		return l.text[l.at:]
	}
	return rest
}

// closing moves behind the parenthesis that closes the one just read.
func (l *lexer) closing() {
	for depth := 1; depth > 0; {
		switch l.token() {
		case "(":
			depth++
		case ")":
			depth--
		case "":
			return
		}
	}
}

// OneLine returns sql without comments and with every space a single one, for a
// history of lines. It returns false where that would change a quoted text.
func OneLine(sql string) (string, bool) {
	var b strings.Builder
	end := 0
	for i, t := range Tokens(sql) {
		if strings.ContainsAny(t.Text, "\r\n") {
			return sql, false
		}
		if i > 0 && t.At > end {
			b.WriteByte(' ')
		}
		b.WriteString(t.Text)
		end = t.end()
	}
	return b.String(), true
}

// Parameters returns the names of the parameters in sql, $name without the sign,
// each once, in the order of their first appearance.
func Parameters(sql string) []string {
	var names []string
	seen := map[string]bool{}
	tokens := Tokens(sql)
	for i := range tokens {
		name, ok := parameter(tokens, i)
		if key := strings.ToLower(name); ok && !seen[key] {
			seen[key] = true
			names = append(names, name)
		}
	}
	return names
}

// parameter returns the name of the parameter whose sign is tokens[i].
func parameter(tokens []Token, i int) (string, bool) {
	if i+1 >= len(tokens) || tokens[i].Text != "$" || tokens[i].end() != tokens[i+1].At {
		return "", false
	}
	t := tokens[i+1]
	return t.Name(), t.IsWord() || t.IsName()
}

// IsOperand reports whether the statement calculates with the parameter: a sign
// such as * stands beside it.
func IsOperand(sql, name string) bool {
	tokens := Tokens(sql)
	for i := range tokens {
		if p, ok := parameter(tokens, i); !ok || !strings.EqualFold(p, name) {
			continue
		}
		if i > 0 && isArithmetic(tokens[i-1]) || i+2 < len(tokens) && isArithmetic(tokens[i+2]) {
			return true
		}
	}
	return false
}

func isArithmetic(t Token) bool { return len(t.Text) == 1 && strings.Contains("+-*/%^", t.Text) }

// Placeholders returns how many parameters are written as ?.
func Placeholders(sql string) int {
	n := 0
	for _, t := range Tokens(sql) {
		if t.Text == "?" {
			n++
		}
	}
	return n
}
