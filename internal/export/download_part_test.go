package export_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fhirwh/fhirwh/internal/export"
)

// half leaves a part with the first 5 MiB or so of content.
func (r *rig) half(content []byte) {
	r.t.Helper()
	steps := r.storage.steps
	r.storage.answers(cutAfter(5<<20, object(content, etag)), answer(404, ""))
	if _, err := r.download(); !isA[*export.GoneError](err) {
		r.t.Fatalf("got %v", err)
	}
	r.storage.answers(append(r.storage.steps, steps...)...)
}

func TestDownloadGoesOnLater(t *testing.T) {
	large := nineMiB()
	tests := []struct {
		name    string
		spoil   func(t *testing.T, part string)
		resumed int
	}{
		{"as left", func(*testing.T, string) {}, 1},
		{"bytes behind the last frame", appendTo(""), 1},
		{"no state", removed(".state"), 0},
		{"state cut short", truncated(".state", 20), 0},
		{"state of no sense", written(".state", `{"raw":-5}`), 0},
		{"state with a damaged sum", edited(func(s map[string]any) { s["sums"] = map[string]any{"sha256": "AAAA"} }), 0},
		{"state without ETag", edited(func(s map[string]any) { s["etag"] = "" }), 0},
		{"part cut short", truncated("", 1000), 0},
		{"no part", removed(""), 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, object(large, etag))
			r.half(large)
			tt.spoil(t, r.target().Part)
			if got := r.want(large); got.Resumed != tt.resumed {
				t.Errorf("resumed %d times, want %d", got.Resumed, tt.resumed)
			}
		})
	}
}

func appendTo(suffix string) func(*testing.T, string) {
	return func(t *testing.T, part string) {
		b, err := os.ReadFile(part + suffix)
		check(t, err)
		check(t, os.WriteFile(part+suffix, append(b, "half a frame"...), 0o600))
	}
}

func removed(suffix string) func(*testing.T, string) {
	return func(t *testing.T, part string) { check(t, os.Remove(part+suffix)) }
}

func truncated(suffix string, n int64) func(*testing.T, string) {
	return func(t *testing.T, part string) { check(t, os.Truncate(part+suffix, n)) }
}

func written(suffix, text string) func(*testing.T, string) {
	return func(t *testing.T, part string) { check(t, os.WriteFile(part+suffix, []byte(text), 0o600)) }
}

func edited(change func(map[string]any)) func(*testing.T, string) {
	return func(t *testing.T, part string) {
		b, err := os.ReadFile(part + ".state")
		check(t, err)
		var state map[string]any
		check(t, json.Unmarshal(b, &state))
		change(state)
		b, err = json.Marshal(state)
		check(t, err)
		check(t, os.WriteFile(part+".state", b, 0o600))
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A crash may come when all bytes are there and the file is not at its place.
func TestDownloadWholeAlready(t *testing.T) {
	large := nineMiB()
	r := newRig(t, object(large, etag))
	to := r.target()
	to.Final = filepath.Join(r.dir, "missing", "final")
	if _, err := r.client.Download(t.Context(), r.link, to); err == nil {
		t.Fatal("no error without a folder")
	}
	asked := len(r.api.requests())
	r.want(large)
	if len(r.api.requests()) != asked {
		t.Error("asked for what was there")
	}
}

// Of a whole part with another checksum nothing is kept.
func TestDownloadWholeButWrong(t *testing.T) {
	large := nineMiB()
	r := newRig(t, object(large, etag))
	to := r.target()
	to.Final = filepath.Join(r.dir, "missing", "final")
	_, _ = r.client.Download(t.Context(), r.link, to)
	edited(func(s map[string]any) { s["want"] = map[string]string{"sha-256": "AAAA"} })(t, to.Part)
	r.want(large)
}

func TestDownloadLandedAlready(t *testing.T) {
	large := nineMiB()
	r := newRig(t, object(large, etag))
	r.want(large)
	check(t, os.WriteFile(r.target().Part+".state", []byte("left by a crash"), 0o600))
	if r.want(large); len(r.api.requests()) != 1 {
		t.Error("asked for what has landed")
	}
	check(t, os.Truncate(r.target().Final, 1000))
	if r.want(large); len(r.api.requests()) != 2 {
		t.Error("a damaged file was taken for whole")
	}
}

func TestDownloadModes(t *testing.T) {
	large := nineMiB()
	r := newRig(t, object(large, etag))
	r.half(large)
	for _, path := range []string{r.target().Part, r.target().Part + ".state"} {
		wantMode(t, path)
	}
	check(t, os.Chmod(r.target().Part, 0o644))
	r.want(large)
	wantMode(t, r.target().Final)
}

func wantMode(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%s: %v, %v", path, info.Mode(), err)
	}
}

// A link that someone put in the way leads nowhere.
func TestDownloadFollowsNoLinks(t *testing.T) {
	for _, name := range []string{"a.part", "a.part.state", "a.part.state.new", "a.jsonl.zst"} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, object(lines(1000), etag))
			victim := filepath.Join(t.TempDir(), "victim")
			check(t, os.WriteFile(victim, []byte("precious"), 0o600))
			check(t, os.Symlink(victim, filepath.Join(r.dir, name)))
			_, err := r.download()
			if err != nil {
				r.wantDiscreet(err)
			}
			if b, _ := os.ReadFile(victim); string(b) != "precious" {
				t.Errorf("the victim was changed to %.20q, error %v", b, err)
			}
		})
	}
}

