package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/sqltext"
)

// A host writes down what it is asked for.
type host struct {
	log    strings.Builder
	answer func(ctx context.Context, q Question) error
	end    error // that Fail returns
}

func (h *host) Answer(ctx context.Context, q Question) error {
	fmt.Fprintf(&h.log, "answer %q mode=%s timer=%v %v\n", q.SQL, q.Mode, q.Timer, q.Params)
	if h.answer != nil {
		return h.answer(ctx, q)
	}
	return nil
}

func (h *host) Tables(context.Context) error {
	h.log.WriteString("tables\n")
	return nil
}

func (h *host) Describe(_ context.Context, name string) error {
	fmt.Fprintf(&h.log, "describe %s\n", name)
	return nil
}

func (h *host) Names(context.Context) *sqltext.Names { return testNames() }

func (h *host) Say(text string) { fmt.Fprintf(&h.log, "say %s", text) }

func (h *host) Fail(_ context.Context, err error) error {
	fmt.Fprintf(&h.log, "fail %v\n", err)
	return h.end
}

// typed are lines that a person types; ^C gives a line up.
type typed struct {
	lines   []string
	prompts []string
	history []string
}

func (l *typed) Line(prompt string) (string, error) {
	l.prompts = append(l.prompts, prompt)
	if len(l.lines) == 0 {
		return "", io.EOF
	}
	line := l.lines[0]
	l.lines = l.lines[1:]
	if line == "^C" {
		return "", ErrAborted
	}
	return line, nil
}

func (l *typed) Remember(entry string) { l.history = append(l.history, entry) }

func TestShell(t *testing.T) {
	tests := []struct {
		name    string
		typed   string
		want    string
		history string
	}{
		{"a statement", "select 1;", "answer \"select 1\" mode= timer=true map[]\n", "select 1;"},
		{"over lines", "select\n  1, -- one\n  2\n;", "answer \"select\\n  1, -- one\\n  2\" mode= timer=true map[]\n", "select 1, 2;"},
		{"two on a line", "select 1; select 2; sel\n^C\nselect 3;",
			"answer \"select 1\" mode= timer=true map[]\nanswer \"select 2\" mode= timer=true map[]\nanswer \"select 3\" mode= timer=true map[]\n", "select 1;|select 2;|select 3;"},
		{"vertical", "select 1\\G select 2;", "answer \"select 1\" mode=vertical timer=true map[]\nanswer \"select 2\" mode= timer=true map[]\n", `select 1\G|select 2;`},
		{"a text over lines", "select 'a\nb';", "answer \"select 'a\\nb'\" mode= timer=true map[]\n", "select 'a|b';"},
		{"a beginning is left over", "select 1", "", ""},
		{"comments and nothing", "\n-- only this\n;\n", "", ""},
		{"commands", ".tables\n  .describe patients;\n.describe\n", "tables\ndescribe patients\nfail this is not how it is written\n", ".tables|.describe patients;|.describe"},
		{"quit", ".quit\nselect 1;", "", ".quit"},
		{"settings", ".mode csv\n.timer off\nselect 1;\n.mode xml\n.timer\n", "answer \"select 1\" mode=csv timer=false map[]\nfail this is not how it is written\nfail this is not how it is written\n", ".mode csv|.timer off|select 1;|.mode xml|.timer"},
		{"parameters", ".param $Day 2024-12-31\n.param t 'a  b;'\nselect 1;\n.param\n.param day\n.param\n.param 'x",
			"answer \"select 1\" mode= timer=true map[day:2024-12-31 t:a  b;]\nsay $day = 2024-12-31\nsay $t = a  b;\nsay $t = a  b;\nfail this is not how it is written\n",
			".param $Day 2024-12-31|.param t 'a  b;'|select 1;|.param|.param day|.param|.param 'x"},
		{"no such command", ".foo", "fail there is no command .foo\n", ".foo"},
		{"a dot inside a statement", "select 1\n.5;", "answer \"select 1\\n.5\" mode= timer=true map[]\n", "select 1 .5;"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, l := &host{}, &typed{lines: strings.Split(tt.typed, "\n")}
			if err := (&Shell{Host: h, Lines: l, Interactive: true}).Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := h.log.String(); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if got := strings.Join(l.history, "|"); got != tt.history {
				t.Errorf("history %q, want %q", got, tt.history)
			}
		})
	}
}

