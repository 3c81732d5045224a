package main

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/fhirwh/fhirwh/internal/render"
	"github.com/fhirwh/fhirwh/internal/shell"
)

// shellCmd is a conversation in SQL.
type shellCmd struct {
	Mode      string `enum:",table,vertical,csv,json,ndjson,markdown" default:"" placeholder:"MODE" help:"Show results as table, vertical (one column a line), csv, json, ndjson or markdown. Default: table on a terminal, csv elsewhere."`
	NoHistory bool   `help:"Keep no history. It is in $$XDG_STATE_HOME/fhirwh/history, and holds what you typed: ids of patients too."`
	askFlags
}

// Help is the end of what --help says.
func (*shellCmd) Help() string {
	return `Statements end in a semicolon and may go over several lines. .help lists the commands.

The warehouse is open only while a statement runs: an import can write it while you think, and
the next statement sees what came. Where standard input is no terminal, the statements in it
are run; the first that fails ends the shell.`
}

func (cmd *shellCmd) Run(ctx context.Context, c *cli, std stdio) error {
	host := &shellHost{cmd: cmd, c: c, std: std}
	s := &shell.Shell{Host: host, Lines: shell.NewReader(std.in)}
	if !std.inTerminal || std.outWidth == 0 {
		host.separate = true
		return s.Run(ctx)
	}
	if err := host.learn(ctx); err != nil { // there must be a warehouse
		return err
	}
	history, entries := cmd.history(std)
	// An interrupt is for the statement that runs, and none ends the shell.
	ctx = context.WithoutCancel(ctx)
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	defer signal.Stop(interrupts)
	editor := shell.NewEditor(history, entries, func(before, after string) (string, []string) { return s.Complete(ctx, before, after) }, host.noHistory)
	defer editor.Close()
	defer std.endOnTerm(editor)()
	s.Lines, s.Interactive = editor, true
	s.Begin = func(ctx context.Context) (context.Context, func()) {
		return signal.NotifyContext(ctx, os.Interrupt)
	}
	std.note("%s: .help lists the commands, .quit leaves\n", c.DB)
	return s.Run(ctx)
}

// endOnTerm ends the process when it is asked to, with the terminal given back,
// until the function it returns is called.
func (std stdio) endOnTerm(editor *shell.Editor) func() {
	asked := make(chan os.Signal, 1)
	done := make(chan struct{})
	signal.Notify(asked, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		select {
		case <-asked:
			editor.Close()
			std.note("\nfhirwh: interrupted\n")
			os.Exit(exitInterrupted)
		case <-done:
		}
	}()
	return func() {
		signal.Stop(asked)
		close(done)
	}
}

// history opens the history, unless it is not wanted or cannot be had.
func (cmd *shellCmd) history(std stdio) (*shell.History, []string) {
	if cmd.NoHistory {
		return nil, nil
	}
	path, err := historyPath()
	if err != nil {
		std.noHistory(err)
		return nil, nil
	}
	h, entries, err := shell.OpenHistory(path)
	if err != nil {
		std.noHistory(err)
	}
	return h, entries
}

// historyPath is where the XDG Base Directory Specification has it.
func historyPath() (string, error) {
	state := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(state) {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		state = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(state, "fhirwh", "history"), nil
}

// noHistory says that there is no history, and why.
func (std stdio) noHistory(err error) {
	std.note("no history is kept: %s\n", render.Neutral(err.Error()))
}
