package sandbox

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// An AddressError is about an address that the sandbox cannot have.
type AddressError struct {
	Addr string
	Err  error
}

func (e *AddressError) Error() string { return fmt.Sprintf("listen on %s: %v", e.Addr, e.Err) }

func (e *AddressError) Unwrap() error { return e.Err }

// Hint says how to get another one.
func (e *AddressError) Hint() string {
	return "another port: --addr 127.0.0.1:0 --storage-addr 127.0.0.1:0 take any that are free"
}

// A NotLoopbackError is about an address that is not of this machine alone.
type NotLoopbackError struct{ Addr string }

func (e *NotLoopbackError) Error() string {
	return fmt.Sprintf("%s: the sandbox has to do with this machine only", e.Addr)
}

// Hint says what to use.
func (e *NotLoopbackError) Hint() string { return "use 127.0.0.1, [::1] or localhost" }

// loopbackAddr completes an address to listen on: empty, a port, or host:port.
func loopbackAddr(addr string) (string, error) {
	if addr == "" {
		return "127.0.0.1:0", nil
	}
	if _, err := strconv.ParseUint(addr, 10, 16); err == nil {
		return "127.0.0.1:" + addr, nil
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("address %q: want HOST:PORT", addr)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	if !isLoopback(host) {
		return "", &NotLoopbackError{Addr: addr}
	}
	return net.JoinHostPort(host, port), nil
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}

// completeWebhooks checks where events go and fills in the paths.
func (o *Options) completeWebhooks() error {
	if o.WebhookTimeout == 0 {
		o.WebhookTimeout = time.Minute
	}
	if o.RetryWaits == nil {
		o.RetryWaits = []time.Duration{time.Minute, 15 * time.Minute, 2 * time.Hour, 21 * time.Hour}
	}
	if o.LiveWebhookURL == "" && o.WebhookURL != "" {
		if u, err := url.Parse(o.WebhookURL); err == nil && strings.Trim(u.Path, "/") == "" {
			o.LiveWebhookURL = o.WebhookURL
		}
	}
	var err error
	if o.WebhookURL, err = webhookURL(o.WebhookURL, "test"); err != nil {
		return err
	}
	o.LiveWebhookURL, err = webhookURL(o.LiveWebhookURL, "live")
	return err
}

func webhookURL(text, mode string) (string, error) {
	if text == "" {
		return "", nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" || u.Host == "" {
		return "", fmt.Errorf("webhook URL %q: want http://127.0.0.1:PORT/PATH", text)
	}
	if !isLoopback(u.Hostname()) {
		return "", &NotLoopbackError{Addr: u.Host}
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = "/webhook/" + mode
	}
	return u.String(), nil
}

// nameHosts decides by which names others reach the listeners. They differ,
// because clients forget to withhold credentials from another port.
func (s *Sandbox) nameHosts(api, storage net.Addr) {
	host, _, _ := net.SplitHostPort(s.opts.Addr)
	other := "localhost"
	if strings.EqualFold(host, "localhost") {
		other, _, _ = net.SplitHostPort(storage.String())
	}
	if s.opts.SameHost || s.faults.on("same-host") {
		other = host
	}
	s.base = "http://" + net.JoinHostPort(host, portOf(api))
	s.storageBase = "http://" + net.JoinHostPort(other, portOf(storage))
}

func portOf(a net.Addr) string {
	_, port, _ := net.SplitHostPort(a.String())
	return port
}

// onlyLoopbackNames refuses requests that came here under a foreign name, as a
// page in the browser of this machine could send them.
func onlyLoopbackNames(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u, err := url.Parse("http://" + r.Host)
		if err != nil || !isLoopback(u.Hostname()) {
			http.Error(w, "not a name of this machine", http.StatusMisdirectedRequest)
			return
		}
		h.ServeHTTP(w, r)
	})
}
