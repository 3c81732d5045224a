package shell

import (
	"slices"
	"strings"

	"github.com/fhirwh/fhirwh/internal/sqltext"
)

// longestList is how many names a completion offers at most.
const longestList = 200

// complete returns what may stand at the end of before, the beginning of a text,
// instead of its last word: the text in front of that word, and the candidates.
// after is the rest of the text, which may say what is read FROM.
func complete(n *sqltext.Names, before, after string) (head string, candidates []string) {
	if !sqltext.IsCode(before) {
		return before, nil
	}
	tokens := sqltext.Tokens(before)
	word := ""
	if last := len(tokens) - 1; last >= 0 && strings.HasSuffix(before, tokens[last].Text) && tokens[last].IsWord() {
		word = tokens[last].Text
		tokens = tokens[:last]
	}
	head = strings.TrimSuffix(before, word)
	c := completer{n: n, word: word, sources: sqltext.Sources(before + after)}
	switch last := len(tokens) - 1; {
	case last > 0 && tokens[last].Text == "." && strings.HasSuffix(head, "."):
		path := sqltext.Path(append(tokens, sqltext.Token{Text: "x"}), last+1) // x is the name that is missing
		c.behind(path[:len(path)-1])
	case sqltext.WantsSource(head):
		c.tables("")
	default:
		c.anything()
	}
	return head, c.found()
}

// A completer collects names that begin with word.
type completer struct {
	n       *sqltext.Names
	word    string
	sources []sqltext.Source
	all     []string
}

// add adds the words that fit.
func (c *completer) add(words ...string) {
	for _, word := range words {
		if c.fits(word) {
			c.all = append(c.all, word)
		}
	}
}

func (c *completer) fits(word string) bool {
	return len(word) >= len(c.word) && strings.EqualFold(word[:len(c.word)], c.word)
}

// name adds a name that fits, as it must stand in SQL.
func (c *completer) name(name string) {
	switch {
	case !c.fits(name):
	case slices.Contains(c.n.Reserved, strings.ToUpper(name)):
		c.all = append(c.all, `"`+name+`"`)
	default:
		c.all = append(c.all, name)
	}
}

// found returns what was added, each once, in order.
func (c *completer) found() []string {
	slices.SortFunc(c.all, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	c.all = slices.Compact(c.all)
	return c.all[:min(len(c.all), longestList)]
}

// tables adds the tables and views of a schema, and what WITH names.
func (c *completer) tables(schema string) {
	for _, t := range c.n.Tables {
		if t.Schema == schema {
			c.name(t.Name)
		}
	}
	if schema == "" {
		c.add("ledger")
	}
}

// anything adds what may stand where an expression or a clause may.
func (c *completer) anything() {
	for _, s := range c.sources {
		if s.Alias != "" {
			c.name(s.Alias)
		}
		c.columns(c.table(s))
	}
	if c.word == "" {
		return
	}
	c.tables("")
	c.add(c.n.Macros...)
	if len(c.word) > 2 {
		c.add(c.n.Functions...)
	}
	for _, keyword := range c.n.Keywords {
		if c.word == strings.ToLower(c.word) {
			keyword = strings.ToLower(keyword)
		}
		c.add(keyword)
	}
}

func (c *completer) columns(t *sqltext.Table) {
	if t == nil {
		return
	}
	for _, column := range t.Columns {
		c.name(column.Name)
	}
}

// table returns the table or view that a source is, nil if it is none.
func (c *completer) table(s sqltext.Source) *sqltext.Table {
	for i, t := range c.n.Tables {
		if strings.EqualFold(t.Name, s.Name) && (strings.EqualFold(t.Schema, s.Schema) || t.Schema == "" && s.Schema == "main") {
			return &c.n.Tables[i]
		}
	}
	return nil
}

// behind adds what may stand behind a path that ends in a dot: the columns of a
// source, the fields of a column, the tables of a schema.
func (c *completer) behind(path []string) {
	if len(path) == 0 {
		return
	}
	for _, s := range c.sources {
		t := c.table(s)
		switch {
		case t == nil:
		case !s.Is(path[0]):
			c.fields(t, path)
		case len(path) == 1:
			c.columns(t)
		default:
			c.fields(t, path[1:])
		}
	}
	if len(path) == 1 && strings.EqualFold(path[0], "ledger") {
		c.tables("ledger")
	}
}

// fields adds the fields of the column, or of the field in it, at path.
func (c *completer) fields(t *sqltext.Table, path []string) {
	at := slices.IndexFunc(t.Columns, func(column sqltext.Column) bool { return strings.EqualFold(column.Name, path[0]) })
	if at < 0 {
		return
	}
	names, types := sqltext.Fields(t.Columns[at].Type)
	for _, step := range path[1:] {
		at := slices.IndexFunc(names, func(name string) bool { return strings.EqualFold(name, step) })
		if at < 0 {
			return
		}
		names, types = sqltext.Fields(types[at])
	}
	for _, name := range names {
		c.name(name)
	}
}
