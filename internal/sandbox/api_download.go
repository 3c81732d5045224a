package sandbox

import (
	"net/http"
	"strings"
	"time"
)

// signedFor is how long a signed URL is good.
const signedFor = 10 * time.Minute

// download answers GET /bridge/fhir/ehi-export/{id}/download/{file} with a
// redirect to the storage. It is called with the id of the link or of the task.
func (s *Sandbox) download(w *recorder, r *http.Request) {
	who, ok := s.authenticate(r)
	if !ok {
		s.refuse(w)
		return
	}
	if s.failBefore("download", w, r) {
		return
	}
	key, f := s.fileFor(who, r.PathValue("id"), r.PathValue("file"))
	if f == nil || s.faults.take("missing-after-24h") {
		writeReply(w, failed(http.StatusNotFound, "file not found"))
		return
	}
	if s.faults.take("direct-body") {
		w.faults = append(w.faults, "direct-body")
		s.writeObject(w, r, f)
		return
	}
	s.redirect(w, key)
}

func (s *Sandbox) fileFor(who caller, id, fileID string) (key string, f *stored) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.taskWhere(func(t *task) bool {
		return t.connection.owner == who && (sameID(t.linkID, id) || sameID(t.id, id))
	})
	if t == nil {
		return "", nil
	}
	for _, f := range t.files {
		if f.fileID == fileID && !s.isGone(f) {
			return "/" + bucket + "/" + f.owner.id + "/" + f.fileID, f
		}
	}
	return "", nil
}

// redirect sends the client to the storage, or astray.
func (s *Sandbox) redirect(w *recorder, key string) {
	status, location := http.StatusFound, s.presign(key, signedFor)
	f, ok := s.faults.takeAt("", "redirect-301", "redirect-303", "redirect-307", "redirect-308", "redirect-200",
		"relative-location", "redirect-chain", "redirect-loop", "no-location", "userinfo-location")
	if ok {
		w.faults = append(w.faults, f.Name)
	}
	switch f.Name {
	case "redirect-301", "redirect-303", "redirect-307", "redirect-308", "redirect-200":
		status = numberOr(strings.TrimPrefix(f.Name, "redirect-"), status)
	case "relative-location":
		location = s.presignAt(s.base, key, signedFor)
		location = strings.TrimPrefix(location, s.base)
	case "redirect-chain":
		location = s.storageURL() + "/hop/2" + strings.TrimPrefix(location, s.storageURL())
	case "redirect-loop":
		location = s.storageURL() + "/hop/loop"
	case "userinfo-location":
		location = strings.Replace(location, "://", "://patient@", 1)
	}
	if f.Name != "no-location" {
		w.Header().Set("Location", location)
	}
	w.WriteHeader(status)
}

// hop leads a chain of redirects one step further, or round in a circle.
func (s *Sandbox) hop(w *recorder, r *http.Request) {
	rest := r.PathValue("rest")
	location := "/hop/loop"
	if after, ok := strings.CutPrefix(rest, "2/"); ok {
		location = "/hop/1/" + after + "?" + r.URL.RawQuery
	} else if after, ok := strings.CutPrefix(rest, "1/"); ok {
		location = "/" + after + "?" + r.URL.RawQuery
	}
	w.Header().Set("Location", location)
	w.WriteHeader(http.StatusFound)
}
