package export

import (
	"net/netip"
	"net/url"
	"strings"
)

// ParseBaseURL reads where the API is, with or without /v1 and a slash at the
// end, and returns it with /v1 and without the slash. http is allowed to this
// machine only: the keys go there. The error is a [*ConfigError].
func ParseBaseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if problem := baseURLFault(u, err); problem != "" {
		return nil, &ConfigError{
			What:    "api base url",
			Problem: problem,
			Advice:  "leave it out for Fasten Connect itself, " + DefaultBaseURL,
		}
	}
	path := strings.TrimRight(u.Path, "/")
	if !strings.HasSuffix(path, "/v1") {
		path += "/v1"
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: path}, nil
}

func baseURLFault(u *url.URL, err error) string {
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return "is not a URL such as https://host/v1"
	case u.User != nil:
		return "has a user name or password in it; the keys are configured apart"
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return "has a query or a fragment"
	case !isASCII(u.Host) || strings.HasSuffix(u.Hostname(), "."):
		return "has a host name that is not plain ASCII, or a dot at its end"
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return ""
	case u.Scheme == "http":
		return "http would send the keys in the clear; it is allowed to this machine only"
	}
	return "begins neither with https:// nor with http://"
}

// isLoopback reports whether host is this machine by its name or address alone.
func isLoopback(host string) bool {
	name := strings.ToLower(host)
	if name == "localhost" || strings.HasSuffix(name, ".localhost") { // RFC 6761, section 6.3
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.Unmap().IsLoopback()
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, notPrintable)
}

// authority is where a URL leads: scheme, host in lower case, and port.
func authority(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return u.Scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}
