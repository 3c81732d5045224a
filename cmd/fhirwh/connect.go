package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/fhirwh/fhirwh/internal/connect"
	"github.com/fhirwh/fhirwh/internal/export"
	"github.com/fhirwh/fhirwh/internal/render"
)

// connectCmd serves the page on which a patient connects.
type connectCmd struct {
	Addr         string        `default:"127.0.0.1:0" placeholder:"ADDR" help:"Where the page is: HOST:PORT on loopback; port 0 is any free one (${default})."`
	Open         bool          `help:"Open the page in the browser."`
	KeepOpen     bool          `help:"Go on after the first patient, until Ctrl-C or the page's button ends it."`
	Timeout      time.Duration `default:"30m" placeholder:"DURATION" help:"End after that time; 0: never (${default})."`
	ExternalID   string        `name:"external-id" placeholder:"ID" help:"Your own id of the patient, kept with the connection."`
	Email        string        `placeholder:"ADDRESS" help:"Fill it into the widget's forms."`
	Reconnect    string        `placeholder:"ID" help:"Renew this connection, whose consent has ended, instead of a new one."`
	TEFCA        bool          `name:"tefca" help:"Find the records by who the patient is. It fails on localhost: see the page."`
	Fetch        bool          `help:"Then fetch and import the records, as fhirwh fetch does."`
	StitchScript string        `env:"FHIRWH_STITCH_SCRIPT" placeholder:"URL" help:"Script of Fasten Connect's widget (version 4 from its CDN; with an API on this machine, that one's)."`
	StitchStyle  string        `env:"FHIRWH_STITCH_STYLE" placeholder:"URL" help:"Its style sheet (beside the script)."`
	JSON         bool          `name:"json" help:"Print the connections as JSON."`
	exportFlags  `embed:""`
}

// Help says what happens.
func (cmd *connectCmd) Help() string {
	return `Prints the address of a page on this machine. There the patient chooses a health system in Fasten Connect's
widget, logs in and agrees. What was connected is checked at Fasten Connect, kept in the landing folder and
printed; the command ends when the widget has completed. The address works once, in the browser that opens it
first. Exit code 1 if nothing was connected.`
}

func (cmd *connectCmd) Run(ctx context.Context, c *cli, std stdio) error {
	client, config, err := cmd.client(nil)
	if err != nil {
		return err
	}
	defer client.Close()
	landing, err := cmd.landing(c)
	if err != nil {
		return err
	}
	o, err := cmd.options(c, std, client, config, landing)
	if err != nil {
		return err
	}
	accounts, err := cmd.serve(ctx, std, o, landing.Dir())
	if err := cmd.print(std, accounts); err != nil {
		return err
	}
	if len(accounts) == 0 {
		return nothingConnected(err)
	}
	if cmd.Fetch && ctx.Err() == nil {
		return fetchConnected(ctx, c, std, &cmd.exportFlags, idsOf(accounts))
	}
	std.note("next: %s %s\n", cmd.repeat(c, "fetch"), strings.Join(idsOf(accounts), " "))
	return nil
}

// options are what the page needs.
func (cmd *connectCmd) options(c *cli, std stdio, client *export.Client, config export.Config, landing *export.Landing) (connect.Options, error) {
	known, err := landing.Connections()
	if err != nil {
		return connect.Options{}, err
	}
	exports, err := landing.Exports()
	if err != nil {
		return connect.Options{}, err
	}
	script, style := widgetURLs(cmd.StitchScript, cmd.StitchStyle, config.APIBaseURL)
	return connect.Options{
		PublicID: config.Credentials.PublicID, Live: config.Credentials.Mode == export.ModeLive,
		ExternalID: cmd.ExternalID, Email: cmd.Email, Reconnect: cmd.Reconnect, TEFCA: cmd.TEFCA || isTEFCA(known, cmd.Reconnect),
		Script: script, Style: style,
		Renewable: connect.Renewables(known, exports, config.Credentials.Mode, time.Now()),
		KeepOpen:  cmd.KeepOpen, Fetching: cmd.Fetch, Fetch: cmd.repeat(c, "fetch"),
		Verify: func(ctx context.Context, id string) (export.Connection, error) {
			return verifyConnection(ctx, client, id)
		},
		Store:  func(a connect.Account) error { return keepConnection(landing, a) },
		Report: std.reportConnect,
	}, nil
}

// isTEFCA reports whether a known connection was found by who the patient is: it
// is renewed in the same way.
func isTEFCA(known []export.Connection, id string) bool {
	for _, k := range known {
		if k.ID == id {
			return k.PlatformType == "tefca"
		}
	}
	return false
}

// widgetURLs returns where the widget is. An emulator of the API has one of its
// own, and the style sheet is beside the script.
func widgetURLs(script, style, api string) (string, string) {
	if u, err := url.Parse(api); script == "" && err == nil && u.Scheme == "http" { // this machine: see ParseBaseURL
		script = "http://" + u.Host + "/connect/v4/fasten-stitch-element.js"
	}
	if u, err := url.Parse(script); style == "" && script != "" && err == nil {
		u.Path = strings.TrimSuffix(u.Path, ".js") + ".css"
		u.RawQuery, u.Fragment = "", ""
		style = u.String()
	}
	return script, style
}

