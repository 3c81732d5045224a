package sandbox_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/sandbox"
)

// site is where the sandbox serves pages.
func (w *world) site() string { return strings.TrimSuffix(w.info.APIBaseURL, "/v1") }

const callback = "http://127.0.0.1:9/callback?app=1"

// consent opens a page that asks the patient, and answers it.
func (w *world) consent(t *testing.T, path string, query url.Values, answer string) url.Values {
	t.Helper()
	query.Set("public_id", w.info.Test.PublicID)
	query.Set("redirect_uri", callback)
	g := w.ask(t, "GET", path+"?"+query.Encode(), "", bare)
	if g.status == http.StatusOK {
		token := regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(g.text)
		if token == nil {
			t.Fatalf("no token in %s", g.text)
		}
		form := url.Values{"token": {token[1]}, "answer": {answer}, "patient": {"johndoe"}}.Encode()
		g = w.ask(t, "POST", "/bridge/consent", form, bare, header("Content-Type", "application/x-www-form-urlencoded"))
		if again := w.ask(t, "POST", "/bridge/consent", form, bare, header("Content-Type", "application/x-www-form-urlencoded")); again.status != 400 {
			t.Errorf("the same answer twice: status %d", again.status)
		}
	}
	at, err := url.Parse(g.header.Get("Location"))
	if err != nil || g.status != http.StatusFound || !strings.HasPrefix(at.String(), "http://127.0.0.1:9/callback?") || at.Query().Get("app") != "1" {
		t.Fatalf("status %d to %s", g.status, at)
	}
	return at.Query()
}

func (w *world) fooClinic(t *testing.T) url.Values {
	t.Helper()
	c := w.ask(t, "GET", "/bridge/org_connection/"+w.info.Connections[ready].ID, "").data(t)
	return url.Values{
		"endpoint_id": {c["catalog_endpoint_id"].(string)}, "brand_id": {c["catalog_brand_id"].(string)}, "portal_id": {c["catalog_portal_id"].(string)},
		"external_id": {"patient-42"}, "external_state": {"try 1"},
	}
}

func TestConnectPage(t *testing.T) {
	w := newWorld(t, sandbox.Options{RedirectURIs: []string{"http://127.0.0.1:9/other", callback}})
	q := w.consent(t, "/bridge/connect", w.fooClinic(t), "approve")
	if q.Get("org_connection_id") == "" || q.Get("endpoint_id") == "" || q.Get("connection_status") != "authorized" || q.Get("external_state") != "try 1" || q.Get("error") != "" {
		t.Errorf("came back with %v", q)
	}
	if e := w.hook.wait(t, 1)[0].event(t); e.Type != "patient.connection_success" || e.Data["org_connection_id"] != q.Get("org_connection_id") || e.Data["external_id"] != "patient-42" {
		t.Errorf("event %+v", e)
	}
	if g := w.ask(t, "GET", "/bridge/org_connection/"+q.Get("org_connection_id"), ""); g.status != 200 {
		t.Errorf("status %d", g.status)
	}
	q = w.consent(t, "/bridge/connect", w.fooClinic(t), "decline")
	if q.Get("error") != "access_denied" || q.Get("error_description") == "" || q.Get("request_id") == "" || q.Get("org_connection_id") != "" {
		t.Errorf("declined: %v", q)
	}
	if q = w.consent(t, "/bridge/connect", url.Values{"brand_id": {"x"}}, ""); q.Get("error") != "invalid_request" {
		t.Errorf("unknown brand: %v", q)
	}
	for _, query := range []string{"", "?public_id=x&redirect_uri=" + url.QueryEscape(callback), "?public_id=" + w.info.Test.PublicID + "&redirect_uri=http://evil.test/"} {
		if g := w.ask(t, "GET", "/bridge/connect"+query, "", bare); g.status != 400 {
			t.Errorf("%s: status %d", query, g.status)
		}
	}
}