func TestPrompts(t *testing.T) {
	l := &typed{lines: []string{"select", "1;", "select", "^C", ".help"}}
	if err := (&Shell{Host: &host{}, Lines: l, Interactive: true}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []string{prompt, more, prompt, more, prompt, prompt}; !slices.Equal(l.prompts, want) {
		t.Errorf("got %q, want %q", l.prompts, want)
	}
}

func TestErrors(t *testing.T) {
	broken := errors.New("broken")
	fails := func(context.Context, Question) error { return broken }
	tests := []struct {
		name        string
		interactive bool
		end         error
		err         error
		statements  int
	}{
		{"a person goes on", true, nil, nil, 2},
		{"a person cannot go on", true, broken, broken, 1},
		{"nobody answers", false, nil, broken, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := &host{answer: fails, end: tt.end}
			s := &Shell{Host: h, Lines: &typed{lines: []string{"select 1;", "select 2;"}}, Interactive: tt.interactive}
			if err := s.Run(t.Context()); !errors.Is(err, tt.err) || tt.err == nil && err != nil {
				t.Errorf("got %v, want %v", err, tt.err)
			}
			if got := strings.Count(h.log.String(), "answer"); got != tt.statements {
				t.Errorf("%d statements ran", got)
			}
		})
	}
}

func TestEveryStatementHasItsContext(t *testing.T) {
	begun, ended := 0, 0
	h := &host{answer: func(ctx context.Context, _ Question) error {
		if ctx.Err() != nil {
			t.Error("the context of a statement has ended before it")
		}
		if begun != ended+1 {
			t.Errorf("%d begun, %d ended", begun, ended)
		}
		return nil
	}}
	s := &Shell{Host: h, Lines: &typed{lines: []string{"select 1; select 2;", ".tables"}}, Interactive: true,
		Begin: func(ctx context.Context) (context.Context, func()) {
			begun++
			ctx, cancel := context.WithCancel(ctx)
			return ctx, func() { cancel(); ended++ }
		}}
	if err := s.Run(t.Context()); err != nil || begun != 3 || ended != 3 {
		t.Errorf("%d begun, %d ended, %v", begun, ended, err)
	}
}

func TestReader(t *testing.T) {
	h := &host{}
	in := "select 1;\r\n.mode json\nselect\n2"
	if err := (&Shell{Host: h, Lines: NewReader(strings.NewReader(in))}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := "answer \"select 1\" mode= timer=true map[]\nanswer \"select\\n2\" mode=json timer=true map[]\n"
	if got := h.log.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestCompleteInTheShell(t *testing.T) {
	s := &Shell{Host: &host{}, Lines: &typed{}}
	tests := []struct{ pending, before, after, head, want string }{
		{"", ".de", "", "", ".describe"},
		{"", ".describe pa", "", ".describe ", "patients"},
		{"", ".mode m", "", ".mode ", "markdown"},
		{"", ".timer o", "", ".timer ", "off on"},
		{"", ".param x", "", ".param ", ""},
		{"", "select gen", " from patients", "select ", "gender"},
		{"select *\nfrom patients", "where gen", "", "where ", "gender"},
		{"select 'a", "obs", "", "", ""},
	}
	for _, tt := range tests {
		s.pending = tt.pending
		head, got := s.Complete(t.Context(), tt.before, tt.after)
		if strings.Join(got, " ") != tt.want || tt.want != "" && head != tt.head {
			t.Errorf("%q: got %q behind %q, want %q behind %q", tt.before, got, head, tt.want, tt.head)
		}
	}
}

func TestOffer(t *testing.T) {
	tests := []struct {
		word, candidates, want string
	}{
		{"obs", "Observation observations", "observation|observations"},
		{"Obs", "Observation", "Observation"},
		{"from", "from", "from "},
		{"e", `"end" end`, "end"},
		{"x", "", ""},
	}
	for _, tt := range tests {
		if got := strings.Join(offer(tt.word, strings.Fields(tt.candidates)), "|"); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.word, got, tt.want)
		}
	}
}
