package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fhirwh/fhirwh/internal/render"
	"github.com/fhirwh/fhirwh/internal/sandbox"
	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// sandboxCmd runs a stand-in for Fasten Connect.
type sandboxCmd struct {
	Addr           string          `default:"127.0.0.1:8790" placeholder:"ADDR" help:"Where the API listens: HOST:PORT or PORT, on loopback (${default})."`
	StorageAddr    string          `default:"127.0.0.1:8791" placeholder:"ADDR" help:"Where the storage listens; its URLs have another host name than the API's (${default})."`
	WebhookURL     string          `default:"http://127.0.0.1:8787" placeholder:"URL" help:"Where events go, on loopback; without a path, /webhook/test and /webhook/live; none: nowhere (${default})."`
	LiveWebhookURL string          `placeholder:"URL" help:"Where events of live mode go, if not there."`
	File           []string        `placeholder:"FILE" sep:"none" help:"What is exported, instead of an invented record; several are dealt out to the connections."`
	Fail           []string        `placeholder:"NAME" help:"Make this go wrong: NAME[:ARG][@ENDPOINT][=COUNT], from the list below."`
	Pending        time.Duration   `default:"1s" placeholder:"DURATION" help:"How long an export takes (${default})."`
	Repeat         string          `enum:"window,forever,until-terminal" default:"window" placeholder:"POLICY" help:"When a repeated registration gives the same export: window (24 h), forever or until-terminal (${default})."`
	RetryWaits     []time.Duration `default:"1m,15m,2h,21h" placeholder:"DURATION,..." help:"Waits before an event is sent again (${default})."`
	DisableAfter   int             `default:"20" placeholder:"N" help:"So many failed attempts in a row switch a webhook off (${default})."`
	RedirectURI    []string        `name:"redirect-uri" placeholder:"URL" sep:"none" help:"Where /bridge/connect may send a browser."`
	Seed           uint64          `default:"1" placeholder:"N" help:"Another seed gives other keys and ids (${default})."`
	EnvFile        string          `placeholder:"FILE" help:"Write the export lines there, for '. FILE' in a shell."`
	Quiet          bool            `help:"Do not log requests."`
	JSON           bool            `name:"json" help:"Print JSON."`
}

// Help lists the catalogue of failures.
func (*sandboxCmd) Help() string {
	var b strings.Builder
	b.WriteString("A stand-in for Fasten Connect on this machine: API, storage, webhooks and widget, with keys of its own that open nothing else.\n\n" +
		"Failures for --fail. With =COUNT one happens so often, else always; one of the API can be limited to an endpoint, as in rate-limit:3@register=1 (register, status, download, connection). " +
		"While it runs: curl -X POST 'http://127.0.0.1:8790/control/fail?name=cut-body=2', .../heal, .../clock?advance=24h, .../send-event?type=webhook.test, .../revoke?connection=ID; GET .../state, .../log, .../deliveries, and the last event with .../event and .../headers.\n")
	area := ""
	for _, f := range sandbox.Failures() {
		if f.Area != area {
			area = f.Area
			fmt.Fprintf(&b, "\n%s\n\n", strings.ToUpper(area[:1])+area[1:])
		}
		name := f.Name
		if f.Arg != "" {
			name += ":" + f.Arg
		}
		fmt.Fprintf(&b, "  %-26s %s\n", name, f.Doc)
	}
	return b.String()
}

func (cmd *sandboxCmd) Run(ctx context.Context, std stdio) error {
	o, err := cmd.options(std)
	if err != nil {
		return err
	}
	s, err := sandbox.New(o)
	if err != nil {
		return asUsage(err)
	}
	if err := s.Start(ctx); err != nil {
		return err
	}
	err = cmd.describe(s.Info(), std)
	if err == nil {
		std.note("running; Ctrl-C ends it\n")
		<-ctx.Done()
	}
	return errors.Join(err, s.Close())
}

// asUsage marks what only another command line helps against.
func asUsage(err error) error {
	if _, ok := errors.AsType[*os.PathError](err); ok {
		return err
	}
	return &usageError{text: err.Error(), hint: warehouse.Hint(err)}
}

