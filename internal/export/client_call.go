package export

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/fhirwh/fhirwh/internal/render"
)

// A call is a request of the API.
type call struct {
	name   string // for errors, such as "register an export"
	method string
	path   string // behind the base URL, escaped
	body   []byte // JSON, or nil
}

// maxAnswer is far above what the API answers: it sends no records.
const maxAnswer = 1 << 20

// do makes a call, again where that may help, and returns the data of its
// answer, a JSON object, unwrapped if the server wrapped it. Errors are an
// [*APIError], an [*UnreachableError] or the context's.
func (c *Client) do(ctx context.Context, r call) (data json.RawMessage, err error) {
	err = c.retry(ctx, r.name, func(ctx context.Context) error {
		data, err = c.try(ctx, r)
		return err
	})
	return data, err
}

// try makes a call once.
func (c *Client) try(ctx context.Context, r call) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, c.opts.CallTimeout)
	defer cancel()
	req, err := c.newRequest(ctx, r.method, c.base.String()+r.path, r.body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.name, withoutURL(err))
	}
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	c.authorize(req)
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, &UnreachableError{Call: r.name, Host: c.Host(), Err: withoutURL(err)}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, &UnreachableError{Call: r.name, Host: c.Host(), Begun: true, Bytes: int64(len(body)), Err: err}
	}
	return c.readAnswer(r.name, resp, body)
}

func bodyReader(body []byte) io.Reader {
	if body == nil {
		return nil
	}
	return bytes.NewReader(body)
}

// withoutURL drops the URL that net/http puts into its errors.
func withoutURL(err error) error {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		return ue.Err
	}
	return err
}

// An envelope is the outer object of an answer, as documented or as seen.
type envelope struct {
	Success *bool           `json:"success"`
	Data    json.RawMessage `json:"data"`
	Error   json.RawMessage `json:"error"`
	Message json.RawMessage `json:"message"`
}

func (c *Client) readAnswer(name string, resp *http.Response, body []byte) (json.RawMessage, error) {
	text, packErr := ungzip(body, maxAnswer)
	tooLong := len(body) > maxAnswer || errors.Is(packErr, errUnpackedTooLong)
	body = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
	var e envelope
	jsonErr := json.Unmarshal(body, &e)
	apiErr := &APIError{
		Call:       name,
		Status:     resp.StatusCode,
		RetryAfter: retryAfter(resp.Header, c.opts.Clock.now()),
	}
	switch {
	case tooLong:
		apiErr.Body = BodyTooLong
	case packErr != nil:
		apiErr.Body = BodyDamaged
	case jsonErr != nil:
		apiErr.Body = bodyKind(resp.Header, body)
	case resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusCreated, e.Success != nil && !*e.Success:
		apiErr.Message = c.message(e)
	case isObject(e.Data):
		return e.Data, nil
	default:
		return body, nil
	}
	return nil, apiErr
}

func isObject(b json.RawMessage) bool { return len(b) > 0 && b[0] == '{' }

// message is what the server says is wrong: {"error":"text"},
// {"error":{"message":"text"}} or {"message":"text"}.
func (c *Client) message(e envelope) string {
	for _, raw := range []json.RawMessage{e.Error, e.Message} {
		var text string
		if json.Unmarshal(raw, &text) == nil && text != "" {
			return c.safeMessage(text)
		}
		var nested struct {
			Message string          `json:"message"`
			Error   json.RawMessage `json:"error"`
		}
		if json.Unmarshal(raw, &nested) != nil {
			continue
		}
		if nested.Message != "" {
			return c.safeMessage(nested.Message)
		}
		if json.Unmarshal(nested.Error, &text) == nil && text != "" {
			return c.safeMessage(text)
		}
	}
	return ""
}

var urls = regexp.MustCompile(`[a-zA-Z][a-zA-Z0-9+.-]*://\S*`)

// safeMessage is a server's text as an error may show it: links may be signed.
func (c *Client) safeMessage(text string) string {
	return oneLine(urls.ReplaceAllString(c.scrub(text), "[link]"), 200)
}

// bodyKind says what a body is that is not the JSON we asked for.
func bodyKind(h http.Header, body []byte) BodyKind {
	kind, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	switch {
	case len(body) == 0:
		return BodyEmpty
	case bytes.HasPrefix(body, []byte("<?xml")):
		return BodyXML
	case body[0] == '<', strings.HasSuffix(kind, "/html"):
		return BodyHTML
	case body[0] == '{':
		return BodyDamaged
	}
	return BodyText
}

// oneLine is text from elsewhere as a message may show it: on one line, of at
// most n characters.
func oneLine(text string, n int) string {
	if runes := []rune(text); len(runes) > n {
		text = string(runes[:n]) + "..."
	}
	return render.OneLine(text)
}
