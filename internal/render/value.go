package render

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// appendText writes v, which is not nil, as a person reads it. Numbers have all
// their digits; nested values are JSON.
func appendText(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return append(b, v...)
	case []byte:
		return appendBlob(b, v)
	case float64:
		return appendFloat(b, v, 64)
	case float32:
		return appendFloat(b, float64(v), 32)
	case JSON:
		return append(b, v.JSON()...)
	}
	return appendJSON(b, v)
}

// appendJSON writes v as JSON. Numbers keep all their digits; what JSON has no
// number for (NaN, infinity) becomes a string.
func appendJSON(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case uint64:
		return strconv.AppendUint(b, v, 10)
	case float64:
		return appendJSONFloat(b, v, 64)
	case float32:
		return appendJSONFloat(b, float64(v), 32)
	case string:
		return appendJSONString(b, v)
	case []byte:
		return appendJSONString(b, string(appendBlob(nil, v)))
	case []any:
		return appendJSONList(b, v)
	case Number:
		return append(b, v.Number()...)
	case JSON:
		return appendEmbedded(b, v.JSON())
	case Struct:
		return appendJSONStruct(b, v)
	case Map:
		return appendJSONMap(b, v)
	}
	panic(fmt.Sprintf("render: no way to write a %T", v))
}

func appendJSONList(b []byte, list []any) []byte {
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, v)
	}
	return append(b, ']')
}

func appendJSONStruct(b []byte, s Struct) []byte {
	names, values := s.Fields()
	b = append(b, '{')
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendJSONString(b, names[i]), ':')
		b = appendJSON(b, v)
	}
	return append(b, '}')
}

func appendJSONMap(b []byte, m Map) []byte {
	keys, values := m.Entries()
	b = append(b, '{')
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendJSONString(b, string(appendText(nil, keys[i]))), ':')
		b = appendJSON(b, v)
	}
	return append(b, '}')
}

// appendEmbedded writes JSON text as it is, but on one line. Text that is not
// JSON, which databases more lenient than RFC 8259 let pass, becomes a string.
func appendEmbedded(b []byte, text string) []byte {
	if !json.Valid([]byte(text)) {
		return appendJSONString(b, text)
	}
	start := len(b)
	b = append(b, text...)
	for i, c := range b[start:] {
		if c == '\n' || c == '\r' { // white space: inside a string it would be escaped
			b[start+i] = ' '
		}
	}
	return b
}

// appendFloat writes the shortest text that gives v back.
func appendFloat(b []byte, v float64, bits int) []byte {
	switch {
	case math.IsNaN(v):
		return append(b, "NaN"...)
	case math.IsInf(v, 1):
		return append(b, "Infinity"...)
	case math.IsInf(v, -1):
		return append(b, "-Infinity"...)
	}
	format := byte('f')
	if abs := math.Abs(v); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(b, v, format, -1, bits)
}

func appendJSONFloat(b []byte, v float64, bits int) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return appendJSONString(b, string(appendFloat(nil, v, bits)))
	}
	return appendFloat(b, v, bits)
}

// appendBlob writes bytes as DuckDB does: printable ASCII as it is, the rest and
// the backslash as \xHH.
func appendBlob(b, blob []byte) []byte {
	for _, c := range blob {
		if c < ' ' || c > '~' || c == '\\' || c == '\'' || c == '"' {
			b = append(b, '\\', 'x')
			b = append(b, strings.ToUpper(hex.EncodeToString([]byte{c}))...)
			continue
		}
		b = append(b, c)
	}
	return b
}

// appendJSONString writes s as a JSON string. It escapes more than JSON asks
// for: what a terminal would obey is harmless even if someone looks at the raw
// output, and means the same to a JSON reader.
func appendJSONString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i, r := range s {
		size := utf8.RuneLen(r)
		if r == utf8.RuneError {
			_, size = utf8.DecodeRuneInString(s[i:])
		}
		if r != '"' && r != '\\' && !isUnprintable(r) && (r != utf8.RuneError || size > 1) {
			continue
		}
		b = append(b, s[start:i]...)
		b = appendEscaped(b, r)
		start = i + size
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

func appendEscaped(b []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(b, '\\', byte(r))
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	return fmt.Appendf(b, `\u%04x`, r)
}
