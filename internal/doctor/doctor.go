// Package doctor looks at everything that getting exports into a warehouse needs,
// and says of each thing whether it is well and what to do if it is not. It changes
// nothing and shows no secret.
package doctor

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/fhirwh/fhirwh/internal/export"
	"github.com/fhirwh/fhirwh/internal/warehouse"
)

// The states of a [Check].
const (
	OK      = "ok"
	Warning = "warning" // works, but somebody should know
	Failure = "failure" // something will not work
	Skipped = "skipped" // could not be looked at
)

// A Check is what was found about one thing.
type Check struct {
	Name   string `json:"name"`
	State  string `json:"state"`
	Found  string `json:"found"`            // in words
	Advice string `json:"advice,omitempty"` // what to do, where something is to be done
}

// A Patient is what [Examine] looks at.
type Patient struct {
	Config     export.Config
	ConfigErr  error // of LoadConfig
	ConfigFile string
	Client     interface{ CheckCredentials(context.Context) error } // nil without keys
	DB         string
	Landing    string
	WebhookURL string // public address of the receiver; "" if none is given
	HTTP       *http.Client
	Now        func() time.Time
}

// Examine makes every check, in the order in which a person would mend things.
func Examine(ctx context.Context, p Patient) []Check {
	if p.HTTP == nil {
		p.HTTP = &http.Client{Timeout: 15 * time.Second}
	}
	if p.Now == nil {
		p.Now = time.Now
	}
	checks := p.configuration()
	checks = append(checks, p.keys(ctx), p.clock(ctx), p.secret(), p.webhook(ctx))
	checks = append(checks, p.files()...)
	return append(checks, p.disk(), p.warehouse(ctx), p.encryption())
}

// Failed reports whether any check failed.
func Failed(checks []Check) bool {
	for _, c := range checks {
		if c.State == Failure {
			return true
		}
	}
	return false
}

// configuration lists what is wrong in it, or where it comes from.
func (p *Patient) configuration() []Check {
	var checks []Check
	for _, err := range unjoin(p.ConfigErr) {
		checks = append(checks, failed("configuration", err))
	}
	for _, o := range p.Config.Origins {
		checks = append(checks, Check{Name: o.What, State: OK, Found: o.Shown + ", from " + o.Where})
	}
	if len(checks) == 0 {
		checks = append(checks, Check{"configuration", Skipped, "nothing is configured for Fasten Connect",
			"set FASTEN_PUBLIC_ID and FASTEN_PRIVATE_KEY; without keys try fhirwh demo"})
	}
	return checks
}

func (p *Patient) keys(ctx context.Context) Check {
	const name = "keys accepted"
	if p.Client == nil {
		return Check{name, Skipped, "no keys to try", ""}
	}
	if err := p.Client.CheckCredentials(ctx); err != nil {
		return failed(name, err)
	}
	return Check{name, OK, "Fasten Connect knows these " + p.Config.Credentials.Mode + " keys", ""}
}

// How far the clock may be off: a signature is refused beyond 5 minutes.
const (
	skewNoticed = 30 * time.Second
	skewFatal   = 5 * time.Minute
)

// clock compares this machine's time with the server's.
func (p *Patient) clock(ctx context.Context) Check {
	const name = "clock"
	if p.Client == nil {
		return Check{name, Skipped, "no server to compare it with", ""}
	}
	skew, err := p.skew(ctx)
	if err != nil {
		return Check{name, Skipped, "the server did not say what time it is", ""}
	}
	found := fmt.Sprintf("%s off", skew.Abs().Round(time.Second))
	switch {
	case skew.Abs() > skewFatal:
		return Check{name, Failure, found + ": every webhook will be refused, since a signature holds for 5 minutes", "set the clock, for instance with timedatectl set-ntp true"}
	case skew.Abs() > skewNoticed:
		return Check{name, Warning, found, "set the clock before it is 5 minutes off: webhooks would be refused"}
	}
	return Check{name, OK, found, ""}
}

func (p *Patient) skew(ctx context.Context) (time.Duration, error) {
	before := p.Now()
	resp, err := p.head(ctx, p.Config.APIBaseURL)
	if err != nil {
		return 0, err
	}
	server, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return 0, err
	}
	middle := before.Add(p.Now().Sub(before) / 2)
	return middle.Truncate(time.Second).Sub(server), nil
}

func (p *Patient) head(ctx context.Context, address string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	resp, err := p.HTTP.Do(req)
	if err != nil {
		return nil, err
	}
	return resp, resp.Body.Close()
}

func (p *Patient) secret() Check {
	const name = "webhook secret"
	if err := p.Config.NeedWebhookSecret(); err != nil {
		return Check{name, Warning, "none: no webhook can be verified, and only a webhook carries the link to a file", warehouse.Hint(err)}
	}
	return Check{name, OK, fmt.Sprintf("%d, each of the right form", len(p.Config.WebhookSecrets)), ""}
}

// webhook asks the receiver for its health, the way that Fasten would come.
func (p *Patient) webhook(ctx context.Context) Check {
	const name = "webhook reachable"
	if p.WebhookURL == "" {
		return Check{name, Skipped, "its public address is not known", "fhirwh doctor --webhook-url https://..., the address in the developer portal without /webhook/..."}
	}
	resp, err := p.head(ctx, p.WebhookURL+"/healthz")
	if err != nil {
		return Check{name, Failure, "no answer from " + p.WebhookURL, "start fhirwh listen, and see that the proxy or tunnel in front of it passes requests on"}
	}
	if resp.StatusCode != http.StatusOK {
		return Check{name, Failure, fmt.Sprintf("%s answers %s", p.WebhookURL, resp.Status), "the address must lead to fhirwh listen; is the path right?"}
	}
	return Check{name, OK, p.WebhookURL + " answers", ""}
}

func failed(name string, err error) Check {
	return Check{name, Failure, err.Error(), warehouse.Hint(err)}
}

// unjoin returns the errors that errors.Join joined.
func unjoin(err error) []error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}
