// Package fhirsql holds the warehouse's SQL, so that a reviewer reads SQL in .sql
// files and the binary needs no files beside it. It runs nothing.
package fhirsql

import (
	"embed"
	"slices"
	"strings"
)

//go:embed macros/*.sql kept/*.sql views/*.sql template/*.db.gz
var files embed.FS

//go:generate go test ../internal/warehouse -run TestTemplate -update

// Template returns a compressed DuckDB database that has what [Macros] and
// [Readers] make, and nothing else, if there is one for the scripts whose hash is
// given. To copy it takes milliseconds; to make the same with the scripts takes
// half a second, because DuckDB plans every view to learn its columns.
func Template(hash string) ([]byte, bool) {
	data, err := files.ReadFile("template/" + hash + ".db.gz")
	return data, err == nil
}

// A Script is one macro or view, named as what it makes, with the comments on
// it. Run again it makes the same again.
type Script struct {
	Name string
	Kind string // "macro", "view" or "kept"
	SQL  string
}

// Macros returns the macros that read no table, each behind those that it uses.
func Macros() []Script { return scripts("macros", macros) }

// Kept returns the scripts that bring the tables up to date that views look things
// up in. Each runs after every import, in its transaction.
func Kept() []Script { return scripts("kept", kept) }

// Readers returns the macros that read tables, those of [Kept] included, and the
// views, each behind those that it reads, with the comments on them and their
// columns.
func Readers() []Script {
	var s []Script
	for _, r := range readers {
		folder, name, _ := strings.Cut(r, "/")
		s = append(s, scripts(folder, []string{name})...)
	}
	return s
}

// TableMacros returns the macros of [Readers].
func TableMacros() []Script { return readersOf("macro") }

// Views returns the views of [Readers].
func Views() []Script { return readersOf("view") }

func readersOf(kind string) []Script {
	return slices.DeleteFunc(Readers(), func(s Script) bool { return s.Kind != kind })
}

var kinds = map[string]string{"macros": "macro", "views": "view", "kept": "kept"}

func scripts(folder string, names []string) []Script {
	s := make([]Script, len(names))
	for i, name := range names {
		text, err := files.ReadFile(folder + "/" + name + ".sql")
		if err != nil {
			panic(err) // a list below names a file that is not there: any test finds it
		}
		s[i] = Script{Name: name, Kind: kinds[folder], SQL: string(text)}
	}
	return s
}

// macros in the order in which they can be made: DuckDB refuses a macro that uses
// one that it does not know.
var macros = []string{
	"filled",
	"filled_text",
	"one_line",
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
	"says_something",
	"pick_concept",
	"plain_concept",
	"json_concept",
	"code_of",
	"concept_text",
	"concept_code",
	"has_code",
	"picked_text",
	"value_text",
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
	"plain_timing",
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

// kept in the order in which they run.
var kept = []string{
	"urns",
	"names",
}

// readers in the order in which they can be made.
var readers = []string{
	"macros/import_days",
	"macros/claim_diagnoses",
	"views/patients",
	"views/observations",
	"views/medications",
	"views/conditions",
	"views/encounters",
	"views/procedures",
	"views/immunizations",
	"views/allergies",
	"views/diagnostic_reports",
	"views/documents",
	"views/goals",
	"views/care_plans",
	"views/care_team",
	"views/devices",
	"views/coverages",
	"views/claims",
	"views/claim_lines",
	"views/practitioners",
	"views/organizations",
	"views/locations",
	"macros/facts",
	"views/timeline",
	"views/patient_summary",
}
