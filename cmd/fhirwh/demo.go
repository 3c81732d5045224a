package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fhirwh/fhirwh/internal/export"
	"github.com/fhirwh/fhirwh/internal/sandbox"
)

// demoCmd shows the whole way from a consent to an answer.
type demoCmd struct {
	Dir string `placeholder:"DIR" help:"Leave everything there, in a new folder. Default: a temporary one, removed at the end."`
}

// Help says what it needs.
func (cmd *demoCmd) Help() string {
	return `Goes the whole way that fhirwh connect, fetch and import go, against a stand-in for Fasten Connect inside this program, with an
invented record. It needs no keys and no network.`
}

// demoQueries are what the demo asks.
var demoQueries = []struct{ question, sql string }{
	{"Who is it?", "select full_name, birth_date, gender, city from patients"},
	{"Which conditions are active?", `select display, code_system, code, onset_date
from conditions
where clinical_status = 'active'
order by onset_date desc, display
limit 5`},
	{"How did HbA1c develop?", `select year(effective_date) as year, round(avg(value_number), 1) as hba1c
from observations
where code_system = 'LOINC' and code = '4548-4'
group by year
order by year`},
	{"Which export brought the measurements?", `select e.task_id, e.state, e.finished, count(*) as observations
from "Observation" o
join ledger.export_files f on f.file = o._file
join ledger.exports e using (task_id)
group by all`},
}

func indented(text string) string { return "    " + strings.ReplaceAll(text, "\n", "\n    ") }

func (cmd *demoCmd) Run(ctx context.Context, c *cli, std stdio) (err error) {
	dir, remove, err := cmd.folder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	mine := *c
	mine.DB = filepath.Join(dir, "warehouse.duckdb")
	if err := cmd.fetch(ctx, &mine, std); err != nil {
		return err
	}
	for _, q := range demoQueries {
		std.note("\n%s\n%s\n", q.question, indented(q.sql))
		ask := queryCmd{SQL: q.sql, Format: "table", askFlags: askFlags{Timezone: "UTC"}}
		if err := ask.Run(ctx, &mine, std); err != nil {
			return err
		}
	}
	if cmd.Dir != "" {
		std.note("\nnext: fhirwh --db %s summary\n", mine.DB)
		return nil
	}
	std.note("\nnext: fhirwh import your_export.jsonl, or with keys of Fasten Connect: fhirwh connect\n")
	return nil
}

// folder makes the folder of the demo; remove takes it away again, unless the user
// wants it.
func (cmd *demoCmd) folder() (dir string, remove func() error, err error) {
	if cmd.Dir == "" {
		dir, err = os.MkdirTemp("", "fhirwh-demo-")
		return dir, func() error { return os.RemoveAll(dir) }, err
	}
	if err := os.Mkdir(cmd.Dir, 0o700); err != nil {
		return "", nil, &hinted{err, "--dir makes a new folder: name one that is not there"}
	}
	return cmd.Dir, func() error { return nil }, nil
}

// fetch plays both sides: the stand-in of Fasten Connect, and the commands connect
// and fetch.
func (cmd *demoCmd) fetch(ctx context.Context, c *cli, std stdio) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for events: %w", err)
	}
	stand, err := playFasten(ctx, l)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer stand.Close()
	info := stand.Info()
	std.note("sandbox: a stand-in for Fasten Connect answers at %s\n", info.APIBaseURL)
	s, config, err := cmd.service(c, std, info)
	if err == nil {
		err = s.receive(config)
	}
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer s.close()
	ready := info.Connections[slices.IndexFunc(info.Connections, func(r sandbox.Ready) bool { return r.Status == "authorized" && r.APIMode == export.ModeTest })]
	std.note("connect: %s has agreed at %s; the connection is %s\n", ready.Patient, ready.Source, ready.ID)
	std.note("fetch: waiting for the webhook at http://%s\n", l.Addr())
	fetch := fetchCmd{MaxWait: 2 * time.Minute, Patience: 10 * time.Second}
	if _, err := fetch.fetchAll(ctx, s, l, []string{ready.ID}, std); err != nil {
		return err
	}
	sum := s.importer.last
	if sum == nil {
		return errors.New("the export came, but nothing was imported")
	}
	std.note("import: %s of %s in %s\n", plural(sum.Resources, "resource", "resources"), plural(int64(len(sum.Types)), "type", "types"), durationText(sum.Elapsed))
	return nil
}

func playFasten(ctx context.Context, l net.Listener) (*sandbox.Sandbox, error) {
	s, err := sandbox.New(sandbox.Options{WebhookURL: "http://" + l.Addr().String(), Pending: 300 * time.Millisecond, Seed: 1})
	if err != nil {
		return nil, err
	}
	return s, s.Start(ctx)
}

// service is what the keys of the sandbox give.
func (cmd *demoCmd) service(c *cli, std stdio, info sandbox.Info) (*service, export.Config, error) {
	env := map[string]string{
		"FASTEN_PUBLIC_ID": info.Test.PublicID, "FASTEN_PRIVATE_KEY": info.Test.PrivateKey,
		"FASTEN_WEBHOOK_SECRET": info.Test.WebhookSecret, "FASTEN_API_BASE_URL": info.APIBaseURL,
	}
	config, err := export.LoadConfig(export.Settings{Getenv: func(name string) string { return env[name] }})
	if err != nil {
		return nil, config, err
	}
	client, err := export.NewClient(config.Credentials, export.ClientOptions{BaseURL: config.APIBaseURL})
	if err != nil {
		return nil, config, err
	}
	landing, err := export.OpenLanding(c.DB + ".landing")
	if err != nil {
		return nil, config, err
	}
	work := defaultWork()
	return newService(c, std, slog.New(slog.DiscardHandler), client, landing, &work), config, nil
}
