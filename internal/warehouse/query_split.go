package warehouse

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A lexer walks over SQL far enough to see where words and statements begin and
// end: it knows comments, quotes and parentheses.
type lexer struct {
	text string
	at   int
}

// Statements splits SQL at its semicolons. What is empty but for space and
// comments is left out; the rest is as it was written.
func Statements(sql string) []string {
	var parts []string
	l := lexer{text: sql}
	for start, empty := 0, true; ; {
		token := l.token()
		if token != "" && token != ";" {
			empty = false
			continue
		}
		if !empty {
			parts = append(parts, strings.TrimSpace(sql[start:l.at-len(token)]))
		}
		if token == "" {
			return parts
		}
		start, empty = l.at, true
	}
}

// rest is the text behind the last token.
func (l *lexer) rest() string { return l.text[l.at:] }

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
