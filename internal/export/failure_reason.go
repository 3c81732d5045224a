package export

import "time"

// A FailureError is an export that Fasten Connect could not make.
type FailureError struct {
	TaskID       string
	ConnectionID string
	Reason       string // as the event says it; "" if no event came, or had none
}

func (e *FailureError) Error() string {
	return "the export failed at Fasten Connect: " + e.reason().meaning
}

// Hint says what to do.
func (e *FailureError) Hint() string {
	r := e.reason()
	if !r.support {
		return r.advice
	}
	return r.advice + " (task_id " + shortID(e.TaskID) + ", org_connection_id " + shortID(e.ConnectionID) + ")"
}

// Retry says how often registering again may help, and how long to wait before
// each time. times is 0 where only a person can do something.
func (e *FailureError) Retry() (times int, wait time.Duration) {
	r := e.reason()
	return r.retries, r.wait
}

func (e *FailureError) reason() failureReason {
	if r, ok := failureReasons[e.Reason]; ok {
		return r
	}
	r := failureReasons[reasonDefault]
	r.meaning = "for a reason that is not documented (" + word(e.Reason) + ")"
	if e.Reason == "" {
		r.meaning = "no reason was given; only the webhook's event carries one"
	}
	return r
}

// A failureReason is what is known of a failure_reason. Fasten classifies none:
// retries and wait are ours.
type failureReason struct {
	meaning string
	advice  string
	support bool // support asks for the ids
	retries int
	wait    time.Duration
}

const reasonDefault = "suppressed_please_contact"

// failureReasons has the values of patient.ehi_export_failed.
//
// Source: Fasten Connect documentation, webhook events.
var failureReasons = map[string]failureReason{
	"token_refresh_failure": {
		meaning: "the access token could not be refreshed (expired, revoked, or the source was not reached)",
		advice:  "the patient has to reconnect: fhirwh connect",
		retries: 1, wait: 30 * time.Second,
	},
	"scope_patient_missing": {
		meaning: "the patient did not share the Patient resource",
		advice:  "the patient has to reconnect and leave Demographics selected: fhirwh connect",
	},
	"resource_patient_failure": {
		meaning: "the source did not give out the Patient resource",
		advice:  "try again in an hour; contact Fasten's support if it persists",
		support: true, retries: 2, wait: 5 * time.Minute,
	},
	"resource_invalid_content": {
		meaning: "the source sent a resource that could not be read",
		advice:  "contact Fasten's support",
		support: true,
	},
	"tefca_no_documents_found": {
		meaning: "the facility has no documents of this patient (TEFCA)",
		advice:  "there is nothing to fetch there; in test mode name a document with --fixture myra-jones.xml",
	},
	reasonDefault: {
		meaning: "the cause is withheld, since it might name the patient",
		advice:  "try again in some hours, at most three times, then contact Fasten's support",
		support: true, retries: 3, wait: 8 * time.Hour,
	},
}
