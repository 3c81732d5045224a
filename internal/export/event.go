package export

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"mime"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The types of events that we know. Others are kept and ignored.
const (
	TypeExportSuccess  = "patient.ehi_export_success"
	TypeExportFailed   = "patient.ehi_export_failed"
	TypeConnected      = "patient.connection_success"
	TypeRevoked        = "patient.authorization_revoked"
	TypeTest           = "webhook.test"
	TypeAskedForClinic = "patient.request_health_system"
	TypeAskedForHelp   = "patient.request_support"
)

// A message is an event as far as we understand it. Members that are missing or
// of another type than documented are empty.
type message struct {
	id, kind, mode string
	date           *time.Time

	orgID         string
	taskID        string
	links         []link
	failureReason string
	total         *int64
	byType        map[string]int64
	connection    Connection // ID, Status and what else the event says of it
}

// A link is one of an export's download links.
type link struct {
	url         string
	fileID      string // see fileIDOf
	exportType  string
	contentType string
	load        bool // it is of lines of FHIR JSON
}

var (
	errNoObject = errors.New("the body is no JSON object")
	errNoType   = errors.New("the event has no type")
	errNoData   = errors.New("the event has no data object")
)

// decodeMessage reads the body of an event. It asks for the envelope and its data
// object only; what is in them is read leniently. With legacy, a body without
// envelope is read as its data. An error says that the body is no event, and what
// could be read comes with it.
func decodeMessage(body []byte, legacy bool) (message, error) {
	text, err := ungzip(body, MaxEventBytes)
	if err != nil {
		return message{}, errNoObject
	}
	envelope, ok := readObject(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
	if !ok {
		return message{}, errNoObject
	}
	m := message{
		id:   envelope.text("id"),
		kind: envelope.text("type"),
		mode: strings.ToLower(envelope.text("api_mode")),
		date: envelope.time("date"),
	}
	data, ok := readObject(envelope["data"])
	switch {
	case !ok && m.kind == "" && legacy:
		data = envelope
		m.kind = flatType(data)
	case !ok && needsData(m.kind):
		return m, errNoData
	}
	if m.kind == "" {
		return m, errNoType
	}
	m.readData(data)
	return m, nil
}

// needsData reports whether an event of that type says nothing without its data.
func needsData(kind string) bool {
	return slices.Contains([]string{TypeExportSuccess, TypeExportFailed, TypeConnected, TypeRevoked}, kind)
}

// flatType tells the type of a body without envelope by its members.
func flatType(data object) string {
	switch {
	case data["download_links"] != nil || data["download_link"] != nil:
		return TypeExportSuccess
	case data["failure_reason"] != nil:
		return TypeExportFailed
	case IsRevoked(data.text("connection_status")):
		return TypeRevoked
	case data["connection_status"] != nil:
		return TypeConnected
	}
	return ""
}

func (m *message) readData(data object) {
	m.orgID = data.text("org_id")
	m.taskID = data.text("task_id")
	m.failureReason = data.text("failure_reason")
	m.links = data.links()
	if stats, ok := readObject(data["stats"]); ok {
		m.total = stats.count("total_resources")
		m.byType = stats.counts("total_by_resource_type")
	}
	m.connection = Connection{
		ID:               data.text("org_connection_id"),
		APIMode:          m.mode,
		Status:           data.text("connection_status"),
		PlatformType:     data.text("platform_type"),
		EndpointID:       data.text("endpoint_id"),
		BrandID:          data.text("brand_id"),
		PortalID:         data.text("portal_id"),
		TEFCADirectoryID: data.text("tefca_directory_id"),
		ExternalID:       data.text("external_id"),
		Scope:            data.text("scope"),
		RequestID:        data.text("request_id", "request-id"),
		ConsentExpires:   data.time("consent_expires_at"),
	}
}

// An object is a JSON object whose members are not read yet. Names count case.
type object map[string]json.RawMessage

func readObject(raw []byte) (object, bool) {
	var o object
	if json.Unmarshal(raw, &o) != nil || o == nil {
		return nil, false
	}
	return o, true
}

// text returns the first of the members that is a text or a number, else "".
func (o object) text(names ...string) string {
	for _, name := range names {
		var t looseText
		if json.Unmarshal(o[name], &t) == nil && t != "" {
			return string(t)
		}
	}
	return ""
}

// time returns a time as RFC 3339 writes it, else nil.
func (o object) time(name string) *time.Time {
	at, err := time.Parse(time.RFC3339, o.text(name))
	if err != nil {
		return nil
	}
	at = at.UTC()
	return &at
}

// count returns a whole number that is not negative, else nil.
func (o object) count(name string) *int64 {
	text := o.text(name)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 {
		return &n
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil && f >= 0 && f < 1<<53 && f == math.Trunc(f) {
		n := int64(f)
		return &n
	}
	return nil
}

// counts returns the members of an object that are counts.
func (o object) counts(name string) map[string]int64 {
	members, _ := readObject(o[name])
	var found map[string]int64
	for name := range members {
		if n := members.count(name); n != nil {
			if found == nil {
				found = map[string]int64{}
			}
			found[name] = *n
		}
	}
	return found
}

// links returns the links of an export. The member download_links, of objects or
// plain texts, comes first; the older download_link counts where that has nothing
// to load. Of links that lead to one file one is returned.
func (o object) links() []link {
	var list []json.RawMessage
	if json.Unmarshal(o["download_links"], &list) != nil {
		list = []json.RawMessage{o["download_links"]} // no array: perhaps one link
	}
	var found []link
	for _, raw := range list {
		found = addLink(found, raw)
	}
	if !slices.ContainsFunc(found, func(l link) bool { return l.load }) {
		found = addLink(found, o["download_link"])
	}
	return found
}

func addLink(found []link, raw json.RawMessage) []link {
	l := readLink(raw)
	if l.url == "" || slices.ContainsFunc(found, func(f link) bool { return f.url == l.url }) {
		return found
	}
	if slices.ContainsFunc(found, func(f link) bool { return f.fileID == l.fileID }) {
		l.fileID += "~" + shortHash(l.url) // another file whose path ends alike
	}
	return append(found, l)
}

func readLink(raw json.RawMessage) link {
	var l link
	if o, ok := readObject(raw); ok {
		l.url = strings.TrimSpace(o.text("url"))
		l.exportType = o.text("export_type")
		l.contentType = o.text("content_type")
	} else {
		_ = json.Unmarshal(raw, &l.url) // a plain text, or nothing
		l.url = strings.TrimSpace(l.url)
	}
	l.fileID = fileIDOf(l.url)
	l.load = l.isLines()
	return l
}

// fileIDOf is the last segment of a link's path, as written: two events for one
// file bring links that agree in it. It is opaque, and no name for a file.
func fileIDOf(address string) string {
	u, err := url.Parse(address)
	if err == nil {
		if id := path.Base("/" + u.EscapedPath()); id != "/" {
			return id
		}
	}
	return "~" + shortHash(address)
}

func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:8])
}

// isLines reports whether a link leads to lines of FHIR JSON, by what the event
// says of it or else by its path. One of which nothing is known counts: the older
// member download_link meant nothing else.
func (l link) isLines() bool {
	ext := strings.ToLower(path.Ext(l.fileID))
	media, _, _ := mime.ParseMediaType(l.contentType)
	switch {
	case slices.Contains(exportTypes, strings.ToLower(l.exportType)):
		return strings.EqualFold(l.exportType, exportTypes[0])
	case slices.Contains(linesTypes, media), ext == ".jsonl", ext == ".ndjson":
		return true
	}
	return l.exportType == "" && l.contentType == "" && !slices.Contains(otherExtensions, ext)
}

var (
	// exportTypes are the documented values of export_type; we load the first.
	exportTypes = []string{"jsonl", "fhir_bundle", "cms_patient_shared_health_document", "pdf"}
	// linesTypes are the media types of lines of FHIR JSON.
	linesTypes = []string{"application/fhir+ndjson", "application/ndjson", "application/x-ndjson", "application/jsonl"}
	// otherExtensions end the names of files that we do not load.
	otherExtensions = []string{".json", ".pdf", ".xml", ".html", ".zip"}
)
