package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/fhirwh/fhirwh/internal/export"
	"github.com/fhirwh/fhirwh/internal/render"
)

// fetchCmd gets the records of connections.
type fetchCmd struct {
	Connections []string `arg:"" optional:"" name:"connection" help:"org_connection_id, as fhirwh connections lists them."`
	exportFlags `embed:""`
	workFlags   `embed:""`
	All         bool          `help:"Every connection that is known and not revoked."`
	WaitFor     string        `enum:",webhook,poll" default:"" placeholder:"WHAT" help:"webhook: the event alone; poll: ask, and use an event that comes. Default: both."`
	Addr        string        `placeholder:"ADDR" help:"Receive the webhook here meanwhile, as fhirwh listen does. Default: events that a fhirwh listen has stored."`
	MaxWait     time.Duration `default:"2h" placeholder:"DURATION" help:"How long an export may take (${default})."`
	Patience    time.Duration `default:"15s" placeholder:"DURATION" help:"How long to wait for the event of a finished export (${default})."`
	Fixture     string        `placeholder:"NAME" help:"Document of the test network, such as myra-jones.xml: TEFCA connections in test mode only."`
	JSON        bool          `name:"json" help:"Print the exports as JSON."`
}

func (cmd *fetchCmd) Run(ctx context.Context, c *cli, std stdio) error {
	log := slog.New(slog.DiscardHandler)
	s, config, err := openService(c, std, log, &cmd.exportFlags, &cmd.workFlags)
	if err != nil {
		return err
	}
	defer s.close()
	ids, err := cmd.connections(s.landing, std)
	if err != nil {
		return err
	}
	l, err := cmd.listener(s, config)
	if err != nil {
		return err
	}
	exports, err := cmd.fetchAll(ctx, s, l, ids, std)
	exports = again(s.landing, exports)
	if err != nil && len(exports) == 0 {
		return err
	}
	if err = errors.Join(cmd.report(s, exports, std), err); err != nil {
		return err
	}
	return s.importer.findings()
}

// connections returns the ids to fetch.
func (cmd *fetchCmd) connections(l *export.Landing, std stdio) ([]string, error) {
	switch {
	case cmd.All && len(cmd.Connections) > 0:
		return nil, &usageError{"--all and connections exclude each other", "fhirwh fetch --help"}
	case !cmd.All && len(cmd.Connections) == 0:
		return nil, &usageError{"no connection given", "fhirwh connections lists them; --all takes every one"}
	case !cmd.All:
		return cmd.Connections, nil
	}
	known, err := whole(l.Connections)(std)
	var ids []string
	for _, x := range known {
		if !export.IsRevoked(x.Status) {
			ids = append(ids, x.ID)
		}
	}
	if err == nil && len(ids) == 0 {
		err = &hinted{errors.New("no connection is known"), "fhirwh connect makes one"}
	}
	return ids, err
}

// listener opens the receiver's address, where one is given.
func (cmd *fetchCmd) listener(s *service, config export.Config) (net.Listener, error) {
	if cmd.Addr == "" {
		return nil, nil
	}
	if err := s.receive(config); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", cmd.Addr)
	if err != nil {
		return nil, &hinted{fmt.Errorf("listen: %w", err), "if fhirwh listen has the address, leave --addr out: its events are used"}
	}
	return l, nil
}

// fetchAll registers every connection, waits for all of them, and works meanwhile
// unless another process does.
func (cmd *fetchCmd) fetchAll(ctx context.Context, s *service, l net.Listener, ids []string, std stdio) ([]export.Export, error) {
	working, stop := context.WithCancel(ctx)
	var worked error
	var worker sync.WaitGroup
	worker.Go(func() { worked = s.run(working, l) })

	exports, errs := make([]export.Export, len(ids)), make([]error, len(ids))
	var fetching sync.WaitGroup
	slots := make(chan struct{}, 8)
	for i, id := range ids {
		fetching.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if exports[i], errs[i] = cmd.fetch(ctx, s, id, std); errs[i] != nil && len(ids) > 1 {
				errs[i] = fmt.Errorf("connection %s: %w", id, errs[i])
			}
		})
	}
	fetching.Wait()
	stop()
	worker.Wait()
	return exports, errors.Join(append(errs, worked)...)
}

