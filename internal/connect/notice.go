package connect

// The kinds of [Notice].
const (
	LoginStarted = "login-started" // the patient logs in at a health system
	Connected    = "connected"     // Account was stored
	Failed       = "failed"        // a login or the widget failed: Code, Advice
	StoreFailed  = "store-failed"  // Account was made and could not be stored: Err
	ClosedEmpty  = "closed-empty"  // the widget was closed, nothing was connected
)

// A Notice is something that happened on the page, for whoever watches the
// terminal. It holds nothing that may be a patient's but ids.
type Notice struct {
	Kind    string
	Account Account
	Code    string // as the widget says it, such as access_denied
	Request string // request id for Fasten Connect's support
	Title   string // what went wrong, and Advice what to do
	Advice  string
	Err     error
}

// A problem is what the page says went wrong.
type problem struct {
	Title   string `json:"title"`
	Advice  string `json:"advice"`
	Detail  string `json:"detail,omitempty"`  // as the widget says it
	Request string `json:"request,omitempty"` // id for Fasten Connect's support

	code    string // as the widget says it
	lasting bool   // a later success does not settle it
}

// advices say what to do about the errors that log-ins end with: OAuth's (RFC
// 6749, OpenID Connect) and those of Fasten Connect's own pages.
var advices = map[string]problem{
	"access_denied":              {Title: "The consent was declined", Advice: "Nothing was shared. If that was not meant, connect again and agree on the health system's page."},
	"login_required":             {Title: "The login was not completed", Advice: "Connect again, and log in on the health system's page."},
	"consent_required":           {Title: "The consent was not given", Advice: "Connect again, and agree on the health system's page."},
	"interaction_required":       {Title: "The login was not completed", Advice: "Connect again, and log in on the health system's page."},
	"invalid_scope":              {Title: "The health system refused what was asked for", Advice: "Connect again and leave everything selected, Demographics above all."},
	"invalid_client":             {Title: "The health system does not know the application", Advice: "Wait if the keys are new: some health systems take a day. Then ask Fasten Connect's support."},
	"unauthorized_client":        {Title: "The health system does not know the application", Advice: "Wait if the keys are new: some health systems take a day. Then ask Fasten Connect's support."},
	"fasten_unauthorized_client": {Title: "Fasten Connect refused the public id", Advice: "Check the public id, and that the service asked for (such as TEFCA) is enabled for it, in the developer portal."},
	"invalid_request":            {Title: "The login could not start", Advice: "Check the credential's redirect URIs in the developer portal, then connect again."},
	"server_error":               {Title: "The health system had an error", Advice: "Try again in some minutes."},
	"fasten_server_error":        {Title: "Fasten Connect had an error", Advice: "Try again in some minutes; status.fastenhealth.com says whether more is wrong."},
	"temporarily_unavailable":    {Title: "The health system is not available", Advice: "Try again in some minutes."},
	"timeout":                    {Title: "The login took too long", Advice: "Connect again: a login window is given up after 20 minutes."},
	"popup_blocked":              {Title: "The browser blocked the login window", Advice: "Allow pop-up windows for this page, then connect again."},
}

// failure says what patient.connection_failed means.
func failure(data []object) problem {
	var o object
	if len(data) > 0 {
		o = data[0]
	}
	code := o.code("error")
	p, ok := advices[code]
	if code == "fasten_config_error" {
		p, ok = configProblem(), true
	}
	if !ok {
		p = problem{Title: "The connection failed", Advice: "Try again. If that repeats, ask Fasten Connect's support."}
		if code != "" {
			p.Title += ": " + code
		}
	}
	p.code, p.Request = code, o.request()
	p.Detail = o.text("error_description")
	if len(p.Detail) > 500 {
		p.Detail = ""
	}
	return p
}

// configProblem is what widget.config_error means; it carries no cause.
func configProblem() problem {
	return problem{
		Title:  "The widget does not accept its configuration",
		Advice: "Check the public id (it begins with public_test_ or public_live_) and that its credential is active in the developer portal.",
		code:   "config_error",
	}
}
