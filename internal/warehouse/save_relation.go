package warehouse

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/fhirwh/fhirwh/internal/schema"
)

// A relation is a table or view that is to be saved.
type relation struct {
	schema, name, kind, about string

	columns   []SavedColumn
	sort      []sortKey
	partition string // column; "" if it is not split
}

// A sortKey is an expression on the columns of a relation, and how people are
// told about it.
type sortKey struct{ sql, name string }

func (rel *relation) quoted() string { return quoteName(rel.schema) + "." + quoteName(rel.name) }

// file is the name of the relation for files and messages.
func (rel *relation) file() string {
	if rel.schema == "main" {
		return rel.name
	}
	return rel.schema + "." + rel.name
}

// viewKeys are the columns that, behind source and patient_id, tell the rows of
// our views apart. What is not listed is sorted by all its columns.
var viewSortKeys = map[string][]string{
	"patients":           nil,
	"observations":       {"observation_id", "component"},
	"medications":        {"kind", "medication_record_id"},
	"conditions":         {"condition_id"},
	"encounters":         {"encounter_id"},
	"procedures":         {"procedure_id"},
	"immunizations":      {"immunization_id"},
	"allergies":          {"allergy_id"},
	"diagnostic_reports": {"diagnostic_report_id"},
	"documents":          {"kind", "document_id", "attachment"},
	"goals":              {"goal_id"},
	"care_plans":         {"care_plan_id", "activity_number"},
	"care_team":          {"care_team_id", "participant"},
	"devices":            {"device_id"},
	"coverages":          {"coverage_id"},
	"claims":             {"kind", "claim_id"},
	"claim_lines":        {"kind", "claim_id", "line"},
	"practitioners":      {"practitioner_id"},
	"organizations":      {"organization_id"},
	"locations":          {"location_id"},
	"codings":            {"resource_type", "resource_id", "path", "element"},
}

// patientElements are the elements that say whose a resource is, in the order
// in which the first that a table has is sorted by.
var patientElements = []string{"subject", "patient", "beneficiary", "individual", "for", "candidate"}

// relations returns what is to be saved, with columns and sort keys.
func (s *saver) relations() ([]*relation, error) {
	all, err := s.catalog()
	if err != nil {
		return nil, err
	}
	chosen, err := s.choose(all)
	if err != nil {
		return nil, err
	}
	split := false
	for _, rel := range chosen {
		if err := s.readColumns(rel); err != nil {
			return nil, err
		}
		rel.sort = rel.sortKeys()
		if err := s.splitBy(rel); err != nil {
			return nil, err
		}
		split = split || rel.partition != ""
	}
	if s.PartitionBy != "" && !split {
		return nil, &NotThereError{What: fmt.Sprintf("column %s in any of them to split by", s.PartitionBy), Advice: "fhirwh describe NAME lists the columns"}
	}
	return chosen, nil
}

// catalog lists the tables and views of the warehouse by name.
func (s *saver) catalog() ([]*relation, error) {
	rows, err := s.r.c.query(s.ctx, `
		select schema_name, table_name, 'table', comment from duckdb_tables() where not internal and not temporary
		union all
		select schema_name, view_name, 'view', comment from duckdb_views() where not internal and not temporary
		order by 2, 1`)
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	defer rows.close()
	var all []*relation
	for rows.next() {
		rel := &relation{}
		if err := rows.scan(&rel.schema, &rel.name, &rel.kind, &rel.about); err != nil {
			return nil, err
		}
		if t := rel.resource(); t != nil && rel.about == "" {
			rel.about = t.Short
		}
		all = append(all, rel)
	}
	return all, rows.close()
}

// resource is the type of a typed table, else nil.
func (rel *relation) resource() *schema.Type {
	if rel.schema != "main" || rel.kind != "table" {
		return nil
	}
	return typeOfTable(rel.name)
}

