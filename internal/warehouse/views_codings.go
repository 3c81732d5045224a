package warehouse

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/fhirwh/fhirwh/internal/schema"
	fhirsql "github.com/fhirwh/fhirwh/sql"
)

// codingsIn makes codingsScript for the tables of a warehouse.
func codingsIn(tables map[*schema.Type]*table) fhirsql.Script {
	var all []*schema.Table
	for _, t := range tables {
		all = append(all, t.fhir)
	}
	slices.SortFunc(all, func(a, b *schema.Table) int { return cmp.Compare(a.Type.Name, b.Type.Name) })
	return codingsScript(all)
}

// codingsScript makes the view codings: the codings of every element of type
// CodeableConcept or Coding that a table has a column or field for, one branch a
// path. It is the one view that depends on what was imported.
func codingsScript(tables []*schema.Table) fhirsql.Script {
	branches := []string{emptyCodings}
	for _, t := range tables {
		branches = append(branches, codingBranches(t)...)
	}
	return fhirsql.Script{Name: "codings", Kind: "view", SQL: fmt.Sprintf(codingsView, strings.Join(branches, "\nunion all\n"))}
}

const codingsView = `create or replace view codings as
select
    source,
    resource_type,
    resource_id,
    path,
    element::integer as element,
    nullif(system, '') as system,
    code_system_name(system) as system_name,
    nullif(version, '') as version,
    nullif(code, '') as code,
    nullif(display, '') as display,
    nullif(text, '') as text,
    user_selected
from (
%s
);

comment on view codings is 'Codings of every element that has some, one row each; contained resources, meta and extensions are left out';
comment on column codings.source is 'Where the row comes from: the label of the import';
comment on column codings.resource_type is 'Type of the resource';
comment on column codings.resource_id is 'Id of the resource, unique within source and type';
comment on column codings.path is 'The element, such as Observation.component.code';
comment on column codings.element is 'Position of the coding in its concept, from 0';
comment on column codings.system is 'Code system as sent';
comment on column codings.system_name is 'Short name of the code system, such as LOINC';
comment on column codings.version is 'Version of the code system';
comment on column codings.code is 'The code';
comment on column codings.display is 'What the code means';
comment on column codings.text is 'Text of the whole concept';
comment on column codings.user_selected is 'Whether a person chose this coding; NULL if not sent';
`

const emptyCodings = `select null::varchar as source, null::varchar as resource_type, null::varchar as resource_id, null::varchar as path,
    null::bigint as element, null::varchar as system, null::varchar as version, null::varchar as code, null::varchar as display,
    null::varchar as text, null::boolean as user_selected
where false`

// codingBranches returns a SELECT for each path of a table that leads to codings.
func codingBranches(t *schema.Table) []string {
	w := codingWalk{table: t}
	for _, n := range t.Columns {
		if n.Element.Name != "meta" {
			w.walk(n, t.Type.Name, quoteName(n.Element.Name), n.Element.List)
		}
	}
	return w.branches
}

type codingWalk struct {
	table    *schema.Table
	branches []string
}

// walk adds the branches of a node. path is that of the element that holds it,
// value the SQL of its values in a row, which is a list if list is set.
func (w *codingWalk) walk(n *schema.Node, path, value string, list bool) {
	e := n.Element
	if e.Kind != schema.Struct || e.Of != nil || e.Code == "Extension" {
		return
	}
	path += "." + cmp.Or(e.Choice, e.Name)
	switch e.Code {
	case "CodeableConcept":
		w.add(conceptBranch, path, value, list, hasField(fieldNamed(n, "coding"), "version"))
		return
	case "Coding":
		w.add(codingBranch, path, value, list, hasField(n, "version"))
		return
	}
	for _, f := range n.Fields {
		name := quoteName(f.Element.Name)
		switch {
		case !list:
			w.walk(f, path, value+"."+name, f.Element.List)
		case !f.Element.List:
			w.walk(f, path, fmt.Sprintf("list_transform(%s, lambda x: x.%s)", value, name), true)
		default:
			w.walk(f, path, fmt.Sprintf("flatten(list_transform(%s, lambda x: x.%s))", value, name), true)
		}
	}
}

// conceptBranch and codingBranch take the resource type, the path, the SQL of the
// version, of the concepts or codings, and of the rows to read.
const (
	conceptBranch = `select _source, '%s', id, '%s', number - 1, coding.system, %s, coding.code, coding.display, text, coding.userSelected
from (
    select _source, id, concept.text as text, unnest(concept.coding) as coding, generate_subscripts(concept.coding, 1) as number
    from (select _source, id, %s as concept %s)
)
where coding is not null`
	codingBranch = `select _source, '%s', id, '%s', 0, coding.system, %s, coding.code, coding.display, null, coding.userSelected
from (select _source, id, %s as coding %s)
where coding is not null`
)

func (w *codingWalk) add(branch, path, value string, list, versioned bool) {
	version := "null"
	if versioned {
		version = "coding.version"
	}
	if list {
		value = "unnest(" + value + ")"
	}
	from := "from " + quoteName(w.table.Type.Name)
	if filter := notInError(w.table); filter != "" {
		from += " where " + filter
	}
	w.branches = append(w.branches, fmt.Sprintf(branch, w.table.Type.Name, path, version, value, from))
}

// notInError is the condition that leaves out what is marked as entered in error,
// "" for a table that has no column for it.
func notInError(t *schema.Table) string {
	var conditions []string
	for _, n := range t.Columns {
		name := quoteName(n.Element.Name)
		switch n.Element.Name {
		case "status", "lifecycleStatus", "docStatus":
			if n.Element.Kind == schema.String && !n.Element.List {
				conditions = append(conditions, name+" is distinct from 'entered-in-error'")
			}
		case "verificationStatus":
			if n.Element.Code == "CodeableConcept" && !n.Element.List {
				conditions = append(conditions, "not coalesce(has_code("+name+", 'entered-in-error'), false)")
			}
		}
	}
	return strings.Join(conditions, " and ")
}

func fieldNamed(n *schema.Node, name string) *schema.Node {
	i := slices.IndexFunc(n.Fields, func(f *schema.Node) bool { return f.Element.Name == name })
	if i < 0 {
		return nil
	}
	return n.Fields[i]
}

func hasField(n *schema.Node, name string) bool { return n != nil && fieldNamed(n, name) != nil }
