package main

import (
	"slices"
	"strings"

	"github.com/fhirwh/fhirwh/internal/export"
	"github.com/fhirwh/fhirwh/internal/sandbox"
)

func expectations() []expectation {
	return slices.Concat(exportExpectations(), apiExpectations(), downloadExpectations(), storageExpectations(), eventExpectations(), deliveryExpectations())
}

// aDayLater makes the sandbox forget the export that failed.
func aDayLater(f *flow, id string) {
	f.control("clock", "advance", "25h")
	f.want(exitOK, f.run("fetch", id, "--patience", "5s", "--max-wait", "30s"))
}

// exportExpectations: exports that fail at Fasten. Within 24 hours a registration
// gives the same one again.
func exportExpectations() (all []expectation) {
	for reason, says := range map[string]string{
		"token_refresh_failure":     "token could not be refreshed.*\nhint: the patient has to reconnect",
		"scope_patient_missing":     "did not share the Patient.*\nhint: .*Demographics",
		"resource_patient_failure":  "did not give out the Patient.*\nhint: .*support.*task_id",
		"resource_invalid_content":  "could not be read\nhint: .*support.*task_id",
		"tefca_no_documents_found":  "no documents.*\nhint: .*--fixture",
		"suppressed_please_contact": "withheld.*\nhint: .*support.*task_id",
		"unknown_reason:odd_thing":  `not documented \(odd_thing\)`,
		"no_reason":                 "no reason was given",
	} {
		all = append(all, expectation{fail: reason, says: says, state: export.ExportFailed, then: aDayLater})
	}
	return append(all,
		expectation{fail: "stuck", fetch: []string{"--max-wait", "3s"}, says: "is still pending after", state: export.ExportPending, then: aDayLater},
		expectation{fail: "timed-out:4h", during: func(f *flow, id string) {
			f.await("the registration", func() bool { return f.export(id).TaskID != "" })
			f.control("clock", "advance", "4h")
		}, says: "withheld", state: export.ExportFailed, then: aDayLater},
		expectation{fail: "revoked-accepted", patient: "camila", says: "is revoked\nhint: the patient has to reconnect", then: func(f *flow, id string) {
			f.control("status", "connection", id, "status", "authorized")
			f.want(exitOK, f.run("fetch", id))
		}},
	)
}

// apiExpectations: what the API answers.
func apiExpectations() (all []expectation) {
	for _, mild := range []string{
		"latency:300ms", "reset-before=2", "reset-after=2", "rate-limit:1=2", "retry-date:1=1", "rate-limit-bare=2", "server-error=2",
		"bad-gateway=2", "unavailable=2", "gateway-timeout=2", "answer:408=2", "created", "truncated-json=2", "extra-fields", "empty-fields",
		"unwrapped", "accept-bearer", "auth-403", "unknown-path-404",
	} {
		all = append(all, expectation{fail: mild})
	}
	for fail, says := range map[string]string{
		"unauthorized": "401.*\nhint: .*fhirwh doctor", "forbidden": "403.*\nhint: .*fhirwh doctor", "not-found": "404.*\nhint: .*fhirwh connections",
		"conflict@register": "409.*\nhint: .*try again", "success-false": "200.*something is wrong.*\nhint: ", "html-page": "HTML page where JSON.*\nhint: ",
	} {
		all = append(all, expectation{fail: fail, says: says})
	}
	pending := []string{"--pending", "8s"}
	return append(all,
		expectation{fail: "odd-types@connection"},
		expectation{fail: "odd-types@register"},
		expectation{fail: "odd-status:queued@status", sandbox: pending},
		expectation{fail: "odd-status:rejected@status no-webhook", sandbox: []string{"--pending", "50ms"}, says: `not documented \(rejected\)`, state: export.ExportFailed},
		expectation{fail: "status-by-connection-only", sandbox: pending},
		expectation{fail: "status-by-task-only", sandbox: pending},
		expectation{fail: "other-task-id no-webhook=1"},
		expectation{fail: "no-resend no-webhook", says: linkMissing, state: export.ExportNoLink},
	)
}

const linkMissing = "link not received.*\nhint: run fhirwh listen.*fhirwh events replay"

// downloadExpectations: what the download endpoint answers.
func downloadExpectations() (all []expectation) {
	for _, mild := range []string{
		"redirect-301", "redirect-303", "redirect-307", "redirect-308", "redirect-200", "direct-body", "relative-location", "redirect-chain", "same-host",
	} {
		all = append(all, expectation{fail: mild})
	}
	for fail, says := range map[string]string{
		"redirect-loop": "downloading after .*led on more than 5 times", "no-location": "downloading after .*without saying where to", "userinfo-location": "downloading after .*user name",
	} {
		all = append(all, expectation{fail: fail, fetch: []string{"--max-wait", "3s"}, says: says, state: export.ExportLinked})
	}
	return append(all, expectation{fail: "missing-after-24h", says: "gone at Fasten.*\nhint: .*register a new export", state: export.ExportExpired})
}

