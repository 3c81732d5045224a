package render

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// isUnprintable reports whether a terminal would obey r instead of showing it,
// or show the text around it in another order: C0, DEL, C1, bidirectional
// controls and Unicode's line separators.
func isUnprintable(r rune) bool {
	switch {
	case r < ' ', r >= 0x7f && r <= 0x9f:
		return true
	case r < 0x2028: // nearly all text ends here
		return false
	}
	return r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// Neutral returns s fit for a terminal or a log: characters that a terminal
// would obey are written \u{1b}, bytes that are no UTF-8 \x9b. Line feeds and
// tabs stay.
func Neutral(s string) string {
	if isNeutral(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case isUnprintable(r) && r != '\n' && r != '\t':
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

// OneLine is [Neutral] for text that must stay on its line: line ends become a
// visible mark and tabs a space.
func OneLine(s string) string { return Neutral(lineEnds.Replace(s)) }

var lineEnds = strings.NewReplacer("\r\n", "↵", "\n", "↵", "\r", "↵", "\t", " ")

func isNeutral(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\n' && c != '\t' || c >= 0x7f {
			return neutralRunes(s[i:])
		}
	}
	return true
}

func neutralRunes(s string) bool {
	for i, r := range s {
		if isUnprintable(r) && r != '\n' && r != '\t' {
			return false
		}
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return false
			}
		}
	}
	return true
}

// A Printable is a writer to a terminal that passes everything through
// [Neutral].
type Printable struct {
	out  io.Writer
	tail []byte // start of a character that the next write ends
}

// NewPrintable returns a Printable that writes to out.
func NewPrintable(out io.Writer) *Printable { return &Printable{out: out} }

// Write implements [io.Writer].
func (p *Printable) Write(b []byte) (int, error) {
	text := append(p.tail, b...)
	whole := len(text) - cutRune(text)
	p.tail = append([]byte(nil), text[whole:]...)
	if _, err := io.WriteString(p.out, Neutral(string(text[:whole]))); err != nil {
		return 0, err
	}
	return len(b), nil
}

// cutRune returns how many bytes at the end of b are the start of a character
// whose rest is missing.
func cutRune(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if tail := b[len(b)-n:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}
