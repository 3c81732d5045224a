package parse

// A ValueKind is the JSON type of a [Value].
type ValueKind uint8

// The JSON types.
const (
	Null ValueKind = iota
	False
	True
	Number
	Text
	Array
	Object
)

// A Value is a JSON value as it was sent: number literals digit by digit,
// members in order and with their duplicates, undecodable strings byte by byte.
type Value struct {
	Kind ValueKind
	// Text is a Number's literal, or a string's text with its escapes decoded.
	// If Raw is set the string is no UTF-8 even then, and Text is the bytes
	// between its quotes as sent, escapes and all.
	Text    string
	Raw     bool
	Items   []Value  // of an Array
	Members []Member // of an Object
}

// A Member is a name and a value in an Object.
type Member struct {
	Name  string
	Raw   bool // as Value.Raw, for the name
	Value Value
}
