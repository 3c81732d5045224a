package shell

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/peterh/liner"
)

// An Editor is [Lines] that a person types on the terminal of the process. The
// terminal is in its hands until Close.
type Editor struct {
	state   *liner.State
	history *History // nil keeps none
	failed  func(error)
}

// NewEditor returns an editor that offers the entries as history and adds to it.
// complete is that of a [Shell]; failed is told once if the history cannot be
// written.
func NewEditor(h *History, entries []string, complete func(before, after string) (string, []string), failed func(error)) *Editor {
	e := &Editor{state: liner.NewLiner(), history: h, failed: failed}
	e.state.SetCtrlCAborts(true)
	e.state.SetMultiLineMode(true)
	e.state.SetTabCompletionStyle(liner.TabPrints)
	e.state.SetWordCompleter(func(line string, pos int) (string, []string, string) {
		before, after := string([]rune(line)[:pos]), string([]rune(line)[pos:])
		head, candidates := complete(before, after)
		return head, offer(strings.TrimPrefix(before, head), candidates), after
	})
	for _, entry := range entries {
		e.state.AppendHistory(entry)
	}
	return e
}

// Close gives the terminal back.
func (e *Editor) Close() error { return e.state.Close() }

// Line implements [Lines].
func (e *Editor) Line(prompt string) (string, error) {
	line, err := e.state.Prompt(prompt)
	if errors.Is(err, liner.ErrPromptAborted) {
		return "", ErrAborted
	}
	return line, err
}

// Remember implements [Lines].
func (e *Editor) Remember(entry string) {
	e.state.AppendHistory(entry)
	if e.history == nil {
		return
	}
	if err := e.history.Add(entry); err != nil {
		e.history = nil
		e.failed(err)
	}
}

// offer makes the candidates for a word fit for liner. A word that is whole gets a
// space, which is also what a tab in pasted text becomes. Of several candidates
// liner puts in what they have in common, so they begin as the word was typed: to
// SQL case is nothing.
func offer(word string, candidates []string) []string {
	if len(candidates) == 1 && candidates[0] == word {
		return []string{word + " "}
	}
	if len(candidates) < 2 {
		return candidates
	}
	var all []string
	for _, c := range candidates {
		if len(c) < len(word) || !strings.EqualFold(c[:len(word)], word) {
			continue // a name in quotes
		}
		if c = word + c[len(word):]; !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	return all
}

// A Reader is [Lines] that nobody types.
type Reader struct {
	in *bufio.Reader
}

// NewReader returns the lines of in.
func NewReader(in io.Reader) *Reader { return &Reader{in: bufio.NewReader(in)} }

// Line implements [Lines].
func (r *Reader) Line(string) (string, error) {
	line, err := r.in.ReadString('\n')
	if err == io.EOF && line != "" {
		err = nil
	}
	if err != nil && err != io.EOF {
		return "", fmt.Errorf("read standard input: %w", err)
	}
	return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), err
}

// Remember implements [Lines].
func (r *Reader) Remember(string) {}
