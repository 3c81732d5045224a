package overview

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// params are the values of named parameters: string, int64, []string or nil.
//
// They become literals of the statement. DuckDB would plan a statement with parameters
// twice, and planning our views takes longer than answering from a small warehouse.
type params map[string]any

// tokens are what bind must not look into, and what it looks for.
var tokens = regexp.MustCompile(`--[^\n]*|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$[a-z_]+`)

// bind puts the values in the place of the parameters of sql, and leaves its comments
// out. A parameter without a value panics: a bug that any test finds.
func bind(sql string, values params) string {
	return tokens.ReplaceAllStringFunc(sql, func(token string) string {
		switch token[0] {
		case '-':
			return ""
		case '$':
			v, ok := values[token[1:]]
			if !ok {
				panic("overview: no value for " + token)
			}
			return literal(v)
		}
		return token
	})
}

func literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case int64:
		return strconv.FormatInt(v, 10)
	case string:
		return quote(v)
	case []string:
		all := make([]string, len(v))
		for i, s := range v {
			all[i] = quote(s)
		}
		return "[" + strings.Join(all, ", ") + "]"
	}
	panic(fmt.Sprintf("overview: no literal of a %T", v))
}

// quote writes text as a literal of SQL that is that text and nothing else. Characters that
// cannot be seen are written as chr(27), so that a person can copy it. What is no UTF-8
// becomes U+FFFD: no text of a warehouse has it.
func quote(text string) string {
	var b strings.Builder
	spelled := false
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		switch {
		case r == '\'':
			b.WriteString("''")
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, "' || chr(%d) || '", r)
			spelled = true
		default:
			b.WriteRune(r)
		}
	}
	if spelled {
		return "('" + b.String() + "')"
	}
	return "'" + b.String() + "'"
}

// condense writes SQL on one line for a person to copy. White space in literals and
// names stays.
func condense(sql string) string {
	var b strings.Builder
	for len(sql) > 0 {
		at := tokens.FindStringIndex(sql)
		if at == nil {
			at = []int{len(sql), len(sql)}
		}
		b.WriteString(brackets.Replace(white.ReplaceAllString(sql[:at[0]], " ")))
		if token := sql[at[0]:at[1]]; !strings.HasPrefix(token, "--") {
			b.WriteString(token)
		}
		sql = sql[at[1]:]
	}
	return strings.TrimSpace(b.String())
}

var (
	white    = regexp.MustCompile(`\s+`)
	brackets = strings.NewReplacer("( ", "(", " )", ")")
)
