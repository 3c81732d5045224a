package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/fhirwh/fhirwh/internal/export"
	"github.com/fhirwh/fhirwh/internal/render"
)

// fileLives is how long Fasten keeps the file of an export.
const fileLives = 24 * time.Hour

// exportsCmd lists the exports that are known.
type exportsCmd struct {
	landingFlag `embed:""`
	JSON        bool `name:"json" help:"Print JSON, with files and counts."`
}

// An exportInfo is what a program learns of an export. It has no link.
type exportInfo struct {
	export.Export
	Files    []fileInfo `json:"files"`
	TimeLeft *int64     `json:"seconds_left,omitempty"` // until Fasten deletes the file
	Advice   string     `json:"advice,omitempty"`

	Differences []export.Difference `json:"differences,omitempty"` // from what the event announced
}

type fileInfo struct {
	export.ExportFile
	Link any `json:"link,omitempty"` // hides that of the record: it is a secret
}

func (cmd *exportsCmd) Run(ctx context.Context, c *cli, std stdio) error {
	landing, err := cmd.lookLanding(c)
	if err != nil {
		return err
	}
	exports, err := whole(landing.Exports)(std)
	if err != nil {
		return err
	}
	now := time.Now()
	infos := []exportInfo{}
	for _, x := range exports {
		infos = append(infos, infoOf(x, now))
	}
	if cmd.JSON {
		return std.printJSON(infos)
	}
	if len(infos) == 0 {
		std.note("no exports in %s\nhint: fhirwh fetch CONNECTION, or fhirwh demo without keys\n", render.Neutral(landing.Dir()))
		return nil
	}
	return printExports(std, infos, now)
}

func infoOf(x export.Export, now time.Time) exportInfo {
	info := exportInfo{Export: x, Files: []fileInfo{}, Advice: exportAdvice(x), Differences: x.Differences()}
	for _, f := range x.Files {
		info.Files = append(info.Files, fileInfo{ExportFile: f})
	}
	if left, ok := timeLeft(x, now); ok {
		seconds := int64(left.Seconds())
		info.TimeLeft = &seconds
	}
	return info
}

// timeLeft returns how long Fasten still has the file that we do not.
func timeLeft(x export.Export, now time.Time) (time.Duration, bool) {
	if x.State != export.ExportLinked || x.Finished == nil {
		return 0, false
	}
	return max(0, x.Finished.Add(fileLives).Sub(now)), true
}

// exportAdvice says what to do about an export, "" if nothing is to be done.
func exportAdvice(x export.Export) string {
	switch x.State {
	case export.ExportFailed:
		return (&export.FailureError{TaskID: x.TaskID, ConnectionID: x.ConnectionID, Reason: x.FailureReason}).Hint()
	case export.ExportNoLink:
		return (&export.NoLinkError{TaskID: x.TaskID, ConnectionID: x.ConnectionID, Mode: x.APIMode}).Hint()
	case export.ExportExpired:
		return "the file is gone at Fasten: fhirwh fetch " + x.ConnectionID
	case export.ExportLinked, export.ExportLanded:
		if x.LastError != "" {
			return x.LastError
		}
		return "fhirwh listen goes on with it, and so does fhirwh fetch " + x.ConnectionID
	case export.ExportImported:
		return differencesText(x.Differences())
	}
	return ""
}

// differencesText says what else came than the event announced, "" if nothing did.
func differencesText(all []export.Difference) string {
	var texts []string
	for _, d := range all[:min(len(all), 3)] {
		texts = append(texts, fmt.Sprintf("%s %s, not %s", count(d.Read), cmp.Or(d.Type, "resources"), count(d.Expected)))
	}
	if len(all) > len(texts) {
		texts = append(texts, "...")
	}
	if len(texts) == 0 {
		return ""
	}
	return "imported; the event announced other numbers: " + strings.Join(texts, "; ")
}

func printExports(std stdio, infos []exportInfo, now time.Time) error {
	var rows [][]any
	for _, x := range infos {
		resources := int64(0)
		for _, f := range x.Files {
			resources += f.Resources
		}
		left := ""
		if x.TimeLeft != nil {
			left = durationText(time.Duration(*x.TimeLeft) * time.Second)
		}
		rows = append(rows, []any{x.TaskID, x.ConnectionID, x.APIMode, stateText(x.Export), age(began(x.Export), now), left, count(resources), x.Advice})
	}
	return std.printTable([]render.Column{
		{Name: "task"}, {Name: "connection"}, {Name: "mode"}, {Name: "state"}, {Name: "age", Numeric: true},
		{Name: "time left", Numeric: true}, {Name: "resources", Numeric: true}, {Name: "what to do"},
	}, rows)
}

func stateText(x export.Export) string {
	if x.State == export.ExportFailed && x.FailureReason != "" {
		return x.State + ": " + x.FailureReason
	}
	return x.State
}

func began(x export.Export) *time.Time {
	if x.Registered != nil {
		return x.Registered
	}
	return x.Finished
}

// age says how long ago something was, as exactly as a person wants it.
func age(at *time.Time, now time.Time) string {
	if at == nil {
		return ""
	}
	d := max(0, now.Sub(*at))
	switch {
	case d >= 48*time.Hour:
		return plural(int64(d/(24*time.Hour)), "day", "days")
	case d >= time.Hour:
		return d.Round(time.Minute).String()[:len(d.Round(time.Minute).String())-2]
	}
	return d.Round(time.Second).String()
}
