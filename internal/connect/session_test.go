package connect

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/export"
)

// epic is the connection as Fasten Connect tells of it.
func epic() export.Connection {
	expires := time.Date(2027, 1, 17, 0, 0, 0, 0, time.UTC)
	return export.Connection{
		ID: epicID, APIMode: "test", Status: "authorized", PlatformType: "epic", EndpointID: "e", BrandID: "b", PortalID: "p",
		Scope: "openid patient/*.read", ConsentExpires: &expires,
	}
}

const epicData = `{"org_connection_id":"16e39045-5382-42a0-b93d-b75268984c1f","connection_status":"authorized","platform_type":"epic",
	"brand_id":"5e3839ed-6ae1-472b-b4b8-b5df098443c7","portal_id":"d26f0b1c-82e7-4cb5-a4c4-55e73d48c016",
	"endpoint_id":"f4ea79fc-9a1b-43f0-be95-24247d666514","scope":"openid","consent_expires_at":"2027-01-01T00:00:00Z","external_id":"from-browser"}`

func complete(data string) string {
	return `{"api_mode":"test","event_type":"widget.complete","data":` + data + `}`
}

// The completion comes in several shapes; each account in it is stored once.
func TestCompleteShapes(t *testing.T) {
	for _, test := range []struct {
		name  string
		event string
		want  []string
	}{
		{"array", complete(`[` + epicData + `]`), []string{epicID}},
		{"object", complete(epicData), []string{epicID}},
		{"text with an array", complete(quote(`[` + epicData + `]`)), []string{epicID}},
		{"event as text", quote(complete(`[` + epicData + `]`)), []string{epicID}},
		{"two accounts", complete(`[` + epicData + `,{"org_connection_id":"` + tefcaID + `"}]`), []string{epicID, tefcaID}},
		{"the same twice", complete(`[` + epicData + `,` + epicData + `]`), []string{epicID}},
		{"others in between", complete(`[null,1,"x",[],` + epicData + `]`), []string{epicID}},
		{"empty", complete(`[]`), nil},
		{"null", complete(`null`), nil},
		{"absent", `{"api_mode":"test","event_type":"widget.complete"}`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, Options{}, epic(), export.Connection{ID: tefcaID, APIMode: "test", Status: "authorized"})
			v := r.post(test.event)
			var got []string
			for _, c := range r.stored {
				got = append(got, c.ID)
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("stored %v, want %v", got, test.want)
			}
			if done := len(test.want) > 0; r.isDone() != done || v.Finished != done || v.Closed == done {
				t.Errorf("done %v, view %+v", r.isDone(), v)
			}
		})
	}
}

func quote(s string) string { return fmt.Sprintf("%q", strings.ReplaceAll(s, "\n", " ")) }

// What Fasten Connect says wins over what the browser says, and our own id of
// the patient over both.
func TestStoredAsVerified(t *testing.T) {
	r := newRig(t, Options{ExternalID: "patient-42"}, epic())
	r.post(complete(`[` + epicData + `]`))
	want := epic()
	want.ExternalID, want.Connected, want.Updated = "patient-42", ptr(testNow), testNow
	if len(r.stored) != 1 || !reflect.DeepEqual(r.stored[0], want) {
		t.Errorf("stored\n%+v\nwant\n%+v", r.stored, want)
	}
	if a := r.session.accounts(); len(a) != 1 || !a[0].Verified || a[0].Doubt != "" {
		t.Errorf("accounts %+v", a)
	}
}

func ptr[T any](v T) *T { return &v }

// TEFCA's facilities come as connected, with empty texts.
func TestTEFCA(t *testing.T) {
	r := newRig(t, Options{TEFCA: true})
	r.post(complete(`[{"org_connection_id":"` + tefcaID + `","connection_status":"connected","platform_type":"tefca","scope":"","consent_expires_at":"",
		"tefca_directory_id":"urn:oid:2.16.840.1.111111.3.3126.2.3.33929.5"}]`))
	want := export.Connection{
		ID: tefcaID, APIMode: "test", Status: "connected", PlatformType: "tefca",
		TEFCADirectoryID: "urn:oid:2.16.840.1.111111.3.3126.2.3.33929.5", Connected: ptr(testNow), Updated: testNow,
	}
	if len(r.stored) != 1 || !reflect.DeepEqual(r.stored[0], want) {
		t.Errorf("stored\n%+v\nwant\n%+v", r.stored, want)
	}
}

