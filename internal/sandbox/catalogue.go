package sandbox

import "slices"

// A Failure is an entry of the catalogue: something that [Options].Fail or
// [Sandbox.Fail] can switch on.
type Failure struct {
	Name  string
	Area  string // export, API, download, storage, event or delivery
	Arg   string // its argument if none is given; empty: it takes none
	Count int    // how often it happens if no count is given; 0: for ever
	Doc   string
}

// wheres are the endpoints that a failure of the API can be limited to.
var wheres = []string{"register", "status", "download", "connection"}

// Failures returns the catalogue.
func Failures() []Failure {
	return slices.Concat(exportFailures, apiFailures, downloadFailures, storageFailures, eventFailures, deliveryFailures)
}

func failureNamed(name string) (Failure, bool) {
	all := Failures()
	i := slices.IndexFunc(all, func(f Failure) bool { return f.Name == name })
	if i < 0 {
		return Failure{}, false
	}
	return all[i], true
}

// How an export ends. They are counted by registrations.
var exportFailures = []Failure{
	{Name: "token_refresh_failure", Area: "export", Doc: "the export fails with this reason"},
	{Name: "scope_patient_missing", Area: "export", Doc: "the export fails with this reason"},
	{Name: "resource_patient_failure", Area: "export", Doc: "the export fails with this reason"},
	{Name: "resource_invalid_content", Area: "export", Doc: "the export fails with this reason"},
	{Name: "tefca_no_documents_found", Area: "export", Doc: "the export fails with this reason"},
	{Name: "suppressed_please_contact", Area: "export", Doc: "the export fails with this reason"},
	{Name: "unknown_reason", Area: "export", Arg: "other", Doc: "it fails with a reason that nobody documented"},
	{Name: "no_reason", Area: "export", Doc: "it fails, and the event has no reason"},
	{Name: "stuck", Area: "export", Doc: "it stays pending for ever"},
	{Name: "timed-out", Area: "export", Arg: "4h", Doc: "it stays pending for so long, then fails"},
}

// What the API answers. They are counted by requests that had good keys.
var apiFailures = []Failure{
	{Name: "latency", Area: "API", Arg: "2s", Doc: "answers come late"},
	{Name: "reset-before", Area: "API", Doc: "the connection is reset instead of an answer"},
	{Name: "reset-after", Area: "API", Doc: "the connection is reset after the headers"},
	{Name: "unauthorized", Area: "API", Doc: "401, though the keys are good"},
	{Name: "forbidden", Area: "API", Doc: `403 {"message":"Forbidden"}`},
	{Name: "not-found", Area: "API", Doc: "404"},
	{Name: "conflict", Area: "API", Doc: "409"},
	{Name: "rate-limit", Area: "API", Arg: "1", Doc: "429 with Retry-After in seconds"},
	{Name: "retry-date", Area: "API", Arg: "2", Doc: "429 with Retry-After as a date so many seconds ahead"},
	{Name: "rate-limit-bare", Area: "API", Doc: "429 without Retry-After"},
	{Name: "server-error", Area: "API", Doc: "500"},
	{Name: "bad-gateway", Area: "API", Doc: "502"},
	{Name: "unavailable", Area: "API", Doc: "503"},
	{Name: "gateway-timeout", Area: "API", Doc: "504"},
	{Name: "answer", Area: "API", Arg: "408", Doc: "this status"},
	{Name: "success-false", Area: "API", Doc: `200 {"success":false,"error":...}`},
	{Name: "created", Area: "API", Doc: "201 instead of 200"},
	{Name: "html-page", Area: "API", Doc: "200 with an HTML error page"},
	{Name: "truncated-json", Area: "API", Doc: "the JSON ends early"},
	{Name: "extra-fields", Area: "API", Doc: "fields that nobody documented"},
	{Name: "empty-fields", Area: "API", Doc: "optional fields are empty strings"},
	{Name: "unwrapped", Area: "API", Doc: "the fields at top level, without data around them"},
	{Name: "odd-status", Area: "API", Arg: "rejected", Doc: "the status is a word that nobody documented"},
	{Name: "odd-types", Area: "API", Doc: "numbers and nulls where strings belong"},
	{Name: "other-task-id", Area: "API", Doc: "a repeated registration answers another task_id"},
	{Name: "status-by-connection-only", Area: "API", Doc: "the status is found by org_connection_id alone"},
	{Name: "status-by-task-only", Area: "API", Doc: "the status is found by task_id alone"},
	{Name: "auth-403", Area: "API", Doc: `bad keys are answered 403 {"message":"Forbidden"} instead of 401`},
	{Name: "unknown-path-404", Area: "API", Doc: "unknown paths are answered 404 instead of 403"},
	{Name: "accept-bearer", Area: "API", Doc: "the private key is also accepted as a bearer token"},
	{Name: "revoked-accepted", Area: "API", Doc: "a revoked connection can be exported; the export fails with token_refresh_failure"},
	{Name: "no-resend", Area: "API", Doc: "a repeated registration does not send the event again"},
}

