package shell

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fhirwh/fhirwh/internal/sqltext"
)

// Modes are the ways to show a result that .mode knows.
var Modes = []string{"table", "vertical", "csv", "json", "ndjson", "markdown"}

const help = `A statement ends in a semicolon and may go over several lines; \G in its place shows
one column a line. Tab completes names, Ctrl-C gives up a line or stops a query, Ctrl-D
leaves.

.tables             list tables and views
.describe NAME      say what is in a table, view or column
.mode MODE          show results as table, vertical, csv, json, ndjson or markdown
.param NAME VALUE   give $NAME in SQL a value; .param NAME takes it away, .param lists them
.timer on|off       say how long a query took, or not
.help               show this
.quit               leave

The warehouse is open only while a query runs, so that an import need not wait for you.
`

// A CommandError is a command that cannot be meant.
type CommandError struct{ text, advice string }

func (e *CommandError) Error() string { return e.text }

// Hint says what to type.
func (e *CommandError) Hint() string { return e.advice }

// commands are the commands by their names.
var commands = map[string]func(s *Shell, ctx context.Context, rest string) error{
	".describe": (*Shell).describe,
	".exit":     (*Shell).quit,
	".help":     (*Shell).help,
	".mode":     (*Shell).setMode,
	".param":    (*Shell).setParam,
	".quit":     (*Shell).quit,
	".tables":   (*Shell).tables,
	".timer":    (*Shell).setTimer,
}

// command does what a line says: a name, and the rest that it makes sense of.
func (s *Shell) command(ctx context.Context, line string) error {
	name, rest, _ := strings.Cut(line, " ")
	if name != ".param" {
		name, rest = strings.TrimSuffix(name, ";"), strings.TrimSuffix(rest, ";") // out of habit
	}
	do, ok := commands[name]
	if !ok {
		return &CommandError{fmt.Sprintf("there is no command %s", name), ".help lists them"}
	}
	return do(s, ctx, strings.TrimSpace(rest))
}

// usage is the error of a command with wrong arguments.
func usage(how string) error {
	return &CommandError{"this is not how it is written", how}
}

func (s *Shell) quit(context.Context, string) error { return errQuit }

func (s *Shell) help(context.Context, string) error {
	s.Host.Say(help)
	return nil
}

func (s *Shell) tables(ctx context.Context, _ string) error { return s.Host.Tables(ctx) }

func (s *Shell) describe(ctx context.Context, name string) error {
	if name == "" || strings.Contains(name, " ") {
		return usage(".describe NAME, such as .describe patients")
	}
	return s.Host.Describe(ctx, name)
}

func (s *Shell) setMode(_ context.Context, mode string) error {
	if !slices.Contains(Modes, mode) {
		return usage(".mode " + strings.Join(Modes, "|"))
	}
	s.mode = mode
	return nil
}

func (s *Shell) setTimer(_ context.Context, to string) error {
	if to != "on" && to != "off" {
		return usage(".timer on|off")
	}
	s.noTimer = to == "off"
	return nil
}

// setParam sets, takes away or lists parameters. A value is the rest of the line;
// quotes around it are taken off.
func (s *Shell) setParam(_ context.Context, rest string) error {
	if rest == "" {
		for _, name := range slices.Sorted(maps.Keys(s.params)) {
			s.Host.Say(fmt.Sprintf("$%s = %s\n", name, s.params[name]))
		}
		return nil
	}
	name, value, given := strings.Cut(rest, " ")
	name = strings.ToLower(strings.TrimPrefix(name, "$"))
	if !isName(name) {
		return usage(".param NAME VALUE, such as .param day 2024-12-31")
	}
	params := maps.Clone(s.params) // a question keeps those it was asked with
	if params == nil {
		params = map[string]string{}
	}
	delete(params, name)
	if given {
		params[name] = unquote(strings.TrimSpace(value))
	}
	s.params = params
	return nil
}

func isName(text string) bool {
	tokens := sqltext.Tokens(text)
	return len(tokens) == 1 && (tokens[0].IsWord() || tokens[0].IsName())
}

// unquote takes the quotes off a text that has them at both ends.
func unquote(text string) string {
	for _, quote := range []string{"'", `"`} {
		if len(text) > 1 && strings.HasPrefix(text, quote) && strings.HasSuffix(text, quote) {
			return text[1 : len(text)-1]
		}
	}
	return text
}

// completeCommand completes a command and its argument.
func completeCommand(n *sqltext.Names, before string) (head string, candidates []string) {
	words := strings.Split(before, " ")
	last := len(words) - 1
	c := completer{n: n, word: words[last]}
	head = strings.TrimSuffix(before, c.word)
	switch {
	case last == 0:
		c.add(slices.Sorted(maps.Keys(commands))...)
	case last > 1:
	case words[0] == ".mode":
		c.add(Modes...)
	case words[0] == ".timer":
		c.add("on", "off")
	case words[0] == ".describe":
		for _, t := range n.Tables {
			if t.Schema == "" {
				c.add(t.Name)
			}
		}
	}
	return head, c.found()
}