func (cmd *sandboxCmd) options(std stdio) (sandbox.Options, error) {
	o := sandbox.Options{
		Addr: cmd.Addr, StorageAddr: cmd.StorageAddr, WebhookURL: cmd.WebhookURL, LiveWebhookURL: cmd.LiveWebhookURL,
		Files: cmd.File, RedirectURIs: cmd.RedirectURI, Pending: cmd.Pending, Repeat: sandbox.Repeat(cmd.Repeat),
		RetryWaits: cmd.RetryWaits, DisableAfter: cmd.DisableAfter, Seed: cmd.Seed,
	}
	if o.WebhookURL == "none" {
		o.WebhookURL = ""
	}
	for _, spec := range cmd.Fail {
		f, err := sandbox.ParseFault(spec)
		if err != nil {
			return o, asUsage(err)
		}
		o.Fail = append(o.Fail, f)
	}
	if !cmd.Quiet {
		o.Log = sandboxLog(std)
	}
	return o, nil
}

// sandboxLog writes a line for each request.
func sandboxLog(std stdio) func(sandbox.Entry) {
	var mu sync.Mutex
	return func(e sandbox.Entry) {
		line := fmt.Sprintf("%s  %-7s %s %s", e.Time.Format(time.TimeOnly), e.Kind, e.Method, e.Path)
		if e.Status != 0 {
			line += fmt.Sprintf("  %d", e.Status)
		}
		if e.Bytes > 0 {
			line += "  " + bytesText(e.Bytes)
		}
		line += "  " + durationText(e.Took)
		if len(e.Faults) > 0 {
			line += "  made to fail: " + strings.Join(e.Faults, ", ")
		}
		if e.Kind == "storage" && e.Authorization {
			line += "  CREDENTIALS ARRIVED"
		}
		if e.Error != "" {
			line += "  " + e.Error
		}
		mu.Lock()
		defer mu.Unlock()
		std.note("%s\n", render.OneLine(line))
	}
}

// describe says what there is to use. The text can be pasted into a shell.
func (cmd *sandboxCmd) describe(i sandbox.Info, std stdio) error {
	lines := exportLines(i)
	if cmd.EnvFile != "" {
		if err := writeEnvFile(cmd.EnvFile, lines); err != nil {
			return err
		}
	}
	if cmd.JSON {
		return std.printJSON(i)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# A stand-in for Fasten Connect, on this machine only. Its keys open nothing else.\n#\n")
	fmt.Fprintf(&b, "# API       %s\n# storage   %s\n# widget    %s\n#           %s\n# webhook   %s\n# control   %s\n\n",
		i.APIBaseURL, i.StorageURL, i.ScriptURL, i.StyleURL, orNone(i.Test.WebhookURL), i.ControlURL)
	b.WriteString(lines)
	fmt.Fprintf(&b, "\n# Patients who have connected:\n#\n")
	for _, c := range i.Connections {
		if !c.Foreign {
			fmt.Fprintf(&b, "# %s  %-17s %-4s  %-10s  %s\n", c.ID, c.Patient, c.APIMode, c.Status, c.Source)
		}
	}
	b.WriteString(nextCommands(i))
	_, err := fmt.Fprint(std.out, b.String())
	return err
}

func orNone(url string) string {
	if url == "" {
		return "none: events are only logged"
	}
	return url
}

// exportLines are the variables that make fhirwh use the sandbox.
func exportLines(i sandbox.Info) string {
	var b strings.Builder
	for _, v := range [][2]string{
		{"FASTEN_PUBLIC_ID", i.Test.PublicID},
		{"FASTEN_PRIVATE_KEY", i.Test.PrivateKey},
		{"FASTEN_WEBHOOK_SECRET", i.Test.WebhookSecret},
		{"FASTEN_API_BASE_URL", i.APIBaseURL},
	} {
		fmt.Fprintf(&b, "export %s='%s'\n", v[0], strings.ReplaceAll(v[1], "'", `'\''`))
	}
	return b.String()
}

// nextCommands are what to type next, in another terminal.
func nextCommands(i sandbox.Info) string {
	first := i.Connections[slices.IndexFunc(i.Connections, func(c sandbox.Ready) bool { return c.Status == "authorized" })]
	return fmt.Sprintf(`
# In another terminal, with these variables set:
#
#   fhirwh listen                                # take events, import what they bring
#   fhirwh connect                               # another patient agrees, in a browser
#   fhirwh fetch %s
#   curl -s %[2]s/event | fhirwh events replay -
#   curl -X POST '%[2]s/fail?name=cut-body=2'
`, first.ID, i.ControlURL)
}

// writeEnvFile writes what only the user may read.
func writeEnvFile(path, text string) error {
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	return os.Chmod(path, 0o600)
}
