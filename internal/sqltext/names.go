package sqltext

// Names are what SQL can name in a warehouse, for who completes it.
type Names struct {
	Tables    []Table
	Macros    []string // ours, and users' own
	Functions []string // DuckDB's
	Keywords  []string
	Reserved  []string // keywords that are no names without quotes
}

// A Table is a table or view.
type Table struct {
	Schema  string // "" if it need not be named
	Name    string
	Columns []Column
}

// A Column is a column of a table or view.
type Column struct {
	Name string
	Type string // as DuckDB spells it
}
