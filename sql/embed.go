// Package fhirsql holds the warehouse's SQL, so that a reviewer reads SQL in .sql
// files and the binary needs no files beside it. It runs nothing.
package fhirsql

import (
	"embed"
	"fmt"
)

//go:embed macros/*.sql
var files embed.FS

// A Script is one macro, view or table that the import keeps, named as what it
// makes. Run again it makes the same again.
type Script struct {
	Name string
	SQL  string
}

// Macros returns the macros, each behind those that it uses.
func Macros() []Script { return scripts("macros", macros) }

// Views returns the views, each behind those that it reads, with the comments on
// them and their columns.
func Views() []Script { return scripts("views", views) }

func scripts(folder string, names []string) []Script {
	s := make([]Script, len(names))
	for i, name := range names {
		text, err := files.ReadFile(folder + "/" + name + ".sql")
		if err != nil {
			panic(fmt.Sprintf("sql/%s: %v", folder, err)) // the list names a file that is not there: any test finds it
		}
		s[i] = Script{Name: name, SQL: string(text)}
	}
	return s
}

// macros in the order in which they can be made: DuckDB refuses a macro that uses
// one that it does not know.
var macros = []string{
	"fhir_date",
	"fhir_timestamp",
	"fhir_precision",
	"fhir_low",
	"fhir_high",
	"as_sent",
	"number_sent",
	"number_text",
	"quantity_text",
	"code_system_key",
	"code_system_known",
	"code_system_name",
	"coding_choice",
	"coding_text",
	"pick_coding",
	"pick_concept",
	"concept_text",
	"extension",
	"is_over",
	"name_text",
	"pick_name",
	"human_name",
	"is_resource_type",
	"urn_tail",
	"reference_part",
	"reference_id",
	"reference_type",
}

// views in the order in which they can be made.
var views = []string{}
