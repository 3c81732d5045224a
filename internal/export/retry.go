package export

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The waits between retries double from backoffBase to at most backoffMax; of
// each a random part is waited ("full jitter").
const (
	backoffBase = 500 * time.Millisecond
	backoffMax  = 30 * time.Second
	maxTries    = 8
)

// backoff is the wait before try number n, 1 for the first retry.
func (c *Client) backoff(n int) time.Duration {
	longest := backoffMax
	if n < 8 {
		longest = min(backoffBase<<(n-1), backoffMax)
	}
	return time.Duration(c.opts.Jitter() * float64(longest))
}

// retry runs try until it succeeds, cannot get better, or has used up its time.
// It returns the last error.
func (c *Client) retry(ctx context.Context, name string, try func(context.Context) error) error {
	start := c.opts.Clock.now()
	for n := 1; ; n++ {
		err := try(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		wait := c.waitFor(err, n)
		elapsed := c.opts.Clock.now().Sub(start)
		if !canGetBetter(err) || n >= maxTries || elapsed+wait > c.opts.MaxElapsed {
			return err
		}
		c.opts.Log.Warn("trying again", "call", name, "try", n+1, "wait", wait, "error", err.Error())
		if err := c.opts.Clock.sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// waitFor is how long to wait after err, the n-th failure: the longer of our
// backoff and what the server asked for.
func (c *Client) waitFor(err error, n int) time.Duration {
	asked := time.Duration(0)
	if e, ok := errors.AsType[*APIError](err); ok {
		asked = e.RetryAfter
	}
	if e, ok := errors.AsType[*StorageError](err); ok {
		asked = e.RetryAfter
	}
	return max(c.backoff(n), min(asked, c.opts.MaxRetryAfter))
}

// canGetBetter reports whether the same request may succeed later.
func canGetBetter(err error) bool {
	if e, ok := errors.AsType[*APIError](err); ok {
		return isTransient(e.Status) || e.Body == BodyDamaged || e.Body == BodyEmpty && e.Status < 300
	}
	if e, ok := errors.AsType[*UnreachableError](err); ok {
		return !isCertificateError(e.Err) && !isUnknownHost(e.Err)
	}
	return false
}

// isTransient reports whether a status of HTTP is about this moment.
func isTransient(status int) bool {
	return status >= 500 && status != http.StatusNotImplemented && status != http.StatusHTTPVersionNotSupported ||
		slices.Contains([]int{http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests}, status)
}

func isCertificateError(err error) bool {
	_, verify := errors.AsType[*tls.CertificateVerificationError](err)
	_, authority := errors.AsType[x509.UnknownAuthorityError](err)
	_, host := errors.AsType[x509.HostnameError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	_, plain := errors.AsType[tls.RecordHeaderError](err) // the server speaks no TLS
	return verify || authority || host || invalid || plain
}

func isUnknownHost(err error) bool {
	e, ok := errors.AsType[*net.DNSError](err)
	return ok && e.IsNotFound && !e.IsTemporary
}

// retryAfter reads a Retry-After header, seconds or a date; 0 if there is none
// or it is no such thing.
//
// Source: RFC 9110, section 10.2.3.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(text); err == nil {
		return max(0, date.Sub(now))
	}
	return 0
}
