package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The catalogue is small and the same for every seed.

func brandID(s source) string    { return uuidOf(hashOf(0, "brand", s.name)) }
func portalID(s source) string   { return uuidOf(hashOf(0, "portal", s.name)) }
func endpointID(s source) string { return uuidOf(hashOf(0, "endpoint", s.name)) }

// catalogDate is when the catalogue last changed.
const catalogDate = "2026-01-01T00:00:00Z"

func brand(s source) object {
	return object{
		{"id", brandID(s)}, {"last_updated", catalogDate}, {"name", s.name}, {"brand_website", "https://sandbox.invalid"},
		{"aliases", []string{s.brandAlias}}, {"description", "A source of the sandbox."}, {"portal_ids", []string{portalID(s)}}, {"brand_ids", []string{}},
	}
}

func portal(s source) object {
	return object{
		{"id", portalID(s)}, {"last_updated", catalogDate}, {"name", s.name}, {"portal_website", "https://sandbox.invalid"},
		{"description", "A source of the sandbox."}, {"endpoint_ids", []string{endpointID(s)}},
	}
}

// catalogEntry answers GET /bridge/catalog.
func (s *Sandbox) catalogEntry(_ caller, r *http.Request) reply {
	query := r.URL.Query()
	if query.Get("api_mode") == "" {
		return failed(http.StatusBadRequest, "api_mode is required")
	}
	for _, from := range sources {
		switch {
		case query.Get("brand_id") == brandID(from):
			return wrapped(brand(from))
		case query.Get("portal_id") == portalID(from):
			return wrapped(portal(from))
		}
	}
	if id := query.Get("tefca_directory_id"); id != "" && s.knowsDirectory(id) {
		return wrapped(brand(tefca))
	}
	return failed(http.StatusNotFound, "not found")
}

func (s *Sandbox) knowsDirectory(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.connections, func(c *connection) bool { return c.directoryID == id })
}

// searchPage is how many hits a search gives at once: few, so that who has more
// must page.
const searchPage = 2

// catalogSearch answers POST /bridge/catalog/search. A hit's sort, given back as
// searchAfter, leads to the hits after it.
func (s *Sandbox) catalogSearch(_ caller, r *http.Request) reply {
	var body struct {
		Query       string            `json:"query"`
		SearchAfter []json.RawMessage `json:"searchAfter"`
	}
	if r.URL.Query().Get("api_mode") == "" || !decode(r, &body) {
		return failed(http.StatusBadRequest, "api_mode and a JSON object are required")
	}
	found := slices.DeleteFunc(slices.Clone(sources), func(from source) bool {
		return !strings.Contains(strings.ToLower(from.name), strings.ToLower(body.Query))
	})
	total := len(found)
	if len(body.SearchAfter) > 0 {
		last := strings.Trim(string(body.SearchAfter[len(body.SearchAfter)-1]), `"`)
		i := slices.IndexFunc(found, func(from source) bool { return brandID(from) == last })
		found = found[i+1:]
	}
	hits := []object{}
	for i, from := range found[:min(len(found), searchPage)] {
		score := 1.5 - float64(i)/10
		hits = append(hits, object{
			{"_id", brandID(from)}, {"_score", score},
			{"_source", append(brand(from), member{"sort_name", strings.ToLower(from.name)}, member{"hidden", false}, member{"platform_type", from.platform})},
			{"sort", []any{score, brandID(from)}},
		})
	}
	return wrapped(object{{"hits", object{{"total", object{{"value", total}}}, {"hits", hits}}}})
}

// catalogExport answers GET /bridge/catalog/export, without a wrapper.
func (s *Sandbox) catalogExport(who caller, _ *http.Request) reply {
	brands, portals, endpoints := []object{}, []object{}, []object{}
	for _, from := range sources {
		brands, portals = append(brands, brand(from)), append(portals, portal(from))
		endpoints = append(endpoints, object{{"id", endpointID(from)}, {"last_updated", catalogDate}, {"platform_type", from.platform}})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	urls := object{}
	for _, file := range []struct {
		name string
		list []object
	}{{"brands.json", brands}, {"portals.json", portals}, {"endpoints.json", endpoints}} {
		text, err := encode(file.list)
		if err != nil {
			return failed(http.StatusInternalServerError, fmt.Sprintf("encode %s", file.name))
		}
		key := "/" + bucket + "/catalog/" + file.name
		s.objects[key] = &stored{snapshot: snapshotOf(text), fileID: file.name, contentType: "application/json", owner: who.org}
		urls = append(urls, member{file.name, s.presign(key, time.Hour)})
	}
	return reply{status: http.StatusOK, body: urls}
}
