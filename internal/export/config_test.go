package export_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fhirwh/fhirwh/internal/export"
)

func TestNewCredentials(t *testing.T) {
	const public, private = "public_test_a", "private_test_" + canary
	tests := []struct {
		name, public, private string
		want                  string // the mode, or a part of the error
		hint                  string
	}{
		{"test", public, private, "test", ""},
		{"live", "public_live_a", "private_live_b", "live", ""},
		{"underscores and punctuation", "public_test_a_live_b", "private_test_a:)$_b'\"", "test", ""},
		{"no public id", "", private, "public id: empty", "developer portal"},
		{"no private key", public, "", "private key: empty", "developer portal"},
		{"another prefix", "pub_live_a", private, "begins neither with public_test_ nor with public_live_", "developer portal"},
		{"another private prefix", public, "secret_" + canary, "begins neither with private_test_", "developer portal"},
		{"other letters", "PUBLIC_TEST_a", private, "begins neither", "developer portal"},
		{"mixed", public, "private_live_" + canary, "the public id is of test mode, the private key of live mode", "together"},
		{"swapped", private, public, "public id: is a private_... key", "swapped"},
		{"public twice", public, public, "private key: is a public_... key", "swapped"},
		{"line break", public, private + "\n", "ends with white space", "printf"},
		{"space before", " " + public, private, "begins or ends with white space", "printf"},
		{"space within", public, private + " x", "has a space", "developer portal"},
		{"nothing behind", "public_test_", private, "nothing follows public_test_", "developer portal"},
		{"nothing behind private", public, "private_test_", "nothing follows private_test_", "developer portal"},
		{"colon in the user name", public + ":x", private, "colon", "developer portal"},
		{"not ASCII", public + "ä", private, "not ASCII", "developer portal"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := export.NewCredentials(tt.public, export.Secret(tt.private))
			if err == nil {
				if c.Mode != tt.want {
					t.Errorf("got mode %q, want %q", c.Mode, tt.want)
				}
				return
			}
			e, ok := errors.AsType[*export.ConfigError](err)
			if !ok || !strings.Contains(err.Error(), tt.want) || !strings.Contains(e.Hint(), tt.hint) || tt.hint == "" {
				t.Errorf("got %v, hint %q", err, e.Hint())
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("shows a key: %v", err)
			}
		})
	}
}

func TestCheckLive(t *testing.T) {
	live, err := export.NewCredentials("public_live_a", "private_live_b")
	if err != nil || live.CheckLive(true) != nil || !isA[*export.ConfigError](live.CheckLive(false)) {
		t.Error("live keys")
	}
	if keys(t).CheckLive(false) != nil {
		t.Error("test keys")
	}
}

func TestSecretShowsNothing(t *testing.T) {
	type holder struct {
		Key  export.Secret
		Keys map[string]export.Secret
	}
	s := export.Secret("private_test_" + canary)
	for _, v := range []any{s, &s, holder{Key: s, Keys: map[string]export.Secret{"a": s}}, export.Credentials{PrivateKey: s}, export.Config{WebhookSecrets: []export.Secret{s}}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%10.3s"} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, canary) || strings.Contains(text, fmt.Sprintf("%x", canary)) {
				t.Errorf("%s of %T: %s", verb, v, text)
			}
		}
		if text, err := json.Marshal(v); err != nil || bytes.Contains(text, []byte(canary)) {
			t.Errorf("JSON of %T: %s, %v", v, text, err)
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
		if strings.Contains(log.String(), canary) {
			t.Errorf("log of %T: %s", v, log.String())
		}
	}
	for secret, want := range map[export.Secret]string{
		"":                  "none",
		s:                   "private_test_... (24 characters)",
		"private_live_ab":   "private_live_... (15 characters)",
		"whsec_" + canary:   "whsec_... (17 characters)",
		"something" + "els": "... (12 characters)",
	} {
		if got := secret.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

const (
	hook1 = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	hook2 = "whsec_plJ3nmyCDGBKInavdOK15jsl2LfLaLaSw2A8Dw=="
)

func TestWebhookKey(t *testing.T) {
	for secret, want := range map[string]string{
		hook1:                                        "",
		"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw":           "does not begin with whsec_",
		"whsec_":                                     "nothing behind",
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2La":         "21 bytes",
		"whsec_" + strings.Repeat("MfKQ", 22):        "66 bytes",
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS_":     "not base64",
		"whsec_MfKQ9r8GKYqrTwjUPD8I\nLPZIo2LaLaSw":   "white space",
		"whsec_plJ3nmyCDGBKInavdOK15jsl2LfLaLaSw2A8": "",
	} {
		key, err := export.WebhookKey(export.Secret(secret))
		if want == "" && (err != nil || len(key) < 24) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %d bytes, %v, want %q", secret, len(key), err, want)
		}
		if err != nil && strings.Contains(err.Error(), "MfKQ") {
			t.Errorf("shows the secret: %v", err)
		}
	}
}

