package export

import "time"

// The records of a landing folder: one JSON file each, replaced whole. Links and
// bodies of events are in them, so the folder is readable by its owner alone.

// A Connection is a patient's consent at one organisation.
type Connection struct {
	ID               string     `json:"org_connection_id"`
	APIMode          string     `json:"api_mode"`            // test or live
	Status           string     `json:"status"`              // authorized, revoked, refreshing, connected...: an open set
	StatusAt         *time.Time `json:"status_at,omitempty"` // when it was so: see SetStatus
	PlatformType     string     `json:"platform_type,omitempty"`
	EndpointID       string     `json:"endpoint_id,omitempty"`
	BrandID          string     `json:"brand_id,omitempty"`
	PortalID         string     `json:"portal_id,omitempty"`
	TEFCADirectoryID string     `json:"tefca_directory_id,omitempty"`
	ExternalID       string     `json:"external_id,omitempty"` // the caller's own id of the patient
	Scope            string     `json:"scope,omitempty"`
	RequestID        string     `json:"request_id,omitempty"` // for Fasten's support
	ConsentExpires   *time.Time `json:"consent_expires_at,omitempty"`
	Connected        *time.Time `json:"connected_at,omitempty"` // when we first heard of it
	Revoked          *time.Time `json:"revoked_at,omitempty"`
	Updated          time.Time  `json:"updated_at"`
}

// The states of an [Export].
const (
	ExportPending  = "pending"  // registered, not finished as far as we know
	ExportNoLink   = "no-link"  // finished; the event that carries the link has not come
	ExportLinked   = "linked"   // the event is here; files wait for their download
	ExportLanded   = "landed"   // every file is in the landing folder
	ExportImported = "imported" // every file is in the warehouse
	ExportFailed   = "failed"   // Fasten says so: see FailureReason
	ExportExpired  = "expired"  // the file is gone at Fasten: register again
)

// An Export is a task at Fasten Connect.
type Export struct {
	TaskID        string           `json:"task_id"`
	ConnectionID  string           `json:"org_connection_id"`
	APIMode       string           `json:"api_mode"`
	State         string           `json:"state"`                    // one of the Export constants
	Status        string           `json:"status,omitempty"`         // as Fasten last said it: pending, success, failed...
	FailureReason string           `json:"failure_reason,omitempty"` // as the event says it
	Registered    *time.Time       `json:"registered_at,omitempty"`
	Finished      *time.Time       `json:"finished_at,omitempty"` // date of the event that carries the link: the file lives 24 h from here
	EventID       string           `json:"event_id,omitempty"`    // that brought links or the failure
	TotalExpected *int64           `json:"stats_total,omitempty"` // the event's stats: advisory
	Expected      map[string]int64 `json:"stats_by_type,omitempty"`
	Files         []ExportFile     `json:"files,omitempty"`
	Attempts      int              `json:"attempts,omitempty"`     // of the download or the import, failed ones in a row
	NextAttempt   *time.Time       `json:"next_attempt,omitempty"` // not before
	LastError     string           `json:"last_error,omitempty"`   // without link and secret
	Updated       time.Time        `json:"updated_at"`
}

// The states of an [ExportFile].
const (
	FileWaiting  = "waiting"
	FileLanded   = "landed"
	FileImported = "imported"
	FileSkipped  = "skipped" // of an export type that we do not load
	FileExpired  = "expired"
	FilePruned   = "pruned" // imported, and its original removed since
)

// An ExportFile is one file of an [Export].
type ExportFile struct {
	FileID      string     `json:"file_id"` // last segment of the link's path: opaque, not safe as a name
	Link        string     `json:"link"`    // asks for a signed URL: a secret
	ExportType  string     `json:"export_type,omitempty"`
	ContentType string     `json:"content_type,omitempty"`
	State       string     `json:"state"`
	Name        string     `json:"name,omitempty"`   // in the landing folder: files/TASK/FILE.jsonl.zst
	Bytes       int64      `json:"bytes,omitempty"`  // as sent, not compressed
	SHA256      string     `json:"sha256,omitempty"` // of those bytes, hexadecimal
	Landed      *time.Time `json:"landed_at,omitempty"`
	Imported    *time.Time `json:"imported_at,omitempty"`
	Import      int        `json:"import,omitempty"`    // number in ledger.imports
	Resources   int64      `json:"resources,omitempty"` // that the import read

	ByType map[string]int64 `json:"by_type,omitempty"` // of these, per resource type
}

// The states of an [Event].
const (
	EventPending     = "pending"     // stored, not yet acted on
	EventDone        = "done"        // acted on; a repeat does nothing
	EventIgnored     = "ignored"     // of a type that asks for nothing, or of a file that we have
	EventRefused     = "refused"     // of the other mode, another organisation, or with a link to a foreign host
	EventUndecodable = "undecodable" // verified, but no event as we know them
)

// An Event is a webhook's request as it came.
type Event struct {
	ID        string            `json:"id"`   // the envelope's id; without one the webhook-id
	Type      string            `json:"type"` // such as patient.ehi_export_success
	APIMode   string            `json:"api_mode"`
	Date      *time.Time        `json:"date,omitempty"` // as the envelope says it
	Received  time.Time         `json:"received_at"`
	Signed    bool              `json:"signed"`            // false: handed over by the user without a signature
	Headers   map[string]string `json:"headers,omitempty"` // the three of the signature
	Body      []byte            `json:"body"`              // as received, byte for byte
	State     string            `json:"state"`
	Reason    string            `json:"reason,omitempty"` // why it was refused, ignored or not decodable
	Processed *time.Time        `json:"processed_at,omitempty"`

	ConnectionID string `json:"org_connection_id,omitempty"`
	TaskID       string `json:"task_id,omitempty"`
}
