package warehouse

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/fhirwh/fhirwh/internal/schema"
	"github.com/fhirwh/fhirwh/internal/sqltext"
)

// notHere says why a column or field of FHIR's is missing from a typed table.
const notHere = "FHIR has it, but nothing imported so far brought it; fhirwh describe %s lists what there is"

func (x *explainer) noColumn(m []string) { x.noColumnOf([]string{"", m[0]}) }

// noColumnOf explains a column that is not in the source of that name, or in any.
func (x *explainer) noColumnOf(m []string) {
	of, name := m[0], m[1]
	x.point(x.find(name))
	if x.isElement(of, name) || x.isChoice(of, name) {
		return
	}
	sources := x.columns(of)
	var all []string
	for _, s := range sources {
		all = append(all, s.columns...)
	}
	if all == nil {
		all = x.e.suggested
	}
	advice := didYouMean(near(name, all))
	switch elsewhere := tableWith(sources, name); {
	case elsewhere != "":
		advice = fmt.Sprintf("%s has it, but is not read where it stands", elsewhere)
	case advice != "":
	case x.isQuoted(name):
		advice = "a text stands in single quotes: " + quoteText(name)
	case len(sources) == 1:
		advice = fmt.Sprintf("fhirwh describe %s lists its columns", sources[0].table)
	}
	if len(sources) == 1 {
		x.say(advice, "there is no column %s in %s", name, sources[0].table)
		return
	}
	x.say(advice, "there is no column %s", name)
}

// tableWith returns the name of the first that has the column, or "".
func tableWith(sources []columnsOf, column string) string {
	for _, s := range sources {
		if s.has(column) {
			return s.table
		}
	}
	return ""
}

// isQuoted reports whether the statement has the name in double quotes.
func (x *explainer) isQuoted(name string) bool {
	return slices.ContainsFunc(sqltext.Tokens(x.sql), func(t sqltext.Token) bool {
		return t.Text == quoteName(name)
	})
}

// isElement explains a column that FHIR has and a table here has not met.
func (x *explainer) isElement(of, name string) bool {
	for _, s := range x.columns(of) {
		t := s.typed()
		if t == nil || s.has(name) {
			continue
		}
		if e := elementNamed(t, name); e != nil {
			x.say(fmt.Sprintf(notHere, t.Name), "no %s here has %s", t.Name, e.Name)
			return true
		}
	}
	return false
}

// isChoice explains a column named as FHIR's pages name an element of several
// types: value instead of valueQuantity and valueString.
func (x *explainer) isChoice(of, name string) bool {
	for _, s := range x.columns(of) {
		t := s.typed()
		if t == nil {
			continue
		}
		var forms []string
		for _, e := range t.Elements {
			if strings.EqualFold(strings.TrimSuffix(name, "[x]"), e.Choice) && s.has(e.Name) {
				forms = append(forms, e.Name)
			}
		}
		if forms != nil {
			x.say("here it is "+oneOf(forms), "%s of %s has a column for each type", name, t.Name)
			return true
		}
	}
	return false
}

// noSource explains a.b where a is neither a source nor a column.
func (x *explainer) noSource(m []string) {
	name := m[0]
	x.point(x.find(name))
	if x.isElement("", name) || x.isChoice("", name) {
		return
	}
	var names []string
	for _, s := range sqltext.Sources(x.sql) {
		if s.Alias != "" {
			s.Name = s.Alias
		}
		names = append(names, s.Name)
	}
	for _, s := range x.columns("") {
		names = append(names, s.columns...)
	}
	x.say(didYouMean(near(name, names)), "%s is no table or column of this query", name)
}

// noField explains a field that a struct does not have. DuckDB gives its name in
// lower case and no place.
func (x *explainer) noField(m []string) {
	name := m[0]
	if at, chain := x.chain(name); chain != nil {
		x.point(at)
		name = chain[len(chain)-1]
		if x.isPath(chain) {
			return
		}
	}
	x.point(x.find(name))
	advice := didYouMean(near(name, x.e.suggested))
	if types := x.typesWith(name); advice == "" && types != nil {
		advice = fmt.Sprintf("FHIR has it in %s, but nothing imported so far brought it", oneOf(types))
	}
	x.say(advice, "there is no field %s", name)
}

