package export

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// The names of the values, as config.toml has them. A name with -file behind it
// is that of a file with the value.
const (
	itemPublicID      = "public-id"
	itemPrivateKey    = "private-key"
	itemWebhookSecret = "webhook-secret"
	itemBaseURL       = "api-base-url"
)

const fileSuffix = "-file"

// A configItem is a value that a user can configure.
type configItem struct {
	key    string // in config.toml
	env    string // the variable; with _FILE behind it that of a file
	secret bool
}

var configItems = []configItem{
	{itemPublicID, "FASTEN_PUBLIC_ID", false},
	{itemPrivateKey, "FASTEN_PRIVATE_KEY", true},
	{itemWebhookSecret, "FASTEN_WEBHOOK_SECRET", true},
	{itemBaseURL, "FASTEN_API_BASE_URL", false},
}

// name is the item for a person.
func (i configItem) name() string { return strings.ReplaceAll(i.key, "-", " ") }

// shown is a value as doctor may show it.
func (i configItem) shown(text string) string {
	if !i.secret {
		return text
	}
	var parts []string
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == '\n' }) {
		parts = append(parts, Secret(strings.TrimSpace(part)).String())
	}
	if i.key != itemWebhookSecret || len(parts) == 0 {
		return Secret(text).String()
	}
	return strings.Join(parts, ", ")
}

// A configValue is a value and its origin.
type configValue struct {
	text   string
	where  string
	failed bool // it is there and cannot be read
}

// A configLoader collects values and what is wrong with them.
type configLoader struct {
	settings Settings
	file     map[string]string // of config.toml, by key
	values   map[string]configValue
	origins  []Origin
	problems []error
}

func (l *configLoader) note(err error) {
	if err != nil {
		l.problems = append(l.problems, err)
	}
}

// find takes the value of item from the first place that has one.
func (l *configLoader) find(item configItem) {
	value, err := l.look(item)
	if err != nil {
		l.note(err)
		value.failed = true
	}
	l.values[item.key] = value
	if value.text != "" {
		l.origins = append(l.origins, Origin{What: item.name(), Where: value.where, Shown: item.shown(value.text)})
	}
}

func (l *configLoader) look(item configItem) (configValue, error) {
	if v := l.flag(item.key); v != "" {
		if item.key == itemBaseURL {
			return configValue{text: v, where: "--" + item.key}, nil
		}
		return fromFile(item, v, "--"+item.key+fileSuffix)
	}
	text, path := l.settings.Getenv(item.env), l.settings.Getenv(item.env+"_FILE")
	if text != "" || path != "" {
		return either(item, text, path, item.env, item.env+"_FILE")
	}
	text, path = l.file[item.key], l.file[item.key+fileSuffix]
	if path != "" && !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(l.settings.ConfigFile), path)
	}
	in := l.settings.ConfigFile + ", "
	return either(item, text, path, in+item.key, in+item.key+fileSuffix)
}

func (l *configLoader) flag(key string) string {
	switch key {
	case itemPublicID:
		return l.settings.PublicIDFile
	case itemPrivateKey:
		return l.settings.PrivateKeyFile
	case itemWebhookSecret:
		return l.settings.WebhookSecretFile
	}
	return l.settings.APIBaseURL
}

// either takes the one of a value and a file with it that is there.
func either(item configItem, text, path, textFrom, pathFrom string) (configValue, error) {
	switch {
	case text != "" && path != "":
		return configValue{}, &ConfigError{
			What:    item.name(),
			Problem: textFrom + " and " + pathFrom + " are both there",
			Advice:  "remove one of them",
		}
	case path != "":
		return fromFile(item, path, pathFrom)
	}
	return configValue{text: text, where: textFrom}, nil
}

// fromFile reads a value from a file, without the line break at its end.
func fromFile(item configItem, path, from string) (configValue, error) {
	text, err := readPrivate(path, item.secret)
	if err != nil {
		err = at(from+" "+path, asConfigError(item.name(), err))
		return configValue{where: from}, err
	}
	text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
	value := configValue{text: text, where: path}
	if text == "" {
		return value, &ConfigError{What: item.name(), Where: path, Problem: "the file is empty", Advice: "write the value into it"}
	}
	return value, nil
}

func asConfigError(what string, err error) error {
	if e, ok := errors.AsType[*ConfigError](err); ok {
		e.What = cmp.Or(e.What, what)
		return e
	}
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		err = pe.Err // the path is said already
	}
	return &ConfigError{What: what, Problem: err.Error(), Advice: "check the path and the permissions"}
}

// maxConfig is far more than any configuration needs.
const maxConfig = 64 << 10

// readPrivate reads a small file. If it is secret, others must not be able to.
func readPrivate(path string, secret bool) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if secret && isLoose(info.Mode()) {
		return "", &ConfigError{
			Problem: fmt.Sprintf("others can read or change the file (mode %04o)", info.Mode().Perm()),
			Advice:  "chmod 600 " + path,
		}
	}
	text, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err == nil && len(text) > maxConfig {
		err = &ConfigError{Problem: "the file is larger than 64 KiB", Advice: "name another file"}
	}
	return string(text), err
}

// isLoose reports whether others may use a file of that mode. Pipes and devices
// are the shell's, and Windows has no such bits.
func isLoose(mode fs.FileMode) bool {
	return runtime.GOOS != "windows" && mode.IsRegular() && mode.Perm()&0o077 != 0
}

// readFile reads config.toml. That it is not there is no error.
func (l *configLoader) readFile() error {
	path := l.settings.ConfigFile
	if path == "" {
		return nil
	}
	text, err := readPrivate(path, true)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		l.file, err = parseConfig(text)
	}
	if err != nil {
		return at(path, asConfigError("configuration", err))
	}
	return nil
}

// parseConfig reads the keys of a config.toml. Errors name keys and lines only:
// a message of the TOML reader may quote a secret.
func parseConfig(text string) (map[string]string, error) {
	var raw map[string]any
	if _, err := toml.Decode(text, &raw); err != nil {
		problem := "not TOML"
		if pe, ok := errors.AsType[toml.ParseError](err); ok {
			problem = fmt.Sprintf("line %d is not TOML", pe.Position.Line)
		}
		return nil, &ConfigError{Problem: problem, Advice: `values are text in quotes, as in public-id = "public_test_..."`}
	}
	values := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		key := strings.ReplaceAll(name, "_", "-")
		if !isConfigKey(key) {
			return nil, &ConfigError{Problem: fmt.Sprintf("unknown key %.60q", name), Advice: "the keys are " + strings.Join(configKeys(), ", ")}
		}
		value, ok := configText(key, raw[name])
		if _, twice := values[key]; !ok || twice {
			return nil, &ConfigError{Problem: key + " must be one text in quotes", Advice: `as in ` + key + ` = "..."`}
		}
		values[key] = value
	}
	return values, nil
}

// configText returns a value of config.toml as text. Webhook secrets may be a
// list.
func configText(key string, v any) (string, bool) {
	list, isList := v.([]any)
	if !isList || key != itemWebhookSecret {
		text, ok := v.(string)
		return text, ok
	}
	var parts []string
	for _, entry := range list {
		text, ok := entry.(string)
		if !ok {
			return "", false
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ","), true
}

func isConfigKey(key string) bool { return slices.Contains(configKeys(), key) }

func configKeys() []string {
	var keys []string
	for _, item := range configItems {
		keys = append(keys, item.key)
		if item.key != itemBaseURL {
			keys = append(keys, item.key+fileSuffix)
		}
	}
	return keys
}