// What the download endpoint does. They are counted by its requests.
var downloadFailures = []Failure{
	{Name: "redirect-301", Area: "download", Doc: "301 instead of 302"},
	{Name: "redirect-303", Area: "download", Doc: "303 instead of 302"},
	{Name: "redirect-307", Area: "download", Doc: "307 instead of 302"},
	{Name: "redirect-308", Area: "download", Doc: "308 instead of 302"},
	{Name: "redirect-200", Area: "download", Doc: "200 with a Location, as the OpenAPI file says"},
	{Name: "direct-body", Area: "download", Doc: "200 with the file itself"},
	{Name: "relative-location", Area: "download", Doc: "a Location without a host"},
	{Name: "redirect-chain", Area: "download", Doc: "two more redirects before the storage"},
	{Name: "redirect-loop", Area: "download", Doc: "redirects that never end"},
	{Name: "no-location", Area: "download", Doc: "302 without a Location"},
	{Name: "userinfo-location", Area: "download", Doc: "a Location with a user name in it"},
	{Name: "same-host", Area: "download", Doc: "the storage has the API's host name, and another port"},
	{Name: "missing-after-24h", Area: "download", Doc: "the file is gone as if 24 hours had passed: 404"},
}

// What the storage does. They are counted by its requests.
var storageFailures = []Failure{
	{Name: "expired-url", Area: "storage", Doc: "the API signs URLs that have expired"},
	{Name: "expires-once", Area: "storage", Count: 1, Doc: "the signed URL expires between redirect and request"},
	{Name: "once-only", Area: "storage", Doc: "a signed URL works once"},
	{Name: "expired-token", Area: "storage", Doc: "400 ExpiredToken"},
	{Name: "storage-forbidden", Area: "storage", Doc: "403 AccessDenied for a fresh URL"},
	{Name: "storage-missing", Area: "storage", Doc: "404 NoSuchKey"},
	{Name: "hidden-missing", Area: "storage", Doc: "a missing file is answered 403 AccessDenied instead of 404"},
	{Name: "storage-error", Area: "storage", Doc: "500 InternalError"},
	{Name: "slow-down", Area: "storage", Doc: "503 SlowDown"},
	{Name: "cut-body", Area: "storage", Doc: "the connection is reset in the middle of the body"},
	{Name: "short-body", Area: "storage", Doc: "the connection closes in the middle of the body"},
	{Name: "no-length", Area: "storage", Doc: "no Content-Length"},
	{Name: "gzip-body", Area: "storage", Doc: "Content-Encoding: gzip, asked for or not"},
	{Name: "ignore-range", Area: "storage", Doc: "Range is ignored: 200 with the whole file"},
	{Name: "changed-etag", Area: "storage", Doc: "another ETag with each answer"},
	{Name: "no-etag", Area: "storage", Doc: "no ETag"},
	{Name: "slow-drip", Area: "storage", Arg: "262144", Doc: "so many bytes a second"},
	{Name: "stall", Area: "storage", Doc: "the body stops in the middle, and the connection stays open"},
	{Name: "empty-body", Area: "storage", Doc: "200 with nothing"},
	{Name: "wrong-content-type", Area: "storage", Doc: "Content-Type: application/octet-stream"},
	{Name: "html-body", Area: "storage", Doc: "200 with an HTML error page instead of the file"},
	{Name: "json-error-body", Area: "storage", Doc: "200 with a JSON error instead of the file"},
}