// isPath explains a field that FHIR has at that path. The path may begin with the
// name of a source.
func (x *explainer) isPath(chain []string) bool {
	for _, s := range x.columns("") {
		for from := 0; from < len(chain)-1 && s.typed() != nil; from++ {
			if path := elementsAt(s.typed(), chain[from:]); path != nil {
				t := s.typed().Name
				x.say(fmt.Sprintf(notHere, t), "no %s here has %s", t, pathName(path))
				return true
			}
		}
	}
	return false
}

// chain returns the names of a.b[1].field, and where the field is; nil if the
// statement has no field of that name behind others.
func (x *explainer) chain(field string) (at int, names []string) {
	tokens := sqltext.Tokens(x.sql)
	for i, t := range tokens {
		if !strings.EqualFold(t.Name(), field) || i < 2 || tokens[i-1].Text != "." {
			continue
		}
		return t.At, sqltext.Path(tokens, i)
	}
	return -1, nil
}

// noFields explains a field of what is a list or has no fields.
func (x *explainer) noFields(m []string) {
	field, path := m[0], plainPath(m[1])
	if at, chain := x.chain(field); chain != nil {
		x.point(at)
	}
	for _, s := range x.columns("") {
		t := s.typed()
		if t == nil {
			continue
		}
		elements := elementsAt(t, strings.Split(indexes.ReplaceAllString(path, ""), "."))
		switch {
		case elements == nil:
		case elements[len(elements)-1].List && !strings.HasSuffix(path, "]"):
			x.say(firstOrAll(path, field), "%s is a list, and has no field %s", path, field)
			return
		case elements[len(elements)-1].Type == nil:
			x.say("", "%s has no fields", path)
			return
		}
	}
	x.say("if it is a list: "+firstOrAll(path, field), "%s has no field %s", path, field)
}

func firstOrAll(path, field string) string {
	return fmt.Sprintf("%s[1].%s is of the first, list_transform(%s, lambda x: x.%s) of all", path, field, path, field)
}

var (
	extracted = regexp.MustCompile(`struct_extract\(([^(),]+), '([^']+)'\)`)
	indexed   = regexp.MustCompile(`array_extract\(([^(),]+), (?:CAST\()?(\d+)(?: AS BIGINT\))?\)`)
	indexes   = regexp.MustCompile(`\[\d+\]`)
)

// plainPath turns DuckDB's struct_extract(code, 'coding') into code.coding.
func plainPath(expr string) string {
	for before := ""; expr != before; {
		before = expr
		expr = extracted.ReplaceAllString(expr, "$1.$2")
		expr = indexed.ReplaceAllString(expr, "$1[$2]")
	}
	return expr
}

// typesWith returns up to three data types of FHIR that have the field and that
// the typed tables of the statement use.
func (x *explainer) typesWith(field string) []string {
	var names []string
	seen := map[*schema.Type]bool{}
	var visit func(t *schema.Type)
	visit = func(t *schema.Type) {
		if t == nil || seen[t] || len(names) == 3 {
			return
		}
		seen[t] = true
		if !t.Resource && !strings.Contains(t.Name, ".") && elementNamed(t, field) != nil {
			names = append(names, t.Name)
		}
		for _, e := range t.Elements {
			visit(e.Type)
		}
	}
	for _, s := range x.columns("") {
		visit(s.typed())
	}
	return names
}

// elementNamed returns the element of that name in whatever case, or nil.
func elementNamed(t *schema.Type, name string) *schema.Element {
	for _, e := range t.Elements {
		if strings.EqualFold(e.Name, name) {
			return e
		}
	}
	return nil
}

// elementsAt returns the elements along a path, nil if FHIR does not have it.
func elementsAt(t *schema.Type, names []string) []*schema.Element {
	var path []*schema.Element
	for _, name := range names {
		if t == nil {
			return nil
		}
		e := elementNamed(t, name)
		if e == nil {
			return nil
		}
		path, t = append(path, e), e.Type
	}
	return path
}

func pathName(path []*schema.Element) string {
	names := make([]string, len(path))
	for i, e := range path {
		names[i] = e.Name
	}
	return strings.Join(names, ".")
}