func TestParseBaseURL(t *testing.T) {
	tests := []struct{ in, want string }{
		{"https://api.connect.fastenhealth.com/v1", "https://api.connect.fastenhealth.com/v1"},
		{"https://api.connect.fastenhealth.com/v1/", "https://api.connect.fastenhealth.com/v1"},
		{"https://api.connect.fastenhealth.com", "https://api.connect.fastenhealth.com/v1"},
		{"https://api.connect.fastenhealth.com/", "https://api.connect.fastenhealth.com/v1"},
		{"https://proxy.example/fasten/", "https://proxy.example/fasten/v1"},
		{"http://127.0.0.1:8080", "http://127.0.0.1:8080/v1"},
		{"http://localhost:8080/v1", "http://localhost:8080/v1"},
		{"http://[::1]:8080", "http://[::1]:8080/v1"},
		{"http://storage.localhost", "http://storage.localhost/v1"},
		{"http://api.connect.fastenhealth.com", "in the clear"},
		{"http://127.0.0.1.evil.test", "in the clear"},
		{"http://localhost.evil.test", "in the clear"},
		{"http://0.0.0.0:80", "in the clear"},
		{"https://user:" + canary + "@x.test", "user name"},
		{"https://x.test/v1?a=" + canary, "query"},
		{"https://x.test./v1", "dot"},
		{"https://faſten.test", "ASCII"},
		{"ftp://x.test", "neither"},
		{"api.connect.fastenhealth.com", "not a URL"},
		{"", "not a URL"},
		{"https://", "not a URL"},
		{"%zz", "not a URL"},
	}
	for _, tt := range tests {
		u, err := export.ParseBaseURL(tt.in)
		if err == nil {
			if u.String() != tt.want {
				t.Errorf("%s: got %s, want %s", tt.in, u, tt.want)
			}
			continue
		}
		if !isA[*export.ConfigError](err) || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: got %v, want %q", tt.in, err, tt.want)
		}
	}
}

// A configTest is a folder with files, an environment and what comes out.
type configTest struct {
	name  string
	files map[string]string // by name; mode 0600
	loose []string          // of them, mode 0644
	env   map[string]string // @NAME: the path of a file
	flags export.Settings   // paths as names of files
	want  string            // mode, number of webhook secrets and base URL, or a part of the error
	from  string            // the origins
}

