package fhirsql

import (
	"embed"
	"fmt"
)

//go:embed erase/*.sql
var eraseFiles embed.FS

// Erase returns a step of finding what belongs to a patient: the name of a file
// in erase/. The steps read and write temporary tables that
// internal/warehouse/erase_patient.go makes, and two variables.
func Erase(step string) string {
	text, err := eraseFiles.ReadFile("erase/" + step + ".sql")
	if err != nil {
		panic(fmt.Sprintf("no step %s: any test of erasing finds it", step))
	}
	return string(text)
}
