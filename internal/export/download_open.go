package export

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// maxHops is how often a request may be led on.
const maxHops = 5

// checkLink reads a link of an event. It may lead to the configured API alone:
// the keys go where it leads.
func (c *Client) checkLink(link string) (*url.URL, error) {
	u, err := url.Parse(link)
	if err != nil || u.Hostname() == "" {
		return nil, &ForeignHostError{Host: "nowhere", API: c.Host(), Problem: "it is no URL"}
	}
	problem := ""
	switch {
	case u.User != nil:
		problem = "it has a user name in it"
	case !isASCII(u.Host):
		problem = "its host name is not plain ASCII"
	case strings.HasSuffix(u.Hostname(), "."):
		problem = "its host name ends in a dot"
	case u.Scheme != c.base.Scheme:
		problem = "it does not use " + c.base.Scheme
	case !strings.EqualFold(u.Hostname(), c.base.Hostname()):
		problem = "it leads to another host"
	case authority(u) != authority(c.base):
		problem = "it leads to another port"
	default:
		u.Fragment = ""
		return u, nil
	}
	return nil, &ForeignHostError{Host: oneLine(u.Host, 80), API: c.Host(), Problem: problem}
}

// checkHop reads where an answer leads on: to https, or within this machine.
func (c *Client) checkHop(from *url.URL, location string) (*url.URL, error) {
	u, err := from.Parse(location)
	ours := isLoopback(c.base.Hostname())
	switch {
	case err != nil || u.Hostname() == "":
		return nil, &RedirectError{Problem: "to what is no URL"}
	case u.User != nil:
		return nil, &RedirectError{Problem: "to a URL with a user name in it"}
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, &RedirectError{Problem: "to neither https nor http"}
	case isLoopback(u.Hostname()) && !ours:
		return nil, &RedirectError{Problem: "to this machine"}
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, &RedirectError{Problem: "to a URL that is not https"}
	}
	return u, nil
}

// A RedirectError is an answer that leads nowhere we go.
type RedirectError struct {
	Problem   string
	transient bool // asking again may help
}

func (e *RedirectError) Error() string { return "download an export: led on " + e.Problem }

// Hint says what to do.
func (e *RedirectError) Hint() string {
	return "nothing was sent there; check FASTEN_API_BASE_URL, and ask support if it is right"
}

// open asks the API for the file and follows to where it is. The answer has a
// body to read, or is a 416.
func (d *download) open(ctx context.Context, guard *stallGuard) (*http.Response, error) {
	address, api := d.link, true
	for range maxHops + 1 {
		guard.start()
		resp, err := d.get(ctx, address, api)
		guard.stop()
		if err != nil {
			return nil, err
		}
		location := leadsTo(resp, api)
		if location == "" {
			return d.accept(resp, api)
		}
		discard(resp)
		if address, err = d.client.checkHop(address, location); err != nil {
			return nil, err
		}
		api = false
	}
	return nil, &RedirectError{Problem: "more than " + strconv.Itoa(maxHops) + " times", transient: true}
}

// get makes one request: with the keys to the API, with nothing of ours to any
// other, whatever its host.
func (d *download) get(ctx context.Context, address *url.URL, api bool) (*http.Response, error) {
	req, err := d.client.newRequest(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, d.unreachable(withoutURL(err), api)
	}
	if api {
		d.client.authorize(req)
	}
	if d.part.canResume() && (!api || d.direct) {
		req.Header.Set("Range", "bytes="+strconv.FormatInt(d.part.state.Raw, 10)+"-")
		req.Header.Set("If-Range", d.part.state.ETag)
	}
	resp, err := d.client.http.Do(req)
	if err != nil {
		return nil, d.unreachable(withoutURL(err), api)
	}
	return resp, nil
}

func (d *download) unreachable(err error, api bool) error {
	host := ""
	if api {
		host = d.client.Host()
	}
	return &UnreachableError{Call: "download an export", Host: host, Err: err}
}

// leadsTo is the Location of an answer that leads on, else "". The API may also
// lead on with 200, as its description says.
func leadsTo(resp *http.Response, api bool) string {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	case http.StatusOK:
		if !api {
			return ""
		}
	default:
		return ""
	}
	return resp.Header.Get("Location")
}

// accept returns an answer that has the file, or closes it and says what it is.
func (d *download) accept(resp *http.Response, api bool) (*http.Response, error) {
	switch resp.StatusCode {
	case http.StatusOK, http.StatusPartialContent, http.StatusRequestedRangeNotSatisfiable:
		d.direct = api
		return resp, nil
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 8<<10))
	if err != nil {
		body = nil // the status says enough
	}
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return nil, &RedirectError{Problem: "without saying where to (" + statusText(resp.StatusCode) + ")", transient: true}
	case api:
		return nil, d.apiError(resp, body)
	}
	return nil, d.storageError(resp, body)
}

func (d *download) apiError(resp *http.Response, body []byte) error {
	_, err := d.client.readAnswer("download an export", resp, body)
	if e, ok := errors.AsType[*APIError](err); ok && (e.Status == http.StatusNotFound || e.Status == http.StatusGone) {
		return &GoneError{Detail: "Fasten Connect answered " + statusText(e.Status)}
	}
	if err == nil {
		err = &APIError{Call: "download an export", Status: resp.StatusCode}
	}
	return err
}

// discard reads what little a redirect has in its body, so that the connection
// can be used again.
func discard(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, 8<<10)
	_ = resp.Body.Close()
}
