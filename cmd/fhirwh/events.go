package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/textproto"
	"os"
	"time"

	"github.com/fhirwh/fhirwh/internal/export"
	"github.com/fhirwh/fhirwh/internal/render"
)

// eventsCmd has to do with the events of Fasten Connect.
type eventsCmd struct {
	Replay eventsReplayCmd `cmd:"" help:"Act on an event that came another way than by fhirwh listen."`
	List   eventsListCmd   `cmd:"" help:"Show the events that are known."`
}

// eventsListCmd lists the events that are known.
type eventsListCmd struct {
	landingFlag `embed:""`
	JSON        bool `name:"json" help:"Print JSON."`
}

// An eventInfo is what a program learns of an event: neither body nor headers,
// which hold links.
type eventInfo struct {
	export.Event
	Headers any `json:"headers,omitempty"`
	Body    any `json:"body,omitempty"`
}

func (cmd *eventsListCmd) Run(ctx context.Context, c *cli, std stdio) error {
	landing, err := cmd.lookLanding(c)
	if err != nil {
		return err
	}
	events, err := whole(landing.Events)(std)
	if err != nil {
		return err
	}
	infos := []eventInfo{}
	var rows [][]any
	for _, e := range events {
		infos = append(infos, eventInfo{Event: e})
		rows = append(rows, []any{e.Received.UTC().Format(time.DateTime), e.Type, e.APIMode, signedText(e.Signed), e.State, e.TaskID, e.ConnectionID, e.Reason})
	}
	if cmd.JSON {
		return std.printJSON(infos)
	}
	return std.printTable([]render.Column{
		{Name: "received (UTC)"}, {Name: "type"}, {Name: "mode"}, {Name: "signature"}, {Name: "state"}, {Name: "task"}, {Name: "connection"}, {Name: "reason"},
	}, rows)
}

func signedText(signed bool) string {
	if signed {
		return "verified"
	}
	return "none"
}

// eventsReplayCmd takes in an event from a file, for people whose webhook ends
// elsewhere.
type eventsReplayCmd struct {
	exportFlags `embed:""`
	File        string `arg:"" name:"file" help:"The event's body, as it came; - is standard input."`
	Signed      string `placeholder:"FILE" help:"File with the three headers webhook-id, webhook-timestamp and webhook-signature, a line each: the signature is verified, at the time that it bears."`
	NoImport    bool   `help:"Leave the file in the landing folder."`
	Legacy      bool   `help:"Read a body without envelope, as some relays send it."`
}

// Help says what an unsigned event is.
func (cmd *eventsReplayCmd) Help() string {
	return `Only the webhook carries the link to an export's file. If yours ends elsewhere, or did not work, copy the
payload from the portal's delivery log into a file: the link in it works for 24 hours. Without --signed nobody
has proved that the event is Fasten's; its links are followed to the configured API alone.`
}

func (cmd *eventsReplayCmd) Run(ctx context.Context, c *cli, std stdio) error {
	client, config, err := cmd.client(nil)
	if err != nil {
		return err
	}
	defer client.Close()
	d, err := cmd.delivery(config, std)
	if err != nil {
		return err
	}
	landing, err := cmd.landing(c)
	if err != nil {
		return err
	}
	e, stored, err := export.Intake{Landing: landing, Mode: client.Mode(), Legacy: cmd.Legacy}.Take(d)
	if err != nil {
		return err
	}
	if err := sayTaken(std, e, stored); err != nil {
		return err
	}
	return cmd.follow(ctx, c, std, e)
}

// delivery reads the event, and verifies it where it can be.
func (cmd *eventsReplayCmd) delivery(config export.Config, std stdio) (export.Delivery, error) {
	d := export.Delivery{Again: true}
	body, err := readEvent(cmd.File, std)
	if err != nil {
		return d, err
	}
	d.Body = body
	if cmd.Signed == "" {
		std.note("the event is not signed: nobody has proved that it is Fasten's\n")
		return d, nil
	}
	if d.Header, err = readHeaders(cmd.Signed); err != nil {
		return d, err
	}
	keys, err := config.WebhookKeys()
	if err == nil {
		err = config.NeedWebhookSecret()
	}
	if err != nil {
		return d, err
	}
	err = export.Verifier{Secrets: keys, AnyTime: true}.Verify(d.Header, body)
	if err != nil {
		return d, &hinted{err, "the body must be byte for byte as it came, and the secret that of the endpoint; without --signed it is taken unverified"}
	}
	d.Signed = true
	return d, nil
}

func readEvent(path string, std stdio) ([]byte, error) {
	in := std.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	body, err := io.ReadAll(io.LimitReader(in, export.MaxEventBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read the event: %w", err)
	}
	if len(body) > export.MaxEventBytes {
		return nil, &hinted{errors.New("the event is larger than 1 MiB, so it is none"), "give the payload of the webhook, not the file of the export: that is for fhirwh import"}
	}
	return body, nil
}

func readHeaders(path string) (http.Header, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h, err := textproto.NewReader(bufio.NewReader(f)).ReadMIMEHeader()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the headers in %s: %w", path, err)
	}
	return http.Header(h), nil
}

// sayTaken says what became of the event; one that is not acted on is an error.
func sayTaken(std stdio, e export.Event, stored bool) error {
	switch {
	case e.State == export.EventRefused || e.State == export.EventUndecodable:
		return fmt.Errorf("the event is kept, but %s: %s", e.State, e.Reason)
	case !stored:
		std.note("this event was here before (%s)\n", e.State)
	default:
		std.note("event %s of type %s stored\n", render.OneLine(e.ID), render.OneLine(e.Type))
	}
	return nil
}

// follow does what the event asks for, unless a fhirwh listen works on the folder:
// then that one does.
func (cmd *eventsReplayCmd) follow(ctx context.Context, c *cli, std stdio, e export.Event) error {
	work := defaultWork()
	work.NoImport = cmd.NoImport
	s, _, err := openService(c, std, slog.New(slog.DiscardHandler), &cmd.exportFlags, &work)
	if err != nil {
		return err
	}
	defer s.close()
	err = s.worker.Drain(ctx)
	if errors.Is(err, export.ErrWorking) {
		std.note("fhirwh listen works on this landing folder and goes on with the event\n")
		return nil
	}
	if err != nil {
		return err
	}
	return s.report(std, e)
}

// report says what became of the export that an event is about.
func (s *service) report(std stdio, e export.Event) error {
	if s.importer.last != nil {
		return errors.Join(std.printSummary(s.importer.last), s.importer.findings())
	}
	x, ok, err := s.landing.Export(e.TaskID)
	switch {
	case err != nil || !ok:
		return err
	case x.State == export.ExportImported:
		std.note("the files of export %s are in the warehouse already\n", render.OneLine(x.TaskID))
		return nil
	case x.State == export.ExportLanded && s.worker.Import == nil:
		std.note("the files of export %s have landed in %s\n", render.OneLine(x.TaskID), render.Neutral(s.landing.Dir()))
		return nil
	}
	return &hinted{fmt.Errorf("export %s is %s: %s", render.OneLine(x.TaskID), x.State, render.OneLine(x.LastError)), exportAdvice(x)}
}