// A success is stored at once: the tab may be closed before the completion,
// which then asks Fasten Connect no second time.
func TestSuccessThenComplete(t *testing.T) {
	asked := 0
	r := newRig(t, Options{Verify: func(context.Context, string) (export.Connection, error) { asked++; return epic(), nil }})
	r.post(`{"api_mode":"test","event_type":"patient.connection_pending","data":{}}`)
	v := r.post(`{"api_mode":"test","event_type":"patient.connection_success","data":` + epicData + `}`)
	if len(r.stored) != 1 || r.isDone() || v.Pending {
		t.Fatalf("after the success: stored %v, done %v, view %+v", r.stored, r.isDone(), v)
	}
	r.post(complete(`[` + epicData + `]`))
	if !r.isDone() || asked != 1 || len(r.session.accounts()) != 1 {
		t.Errorf("done %v, asked %d times, accounts %v", r.isDone(), asked, r.session.accounts())
	}
	if kinds := r.kinds(); !reflect.DeepEqual(kinds, []string{LoginStarted, Connected}) {
		t.Errorf("notices %v", kinds)
	}
}

func (r *rig) kinds() []string {
	var kinds []string
	for _, n := range r.notices {
		kinds = append(kinds, n.Kind)
	}
	return kinds
}

func TestVerify(t *testing.T) {
	live := epic()
	live.APIMode = "live"
	revoked := epic()
	revoked.Status = "revoked"
	for _, test := range []struct {
		name     string
		verify   func(context.Context, string) (export.Connection, error)
		event    string
		stored   bool
		verified bool
		says     string // in the doubt or the problem
	}{
		{"good", verifier([]export.Connection{epic()}), complete(epicData), true, true, ""},
		{"unknown", verifier(nil), complete(epicData), false, false, "does not know"},
		{"of the other mode", verifier([]export.Connection{live}), complete(epicData), false, false, "live mode"},
		{"revoked", verifier([]export.Connection{revoked}), complete(epicData), true, true, "revoked"},
		{"cannot be asked", failing, complete(epicData), true, false, "no route; look at the network"},
		{"no key", nil, complete(epicData), true, false, "no private key"},
		{"no key, other mode", nil, strings.Replace(complete(epicData), `"test"`, `"live"`, 1), false, false, "live mode"},
		{"the widget takes the mode for another", verifier([]export.Connection{epic()}), strings.Replace(complete(epicData), `"test"`, `"live"`, 1), true, true, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, Options{Verify: test.verify})
			v := r.post(test.event)
			if (len(r.stored) == 1) != test.stored || r.isDone() != test.stored {
				t.Errorf("stored %+v, done %v", r.stored, r.isDone())
			}
			if a := r.session.accounts(); test.stored && (len(a) != 1 || a[0].Verified != test.verified) {
				t.Errorf("accounts %+v", a)
			}
			text := fmt.Sprint(v.Problems, v.Accounts)
			if !strings.Contains(text, test.says) {
				t.Errorf("the page does not say %q: %s", test.says, text)
			}
		})
	}
}

type hintedError struct{}

func (hintedError) Error() string { return "no route" }
func (hintedError) Hint() string  { return "look at the network" }

func failing(context.Context, string) (export.Connection, error) {
	return export.Connection{}, fmt.Errorf("ask: %w", hintedError{})
}

// Whatever a browser says, only ids, words and plain text pass.
func TestHostileValues(t *testing.T) {
	long := strings.Repeat("a", 256)
	for name, id := range map[string]string{
		"path": "../../etc/passwd", "dots": "..", "slash": "a/b", "markup": "<img src=x onerror=alert(1)>", "quote": `a\"b`,
		"line break": `a\nb`, "escape": `\u001b[2J`, "shell": "a; rm -rf ~", "option": "$(id)", "not ASCII": "é", "empty": "", "too long": long,
		"lone surrogate": `\ud800`,
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{})
			v := r.post(complete(`[{"org_connection_id":"` + id + `"}]`))
			if len(r.stored) != 0 || r.isDone() || len(v.Problems) != 1 {
				t.Errorf("stored %v, done %v, problems %v", r.stored, r.isDone(), v.Problems)
			}
		})
	}
	r := newRig(t, Options{})
	r.post(complete(`{"org_connection_id":"a","connection_status":{"x":1},"platform_type":"<b>","brand_id":["b"],"portal_id":7,
		"scope":"a\u001b[31mb","consent_expires_at":"soon","external_id":"other","api_mode":"live","tefca_directory_id":"` + long + `"}`))
	want := export.Connection{ID: "a", APIMode: "test", Connected: ptr(testNow), Updated: testNow}
	if len(r.stored) != 1 || !reflect.DeepEqual(r.stored[0], want) {
		t.Errorf("stored\n%+v\nwant\n%+v", r.stored, want)
	}
}

// An id that begins like an option would be one to fetch.
func TestIDIsNoOption(t *testing.T) {
	r := newRig(t, Options{})
	r.post(complete(`[{"org_connection_id":"--live"}]`))
	if len(r.stored) != 0 {
		t.Errorf("stored %v", r.stored)
	}
}

