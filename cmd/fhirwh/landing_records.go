package main

import (
	"errors"
	"os"

	"github.com/fhirwh/fhirwh/internal/export"
	"github.com/fhirwh/fhirwh/internal/render"
	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// exportRecords returns what an import copies of a landing folder into the
// warehouse: nil if there is none. Records that are damaged are named to the user
// and left out.
func (f *landingFlag) exportRecords(c *cli, std stdio) (*warehouse.ExportRecords, error) {
	if _, err := os.Stat(f.dir(c)); errors.Is(err, os.ErrNotExist) && f.Landing == "" {
		return nil, nil
	}
	landing, err := f.lookLanding(c)
	if err != nil {
		return nil, err
	}
	return recordsOf(landing, std)
}

// recordsOf converts the records of a landing folder, without links and bodies.
func recordsOf(l *export.Landing, std stdio) (*warehouse.ExportRecords, error) {
	connections, err := whole(l.Connections)(std)
	if err != nil {
		return nil, err
	}
	exports, err := whole(l.Exports)(std)
	if err != nil {
		return nil, err
	}
	events, err := whole(l.Events)(std)
	if err != nil {
		return nil, err
	}
	r := &warehouse.ExportRecords{}
	for _, x := range connections {
		r.Connections = append(r.Connections, connectionRecord(x))
	}
	for _, x := range exports {
		r.Exports = append(r.Exports, exportRecord(x))
		for _, f := range x.Files {
			r.Files = append(r.Files, fileRecord(l, x, f))
		}
	}
	for _, e := range events {
		r.Events = append(r.Events, eventRecord(e))
	}
	return r, nil
}

// whole makes a list complete without its damaged records, which it names.
func whole[T any](list func() ([]T, error)) func(stdio) ([]T, error) {
	return func(std stdio) ([]T, error) {
		all, err := list()
		if damaged, ok := errors.AsType[*export.DamagedError](err); ok {
			std.note("fhirwh: %s\nhint: %s\n", render.Neutral(damaged.Error()), render.Neutral(damaged.Hint()))
			return all, nil
		}
		return all, err
	}
}

func connectionRecord(x export.Connection) warehouse.ConnectionRecord {
	return warehouse.ConnectionRecord{
		ID: x.ID, APIMode: x.APIMode, Status: x.Status, PlatformType: x.PlatformType, EndpointID: x.EndpointID,
		BrandID: x.BrandID, PortalID: x.PortalID, TEFCADirectoryID: x.TEFCADirectoryID, ExternalID: x.ExternalID, Scope: x.Scope,
		ConsentExpires: x.ConsentExpires, Connected: x.Connected, Revoked: x.Revoked, Updated: x.Updated,
	}
}

func exportRecord(x export.Export) warehouse.ExportRecord {
	return warehouse.ExportRecord{
		TaskID: x.TaskID, ConnectionID: x.ConnectionID, APIMode: x.APIMode, State: x.State, Status: x.Status,
		FailureReason: x.FailureReason, EventID: x.EventID, Registered: x.Registered, Finished: x.Finished,
		Total: x.TotalExpected, ByType: x.Expected, Updated: x.Updated,
	}
}

func fileRecord(l *export.Landing, x export.Export, f export.ExportFile) warehouse.ExportFileRecord {
	path := ""
	if f.Name != "" {
		path = l.Path(f.Name)
	}
	return warehouse.ExportFileRecord{
		TaskID: x.TaskID, FileID: f.FileID, State: f.State, ExportType: f.ExportType, ContentType: f.ContentType,
		Bytes: f.Bytes, SHA256: f.SHA256, Landed: f.Landed, Imported: f.Imported, Path: path,
	}
}

func eventRecord(e export.Event) warehouse.EventRecord {
	return warehouse.EventRecord{
		ID: e.ID, Type: e.Type, APIMode: e.APIMode, Date: e.Date, Received: e.Received, Signed: e.Signed,
		State: e.State, Reason: e.Reason, ConnectionID: e.ConnectionID, TaskID: e.TaskID,
	}
}
