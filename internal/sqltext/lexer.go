// Package sqltext takes SQL apart as text: into tokens and statements, the tables
// it names and its parameters. It knows enough of DuckDB's dialect for what helps
// a person (messages, completion), and nothing of it decides what may run.
package sqltext

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Token is a word, a quoted text or name, or a sign of a statement.
type Token struct {
	Text string
	At   int // where it begins, in bytes
}

// Tokens returns the tokens of sql. Space and comments are left out. A quote or
// comment that does not end reaches to the end of the text.
func Tokens(sql string) []Token {
	var all []Token
	l := lexer{text: sql}
	for text := l.token(); text != ""; text = l.token() {
		all = append(all, Token{text, l.at - len(text)})
	}
	return all
}

// end is where the token ends.
func (t Token) end() int { return t.At + len(t.Text) }

// IsWord reports whether the token is a word: a keyword, a number or a name
// without quotes.
func (t Token) IsWord() bool { return isWord(t.Text[0]) }

// IsName reports whether the token may be a name, with or without quotes.
func (t Token) IsName() bool {
	c := t.Text[0]
	return c == '"' || isWord(c) && (c < '0' || c > '9')
}

// Name returns a name without its quotes.
func (t Token) Name() string {
	if t.Text[0] != '"' {
		return t.Text
	}
	return strings.TrimSuffix(t.Text[1:], `"`)
}

// A lexer walks over SQL far enough to see where words and statements begin and
// end: it knows comments and quotes.
type lexer struct {
	text string
	at   int
	open bool // the text ends in a block comment that does not
}

// token returns the next word, quoted text or sign, "" at the end. Space and
// comments are skipped.
func (l *lexer) token() string {
	l.skip()
	start := l.at
	if start == len(l.text) {
		return ""
	}
	switch c := l.text[start]; {
	case c == '\'' || c == '"':
		l.quoted(c, l.escapes(start))
	case c == '$':
		l.dollar()
	case isWord(c):
		for l.at < len(l.text) && (isWord(l.text[l.at]) || l.text[l.at] == '$') && l.space() == 0 {
			l.at++
		}
	default:
		l.at++
	}
	return l.text[start:l.at]
}

// skip moves over space and comments.
func (l *lexer) skip() {
	for l.at < len(l.text) {
		rest := l.text[l.at:]
		switch {
		case l.space() > 0:
			l.at += l.space()
		case strings.HasPrefix(rest, "--"):
			l.until(rest, "\n")
		case strings.HasPrefix(rest, "/*"):
			l.comment()
		default:
			return
		}
	}
}

// space returns how many bytes of a space come next. DuckDB knows those of
// Unicode too.
func (l *lexer) space() int {
	if r, size := utf8.DecodeRuneInString(l.text[l.at:]); unicode.IsSpace(r) {
		return size
	}
	return 0
}

// comment moves over a block comment, which may hold others.
func (l *lexer) comment() {
	for depth := 0; l.at < len(l.text); {
		switch {
		case strings.HasPrefix(l.text[l.at:], "/*"):
			depth++
			l.at += 2
		case strings.HasPrefix(l.text[l.at:], "*/"):
			depth--
			l.at += 2
		default:
			l.at++
		}
		if depth == 0 {
			return
		}
	}
	l.open = true
}

// until moves behind the next end in rest, or to the end of the text.
func (l *lexer) until(rest, end string) {
	if i := strings.Index(rest, end); i >= 0 {
		l.at += i + len(end)
		return
	}
	l.at = len(l.text)
}

// escapes reports whether the quote at start is of an E'...' text, in which a
// backslash escapes.
func (l *lexer) escapes(start int) bool {
	return start > 0 && (l.text[start-1] == 'e' || l.text[start-1] == 'E') &&
		(start == 1 || !isWord(l.text[start-2]))
}

func (l *lexer) quoted(quote byte, escapes bool) {
	for l.at++; l.at < len(l.text); l.at++ {
		switch c := l.text[l.at]; {
		case c == '\\' && escapes:
			l.at++
		case c == quote:
			l.at++
			return // a doubled quote goes on as the next token: the same to us
		}
	}
	l.at = min(l.at, len(l.text))
}

// dollar moves over $tag$ text $tag$, or over the sign alone.
func (l *lexer) dollar() {
	rest := l.text[l.at:]
	end := strings.IndexByte(rest[1:], '$') + 2
	if end < 2 || !isTag(rest[1:end-1]) {
		l.at++
		return
	}
	l.at += end
	l.until(l.text[l.at:], rest[:end])
}

func isTag(s string) bool {
	for i := range len(s) {
		if !isWord(s[i]) {
			return false
		}
	}
	return s == "" || s[0] < '0' || s[0] > '9'
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