// fetch brings one connection into the landing folder and, unless the user wants
// no import, waits until it is in the warehouse.
func (cmd *fetchCmd) fetch(ctx context.Context, s *service, id string, std stdio) (export.Export, error) {
	f := export.Fetcher{
		Client: s.client, Landing: s.landing, WaitFor: cmd.WaitFor, MaxWait: cmd.MaxWait, Patience: cmd.Patience,
		Fixture: cmd.Fixture, Report: func(step export.FetchStep) { std.note("%s\n", render.OneLine(stepText(step))) },
	}
	x, err := f.Fetch(ctx, id)
	if err != nil || cmd.NoImport {
		return x, err
	}
	return cmd.waitImported(ctx, s.landing, x, std)
}

// importPatience is how long an import may take before the user is told what
// fetch waits for.
const importPatience = 3 * time.Second

// waitImported waits until the files of an export are in the warehouse, or cannot
// get there now. A worker does it, ours or that of a fhirwh listen.
func (cmd *fetchCmd) waitImported(ctx context.Context, l *export.Landing, x export.Export, std stdio) (export.Export, error) {
	if err := tryImportNow(l, x); err != nil {
		return x, err
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	tell, end := time.After(importPatience), time.After(cmd.MaxWait)
	for {
		now, ok, err := l.Export(x.TaskID)
		switch {
		case err != nil:
			return x, err
		case !ok || now.State == export.ExportImported:
			return now, nil
		case now.State == export.ExportLanded && now.LastError != "":
			return now, &hinted{errors.New("the export has landed, but not been imported: " + now.LastError), "the file is kept: fhirwh fetch " + x.ConnectionID + " goes on with it"}
		}
		select {
		case <-ctx.Done():
			return x, ctx.Err()
		case <-tell:
			std.note("%s\n", render.OneLine(x.ConnectionID+": landed; waiting for the import, which waits while another program uses the warehouse"))
		case <-end:
			return now, &export.WaitError{What: "export " + render.OneLine(x.TaskID), Status: now.State, Waited: cmd.MaxWait, Reason: "the import waits while another program uses the warehouse"}
		case <-tick.C:
		}
	}
}

// tryImportNow ends the wait for the next attempt of an import that failed.
func tryImportNow(l *export.Landing, x export.Export) error {
	if x.State != export.ExportLanded || x.LastError == "" {
		return nil
	}
	return l.UpdateExport(x.TaskID, func(x *export.Export) {
		if x.State == export.ExportLanded {
			x.NextAttempt, x.LastError = nil, ""
		}
	})
}

// stepText says what a fetch is at.
func stepText(s export.FetchStep) string {
	text := map[string]string{
		export.StepConnection: "the connection is " + s.Status,
		export.StepRefreshing: "the connection is being refreshed",
		export.StepRegistered: "export " + s.TaskID + " registered: " + s.Status,
		export.StepStatus:     "export " + s.TaskID + ": " + s.Status,
		export.StepUnreached:  "Fasten Connect did not answer",
		export.StepAskedAgain: "finished, but the event with the link has not come: asked for it again",
		export.StepLinked:     "the event is here: downloading",
		export.StepFailed:     "failed, and is tried again",
	}[s.Kind]
	if s.Err != nil {
		text += ": " + s.Err.Error()
	}
	if s.Wait > 0 {
		text += " (next look in " + durationText(s.Wait) + ")"
	}
	return s.ConnectionID + ": " + text
}

// report says what came.
func (cmd *fetchCmd) report(s *service, exports []export.Export, std stdio) error {
	now := time.Now()
	infos := []exportInfo{}
	for _, x := range exports {
		infos = append(infos, infoOf(x, now))
	}
	if cmd.JSON {
		return std.printJSON(infos)
	}
	if s.importer.last == nil {
		return printExports(std, infos, now)
	}
	for _, x := range infos {
		if text := differencesText(x.Differences); text != "" {
			std.note("export %s: %s\n", render.OneLine(x.TaskID), render.OneLine(text))
		}
	}
	return std.printSummary(s.importer.last)
}

// again reads the records of exports as they are by now.
func again(l *export.Landing, exports []export.Export) []export.Export {
	var now []export.Export
	for _, x := range exports {
		if current, ok, err := l.Export(x.TaskID); ok && err == nil {
			now = append(now, current)
		}
	}
	return now
}
