package export

import (
	"compress/gzip"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

const (
	linkA = "https://api.connect.fastenhealth.com/v1/bridge/fhir/ehi-export/t/download/2026-01-01-a.jsonl"
	linkB = "https://api.connect.fastenhealth.com/v1/bridge/fhir/ehi-export/t/download/2026-01-01-b.jsonl"
)

// success is an event of an export that succeeded, with those members of data.
func success(data string) string {
	return `{"api_mode":"test","date":"2026-01-01T00:00:00Z","id":"e1","type":"patient.ehi_export_success","data":{"task_id":"t","org_connection_id":"c",` + data + `}}`
}

func TestDecodeLinks(t *testing.T) {
	tests := []struct {
		name, data string
		want       string // file ids, with - before one that is not loaded
	}{
		{"as documented", `"download_links":[{"url":"` + linkA + `","export_type":"jsonl","content_type":"application/fhir+ndjson"}],"download_link":"` + linkA + `"`, "2026-01-01-a.jsonl"},
		{"only the older member", `"download_link":"` + linkA + `"`, "2026-01-01-a.jsonl"},
		{"the older member as an object", `"download_link":{"url":"` + linkA + `"}`, "2026-01-01-a.jsonl"},
		{"links as texts", `"download_links":["` + linkA + `","` + linkB + `"]`, "2026-01-01-a.jsonl 2026-01-01-b.jsonl"},
		{"one link, no array", `"download_links":{"url":"` + linkA + `"}`, "2026-01-01-a.jsonl"},
		{"one text, no array", `"download_links":"` + linkA + `"`, "2026-01-01-a.jsonl"},
		{"several of one type", `"download_links":[{"url":"` + linkA + `","export_type":"jsonl"},{"url":"` + linkB + `","export_type":"jsonl"}]`, "2026-01-01-a.jsonl 2026-01-01-b.jsonl"},
		{"duplicates", `"download_links":["` + linkA + `","` + linkA + `"]`, "2026-01-01-a.jsonl"},
		{"an empty list beside the older member", `"download_links":[],"download_link":"` + linkA + `"`, "2026-01-01-a.jsonl"},
		{"empty texts", `"download_links":["",{"url":""},{}],"download_link":""`, ""},
		{"null", `"download_links":null,"download_link":null`, ""},
		{"of other types", `"download_links":[1,true,[],[["x"]]],"download_link":7`, ""},
		{"nothing", `"x":1`, ""},
		{"other types beside", `"download_links":[{"url":"https://h/x.pdf","export_type":"pdf"},{"url":"https://h/x.json","export_type":"fhir_bundle"},{"url":"` + linkA + `","export_type":"jsonl"}]`, "-x.pdf -x.json 2026-01-01-a.jsonl"},
		{"another type alone, and the older member", `"download_links":[{"url":"https://h/x.pdf","export_type":"pdf"}],"download_link":"` + linkA + `"`, "-x.pdf 2026-01-01-a.jsonl"},
		{"type before content type and name", `"download_links":[{"url":"` + linkA + `","export_type":"pdf","content_type":"application/fhir+ndjson"}]`, "-2026-01-01-a.jsonl"},
		{"by content type with parameters", `"download_links":[{"url":"https://h/d/1","content_type":"Application/NDJSON; charset=utf-8"}]`, "1"},
		{"by name", `"download_links":[{"url":"https://h/d/x.NDJSON?y=.pdf","content_type":"application/octet-stream"}]`, "x.NDJSON"},
		{"an unknown type", `"download_links":[{"url":"https://h/d/x","export_type":"parquet"}]`, "-x"},
		{"nothing known but the link", `"download_link":"https://h/v1/download/2026-01-01-098c09ef"`, "2026-01-01-098c09ef"},
		{"path traversal", `"download_links":["https://h/download/..%2f..%2fetc%2fpasswd.jsonl"]`, "..%2f..%2fetc%2fpasswd.jsonl"},
		{"two files whose paths end alike", `"download_links":["https://h/1/x.jsonl","https://h/2/x.jsonl"]`, "x.jsonl x.jsonl~" + shortHash("https://h/2/x.jsonl")},
		{"no path", `"download_links":["https://h"]`, "~" + shortHash("https://h")},
		{"no URL", `"download_links":["http://[::1"]`, "~" + shortHash("http://[::1")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := decodeMessage([]byte(success(tt.data)), false)
			must(t, err)
			var got []string
			for _, l := range m.links {
				id := l.fileID
				if !l.load {
					id = "-" + id
				}
				got = append(got, id)
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("links %q, want %q", strings.Join(got, " "), tt.want)
			}
		})
	}
}