// verifyConnection asks Fasten Connect about a connection.
func verifyConnection(ctx context.Context, client *export.Client, id string) (export.Connection, error) {
	c, err := client.Connection(ctx, id)
	if api, ok := errors.AsType[*export.APIError](err); ok && api.Status == http.StatusNotFound {
		return c, fmt.Errorf("%w: %w", connect.ErrUnknown, err)
	}
	return c, err
}

// keepConnection stores what was connected. What only the browser says adds to
// what is known of a connection, and changes nothing.
func keepConnection(landing *export.Landing, a connect.Account) error {
	return landing.UpdateConnection(a.ID, func(c *export.Connection) {
		at := a.Updated
		if !a.Verified && c.StatusAt != nil {
			at = c.StatusAt.Add(-1)
		}
		c.Learn(a.Connection, at)
	})
}

var errPageTimeout = errors.New("the time is over")

// serve shows the page until it ends. A browser is opened by a file in dir.
func (cmd *connectCmd) serve(ctx context.Context, std stdio, o connect.Options, dir string) ([]connect.Account, error) {
	server, err := connect.New(o)
	if err != nil {
		return nil, &usageError{err.Error(), "fhirwh connect --help"}
	}
	if err := server.Listen(cmd.Addr); err != nil {
		if refused, ok := errors.AsType[*connect.AddressError](err); ok {
			return nil, &usageError{refused.Error(), refused.Hint()}
		}
		return nil, &hinted{err, "choose another port with --addr, or leave it out"}
	}
	std.note("open %s\n", server.URL())
	if cmd.Open {
		defer openBrowser(std, server.URL(), dir)()
	}
	if cmd.Timeout > 0 {
		limited, cancel := context.WithTimeoutCause(ctx, cmd.Timeout, errPageTimeout)
		defer cancel()
		return server.Serve(limited)
	}
	return server.Serve(ctx)
}

// nothingConnected is the error of a page that ended without a connection, err
// that of its end.
func nothingConnected(err error) error {
	const again = "run the command again; the page says what to do where a login fails"
	switch {
	case errors.Is(err, errPageTimeout):
		return &hinted{errors.New("nobody connected in that time"), "--timeout gives more time; " + again}
	case err != nil:
		return err
	}
	return &hinted{errors.New("nothing was connected"), again}
}

// reportConnect says what happens on the page.
func (std stdio) reportConnect(n connect.Notice) {
	text := ""
	switch n.Kind {
	case connect.LoginStarted:
		text = "login started"
	case connect.ClosedEmpty:
		text = "the widget was closed and nothing was connected; the page stays"
	case connect.Connected:
		text = "connected " + n.Account.ID
		if n.Account.Doubt != "" {
			text += ": " + n.Account.Doubt
		}
	case connect.StoreFailed:
		text = fmt.Sprintf("connected %s, which could not be stored: %v", n.Account.ID, n.Err)
	case connect.Failed:
		text = failedText(n)
	}
	std.note("%s\n", render.OneLine(text))
}

func failedText(n connect.Notice) string {
	text := "failed"
	if n.Code != "" {
		text += " (" + n.Code + ")"
	}
	if n.Request != "" {
		text += ", request " + n.Request
	}
	return text + ": " + n.Title + ". " + n.Advice
}

// print writes what was connected.
func (cmd *connectCmd) print(std stdio, accounts []connect.Account) error {
	if cmd.JSON {
		return std.printJSON(connectedOf(accounts))
	}
	if len(accounts) == 0 {
		return nil
	}
	var rows [][]any
	for _, a := range accounts {
		consent := any(nil)
		if a.ConsentExpires != nil {
			consent = a.ConsentExpires.UTC().Format(time.DateOnly)
		}
		rows = append(rows, []any{a.ID, a.Status, a.PlatformType, consent, a.Verified})
	}
	return std.printTable([]render.Column{{Name: "connection"}, {Name: "status"}, {Name: "platform"}, {Name: "consent until"}, {Name: "confirmed"}}, rows)
}

// A connected is a connection as --json writes it.
type connected struct {
	export.Connection
	Confirmed bool   `json:"confirmed"` // by Fasten Connect
	Doubt     string `json:"doubt,omitempty"`
}

func connectedOf(accounts []connect.Account) []connected {
	list := []connected{}
	for _, a := range accounts {
		list = append(list, connected{a.Connection, a.Verified, a.Doubt})
	}
	return list
}

func idsOf(accounts []connect.Account) []string {
	var ids []string
	for _, a := range accounts {
		ids = append(ids, a.ID)
	}
	return ids
}

// fetchConnected goes straight on to the records of the connections.
func fetchConnected(ctx context.Context, c *cli, std stdio, flags *exportFlags, ids []string) error {
	fetch := fetchCmd{
		Connections: ids, exportFlags: *flags, workFlags: defaultWork(), MaxWait: 2 * time.Hour, Patience: 15 * time.Second,
	}
	return fetch.Run(ctx, c, std)
}
