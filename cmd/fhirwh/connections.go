package main

import (
	"context"
	"time"

	"github.com/fhirwh/fhirwh/internal/export"
	"github.com/fhirwh/fhirwh/internal/render"
)

// connectionsCmd lists the connections that are known.
type connectionsCmd struct {
	landingFlag `embed:""`
	JSON        bool `name:"json" help:"Print JSON."`
}

// A connectionInfo is what a program learns of a connection.
type connectionInfo struct {
	export.Connection
	LastExport *time.Time `json:"last_export,omitempty"` // that reached the warehouse
	Advice     string     `json:"advice,omitempty"`
}

func (cmd *connectionsCmd) Run(ctx context.Context, c *cli, std stdio) error {
	landing, err := cmd.lookLanding(c)
	if err != nil {
		return err
	}
	connections, err := whole(landing.Connections)(std)
	if err != nil {
		return err
	}
	exports, err := whole(landing.Exports)(std)
	if err != nil {
		return err
	}
	now := time.Now()
	infos := []connectionInfo{}
	for _, x := range connections {
		last := lastImported(x.ID, exports)
		infos = append(infos, connectionInfo{x, last, connectionAdvice(x, last, now)})
	}
	if cmd.JSON {
		return std.printJSON(infos)
	}
	if len(infos) == 0 {
		std.note("no connections in %s\nhint: fhirwh connect makes one; fhirwh demo needs no keys\n", render.Neutral(landing.Dir()))
		return nil
	}
	return printConnections(std, infos, now)
}

// lastImported returns when an export of the connection last reached the warehouse.
func lastImported(id string, exports []export.Export) *time.Time {
	var last *time.Time
	for _, x := range exports {
		for _, f := range x.Files {
			if x.ConnectionID == id && f.Imported != nil && (last == nil || f.Imported.After(*last)) {
				last = f.Imported
			}
		}
	}
	return last
}

// connectionAdvice says what to do about a connection.
func connectionAdvice(x export.Connection, last *time.Time, now time.Time) string {
	switch {
	case export.IsRevoked(x.Status):
		return "fhirwh connect --reconnect " + x.ID
	case x.ConsentExpires != nil && x.ConsentExpires.Before(now):
		return "the consent has expired: fhirwh connect --reconnect " + x.ID
	case last == nil:
		return "fhirwh fetch " + x.ID
	}
	return ""
}

func printConnections(std stdio, infos []connectionInfo, now time.Time) error {
	var rows [][]any
	for _, x := range infos {
		consent := ""
		if x.ConsentExpires != nil {
			consent = x.ConsentExpires.UTC().Format(time.DateOnly)
		}
		rows = append(rows, []any{x.ID, x.APIMode, x.Status, x.PlatformType, x.ExternalID, age(x.Connected, now), consent, age(x.LastExport, now), x.Advice})
	}
	return std.printTable([]render.Column{
		{Name: "connection"}, {Name: "mode"}, {Name: "status"}, {Name: "platform"}, {Name: "patient"}, {Name: "age", Numeric: true},
		{Name: "consent until"}, {Name: "imported ago", Numeric: true}, {Name: "what to do"},
	}, rows)
}
