package export

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// ClientOptions change how a [Client] works. The zero value is good for Fasten
// Connect itself.
type ClientOptions struct {
	BaseURL       string            // default DefaultBaseURL
	Transport     http.RoundTripper // for every request; default one of its own with timeouts
	CallTimeout   time.Duration     // of one try of a call, its answer included; default 60 s
	StallTimeout  time.Duration     // of a download without a byte; default 60 s
	MaxElapsed    time.Duration     // for a call with all its retries; default 5 min
	MaxRetryAfter time.Duration     // a longer Retry-After is cut to it; default 2 min
	Clock         Clock
	Jitter        func() float64 // in [0, 1); default random
	Log           *slog.Logger   // for retries; default none
	UserAgent     string         // default "fhirwh"
}

// A Client talks to Fasten Connect for one organisation in one mode. It may be
// used from several goroutines.
type Client struct {
	base      *url.URL
	mode      string
	authorize func(*http.Request) // a closure: no print of a Client shows the keys
	scrub     func(string) string // takes keys and links out of a server's message
	http      *http.Client        // follows no redirect, has no cookies
	opts      ClientOptions

	mu           sync.Mutex
	byConnection bool // this server knows an export by its connection, not its task
}

// NewClient returns a client for the keys. The error is a [*ConfigError].
func NewClient(keys Credentials, opts ClientOptions) (*Client, error) {
	checked, err := NewCredentials(keys.PublicID, keys.PrivateKey)
	if err != nil {
		return nil, err
	}
	opts = opts.withDefaults()
	base, err := ParseBaseURL(opts.BaseURL)
	if err != nil {
		return nil, err
	}
	c := &Client{
		base: base,
		mode: checked.Mode,
		opts: opts,
		authorize: func(r *http.Request) {
			r.SetBasicAuth(checked.PublicID, string(checked.PrivateKey))
		},
		scrub: func(message string) string {
			return strings.ReplaceAll(message, string(checked.PrivateKey), "[private key]")
		},
		http: &http.Client{
			Transport:     opts.Transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	return c, nil
}

func (o ClientOptions) withDefaults() ClientOptions {
	setDefault(&o.BaseURL, DefaultBaseURL)
	setDefault(&o.UserAgent, "fhirwh")
	setDefault(&o.CallTimeout, time.Minute)
	setDefault(&o.StallTimeout, time.Minute)
	setDefault(&o.MaxElapsed, 5*time.Minute)
	setDefault(&o.MaxRetryAfter, 2*time.Minute)
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Transport == nil {
		o.Transport = newTransport()
	}
	return o
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// newTransport is net/http's with a limit on every wait, and without unpacking:
// that would hide the length of a download.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    15 * time.Second,
		ResponseHeaderTimeout:  time.Minute,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConnsPerHost:    4,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
		ReadBufferSize:         64 << 10,
	}
}

// Mode is that of the keys, ModeTest or ModeLive.
func (c *Client) Mode() string { return c.mode }

// Host is the host, and port where one is given, of the API.
func (c *Client) Host() string { return c.base.Host }

// Close closes connections that are not in use.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// newRequest makes a request with our headers and without the keys.
func (c *Client) newRequest(ctx context.Context, method, address string, body []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, bodyReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", c.opts.UserAgent)
	req.Header.Set("Accept-Encoding", "identity")
	return req, nil
}
