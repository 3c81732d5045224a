package fhirsql

import "embed"

//go:embed overview chart
var questions embed.FS

// Question returns a SELECT of a folder that asks what a program shows: "overview/facts"
// is overview/facts.sql. Its parameters, such as $source, have the names that the
// comment above it gives. Like [Script], it is missing only in a program with a bug.
func Question(name string) string {
	text, err := questions.ReadFile(name + ".sql")
	if err != nil {
		panic(err)
	}
	return string(text)
}
