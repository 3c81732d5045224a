package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"github.com/fhirwh/fhirwh/internal/sandbox"
)

// links are texts that only links have: to ask for a signed URL, or signed.
var links = regexp.MustCompile(`ehi-export/[^ /]*/download|X-Amz-|/connect/sign`)

// canaries are names of patients in what the sandbox exports: of the small export,
// and of the invented record.
var canaries = []string{"Zyxcanary", "Bergström", "Odalys"}

// secrets are what no output may have in it: keys, the decoded half of secrets,
// and names.
func (f *flow) secrets() (keys []string) {
	for _, k := range []sandbox.Keys{f.info.Test, f.info.Live} {
		keys = append(keys, k.PrivateKey, strings.TrimPrefix(k.PrivateKey, "private_"))
		for secret := range strings.SplitSeq(k.WebhookSecret, ",") {
			keys = append(keys, strings.TrimPrefix(secret, "whsec_"))
		}
	}
	return keys
}

// checkSecrets searches what was said, the command lines and the files of a flow.
// It runs when everything else is over, but before processes are killed.
func (f *flow) checkSecrets() {
	f.mu.Lock()
	said := f.said
	f.mu.Unlock()
	keys := f.secrets()
	f.checkCommandLines(keys)
	for _, p := range said {
		text := p.err.String()
		if !p.public {
			text += p.out.String()
		}
		if found := secretIn(text, append(keys, canaries...)); found != "" {
			f.Errorf("%s said a secret (%s):\n%s", strings.Join(p.args, " "), found, text)
		}
	}
	f.checkFiles(keys)
	f.checkStorage()
}

// checkStorage asks the storage, which stands for foreign hosts too, what it was
// told.
func (f *flow) checkStorage() {
	for _, e := range look[[]sandbox.Entry](f, "log") {
		if e.Kind == "storage" && (e.Authorization || e.Cookie || e.Referer) {
			f.Errorf("keys, a cookie or a referer came to the storage: %+v", e)
		}
		if e.Kind == "storage" && strings.HasPrefix(e.Path, "/v1/") {
			f.Errorf("a forged link was followed: %+v", e)
		}
	}
}

func secretIn(text string, secrets []string) string {
	for _, s := range secrets {
		if strings.Contains(text, s) {
			return s
		}
	}
	return links.FindString(text)
}

// checkCommandLines looks at what ps shows to every user of the machine.
func (f *flow) checkCommandLines(keys []string) {
	for _, p := range f.said {
		if secretIn(p.shown, append(keys, canaries...)) != "" {
			f.Errorf("a secret is in the process list: %q", p.shown)
		}
	}
}

// checkFiles allows links in the records of the landing folder alone, names of
// patients in there and in the warehouse, and keys nowhere.
func (f *flow) checkFiles(keys []string) {
	landing := f.db + ".landing"
	err := filepath.WalkDir(f.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == f.dir {
			return err
		}
		inside := path == landing || strings.HasPrefix(path, landing+string(filepath.Separator))
		info, err := e.Info()
		if err == nil && inside && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
			f.Errorf("%s can be read by others: %v", path, info.Mode())
		}
		if err != nil || !info.Mode().IsRegular() || info.Size() > 64<<20 || filepath.Base(path) == ourKeys {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		found := ""
		if inside {
			found = secretIn(links.ReplaceAllString(string(text), ""), append(keys, "Amz-Signature"))
		} else {
			found = secretIn(string(text), keys)
		}
		if found != "" {
			f.Errorf("a secret is in %s: %s", path, found)
		}
		return nil
	})
	if err != nil {
		f.Errorf("look at the files: %v", err)
	}
}

// ourKeys is a file in which a test itself keeps keys.
const ourKeys = "private-key"