// choose returns those that the user named, each once.
func (s *saver) choose(all []*relation) ([]*relation, error) {
	if len(s.Names) == 0 {
		kind := "view"
		if s.Tables {
			kind = "table"
		}
		chosen := slices.DeleteFunc(slices.Clone(all), func(rel *relation) bool { return rel.schema != "main" || rel.kind != kind })
		if len(chosen) == 0 {
			return nil, &NotThereError{What: kind + " to save", Advice: "import makes them: fhirwh import FILE"}
		}
		return chosen, nil
	}
	var chosen []*relation
	for _, name := range s.Names {
		i := slices.IndexFunc(all, func(rel *relation) bool { return strings.EqualFold(rel.file(), name) })
		if i < 0 {
			return nil, &NotThereError{What: "table or view " + name, Advice: s.r.adviseTable(name)}
		}
		if !slices.Contains(chosen, all[i]) {
			chosen = append(chosen, all[i])
		}
	}
	slices.SortFunc(chosen, func(a, b *relation) int { return cmp.Compare(a.file(), b.file()) })
	return chosen, nil
}

// readColumns reads names, types and comments of the columns. A view that cannot
// be read fails here.
func (s *saver) readColumns(rel *relation) error {
	rows, err := s.r.c.query(s.ctx, `
		select d.column_name, d.column_type, c.comment
		from (describe select * from `+rel.quoted()+`) d
		left join duckdb_columns() c on c.schema_name = ? and c.table_name = ? and c.column_name = d.column_name`, rel.schema, rel.name)
	if err != nil {
		return fmt.Errorf("read the columns of %s: %w", rel.file(), s.r.explain(err, binding))
	}
	defer rows.close()
	for rows.next() {
		var col SavedColumn
		if err := rows.scan(&col.Name, &col.Type, &col.Meaning); err != nil {
			return err
		}
		rel.columns = append(rel.columns, col)
	}
	return rows.close()
}

// column returns the relation's name for a column, whatever its case, or "".
func (rel *relation) column(name string) string {
	for _, c := range rel.columns {
		if strings.EqualFold(c.Name, name) {
			return c.Name
		}
	}
	return ""
}

// sortKeys returns what the rows are sorted by: source, patient, and what tells
// them apart behind that.
func (rel *relation) sortKeys() []sortKey {
	if t := rel.resource(); t != nil {
		return rel.typedSortKeys(t)
	}
	names := []string{"source", "patient_id"}
	rest, known := viewSortKeys[rel.name]
	if !known || rel.kind != "view" || rel.schema != "main" {
		for _, c := range rel.columns {
			rest = append(rest, c.Name)
		}
	}
	var keys []sortKey
	for _, name := range slices.Concat(names, rest) {
		if column := rel.column(name); column != "" {
			keys = addKey(keys, sortKey{quoteName(column), column})
		}
	}
	return keys
}

func (rel *relation) typedSortKeys(t *schema.Type) []sortKey {
	keys := []sortKey{{`"_source"`, "_source"}}
	for _, name := range patientElements {
		e := t.Element(name)
		if e != nil && e.Code == "Reference" && !e.List && rel.column(name) != "" {
			keys = append(keys, sortKey{quoteName(name) + `."reference"`, name + ".reference"})
			break
		}
	}
	for _, name := range []string{"id", "_file", "_line", "_entry"} {
		if rel.column(name) != "" {
			keys = append(keys, sortKey{quoteName(name), name})
		}
	}
	return keys
}

func addKey(keys []sortKey, k sortKey) []sortKey {
	if slices.Contains(keys, k) {
		return keys
	}
	return append(keys, k)
}

// splitBy finds the column that the user wants folders of.
func (s *saver) splitBy(rel *relation) error {
	if s.PartitionBy == "" {
		return nil
	}
	rel.partition = rel.column(s.PartitionBy)
	if rel.partition == "" && strings.EqualFold(s.PartitionBy, "source") && rel.resource() != nil {
		rel.partition = "_source"
	}
	for _, c := range rel.columns {
		if c.Name == rel.partition && !isPlain(c.Type) {
			return &NotThereError{What: fmt.Sprintf("way to split %s by %s, which is %s", rel.file(), c.Name, c.Type), Advice: "choose a column of texts, whole numbers or dates"}
		}
	}
	if rel.partition != "" && len(rel.columns) == 1 {
		return &NotThereError{What: fmt.Sprintf("column in %s but the one to split by", rel.file()), Advice: "leave it out, or do without --partition-by"}
	}
	return nil
}

// isPlain reports whether values of that type can name folders.
func isPlain(sqlType string) bool {
	switch sqlType {
	case "VARCHAR", "DATE", "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT":
		return true
	}
	return strings.HasPrefix(sqlType, "ENUM(")
}
