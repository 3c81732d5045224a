package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fhirwh/fhirwh/internal/export"
	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// listenCmd is the webhook receiver as a service.
type listenCmd struct {
	exportFlags   `embed:""`
	workFlags     `embed:""`
	Addr          string `default:"127.0.0.1:8787" placeholder:"ADDR" help:"Where to listen (${default}). Stand a proxy with a certificate in front: Fasten comes over https."`
	EraseOnRevoke bool   `help:"Erase what a connection brought when its patient withdraws consent, as fhirwh erase --source does. Default: mark the connection, keep the data."`
	Keep          days   `default:"" placeholder:"DAYS" help:"Remove originals from the landing folder so long after their import, such as 30d. Default: keep them."`
	LogFormat     string `enum:"text,json" default:"text" placeholder:"FORMAT" help:"text or json (${default})."`
}

// workFlags are those of the commands that download and import.
type workFlags struct {
	NoImport    bool     `help:"Leave the files in the landing folder."`
	OrgID       string   `placeholder:"ID" help:"Act on events of this organisation alone."`
	MemoryLimit byteSize `default:"2GiB" placeholder:"SIZE" help:"Memory of an import (${default}): with less, one into a warehouse that has rows spills to disk."`
	limits      `embed:""`
}

// Help says what to enter in the developer portal.
func (cmd *listenCmd) Help() string {
	return `Receives the events of Fasten Connect at POST /webhook/test and /webhook/live, answers GET /healthz and /metrics
(Prometheus). Enter the public address with one of the paths in the developer portal, and give its secret as FASTEN_WEBHOOK_SECRET (several with
commas between them while one replaces another). Each event is stored before it is answered; downloads and imports follow. The warehouse is
locked while an import runs and at no other time. Ctrl-C or SIGTERM finishes what runs or parks it; the next start goes on.`
}

func (cmd *listenCmd) Run(ctx context.Context, c *cli, std stdio) error {
	log := newLog(std, cmd.LogFormat)
	service, err := cmd.service(c, std, log)
	if err != nil {
		return err
	}
	defer service.close()
	l, err := net.Listen("tcp", cmd.Addr)
	if err != nil {
		return &hinted{fmt.Errorf("listen: %w", err), "another program has the address: choose one with --addr, or end the other"}
	}
	log.Info("listening", "addr", l.Addr().String(), "mode", service.client.Mode(), "landing", service.landing.Dir(), "db", c.DB)
	if err := service.run(ctx, l); err != nil {
		return err
	}
	log.Info("ended")
	return nil
}

func newLog(std stdio, format string) *slog.Logger {
	if format == "json" {
		return slog.New(slog.NewJSONHandler(std.err, nil))
	}
	return slog.New(slog.NewTextHandler(std.err, nil))
}

// A service receives events and does what they ask for.
type service struct {
	client   *export.Client
	landing  *export.Landing
	worker   *export.Worker
	receiver *export.Receiver
	importer *landedImporter
	orgID    string
}

func (cmd *listenCmd) service(c *cli, std stdio, log *slog.Logger) (*service, error) {
	s, config, err := openService(c, std, log, &cmd.exportFlags, &cmd.workFlags)
	if err != nil {
		return nil, err
	}
	s.worker.Keep = time.Duration(cmd.Keep)
	if cmd.EraseOnRevoke {
		s.worker.EraseOnRevoke = func(ctx context.Context, connectionID string) error {
			return eraseRevoked(ctx, c, log, s.landing.Dir(), connectionID, cmd.MemoryLimit)
		}
	}
	return s, s.receive(config)
}

// eraseRevoked erases a connection whose patient has withdrawn consent. What was
// never here is no error.
func eraseRevoked(ctx context.Context, c *cli, log *slog.Logger, landing, id string, memory byteSize) error {
	report, forgotten, err := eraseConnection(ctx, c.DB, landing, warehouse.EraseOptions{
		Source: id, Version: ourVersion(), MemoryLimit: int64(memory), Wait: c.Wait,
	})
	if isNotThere(err) {
		log.Info("nothing to erase of a revoked connection", "connection", id)
		return nil
	}
	if err != nil {
		return errors.New(safeText(err)) // it is logged
	}
	log.Info("erased a revoked connection", "connection", id, "rows", report.Rows, "landed", forgotten)
	return nil
}

// openService makes the service that the flags and the configuration ask for,
// without a receiver.
func openService(c *cli, std stdio, log *slog.Logger, from *exportFlags, work *workFlags) (*service, export.Config, error) {
	client, config, err := from.client(log)
	if err != nil {
		return nil, config, err
	}
	landing, err := from.landing(c)
	if err != nil {
		return nil, config, err
	}
	return newService(c, std, log, client, landing, work), config, nil
}

func newService(c *cli, std stdio, log *slog.Logger, client *export.Client, landing *export.Landing, work *workFlags) *service {
	s := &service{client: client, landing: landing, orgID: work.OrgID, importer: &landedImporter{
		c: c, std: std, landing: landing, log: log, limits: work.limits, memory: work.MemoryLimit}}
	s.worker = &export.Worker{Landing: landing, Client: client, Log: log, Metrics: export.NewMetrics(), Mode: client.Mode()}
	if !work.NoImport {
		s.worker.Import = s.importer.load
	}
	return s
}

// receive adds the receiver.
func (s *service) receive(config export.Config) error {
	if err := config.NeedWebhookSecret(); err != nil {
		return err
	}
	keys, err := config.WebhookKeys()
	if err != nil {
		return err
	}
	s.receiver = &export.Receiver{
		Intake:  export.Intake{Landing: s.landing, Mode: s.client.Mode(), OrgID: s.orgID},
		Secrets: keys, Wake: s.worker.Wake, Log: s.worker.Log, Metrics: s.worker.Metrics,
	}
	return nil
}

func (s *service) close() { s.client.Close() }

// run serves l, if it has a receiver, and works until ctx ends.
func (s *service) run(ctx context.Context, l net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var served, worked error
	var both sync.WaitGroup
	both.Go(func() { worked = s.worker.Run(ctx); stop() })
	if l != nil {
		served = export.Serve(ctx, l, s.receiver, s.worker.Log)
		stop()
	}
	both.Wait()
	return errors.Join(notCancelled(served), notCancelled(worked))
}

func notCancelled(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// days is a duration that may be written in days: 30d.
type days time.Duration

// UnmarshalText reads a number of days, or what [time.ParseDuration] reads.
func (d *days) UnmarshalText(text []byte) error {
	s := string(text)
	if s == "" {
		return nil
	}
	if n, err := strconv.ParseFloat(strings.TrimSuffix(s, "d"), 64); err == nil && strings.HasSuffix(s, "d") && n >= 0 {
		*d = days(n * 24 * float64(time.Hour))
		return nil
	}
	parsed, err := time.ParseDuration(s)
	if err != nil || parsed < 0 {
		return fmt.Errorf("%q is no time such as 30d or 12h", s)
	}
	*d = days(parsed)
	return nil
}
