package connect

import (
	"slices"
	"strings"
)

// The hosts of Fasten Connect that its widget talks to: the frame in which the
// patient searches and logs in, its API and websocket, and logos.
const (
	embedOrigin  = "https://embed.connect.fastenhealth.com"
	logoOrigin   = "https://cdn.fastenhealth.com"
	fastenHosts  = "https://*.fastenhealth.com wss://*.fastenhealth.com"
	identityHost = "https://*.clearme.com https://*.id.me" // TEFCA: who the patient is
)

// policy returns the Content-Security-Policy of the page: scripts and styles of
// ours and of the widget alone, by nonce; what the widget reaches, no more.
// Where the widget comes from elsewhere, such as an emulator, it may talk to its
// origin too.
func policy(o *Options, nonce string) string {
	script, _ := originOf(o.Script) // both were checked
	style, _ := originOf(o.Style)
	frames := sources(embedOrigin, script)
	if o.TEFCA {
		frames = sources(embedOrigin, script, identityHost)
	}
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'nonce-" + nonce + "' " + script,
		"style-src 'self' 'nonce-" + nonce + "' " + style,
		"img-src 'self' data: " + sources(logoOrigin, script),
		"font-src " + sources(logoOrigin, style),
		"connect-src 'self' " + sources(fastenHosts, script, socketOf(script)),
		"frame-src " + frames,
		"form-action 'none'", "base-uri 'none'", "frame-ancestors 'none'", "object-src 'none'",
	}, "; ")
}

// sources joins the members of a list of a policy, each once.
func sources(list ...string) string {
	var kept []string
	for _, s := range list {
		if !slices.Contains(kept, s) {
			kept = append(kept, s)
		}
	}
	return strings.Join(kept, " ")
}

// socketOf returns the origin of the websockets of an origin.
func socketOf(origin string) string { return "ws" + strings.TrimPrefix(origin, "http") }