// storageExpectations: what the storage does.
func storageExpectations() (all []expectation) {
	for _, mild := range []string{
		"expired-url=1", "expires-once", "once-only", "once-only cut-body=1", "expired-token=1", "storage-forbidden=1", "storage-error=2", "slow-down=2", "cut-body=2", "cut-body", "short-body=2",
		"no-length", "no-length cut-body=1", "gzip-body", "ignore-range cut-body=1", "changed-etag cut-body=1", "no-etag cut-body=1", "slow-drip:4000",
		"empty-body=1", "wrong-content-type", "html-body=1", "json-error-body=1", "hidden-missing",
	} {
		all = append(all, expectation{fail: mild})
	}
	for _, gone := range []string{"expired-url", "storage-forbidden", "storage-missing", "expired-token"} {
		all = append(all, expectation{fail: gone, says: "gone at Fasten.*\nhint: ", state: export.ExportExpired})
	}
	for fail, says := range map[string]string{
		"html-body": "not the file.*page", "json-error-body": "not the file", "empty-body": "it is empty", "storage-error": "500",
	} {
		all = append(all, expectation{fail: fail, fetch: []string{"--max-wait", "4s"}, says: "is still downloading after .*\nhint: it goes on without us", state: export.ExportLinked, logs: `"(downloading again|download failed)".*` + says})
	}
	return append(all,
		expectation{fail: "stall=1", fetch: []string{"--max-wait", "80s"}, slow: true},
		expectation{fail: "hidden-missing late-event:25h", during: aDayLate},
	)
}

// aDayLate lets the event come when the file is gone.
func aDayLate(f *flow, _ string) {
	f.await("the event", func() bool {
		return slices.ContainsFunc(look[[]sandbox.Delivery](f, "deliveries"), func(d sandbox.Delivery) bool { return strings.HasSuffix(d.Type, "ehi_export_success") })
	})
	f.control("heal", "name", "late-event")
	f.control("clock", "advance", "26h")
}

// eventExpectations: what the event says.
func eventExpectations() (all []expectation) {
	for _, mild := range []string{
		"early-event", "no-webhook=1", "second-event", "legacy-link", "object-link", "string-links", "several-types", "duplicate-links", "two-files",
		"wrong-org", "unknown-event", "no-id", "non-ascii", "trailing-newline", "invalid-json=1", "big-event:2=1", "flat-payload=1", "foreign-link=1", "traversal-link=1",
	} {
		all = append(all, expectation{fail: mild})
	}
	for _, foreign := range []string{"foreign-link", "userinfo-link", "lookalike-link", "query-lookalike-link", "http-link"} {
		all = append(all, expectation{fail: foreign, says: linkMissing, state: export.ExportNoLink, logs: `"verdict":"(pending|refused)".*[^$]*the download link was not followed`})
	}
	return append(all,
		expectation{fail: "wrong-stats", logs: "other numbers of resources than the event announced", after: func(f *flow, _ string) {
			if said := f.run("exports").out.String(); !strings.Contains(said, "21 resources, not 12; 20 Observation, not 120; 1 Patient, not 217") {
				f.Errorf("exports hides the difference: %s", said)
			}
		}},
		expectation{fail: "late-event:25h", during: aDayLate},
		// Whose records these are nobody said: they land under the name that the link has.
		expectation{fail: "missing-fields", says: linkMissing, state: export.ExportNoLink, logs: `"msg":"imported"`},
		expectation{fail: "no-webhook", says: linkMissing, state: export.ExportNoLink},
		expectation{fail: "no-links", says: linkMissing, state: export.ExportNoLink, logs: "no link in it"},
		expectation{fail: "traversal-link", says: "gone at Fasten", state: export.ExportExpired},
		expectation{fail: "wrong-org", listen: []string{"--org-id", "ours"}, says: linkMissing, state: export.ExportNoLink, logs: `"verdict":"refused".*organisation`, gone: true},
		expectation{fail: "wrong-mode", says: linkMissing, state: export.ExportNoLink, logs: `"verdict":"refused".*of live mode`},
		expectation{fail: "flat-payload", says: linkMissing, logs: `"verdict":"undecodable"`, then: func(f *flow, _ string) {
			f.want(exitOK, f.runIn(f.text("event"), "events", "replay", "--legacy", "-"))
		}},
		expectation{fail: "invalid-json", says: linkMissing, logs: `"verdict":"undecodable"`},
		expectation{fail: "big-event:10", says: linkMissing, logs: `"verdict":"too-large","status":413`},
	)
}

// deliveryExpectations: how the event comes. An attempt that is refused is made
// again.
func deliveryExpectations() (all []expectation) {
	for _, mild := range []string{
		"duplicate-events:4", "reordered-events", "first-invalid", "empty-entries", "other-webhook-id", "extra-headers", "limit-timestamp",
		"chunked-event", "slow-event:2s", "text-event",
	} {
		all = append(all, expectation{fail: mild})
	}
	refused := `"verdict":"bad-signature","status":401`
	for _, forged := range []string{
		"bad-signature", "other-mode-secret", "v1a-only", "hex-signature", "missing-id", "missing-timestamp", "missing-signature",
		"old-timestamp", "future-timestamp", "word-timestamp", "changed-body", "gzip-event",
	} {
		all = append(all, expectation{fail: forged + "=2", logs: refused})
	}
	return append(all,
		expectation{fail: "get-event=2"},
		expectation{fail: "bad-signature", says: linkMissing, state: export.ExportNoLink, logs: refused},
		expectation{fail: "duplicate-later:3h", during: func(f *flow, id string) {
			f.await("the import", func() bool { return f.export(id).State == export.ExportImported })
			f.control("clock", "advance", "3h")
		}},
	)
}