func TestNoEvents(t *testing.T) {
	for _, test := range []struct {
		name string
		body string
		want int
	}{
		{"nothing", "", 400},
		{"not JSON", "{", 400},
		{"array", "[]", 400},
		{"data is not JSON", `{"event_type":"widget.complete","data":"{"}`, 400},
		{"unknown type", `{"event_type":"search.query","data":{}}`, 200},
		{"type of a webhook", `{"type":"widget.complete","data":[` + epicData + `]}`, 200},
		{"too large", complete(`"` + strings.Repeat(" ", maxEvent) + `"`), 413},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, Options{})
			if w := r.do(r.request("POST", "/event", test.body)); w.Code != test.want {
				t.Errorf("answer %d, want %d", w.Code, test.want)
			}
			if len(r.stored) != 0 || r.isDone() {
				t.Errorf("stored %v, done %v", r.stored, r.isDone())
			}
		})
	}
}

func TestFailures(t *testing.T) {
	r := newRig(t, Options{})
	v := r.post(`{"api_mode":"test","event_type":"patient.connection_failed","data":{"error":"access_denied","error_description":"The patient declined","request_id":"f5d1"}}`)
	if len(v.Problems) != 1 || v.Problems[0].Title != "The consent was declined" || v.Problems[0].Detail != "The patient declined" || v.Problems[0].Request != "f5d1" {
		t.Fatalf("problems %+v", v.Problems)
	}
	if n := r.notices[0]; n.Kind != Failed || n.Code != "access_denied" || n.Request != "f5d1" || n.Advice == "" {
		t.Errorf("notice %+v", n)
	}
	v = r.post(`{"event_type":"patient.connection_failed","data":{"error":"new_kind","request-id":"r2"}}`)
	if p := v.Problems[len(v.Problems)-1]; p.Title != "The connection failed: new_kind" || p.Request != "r2" || p.Advice == "" {
		t.Errorf("unknown failure: %+v", p)
	}
	v = r.post(`{"event_type":"widget.config_error"}`)
	if p := v.Problems[len(v.Problems)-1]; !strings.Contains(p.Advice, "public id") {
		t.Errorf("configuration: %+v", p)
	}
	if v = r.post(`{"event_type":"patient.connection_pending"}`); len(v.Problems) != 0 || !v.Pending {
		t.Errorf("a new attempt leaves %+v", v)
	}
	if r.isDone() || len(r.stored) != 0 {
		t.Error("a failure ended the page or stored something")
	}
}

func TestFailuresAreBounded(t *testing.T) {
	r := newRig(t, Options{})
	var v view
	for range 50 {
		v = r.post(`{"event_type":"widget.config_error"}`)
	}
	if len(v.Problems) != 20 {
		t.Errorf("%d problems", len(v.Problems))
	}
}

// A connection that cannot be stored is shown with its id, and the page stays.
func TestStoreFails(t *testing.T) {
	r := newRig(t, Options{}, epic())
	r.session.options.Store = func(Account) error { return errors.New("disk full") }
	v := r.post(complete(epicData))
	if r.isDone() || len(v.Accounts) != 0 || len(v.Problems) != 1 || !strings.Contains(v.Problems[0].Title+v.Problems[0].Advice, epicID) {
		t.Errorf("done %v, view %+v", r.isDone(), v)
	}
	if v = r.post(`{"event_type":"patient.connection_pending"}`); len(v.Problems) != 1 {
		t.Error("the id is forgotten with the next attempt")
	}
}

func TestKeepOpen(t *testing.T) {
	r := newRig(t, Options{KeepOpen: true}, epic())
	if v := r.post(complete(epicData)); r.isDone() || v.Finished || len(v.Accounts) != 1 {
		t.Fatalf("done %v, view %+v", r.isDone(), v)
	}
	r.do(r.request("POST", "/finish", "{}"))
	if w := r.do(r.request("POST", "/finish", "{}")); w.Code != 200 || !r.isDone() {
		t.Errorf("the second end is answered %d, done %v", w.Code, r.isDone())
	}
}

func TestView(t *testing.T) {
	r := newRig(t, Options{Fetch: "fhirwh fetch --db x.duckdb"}, epic())
	v := r.post(complete(`[` + epicData + `]`))
	want := accountView{ID: epicID, Name: "Epic", Brand: "b", Status: "authorized", Good: true, Consent: "17 January 2027", Verified: true}
	if len(v.Accounts) != 1 || v.Accounts[0] != want {
		t.Errorf("account %+v, want %+v", v.Accounts, want)
	}
	if v.Command != "fhirwh fetch --db x.duckdb "+epicID {
		t.Errorf("command %q", v.Command)
	}
}

// The browser may go away while Fasten Connect is asked: the connection is kept.
func TestBrowserGoesAway(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	r := newRig(t, Options{Verify: func(ctx context.Context, _ string) (export.Connection, error) {
		leave()
		return epic(), ctx.Err()
	}})
	r.do(r.request("POST", "/event", complete(epicData)).WithContext(ctx))
	if a := r.session.accounts(); len(a) != 1 || !a[0].Verified {
		t.Errorf("accounts %+v", a)
	}
}
