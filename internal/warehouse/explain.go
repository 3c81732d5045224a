package warehouse

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/fhirwh/fhirwh/internal/schema"
	"github.com/fhirwh/fhirwh/internal/sqltext"
)

// An explainer says in our words what DuckDB has against a statement, adds what
// we know better, and points to the place.
type explainer struct {
	r   *Reader
	e   *QueryError
	sql string // "" if it is a statement of ours

	known []columnsOf // of the tables and views that sql reads; see columns
}

// A rule is for one kind of complaint. explain is given the parts of the text
// that are in parentheses.
type rule struct {
	text    *regexp.Regexp
	explain func(x *explainer, parts []string)
}

var rules = []rule{
	{regexp.MustCompile(`^Table with name (.+) does not exist!`), (*explainer).noTable},
	{regexp.MustCompile(`^Referenced column "(.+)" not found in FROM clause!`), (*explainer).noColumn},
	{regexp.MustCompile(`^Column "(.+)" (?:in EXCLUDE list not found|in REPLACE list not found|does not exist on)`), (*explainer).noColumn},
	{regexp.MustCompile(`^(?:Table|Values list) "(.+)" does not have a column named "(.+)"`), (*explainer).noColumnOf},
	{regexp.MustCompile(`^Referenced table "(.+)" not found!`), (*explainer).noSource},
	{regexp.MustCompile(`^Could not find key "(.+)" in struct`), (*explainer).noField},
	{regexp.MustCompile(`^Cannot extract field '(.+)' from expression "(.+)" because it is not a struct`), (*explainer).noFields},
	{regexp.MustCompile(`^\w+ (?:Function|Macro) with name (.+) does not exist!`), (*explainer).noFunction},
	{regexp.MustCompile(`^syntax error at or near "(\w+)"`), (*explainer).nearKeyword},
	{regexp.MustCompile(`^syntax error at end of input`), (*explainer).atEnd},
	{regexp.MustCompile(`Cannot prepare multiple statements`), (*explainer).isPivot},
	{regexp.MustCompile(`Unknown TimeZone '(.*)'`), (*explainer).noZone},
}

func (x *explainer) explain() {
	for _, rule := range rules {
		if m := rule.text.FindStringSubmatch(x.e.Text); m != nil {
			rule.explain(x, m[1:])
			return
		}
	}
	x.e.Advice = didYouMean(x.e.suggested[:min(3, len(x.e.suggested))])
}

// say replaces the text, and with it what DuckDB suggested.
func (x *explainer) say(advice, format string, args ...any) {
	x.e.Text, x.e.Advice = fmt.Sprintf(format, args...), advice
}

// point puts a caret below the ith byte of the statement, if DuckDB put none.
func (x *explainer) point(at int) {
	if x.e.Where != "" || at < 0 || x.sql == "" {
		return
	}
	before := x.sql[:at]
	start := strings.LastIndexByte(before, '\n') + 1
	line, _, _ := strings.Cut(x.sql[start:], "\n")
	head := fmt.Sprintf("LINE %d: ", strings.Count(before, "\n")+1)
	indent := runewidth.StringWidth(plainLine.Replace(head + before[start:]))
	x.e.Where = plainLine.Replace(head+line) + "\n" + strings.Repeat(" ", indent) + "^"
}

var plainLine = strings.NewReplacer("\t", " ", "\r", "")

// find returns where the statement has the name, -1 if it does not.
func (x *explainer) find(name string) int {
	for _, t := range sqltext.Tokens(x.sql) {
		if strings.EqualFold(t.Name(), name) || strings.EqualFold(t.Text, quoteText(name)) {
			return t.At
		}
	}
	return -1
}

func (x *explainer) noTable(m []string) {
	name := m[0]
	for _, s := range sqltext.Sources(x.sql) {
		if strings.EqualFold(s.Schema, "ledger") && strings.EqualFold(s.Name, name) {
			x.say(x.r.adviseLedger(name), "there is no table ledger.%s", name)
			return
		}
	}
	advice := x.r.adviseTable(name)
	if resource := resourceNamed(name); advice == notImported(resource) {
		x.say("fhirwh tables lists what there is", "no %s was imported here", resource)
		return
	}
	x.say(advice, "there is no table or view %s", name)
}

func (x *explainer) noFunction(m []string) {
	x.say(didYouMean(near(m[0], x.e.suggested)), "there is no function %s", m[0])
}

func (x *explainer) noZone(m []string) {
	advice := didYouMean(near(m[0], x.e.suggested))
	if advice == "" {
		advice = "SELECT name FROM pg_timezone_names() lists them"
	}
	x.say(advice, "there is no time zone %s", m[0])
}

// nearKeyword looks for a name that is a word of SQL too.
func (x *explainer) nearKeyword(m []string) {
	if x.r.isQuotable(m[0]) {
		x.e.Advice = fmt.Sprintf("%s is a word of SQL: as a name it needs double quotes, \"%s\"", m[0], m[0])
	}
}

func (x *explainer) atEnd([]string) { x.point(len(strings.TrimRight(x.sql, " \t\r\n"))) }

func (x *explainer) isPivot([]string) {
	x.say("as in PIVOT t ON gender IN ('female', 'male') USING count(*)", "a PIVOT must say which values become columns")
}

// adviseTable says what may be meant by a table that is not there.
func (r *Reader) adviseTable(name string) string {
	names, err := r.tableNames(context.Background())
	if err != nil {
		return ""
	}
	if len(names) == 0 {
		return "this database has no tables; import makes them: fhirwh import FILE"
	}
	likely := similar(name, names)
	if resource := resourceNamed(name); resource == name || likely == "" && resource != "" {
		return notImported(resource)
	}
	if likely != "" {
		return didYouMean([]string{likely})
	}
	return "fhirwh tables lists what there is"
}

func (r *Reader) adviseLedger(name string) string {
	names, err := r.texts(context.Background(), "select table_name from duckdb_tables() where schema_name = 'ledger' order by 1")
	if likely := similar(name, names); err == nil && likely != "" {
		return didYouMean([]string{"ledger." + likely})
	}
	return "fhirwh tables --all lists what there is"
}

func notImported(name string) string {
	return fmt.Sprintf("no %s was imported; fhirwh tables lists what there is", name)
}

// resourceNamed returns the resource type of that name in whatever case, or "".
func resourceNamed(name string) string {
	for _, t := range schema.Resources() {
		if strings.EqualFold(t.Name, name) {
			return t.Name
		}
	}
	return ""
}
