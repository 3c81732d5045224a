package sandbox_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/sandbox"
)

func TestConnections(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	get := func(n int) map[string]any {
		return w.ask(t, "GET", "/bridge/org_connection/"+w.info.Connections[n].ID, "").data(t)
	}
	d := get(ready)
	for _, name := range []string{"org_connection_id", "org_id", "catalog_brand_id", "catalog_portal_id", "catalog_endpoint_id", "platform_type", "api_mode", "status", "scope", "consent_expires_at"} {
		if text, _ := d[name].(string); text == "" {
			t.Errorf("%s is missing", name)
		}
	}
	if _, err := time.Parse(time.RFC3339, d["consent_expires_at"].(string)); err != nil {
		t.Error(err)
	}
	network := get(ofTEFCA)
	if network["platform_type"] != "tefca" || network["tefca_directory_id"] == nil || network["catalog_brand_id"] != nil || network["consent_expires_at"] != nil {
		t.Errorf("TEFCA: %v", network)
	}
	if a, b := get(revoked)["status"], get(refreshing)["status"]; a != "revoked" || b != "refreshing" {
		t.Errorf("statuses %v, %v", a, b)
	}
	for _, n := range []int{live, foreign} {
		if g := w.ask(t, "GET", "/bridge/org_connection/"+w.info.Connections[n].ID, ""); g.status != 404 {
			t.Errorf("connection %d: status %d", n, g.status)
		}
	}
}

func TestRevokeVault(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	body := `{"email":"dogbeaker@aol.com"}`
	if g := w.ask(t, "POST", "/bridge/vault_connection/revoke", body, keys(w.info.Live.PublicID, w.info.Live.PrivateKey)); g.status != 403 {
		t.Errorf("live keys: status %d", g.status)
	}
	if n := len(w.ask(t, "POST", "/bridge/vault_connection/revoke", body).data(t)["revoked"].([]any)); n != 1 {
		t.Errorf("%d revoked", n)
	}
	if g := w.ask(t, "GET", "/bridge/org_connection/"+w.info.Connections[ofTEFCA].ID, ""); g.data(t)["status"] != "revoked" {
		t.Errorf("answer %s", g.text)
	}
}

func TestOrganisationAndSupport(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	public := "?public_id=" + w.info.Test.PublicID
	if d := w.ask(t, "GET", "/bridge/org"+public, "", bare).data(t); d["id"] != w.info.OrgID || d["status"] != "active" {
		t.Errorf("organisation %v", d)
	}
	if g := w.ask(t, "GET", "/bridge/org?public_id=x", "", bare); g.status != 400 {
		t.Errorf("status %d", g.status)
	}
	g := w.ask(t, "POST", "/support/request"+public, `{"email":"a@b.invalid","body":"help"}`, bare)
	if g.text != `{"success":true}` {
		t.Errorf("answer %s", g.text)
	}
	if e := w.hook.wait(t, 1)[0].event(t); e.Type != "patient.request_support" {
		t.Errorf("event %+v", e)
	}
}

func TestCatalogue(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	query := "?api_mode=test&public_id=" + w.info.Test.PublicID
	c := w.ask(t, "GET", "/bridge/org_connection/"+w.info.Connections[ready].ID, "").data(t)
	if d := w.ask(t, "GET", "/bridge/catalog"+query+"&brand_id="+c["catalog_brand_id"].(string), "", bare).data(t); d["name"] != "FooClinic (Sandbox)" {
		t.Errorf("brand %v", d)
	}
	if d := w.ask(t, "GET", "/bridge/catalog"+query+"&portal_id="+c["catalog_portal_id"].(string), "", bare).data(t); d["endpoint_ids"] == nil {
		t.Errorf("portal %v", d)
	}
	if g := w.ask(t, "GET", "/bridge/catalog"+query+"&brand_id=x", "", bare); g.status != 404 {
		t.Errorf("status %d", g.status)
	}
	var names []string
	after := ""
	for {
		var d struct {
			Data struct {
				Hits struct {
					Total struct{ Value int }
					Hits  []struct {
						Source struct{ Name string } `json:"_source"`
						Sort   json.RawMessage
					}
				}
			}
		}
		g := w.ask(t, "POST", "/bridge/catalog/search"+query, `{"query":"sandbox"`+after+`}`, bare)
		if err := json.Unmarshal([]byte(g.text), &d); err != nil {
			t.Fatal(err)
		}
		hits := d.Data.Hits.Hits
		if len(hits) == 0 {
			break
		}
		for _, h := range hits {
			names = append(names, h.Source.Name)
		}
		after = `,"searchAfter":` + string(hits[len(hits)-1].Sort)
	}
	if len(names) != 3 || names[0] == names[2] {
		t.Errorf("search finds %v", names)
	}
	var urls map[string]string
	if err := json.Unmarshal([]byte(w.ask(t, "GET", "/bridge/catalog/export", "").text), &urls); err != nil {
		t.Fatal(err)
	}
	if g := w.ask(t, "GET", urls["brands.json"], "", bare); g.status != 200 || !strings.Contains(g.text, "FooClinic") {
		t.Errorf("brands.json: status %d", g.status)
	}
	w.Advance(61 * time.Minute)
	if g := w.ask(t, "GET", urls["brands.json"], "", bare); g.status != 403 {
		t.Errorf("after an hour: status %d", g.status)
	}
}