func TestReconnectPage(t *testing.T) {
	w := newWorld(t, sandbox.Options{RedirectURIs: []string{callback}})
	of := func(n int) url.Values { return url.Values{"reconnect_org_connection_id": {w.info.Connections[n].ID}} }
	if q := w.consent(t, "/bridge/reconnect", of(revoked), "decline"); q.Get("error") != "access_denied" || q.Get("org_connection_id") == "" {
		t.Errorf("declined: %v", q)
	}
	if q := w.consent(t, "/bridge/reconnect", of(revoked), "approve"); q.Get("org_connection_id") != w.info.Connections[revoked].ID || q.Get("connection_status") != "authorized" {
		t.Errorf("approved: %v", q)
	}
	w.register(t, revoked)
	if q := w.consent(t, "/bridge/reconnect", of(ofTEFCA), ""); q.Get("error") != "invalid_request" {
		t.Errorf("TEFCA: %v", q)
	}
	if q := w.consent(t, "/bridge/reconnect", of(foreign), ""); q.Get("error") != "invalid_request" {
		t.Errorf("another organisation's: %v", q)
	}
}

func TestWidgetFiles(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	for _, at := range []string{w.info.ScriptURL, w.info.StyleURL, strings.Replace(w.info.ScriptURL, "/v4/", "/v5/", 1)} {
		g := w.ask(t, "GET", at, "", bare)
		if g.status != 200 || g.header.Get("Access-Control-Allow-Origin") != "*" || g.header.Get("Content-Type") == "text/plain" {
			t.Errorf("%s: status %d, %v", at, g.status, g.header)
		}
		if strings.Contains(g.text, "innerHTML") || strings.Contains(g.text, "eval(") || strings.Contains(g.text, ".style") {
			t.Errorf("%s needs a weaker policy", at)
		}
	}
	if g := w.ask(t, "GET", w.site()+"/connect/v4/consent.html", "", bare); g.status != 403 {
		t.Errorf("another file: status %d", g.status)
	}
}

func TestWidgetAsks(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	ask := func(action, rest, origin string) got {
		body := `{"public_id":"` + w.info.Test.PublicID + `"` + rest + `}`
		return w.ask(t, "POST", w.site()+"/widget/"+action, body, bare, header("Origin", origin), header("Content-Type", "application/json"))
	}
	const page = "http://127.0.0.1:8080"
	if g := w.ask(t, "OPTIONS", w.site()+"/widget/connect", "", bare, header("Origin", page)); g.status != 204 || g.header.Get("Access-Control-Allow-Origin") != page {
		t.Errorf("preflight: status %d, %v", g.status, g.header)
	}
	g := ask("patients", "", page)
	if n := len(g.data(t)["patients"].([]any)); n != 16 || g.header.Get("Access-Control-Allow-Origin") != page {
		t.Errorf("%d patients, %v", n, g.header)
	}
	for _, origin := range []string{"https://evil.test", "null"} {
		if g := ask("patients", "", origin); g.status != 403 || g.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: status %d", origin, g.status)
		}
	}
	if g := w.ask(t, "POST", w.site()+"/widget/patients", `{"public_id":"x"}`, bare); g.status != 400 {
		t.Errorf("unknown id: status %d", g.status)
	}
	c := ask("connect", `,"external_id":"p1","patient":"johndoe"`, page).data(t)["connection"].(map[string]any)
	if c["connection_status"] != "authorized" || c["external_id"] != "p1" || c["request_id"] == nil {
		t.Errorf("connection %v", c)
	}
	if e := w.hook.wait(t, 1)[0].event(t); e.Data["org_connection_id"] != c["org_connection_id"] {
		t.Errorf("event %+v", e)
	}
	again := ask("connect", `,"reconnect":"`+c["org_connection_id"].(string)+`"`, page).data(t)["connection"].(map[string]any)
	if again["org_connection_id"] != c["org_connection_id"] {
		t.Errorf("reconnected as %v", again)
	}
	if g := ask("connect", `,"reconnect":"nobody"`, page); g.status != 404 {
		t.Errorf("status %d", g.status)
	}
	for facility, already := range map[string]bool{"Riverside Clinic": true, "Lakeside Hospital": false} {
		d := ask("connect", `,"tefca":true,"patient":"`+facility+`"`, page).data(t)
		if m := d["connection"].(map[string]any); d["already"] != already || m["platform_type"] != "tefca" || m["endpoint_id"] != nil || m["tefca_directory_id"] == nil {
			t.Errorf("%s: %v", facility, d)
		}
	}
}