func TestDecodeStats(t *testing.T) {
	ten := int64(10)
	tests := []struct {
		name, stats string
		total       *int64
		byType      map[string]int64
	}{
		{"as documented", `{"total_resources":10,"total_by_resource_type":{"Observation":2,"Patient":1}}`, &ten, map[string]int64{"Observation": 2, "Patient": 1}},
		{"as texts and fractions", `{"total_resources":"10","total_by_resource_type":{"Observation":2.0,"Patient":"1"}}`, &ten, map[string]int64{"Observation": 2, "Patient": 1}},
		{"no counts", `{"total_resources":-1,"total_by_resource_type":{"A":1.5,"B":null,"C":{},"D":1e300,"E":"x"}}`, nil, nil},
		{"of other types", `[1]`, nil, nil},
		{"null", `null`, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := decodeMessage([]byte(success(`"stats":`+tt.stats)), false)
			must(t, err)
			if (m.total == nil) != (tt.total == nil) || m.total != nil && *m.total != *tt.total || !maps.Equal(m.byType, tt.byType) {
				t.Errorf("stats %v %v", m.total, m.byType)
			}
		})
	}
}

func TestDecodeConnection(t *testing.T) {
	const event = `{"api_mode":"test","date":"2026-01-01T01:00:00+01:00","id":"e","type":"patient.connection_success","data":{
		"org_connection_id":"c","endpoint_id":"en","portal_id":"po","brand_id":"br","connection_status":"authorized","platform_type":"epic",
		%s,"external_id":"user_12345","scope":"openid","consent_expires_at":"2027-01-01T00:00:00Z","tefca_directory_id":"urn:oid:2","org_id":12}}`
	for _, name := range []string{"request_id", "request-id"} {
		m, err := decodeMessage(fmt.Appendf(nil, event, `"`+name+`":"r"`), false)
		must(t, err)
		expires := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
		got := m.connection
		if got.ConsentExpires == nil || !got.ConsentExpires.Equal(expires) {
			t.Errorf("consent expires %v", got.ConsentExpires)
		}
		got.ConsentExpires = nil
		want := Connection{ID: "c", APIMode: "test", Status: "authorized", PlatformType: "epic", EndpointID: "en", BrandID: "br", PortalID: "po",
			TEFCADirectoryID: "urn:oid:2", ExternalID: "user_12345", Scope: "openid", RequestID: "r"}
		if got != want {
			t.Errorf("connection %+v, want %+v", got, want)
		}
		if m.orgID != "12" || !m.date.Equal(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("organisation %q, date %v", m.orgID, m.date)
		}
	}
}

func pack(text string) string {
	var b strings.Builder
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.String()
}

