package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/fhirwh/fhirwh/internal/export"
)

// defaultDB is the warehouse of a command line that names none.
const defaultDB = "warehouse.duckdb"

// exportFlags are those of the commands that have to do with Fasten Connect.
// Keys never stand on a command line, where other users of the machine see them:
// flags name files.
type exportFlags struct {
	PublicIDFile      string `group:"Fasten Connect:" placeholder:"FILE" help:"File with the public id. Else: FASTEN_PUBLIC_ID, then public-id in the configuration."`
	PrivateKeyFile    string `group:"Fasten Connect:" placeholder:"FILE" help:"File with the private key, mode 0600. Else: FASTEN_PRIVATE_KEY, then private-key."`
	WebhookSecretFile string `group:"Fasten Connect:" placeholder:"FILE" help:"File with the webhook's secrets, mode 0600. Else: FASTEN_WEBHOOK_SECRET, then webhook-secret."`
	APIBaseURL        string `group:"Fasten Connect:" name:"api-base-url" placeholder:"URL" help:"Where Fasten Connect is. Else: FASTEN_API_BASE_URL, then api-base-url, then Fasten Connect itself."`
	Config            string `group:"Fasten Connect:" placeholder:"FILE" help:"Configuration, mode 0600 (fhirwh/config.toml in $$XDG_CONFIG_HOME)."`
	Live              bool   `group:"Fasten Connect:" help:"Live keys, of real patients, are meant."`
	landingFlag       `embed:""`
}

// landingFlag names the landing folder.
type landingFlag struct {
	Landing string `group:"Fasten Connect:" placeholder:"DIR" help:"Folder of connections, exports, events and their files (the warehouse's name with .landing)."`
}

// dir is the landing folder that is meant.
func (f *landingFlag) dir(c *cli) string {
	if f.Landing != "" {
		return f.Landing
	}
	return c.DB + ".landing"
}

// config reads what is configured: flags, environment and file, in this order.
// Everything that is there is checked, nothing is demanded.
func (f *exportFlags) config() (export.Config, error) {
	path, err := f.configFile()
	if err != nil {
		return export.Config{}, err
	}
	return export.LoadConfig(export.Settings{
		PublicIDFile: f.PublicIDFile, PrivateKeyFile: f.PrivateKeyFile, WebhookSecretFile: f.WebhookSecretFile,
		APIBaseURL: f.APIBaseURL, Live: f.Live, Getenv: os.Getenv, ConfigFile: path,
	})
}

// configFile is where the configuration is. One that the user names must be
// there.
func (f *exportFlags) configFile() (string, error) {
	if f.Config == "" {
		return defaultConfigFile(), nil
	}
	if _, err := os.Stat(f.Config); err != nil {
		return "", &hinted{err, "check --config, or leave it out"}
	}
	return f.Config, nil
}

// defaultConfigFile is fhirwh/config.toml in the user's configuration folder, ""
// where there is none.
func defaultConfigFile() string {
	dir := os.Getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(dir) { // the specification says to ignore it
		dir = ""
	}
	if home, err := os.UserHomeDir(); dir == "" && err == nil && runtime.GOOS != "windows" {
		dir = filepath.Join(home, ".config")
	}
	if dir == "" {
		dir, _ = os.UserConfigDir()
	}
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "fhirwh", "config.toml")
}

// repeat is a command line for another command with the same warehouse, landing
// folder and keys.
func (f *exportFlags) repeat(c *cli, command string) string {
	words := []string{"fhirwh", command}
	for _, flag := range []struct{ name, value string }{
		{"--db", c.DB}, {"--landing", f.Landing}, {"--config", f.Config}, {"--public-id-file", f.PublicIDFile},
		{"--private-key-file", f.PrivateKeyFile}, {"--api-base-url", f.APIBaseURL},
	} {
		if flag.value != "" && flag.value != defaultDB {
			words = append(words, flag.name, shellWord(flag.value))
		}
	}
	if f.Live {
		words = append(words, "--live")
	}
	return strings.Join(words, " ")
}

// shellWord quotes s for a shell where it needs that.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@%+=,", r)
	}
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// client returns a client with the keys that are configured, and the
// configuration. It tells log, which may be nil, what it tries again.
func (f *exportFlags) client(log *slog.Logger) (*export.Client, export.Config, error) {
	config, err := f.config()
	if err == nil {
		err = config.NeedCredentials()
	}
	if err != nil {
		return nil, config, err
	}
	client, err := export.NewClient(config.Credentials, export.ClientOptions{
		BaseURL: config.APIBaseURL, UserAgent: "fhirwh/" + ourVersion(), Log: log,
	})
	return client, config, err
}

// landing opens the landing folder, and makes it where it is missing.
func (f *landingFlag) landing(c *cli) (*export.Landing, error) { return export.OpenLanding(f.dir(c)) }

// lookLanding opens the landing folder for reading. One that is missing is empty.
func (f *landingFlag) lookLanding(c *cli) (*export.Landing, error) {
	return export.LookLanding(f.dir(c))
}
