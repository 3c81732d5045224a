package shell

import (
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/sqltext"
)

func testNames() *sqltext.Names {
	return &sqltext.Names{
		Tables: []sqltext.Table{
			{Name: "Group", Columns: []sqltext.Column{{Name: "id"}}},
			{Name: "Observation", Columns: []sqltext.Column{
				{Name: "id", Type: "VARCHAR"}, {Name: "status", Type: "VARCHAR"},
				{Name: "code", Type: `STRUCT(coding STRUCT("system" VARCHAR, code VARCHAR)[], "text" VARCHAR)`},
				{Name: "end", Type: "VARCHAR"},
			}},
			{Name: "observations", Columns: []sqltext.Column{{Name: "code"}, {Name: "value_number"}, {Name: "value_text"}}},
			{Name: "patients", Columns: []sqltext.Column{{Name: "patient_id"}, {Name: "gender"}}},
			{Schema: "ledger", Name: "imports", Columns: []sqltext.Column{{Name: "import_id"}, {Name: "started"}}},
		},
		Macros:    []string{"as_sent", "code_system_name"},
		Functions: []string{"array_length", "coalesce", "count"},
		Keywords:  []string{"AS", "COUNT", "END", "FROM", "GROUP", "SELECT", "WHERE"},
		Reserved:  []string{"AS", "END", "FROM", "GROUP", "SELECT", "WHERE"},
	}
}

func TestComplete(t *testing.T) {
	tests := []struct {
		before, after string
		want          string
	}{
		// Keywords as they are typed.
		{"sel", "", "select"},
		{"SEL", "", "SELECT"},
		{"", "", ""},
		{"select ", "", ""},

		// Tables.
		{"select * from ", "", `"Group" ledger Observation observations patients`},
		{"select * from obs", "", "Observation observations"},
		{"select * from patients join OB", "", "Observation observations"},
		{"from patients, ob", "", "Observation observations"},
		{"from ledger.", "", "imports"},
		{"describe pat", "", "patients"},

		// Columns of what is read, before and behind.
		{"select * from patients where ge", "", "gender"},
		{"select va", " from observations", "value_number value_text"},
		{"select\n", "\nfrom patients", "gender patient_id"},
		{"select o.", " from observations o", "code value_number value_text"},
		{"select o.value_n", " from observations o, patients p", "value_number"},
		{"select x.", " from observations o", ""},
		{"select i.sta", " from ledger.imports i", "started"},
		{"select e", " from Observation", `"end" end`},

		// Fields.
		{"select code.", " from Observation", "coding text"},
		{"select o.code.co", " from Observation o", "coding"},
		{"select code.coding[1].", " from Observation", "code system"},
		{"select code.nothing.", " from Observation", ""},
		{"select status.", " from Observation", ""},

		// Functions when some of it is typed, macros at once.
		{"select co", "", "code_system_name count"},
		{"select coa", "", "coalesce"},
		{"select as_", "", "as_sent"},

		// Not in texts and comments.
		{"select 'obs", "", ""},
		{"select 1 -- obs", "", ""},
		{"select * from patients where gender = 'ma", "", ""},
		{"select .", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.before+"|"+tt.after, func(t *testing.T) {
			head, got := complete(testNames(), tt.before, tt.after)
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if len(got) > 0 && !strings.HasPrefix(tt.before, head) {
				t.Errorf("head %q", head)
			}
		})
	}
}

func FuzzComplete(f *testing.F) {
	for _, seed := range []string{"select o. from", "from ", `from "a`, "].", "a[1].b.", "."} {
		f.Add(seed, " from Observation o")
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		head, candidates := complete(testNames(), before, after)
		if !strings.HasPrefix(before, head) {
			t.Fatalf("%q: head %q", before, head)
		}
		for _, c := range candidates {
			if c == "" {
				t.Fatalf("%q: an empty candidate", before)
			}
		}
	})
}
