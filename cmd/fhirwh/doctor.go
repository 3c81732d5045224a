package main

import (
	"context"
	"errors"

	"github.com/fhirwh/fhirwh/internal/doctor"
	"github.com/fhirwh/fhirwh/internal/render"
)

// doctorCmd looks at everything that exports and the warehouse need.
type doctorCmd struct {
	exportFlags `embed:""`
	WebhookURL  string `name:"webhook-url" placeholder:"URL" help:"Public address of fhirwh listen, without /webhook/...: is it reachable?"`
	JSON        bool   `name:"json" help:"Print JSON."`
}

func (cmd *doctorCmd) Run(ctx context.Context, c *cli, std stdio) error {
	p := doctor.Patient{DB: c.DB, Landing: cmd.dir(c), WebhookURL: cmd.WebhookURL}
	path, err := cmd.configFile()
	if err != nil {
		return err
	}
	p.ConfigFile = path
	if p.Config, p.ConfigErr = cmd.config(); p.Config.Credentials.PublicID != "" {
		client, _, err := cmd.client(nil)
		if err == nil {
			p.Client = client
			defer client.Close()
		}
	}
	checks := doctor.Examine(ctx, p)
	if cmd.JSON {
		err = std.printJSON(checks)
	} else {
		err = printChecks(std, checks)
	}
	if err == nil && doctor.Failed(checks) {
		return &hinted{errUnwell, "mend what is marked failure, from the top"}
	}
	return err
}

var errUnwell = errors.New("something will not work")

func printChecks(std stdio, checks []doctor.Check) error {
	var rows [][]any
	for _, c := range checks {
		rows = append(rows, []any{c.State, c.Name, c.Found, c.Advice})
	}
	return std.printTable([]render.Column{{Name: "state"}, {Name: "what"}, {Name: "found"}, {Name: "what to do"}}, rows)
}
