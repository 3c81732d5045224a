package parse

// HoldsInJSON reports whether DuckDB's JSON type can hold the text, which is
// valid JSON, as it is: all strings and names are UTF-8 once decoded, and all
// numbers within the range of float64.
func HoldsInJSON(text []byte) bool {
	s := scanText(text)
	s.space()
	var f findings
	return s.skip(syntaxOnly, &f) && f.rawTexts+f.rawNames+f.huge == 0
}