func TestDownloadTwice(t *testing.T) {
	small := lines(1000)
	inside, finish := make(chan struct{}), make(chan struct{})
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
		close(inside)
		<-finish
		object(small, etag)(w, req)
	})
	done := make(chan error)
	go func() {
		_, err := r.download()
		done <- err
	}()
	<-inside
	_, err := r.download()
	if !isA[*export.PartInUseError](err) {
		t.Errorf("got %v", err)
	}
	close(finish)
	if err := <-done; err != nil {
		t.Error(err)
	}
	r.want(small)
}

func TestDownloadUnwritable(t *testing.T) {
	r := newRig(t, object(lines(1000), etag))
	check(t, os.Mkdir(r.target().Part, 0o700))
	if _, err := r.download(); err == nil || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("got %v", err)
	}
}

// TestDownloadKilled kills a process in the middle of a download. The next one
// goes on at the last frame.
func TestDownloadKilled(t *testing.T) {
	if link := os.Getenv("EXPORT_TEST_LINK"); link != "" {
		downloadForEver(t, link)
	}
	large := lines(33 << 20)
	sent := make(chan struct{})
	r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
		cutAfterFlush(w, req, object(large, etag), 30<<20, func() { close(sent); <-req.Context().Done() })
	}, object(large, etag))
	cmd := exec.Command(os.Args[0], "-test.run=^TestDownloadKilled$")
	cmd.Env = append(os.Environ(), "EXPORT_TEST_LINK="+r.link, "EXPORT_TEST_DIR="+r.dir)
	check(t, cmd.Start())
	<-sent
	waitForState(t, r.target().Part+".state")
	check(t, cmd.Process.Kill())
	_ = cmd.Wait()
	got := r.want(large)
	if o := offset(r.storage.requests()[1]); got.Resumed != 1 || o < 4<<20 {
		t.Errorf("resumed %d times, at %d", got.Resumed, o)
	}
}

func downloadForEver(t *testing.T, link string) {
	dir := os.Getenv("EXPORT_TEST_DIR")
	base, _, _ := strings.Cut(link, "/v1/")
	client, err := export.NewClient(keys(t), export.ClientOptions{BaseURL: base})
	check(t, err)
	_, err = client.Download(t.Context(), link, export.Target{Final: filepath.Join(dir, "a.jsonl.zst"), Part: filepath.Join(dir, "a.part")})
	t.Fatal("was not killed:", err)
}

func waitForState(t *testing.T, path string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if b, err := os.ReadFile(path); err == nil && !bytes.Contains(b, []byte(`"raw":0`)) {
			return
		}
	}
	t.Fatal("no checkpoint")
}
