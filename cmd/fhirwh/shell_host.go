package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/fhirwh/fhirwh/internal/render"
	"github.com/fhirwh/fhirwh/internal/shell"
	"github.com/fhirwh/fhirwh/internal/sqltext"
	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// A shellHost answers a shell from the warehouse, which it opens anew for each
// question: a reader that keeps it open would hold up imports.
type shellHost struct {
	cmd *shellCmd
	c   *cli
	std stdio

	separate bool // results by an empty line, where query does
	answered int
	names    *sqltext.Names
	known    fs.FileInfo // of the warehouse when names were read
}

// Answer implements [shell.Host].
func (h *shellHost) Answer(ctx context.Context, q shell.Question) error {
	std := h.std.fitted()
	query := queryCmd{Format: q.Mode, askFlags: h.cmd.askFlags}
	if query.Format == "" {
		query.Format = h.cmd.Mode
	}
	out, err := query.open(std, 1)
	if err != nil {
		return err
	}
	r, err := h.cmd.reader(ctx, h.c, std, "")
	if err != nil {
		return err
	}
	defer r.Close()
	a := &answerer{askFlags: h.cmd.askFlags, r: r, out: out, std: std, timer: q.Timer, hiddenHint: `name the ones you want, or end the statement in \G`}
	for name, value := range q.Params {
		a.params = append(a.params, warehouse.Param{Name: name, Value: value})
	}
	err = a.answer(ctx, h.answered, q.SQL)
	if h.separate {
		h.answered++
	}
	if m, ok := errors.AsType[*warehouse.MissingParamError](err); ok {
		return &hinted{err, fmt.Sprintf(".param %s VALUE", m.Name)}
	}
	return err
}

// Tables implements [shell.Host].
func (h *shellHost) Tables(ctx context.Context) error {
	return (&tablesCmd{}).Run(ctx, h.c, h.std.fitted())
}

// Describe implements [shell.Host].
func (h *shellHost) Describe(ctx context.Context, name string) error {
	return (&describeCmd{Name: name}).Run(ctx, h.c, h.std.fitted())
}

// Names implements [shell.Host]. It reads them again when the warehouse has
// changed, and does not wait for one that is in use.
func (h *shellHost) Names(ctx context.Context) *sqltext.Names {
	info, err := os.Stat(h.c.DB)
	if err == nil && h.known != nil && info.ModTime().Equal(h.known.ModTime()) && info.Size() == h.known.Size() {
		return h.names
	}
	if r, err := warehouse.OpenReader(ctx, h.c.DB, warehouse.ReadOptions{}); err == nil {
		defer r.Close()
		h.read(ctx, r)
	}
	return h.names
}

// learn reads the names at the beginning.
func (h *shellHost) learn(ctx context.Context) error {
	r, err := openReader(ctx, h.c, h.std)
	if err != nil {
		return err
	}
	defer r.Close()
	h.read(ctx, r)
	return ctx.Err()
}

func (h *shellHost) read(ctx context.Context, r *warehouse.Reader) {
	info, err := os.Stat(h.c.DB)
	if err != nil {
		return
	}
	if names, err := r.Names(ctx); err == nil {
		h.names, h.known = names, info
	}
}

// Say implements [shell.Host].
func (h *shellHost) Say(text string) { h.std.note("%s", render.Neutral(text)) }

// Fail implements [shell.Host]. Only an output that nobody reads ends the shell.
func (h *shellHost) Fail(ctx context.Context, err error) error {
	if h.std.fitted().fail(ctx, err) == exitOK {
		return err
	}
	return nil
}

func (h *shellHost) noHistory(err error) { h.std.noHistory(err) }

// fitted returns std with the width that its terminal has now.
func (std stdio) fitted() stdio {
	if f, ok := std.out.(*os.File); ok && std.outWidth > 0 {
		std.outWidth = terminalWidth(f)
	}
	if f, ok := std.err.(*os.File); ok && std.errWidth > 0 {
		std.errWidth = terminalWidth(f)
	}
	return std
}