// What an event says. They are counted by the events that end an export and the
// ones that [Sandbox.Simulate] sends.
var eventFailures = []Failure{
	{Name: "early-event", Area: "event", Doc: "the event arrives before the registration is answered"},
	{Name: "late-event", Area: "event", Arg: "25h", Doc: "the event comes so much later, when the file is gone"},
	{Name: "no-webhook", Area: "event", Doc: "the event never comes"},
	{Name: "second-event", Area: "event", Doc: "a second event, with an id of its own, for the same file"},
	{Name: "wrong-stats", Area: "event", Doc: "stats that do not add up, and are not what the file holds"},
	{Name: "legacy-link", Area: "event", Doc: "only download_link"},
	{Name: "object-link", Area: "event", Doc: "only download_link, as an object"},
	{Name: "string-links", Area: "event", Doc: "download_links as plain strings"},
	{Name: "no-links", Area: "event", Doc: "download_links is empty, download_link an empty string"},
	{Name: "several-types", Area: "event", Doc: "links to a bundle and a PDF before the one to the JSONL file"},
	{Name: "duplicate-links", Area: "event", Doc: "the same link twice"},
	{Name: "two-files", Area: "event", Doc: "two JSONL files, one half of the export each"},
	{Name: "foreign-link", Area: "event", Doc: "the link leads to another host, which notes what it is told"},
	{Name: "userinfo-link", Area: "event", Doc: "the API's host as user name before another host"},
	{Name: "lookalike-link", Area: "event", Doc: "a host that begins with the API's"},
	{Name: "query-lookalike-link", Area: "event", Doc: "a foreign host, the API's in the query"},
	{Name: "http-link", Area: "event", Doc: "http:// to the provider's own host"},
	{Name: "traversal-link", Area: "event", Doc: "a file id with ../ in it"},
	{Name: "missing-fields", Area: "event", Doc: "no org_connection_id, task_id, org_id"},
	{Name: "wrong-org", Area: "event", Doc: "another organisation's org_id"},
	{Name: "wrong-mode", Area: "event", Doc: "the other api_mode"},
	{Name: "unknown-event", Area: "event", Doc: "an event of an unknown type comes first"},
	{Name: "no-id", Area: "event", Doc: "an envelope without id"},
	{Name: "flat-payload", Area: "event", Doc: "the fields of data at top level, without an envelope"},
	{Name: "non-ascii", Area: "event", Doc: "letters beyond ASCII, and <&>"},
	{Name: "trailing-newline", Area: "event", Doc: "a line feed after the JSON, signed with it"},
	{Name: "invalid-json", Area: "event", Doc: "no JSON, rightly signed"},
	{Name: "big-event", Area: "event", Arg: "10", Doc: "a body of so many MiB"},
}

// How an event is delivered. They are counted by attempts.
var deliveryFailures = []Failure{
	{Name: "duplicate-events", Area: "delivery", Arg: "1", Doc: "the same event so many times more"},
	{Name: "duplicate-later", Area: "delivery", Arg: "3h", Doc: "the same event again so much later"},
	{Name: "reordered-events", Area: "delivery", Doc: "an event waits until the next one was sent, or a second has passed"},
	{Name: "bad-signature", Area: "delivery", Doc: "signed with another secret"},
	{Name: "other-mode-secret", Area: "delivery", Doc: "signed with the other mode's secret"},
	{Name: "first-invalid", Area: "delivery", Doc: "two signatures, of which the second is right"},
	{Name: "v1a-only", Area: "delivery", Doc: "a signature of version v1a alone"},
	{Name: "hex-signature", Area: "delivery", Doc: "the digest in hexadecimal"},
	{Name: "empty-entries", Area: "delivery", Doc: "empty entries and two spaces between signatures; one is right"},
	{Name: "missing-id", Area: "delivery", Doc: "no webhook-id"},
	{Name: "missing-timestamp", Area: "delivery", Doc: "no webhook-timestamp"},
	{Name: "missing-signature", Area: "delivery", Doc: "no webhook-signature"},
	{Name: "other-webhook-id", Area: "delivery", Doc: "a webhook-id that is not the envelope's id"},
	{Name: "extra-headers", Area: "delivery", Doc: "headers of another vendor as well"},
	{Name: "old-timestamp", Area: "delivery", Doc: "rightly signed, six minutes ago"},
	{Name: "future-timestamp", Area: "delivery", Doc: "rightly signed, six minutes from now"},
	{Name: "limit-timestamp", Area: "delivery", Doc: "rightly signed, five minutes from now, which passes"},
	{Name: "word-timestamp", Area: "delivery", Doc: "a timestamp that is no number"},
	{Name: "changed-body", Area: "delivery", Doc: "one byte changed after signing"},
	{Name: "gzip-event", Area: "delivery", Doc: "Content-Encoding: gzip, signed before compression"},
	{Name: "chunked-event", Area: "delivery", Doc: "no Content-Length"},
	{Name: "slow-event", Area: "delivery", Arg: "30s", Doc: "a body that takes so long"},
	{Name: "get-event", Area: "delivery", Doc: "GET instead of POST"},
	{Name: "text-event", Area: "delivery", Doc: "Content-Type: text/plain"},
}