func TestDecodeEnvelope(t *testing.T) {
	const flat = `{"task_id":"t","org_connection_id":"c","download_link":"` + linkA + `"}`
	tests := []struct {
		name, body string
		legacy     bool
		kind       string
		err        error
	}{
		{"as documented", success(`"x":1`), false, TypeExportSuccess, nil},
		{"flat", flat, false, "", errNoType},
		{"byte order mark", "\xef\xbb\xbf" + success(`"x":1`), false, TypeExportSuccess, nil},
		{"gzip", pack(success(`"x":1`)), false, TypeExportSuccess, nil},
		{"gzip cut short", pack(success(`"x":1`))[:60], false, "", errNoObject},
		{"gzip of too much", pack(success(`"x":1`) + strings.Repeat(" ", MaxEventBytes)), false, "", errNoObject},
		{"flat, which is allowed", flat, true, TypeExportSuccess, nil},
		{"flat failure", `{"failure_reason":"x"}`, true, TypeExportFailed, nil},
		{"flat connection", `{"connection_status":"authorized"}`, true, TypeConnected, nil},
		{"flat revocation", `{"connection_status":"Revoked"}`, true, TypeRevoked, nil},
		{"flat and unknown", `{"hello":"world"}`, true, "", errNoType},
		{"links beside a type", `{"type":"patient.ehi_export_success","download_link":"` + linkA + `"}`, true, TypeExportSuccess, errNoData},
		{"data of another type", `{"type":"patient.ehi_export_failed","data":[1]}`, false, TypeExportFailed, errNoData},
		{"no data, for a type that needs none", `{"type":"webhook.test"}`, false, TypeTest, nil},
		{"unknown type", `{"type":"patient.new","data":{}}`, false, "patient.new", nil},
		{"no type", `{"data":{}}`, false, "", errNoType},
		{"names in another case", `{"TYPE":"webhook.test"}`, false, "", errNoType},
		{"an array", `[{}]`, false, "", errNoObject},
		{"null", `null`, false, "", errNoObject},
		{"nothing", ``, false, "", errNoObject},
		{"cut short", success(`"x":1`)[:100], false, "", errNoObject},
		{"two values", `{"type":"a"}{"type":"b"}`, false, "", errNoObject},
		{"a form", `type=webhook.test`, false, "", errNoObject},
		{"deep", strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000), false, "", errNoObject},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := decodeMessage([]byte(tt.body), tt.legacy)
			if !errors.Is(err, tt.err) || m.kind != tt.kind {
				t.Errorf("type %q, error %v", m.kind, err)
			}
		})
	}
}

func TestIntakeJudges(t *testing.T) {
	header := http.Header{HeaderID: {"w1"}, HeaderTimestamp: {"1"}, HeaderSignature: {"v1,a", "v1,b"}, "Authorization": {"Basic x"}}
	event := func(mode, kind, data string) string {
		return fmt.Sprintf(`{"api_mode":"%s","id":"e1","type":%q,"data":{"org_id":"o1",%s}}`, mode, kind, data)
	}
	tests := []struct {
		name, body, mode string
		state, reason    string
	}{
		{"a success", event("test", TypeExportSuccess, `"x":1`), "test", EventPending, ""},
		{"a failure", event("test", TypeExportFailed, `"x":1`), "test", EventPending, ""},
		{"of the other mode", event("live", TypeExportSuccess, `"x":1`), "live", EventRefused, "live mode"},
		{"of the other mode, at the address of ours", event("live", TypeExportSuccess, `"x":1`), "test", EventRefused, "live mode"},
		{"of our mode, at the address of the other", event("test", TypeExportSuccess, `"x":1`), "live", EventRefused, "address of live mode"},
		{"of a mode that does not exist", event(`\u001b[31mred`, TypeExportSuccess, `"x":1`), "test", EventRefused, `\u{1b}[31mred mode`},
		{"without a mode", `{"id":"e1","type":"patient.ehi_export_failed","data":{}}`, "test", EventPending, ""},
		{"without a mode, at the address of the other", `{"id":"e1","type":"patient.ehi_export_failed","data":{}}`, "live", EventRefused, "live mode"},
		{"of another organisation", strings.Replace(event("test", TypeConnected, `"x":1`), "o1", "o2", 1), "test", EventRefused, "another organisation"},
		{"without an organisation", success(`"x":1`), "test", EventPending, ""},
		{"a test", event("test", TypeTest, `"x":1`), "test", EventIgnored, "test"},
		{"for people", event("test", TypeAskedForHelp, `"body":"it hurts"`), "test", EventIgnored, "portal"},
		{"of an unknown type", event("test", "patient.new", `"x":1`), "test", EventIgnored, "type"},
		{"no JSON", "hello", "test", EventUndecodable, "no JSON object"},
		{"no data", `{"id":"e1","type":"patient.ehi_export_success"}`, "test", EventUndecodable, "no data"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := Intake{Landing: openLanding(t), Mode: "test", OrgID: "O-1"}
			e, stored, err := in.Take(Delivery{Body: []byte(tt.body), Header: header, Signed: true, Mode: tt.mode})
			if !stored || err != nil || e.State != tt.state || !strings.Contains(e.Reason, tt.reason) || (e.Reason == "") != (tt.reason == "") {
				t.Errorf("%v, %v: %s %q", stored, err, e.State, e.Reason)
			}
			kept, _, _ := in.Landing.Event(e.ID)
			if string(kept.Body) != tt.body || !kept.Signed || len(kept.Headers) != 3 || kept.Headers["webhook-signature"] != "v1,a v1,b" {
				t.Errorf("kept %+v", kept)
			}
			if _, stored, _ := in.Take(Delivery{Body: []byte(tt.body), Header: header}); stored {
				t.Error("stored twice")
			}
		})
	}
}