func TestLoadConfig(t *testing.T) {
	const public, private = "public_test_a", "private_test_" + canary
	both := map[string]string{"FASTEN_PUBLIC_ID": public, "FASTEN_PRIVATE_KEY": private}
	const base = " " + export.DefaultBaseURL
	tests := []configTest{
		{name: "nothing", want: " 0" + base},
		{name: "environment", env: both, want: "test 0" + base, from: "public id=FASTEN_PUBLIC_ID private key=FASTEN_PRIVATE_KEY"},
		{name: "environment with a line break", env: map[string]string{"FASTEN_PUBLIC_ID": public, "FASTEN_PRIVATE_KEY": private + "\n"},
			want: "private key (FASTEN_PRIVATE_KEY): begins or ends with white space"},
		{name: "files in the environment", files: map[string]string{"p": public + "\n", "k": private + "\r\n", "w": hook1 + "\n" + hook2 + "\n"},
			env:  map[string]string{"FASTEN_PUBLIC_ID_FILE": "@p", "FASTEN_PRIVATE_KEY_FILE": "@k", "FASTEN_WEBHOOK_SECRET_FILE": "@w"},
			want: "test 2" + base, from: "public id=p private key=k webhook secret=w"},
		{name: "both forms", files: map[string]string{"k": private}, env: map[string]string{"FASTEN_PUBLIC_ID": public, "FASTEN_PRIVATE_KEY": private, "FASTEN_PRIVATE_KEY_FILE": "@k"},
			want: "private key: FASTEN_PRIVATE_KEY and FASTEN_PRIVATE_KEY_FILE are both there"},
		{name: "flags first", files: map[string]string{"p": public, "k": private, "config.toml": `api-base-url = "http://127.0.0.1:1"`},
			env:   map[string]string{"FASTEN_PUBLIC_ID": "public_live_x", "FASTEN_PRIVATE_KEY": "private_live_x", "FASTEN_API_BASE_URL": "http://127.0.0.1:2"},
			flags: export.Settings{PublicIDFile: "p", PrivateKeyFile: "k", APIBaseURL: "http://127.0.0.1:3"},
			want:  "test 0 http://127.0.0.1:3/v1", from: "public id=p private key=k api base url=--api-base-url"},
		{name: "file last", env: map[string]string{"FASTEN_PUBLIC_ID": public},
			files: map[string]string{"config.toml": "public-id = 'public_live_x'\nprivate-key = '" + private + "'\nwebhook-secret = ['" + hook1 + "', '" + hook2 + "']\napi-base-url = 'https://x.test'"},
			want:  "test 2 https://x.test/v1", from: "public id=FASTEN_PUBLIC_ID private key=config.toml, private-key webhook secret=config.toml, webhook-secret api base url=config.toml, api-base-url"},
		{name: "file names a file beside it", files: map[string]string{"config.toml": "public_id = '" + public + "'\nprivate_key_file = 'k'", "k": private},
			want: "test 0" + base, from: "public id=config.toml, public-id private key=k"},
		{name: "webhook secrets with spaces", env: map[string]string{"FASTEN_WEBHOOK_SECRET": hook1 + ", " + hook2 + ","}, want: " 2" + base, from: "webhook secret=FASTEN_WEBHOOK_SECRET"},
		{name: "webhook secret damaged", env: map[string]string{"FASTEN_WEBHOOK_SECRET": hook1 + ",whsec_x"}, want: "webhook secret (FASTEN_WEBHOOK_SECRET): is not base64"},
		{name: "live", env: map[string]string{"FASTEN_PUBLIC_ID": "public_live_a", "FASTEN_PRIVATE_KEY": "private_live_b"}, want: "keys (FASTEN_PUBLIC_ID, FASTEN_PRIVATE_KEY): these are live keys"},
		{name: "live, meant", flags: export.Settings{Live: true}, env: map[string]string{"FASTEN_PUBLIC_ID": "public_live_a", "FASTEN_PRIVATE_KEY": "private_live_b"},
			want: "live 0" + base, from: "public id=FASTEN_PUBLIC_ID private key=FASTEN_PRIVATE_KEY"},
		{name: "half a pair", env: map[string]string{"FASTEN_PUBLIC_ID": public}, want: "private key: missing, while the other key is there (FASTEN_PUBLIC_ID)"},
		{name: "other half", env: map[string]string{"FASTEN_PRIVATE_KEY": private}, want: "public id: missing"},
		{name: "no such file", flags: export.Settings{PrivateKeyFile: "nowhere"}, want: "private key (--private-key-file"},
		{name: "empty file", files: map[string]string{"k": "\n"}, flags: export.Settings{PrivateKeyFile: "k"}, want: "the file is empty"},
		{name: "large file", files: map[string]string{"k": strings.Repeat("a", 1<<17)}, flags: export.Settings{PrivateKeyFile: "k"}, want: "larger than 64 KiB"},
		{name: "loose key", files: map[string]string{"k": private}, loose: []string{"k"}, flags: export.Settings{PrivateKeyFile: "k"}, want: "others can read or change the file (mode 0644)"},
		{name: "loose public id", files: map[string]string{"p": public}, loose: []string{"p"}, flags: export.Settings{PublicIDFile: "p"}, env: map[string]string{"FASTEN_PRIVATE_KEY": private},
			want: "test 0" + base, from: "public id=p private key=FASTEN_PRIVATE_KEY"},
		{name: "loose config", files: map[string]string{"config.toml": ""}, loose: []string{"config.toml"}, want: "others can read or change the file"},
		{name: "unknown key", files: map[string]string{"config.toml": "secret = '" + canary + "'"}, want: `unknown key "secret"`},
		{name: "table", files: map[string]string{"config.toml": "[private-key]\nx = '" + canary + "'"}, want: "private-key must be one text"},
		{name: "number", files: map[string]string{"config.toml": "public-id = 1"}, want: "public-id must be one text"},
		{name: "twice", files: map[string]string{"config.toml": "public-id = 'a'\npublic_id = 'b'"}, want: "public-id must be one text"},
		{name: "not TOML", files: map[string]string{"config.toml": "\nprivate-key = " + canary}, want: "line 2 is not TOML"},
		{name: "base URL", env: map[string]string{"FASTEN_API_BASE_URL": "http://x.test"}, want: "api base url (FASTEN_API_BASE_URL): http would send"},
		{name: "two things wrong", env: map[string]string{"FASTEN_PUBLIC_ID": public, "FASTEN_API_BASE_URL": "x"}, want: "private key: missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.run)
	}
}

func (tt configTest) run(t *testing.T) {
	dir := t.TempDir()
	for name, text := range tt.files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range tt.loose {
		if err := os.Chmod(filepath.Join(dir, name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := tt.flags
	s.ConfigFile = filepath.Join(dir, "config.toml")
	for _, path := range []*string{&s.PublicIDFile, &s.PrivateKeyFile} {
		if *path != "" {
			*path = filepath.Join(dir, *path)
		}
	}
	s.Getenv = func(name string) string {
		if file, ok := strings.CutPrefix(tt.env[name], "@"); ok {
			return filepath.Join(dir, file)
		}
		return tt.env[name]
	}
	config, err := export.LoadConfig(s)
	got := fmt.Sprint(config.Credentials.Mode, " ", len(config.WebhookSecrets), " ", config.APIBaseURL)
	var origins []string
	for _, o := range config.Origins {
		origins = append(origins, o.What+"="+strings.TrimPrefix(o.Where, dir+"/"))
	}
	if err == nil && (got != tt.want || strings.Join(origins, " ") != tt.from) {
		t.Errorf("got %s from %v, want %s from %s", got, origins, tt.want, tt.from)
	}
	if err != nil {
		got = err.Error()
		wantHint(t, err)
	}
	if !strings.Contains(got, tt.want) {
		t.Errorf("got %s\nwant %s", got, tt.want)
	}
	if text := fmt.Sprintf("%s %+v %#v", got, config, config); strings.Contains(text, canary) {
		t.Errorf("shows a secret: %s", text)
	}
}

func TestConfigNeeds(t *testing.T) {
	var c export.Config
	wantHint(t, c.NeedCredentials())
	wantHint(t, c.NeedWebhookSecret())
	c = export.Config{Credentials: keys(t), WebhookSecrets: []export.Secret{hook1, hook2}}
	got, err := c.WebhookKeys()
	if c.NeedCredentials() != nil || c.NeedWebhookSecret() != nil || len(got) != 2 || err != nil {
		t.Errorf("got %d keys, %v", len(got), err)
	}
}
