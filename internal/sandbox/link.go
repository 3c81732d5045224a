package sandbox

import "strings"

// A link is what an event offers for download.
type link struct{ url, exportType, contentType string }

func (l link) json() object {
	return object{{"url", l.url}, {"export_type", l.exportType}, {"content_type", l.contentType}}
}

// links returns the links of a task.
func (s *Sandbox) links(t *task) []link {
	var links []link
	for _, f := range t.files {
		path := "/v1/bridge/fhir/ehi-export/" + t.linkID + "/download/"
		links = append(links, link{s.linkURL(path, f.fileID), f.exportType, f.contentType})
	}
	if s.faults.take("duplicate-links") {
		links = append(links, links...)
	}
	return links
}

// linkURL returns the URL of a link, or one that a client must not fall for. The
// foreign hosts are names that nobody has, or the storage listener, which notes
// whether it was told the keys.
func (s *Sandbox) linkURL(path, fileID string) string {
	_, host, _ := strings.Cut(s.base, "://")
	_, foreign, _ := strings.Cut(s.storageBase, "://")
	f, _ := s.faults.takeAt("", "foreign-link", "userinfo-link", "lookalike-link", "query-lookalike-link", "http-link", "traversal-link")
	switch f.Name {
	case "foreign-link":
		return "http://" + foreign + path + fileID
	case "userinfo-link":
		return "http://" + host + "@" + foreign + path + fileID
	case "lookalike-link":
		name, port, _ := strings.Cut(host, ":")
		return "https://" + name + ".evil.test:" + port + path + fileID
	case "query-lookalike-link":
		return "https://evil.test" + path + fileID + "?" + host
	case "http-link":
		return "http://api.connect.fastenhealth.com" + path + fileID
	case "traversal-link":
		return s.base + path + "..%2f..%2f..%2f" + fileID
	}
	return s.base + path + fileID
}

// linkMembers returns the members that carry links: both the new and the old one,
// as long as the provider sends both.
func (s *Sandbox) linkMembers(links []link) object {
	first := links[len(links)-1].url
	f, _ := s.faults.takeAt("", "legacy-link", "object-link", "string-links", "no-links")
	switch f.Name {
	case "legacy-link":
		return object{{"download_link", first}}
	case "object-link":
		return object{{"download_link", object{{"url", first}}}}
	case "no-links":
		return object{{"download_links", []string{}}, {"download_link", ""}}
	}
	objects, urls := []object{}, []string{}
	for _, l := range links {
		objects, urls = append(objects, l.json()), append(urls, l.url)
	}
	if f.Name == "string-links" {
		return object{{"download_links", urls}}
	}
	return object{{"download_links", objects}, {"download_link", first}}
}