func TestIntakeFindsAnID(t *testing.T) {
	in := Intake{Landing: openLanding(t)}
	header := http.Header{HeaderID: {"w1"}}
	tests := []struct {
		name, body string
		header     http.Header
		want       string
	}{
		{"of the envelope", `{"id":"e1","type":"x"}`, header, "e1"},
		{"of the header", `{"type":"x"}`, header, "w1"},
		{"of the header, for what is no event", `hello`, header, "w1"},
		{"by what it is", `hello`, nil, "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if e := in.judge(Delivery{Body: []byte(tt.body), Header: tt.header}); e.ID != tt.want {
				t.Errorf("id %q", e.ID)
			}
		})
	}
}

func TestIntakeJudgesAnew(t *testing.T) {
	l := openLanding(t)
	d := Delivery{Body: []byte(success(`"download_link":"` + linkA + `"`))}
	_, _, err := Intake{Landing: l, Mode: "live"}.Take(d)
	must(t, err)
	ours := Intake{Landing: l, Mode: "test"}
	if e, stored, _ := ours.Take(d); stored || e.State != EventRefused {
		t.Errorf("a repeat: %v, %s", stored, e.State)
	}
	d.Again = true
	if e, stored, err := ours.Take(d); !stored || err != nil || e.State != EventPending {
		t.Errorf("anew: %v, %v, %s", stored, err, e.State)
	}
	must(t, l.UpdateEvent("e1", func(e *Event) { e.State = EventDone }))
	if e, stored, _ := ours.Take(d); stored || e.State != EventDone {
		t.Errorf("after it was done: %v, %s", stored, e.State)
	}
}

func FuzzEvent(f *testing.F) {
	for _, s := range []string{body1, body2, body4, success(`"download_links":[{"url":"` + linkA + `","export_type":"jsonl"}],"stats":{"total_resources":1}`),
		`{"type":"x","data":null}`, `{"download_link":{"url":"%zz"}}`, `{"id":1e999,"date":[],"type":{}}`, "\xff{", `{"id":"\ud800","type":"a"}`} {
		f.Add([]byte(s), true)
		f.Add([]byte(s), false)
	}
	f.Fuzz(func(t *testing.T, body []byte, legacy bool) {
		m, err := decodeMessage(body, legacy)
		if err == nil && m.kind == "" {
			t.Error("an event without type was decoded")
		}
		seen := map[string]bool{}
		for _, l := range m.links {
			if l.url == "" || l.fileID == "" || seen[l.fileID] {
				t.Errorf("link %+v", l)
			}
			seen[l.fileID] = true
		}
		for _, id := range []string{m.id, m.taskID, m.connection.ID} {
			if !utf8.ValidString(id) {
				t.Errorf("id %q", id)
			}
		}
		if e := (Intake{Mode: "test"}).judge(Delivery{Body: body}); e.ID == "" || e.State == "" {
			t.Errorf("event %+v", e)
		}
	})
}
