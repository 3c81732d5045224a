// Package fhirsql holds the warehouse's SQL, so that a reviewer reads SQL in .sql
// files and the binary needs no files beside it. It runs nothing.
package fhirsql

import (
	"embed"
	"fmt"
)

//go:embed macros/*.sql kept/*.sql views/*.sql
var files embed.FS

// A Script is one macro or view, named as what it makes, with the comments on
// it. Run again it makes the same again.
type Script struct {
	Name string
	Kind string // "macro", "view" or "kept"
	SQL  string
}

// Macros returns the macros, each behind those that it uses.
func Macros() []Script { return scripts("macro", macros) }

// TableMacros returns the macros that read tables, those of [Kept] included.
func TableMacros() []Script { return scripts("macro", tableMacros) }

// Kept returns the scripts that bring the tables up to date that views look things
// up in. Each runs after every import, in its transaction.
func Kept() []Script { return scripts("kept", kept) }

// Views returns the views, each behind those that it reads, with the comments on
// them and their columns.
func Views() []Script { return scripts("view", views) }

func scripts(kind string, names []string) []Script {
	s := make([]Script, len(names))
	for i, name := range names {
		path := fmt.Sprintf("%s/%s.sql", folders[kind], name)
		text, err := files.ReadFile(path)
		if err != nil {
			panic(err) // a list below names a file that is not there: any test finds it
		}
		s[i] = Script{Name: name, Kind: kind, SQL: string(text)}
	}
	return s
}

var folders = map[string]string{"macro": "macros", "view": "views", "kept": "kept"}

// macros in the order in which they can be made: DuckDB refuses a macro that uses
// one that it does not know.
var macros = []string{
	"filled",
	"filled_text",
	"joined",
	"fhir_date",
	"fhir_timestamp",
	"fhir_precision",
	"fhir_low",
	"fhir_high",
	"as_sent",
	"number_sent",
	"number_text",
	"quantity_unit",
	"quantity_text",
	"range_text",
	"ratio_text",
	"period_text",
	"text_number",
	"normal_range",
	"is_observation_category",
	"observation_category",
	"code_system_key",
	"code_system_known",
	"code_system_hl7",
	"code_system_name",
	"usual_rank",
	"usual_coding",
	"coding_choice",
	"coding_text",
	"pick_coding",
	"pick_concept",
	"plain_concept",
	"json_concept",
	"code_of",
	"concept_text",
	"concept_code",
	"has_code",
	"distinct_texts",

	"extension",
	"today_utc",
	"is_over",
	"name_text",
	"pick_name",
	"human_name",
	"pick_address",
	"pick_telecom",
	"us_core",
	"us_core_parts",
	"us_core_text",
	"is_resource_type",
	"urn_tail",
	"reference_part",
	"reference_id",
	"reference_type",
	"ref_id",
	"name_key",
	"contained_resource",
	"json_name",
	"contained_concept",
	"reason_text",
	"dosage_position",
	"dosage_texts",
	"dose_position",
	"frequency_text",
	"days_of",
	"npi_of",
	"line_numbers",
	"plain_amounts",
	"amount_of",
	"diagnosis_code",
	"base64_length",
	"base64_text",
	"html_text",
	"ref_name",
}

// tableMacros in the order in which they can be made.
var tableMacros = []string{
	"import_days",
	"claim_diagnoses",
}

// kept in the order in which they run.
var kept = []string{
	"urns",
	"names",
}

// views in the order in which they can be made.
var views = []string{
	"patients",
	"observations",
	"medications",
	"conditions",
	"encounters",
	"procedures",
	"immunizations",
	"allergies",
	"diagnostic_reports",
	"documents",
	"goals",
	"care_plans",
	"care_team",
	"devices",
	"coverages",
	"claims",
	"claim_lines",
	"practitioners",
	"organizations",
	"locations",
}
