package export

import (
	"errors"
	"strings"
)

// DefaultBaseURL is where Fasten Connect is.
const DefaultBaseURL = "https://api.connect.fastenhealth.com/v1"

// Settings say where a configuration comes from. Each value is taken from the
// first of: the flag, the environment, the configuration file.
type Settings struct {
	PublicIDFile      string // of the flag --public-id-file
	PrivateKeyFile    string // of the flag --private-key-file
	WebhookSecretFile string // of the flag --webhook-secret-file
	APIBaseURL        string // of the flag --api-base-url
	Live              bool   // of the flag --live: live keys are meant

	Getenv     func(string) string // nil: an empty environment
	ConfigFile string              // need not exist; "": none
}

// A Config is what a user has configured. Not everything need be there: see
// [Config.NeedCredentials] and [Config.NeedWebhookSecret].
type Config struct {
	Credentials    Credentials // the zero value if there is no key
	WebhookSecrets []Secret    // each with a key: see WebhookKeys
	APIBaseURL     string      // as ParseBaseURL returns it
	Origins        []Origin    // one for each value that was found
}

// An Origin says where a value came from.
type Origin struct {
	What  string // such as "private key"
	Where string // such as "FASTEN_PRIVATE_KEY" or the path of a file
	Shown string // the value, of a secret the prefix and length
}

// LoadConfig reads and checks a configuration. Its error joins a [*ConfigError]
// for each thing that is wrong; the Config has what is not.
func LoadConfig(s Settings) (Config, error) {
	if s.Getenv == nil {
		s.Getenv = func(string) string { return "" }
	}
	l := configLoader{settings: s, values: map[string]configValue{}}
	l.note(l.readFile())
	for _, item := range configItems {
		l.find(item)
	}
	config := Config{
		Credentials:    l.credentials(),
		WebhookSecrets: l.webhookSecrets(),
		APIBaseURL:     l.baseURL(),
		Origins:        l.origins,
	}
	return config, errors.Join(l.problems...)
}

// NeedCredentials returns an error if there are no keys.
func (c Config) NeedCredentials() error {
	if c.Credentials.PublicID != "" {
		return nil
	}
	return &ConfigError{
		What:    "keys",
		Problem: "none are configured",
		Advice: "set FASTEN_PUBLIC_ID and FASTEN_PRIVATE_KEY, name files with --public-id-file and --private-key-file, " +
			"or write public-id and private-key into fhirwh/config.toml in your configuration folder; without keys try fhirwh demo",
	}
}

// NeedWebhookSecret returns an error if there is no webhook secret.
func (c Config) NeedWebhookSecret() error {
	if len(c.WebhookSecrets) > 0 {
		return nil
	}
	return &ConfigError{
		What:    "webhook secret",
		Problem: "none is configured",
		Advice:  "set FASTEN_WEBHOOK_SECRET to the secret that the developer portal shows on the endpoint's page Delivery Logs",
	}
}

// WebhookKeys returns the decoded webhook secrets.
func (c Config) WebhookKeys() ([][]byte, error) {
	var keys [][]byte
	for _, s := range c.WebhookSecrets {
		key, err := WebhookKey(s)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// A ConfigError says what is wrong with a value of the configuration. It quotes
// no value.
type ConfigError struct {
	What    string // such as "private key"
	Where   string // where the value came from; may be empty
	Problem string
	Advice  string // for Hint
}

func (e *ConfigError) Error() string {
	text := e.What
	if e.Where != "" {
		text += " (" + e.Where + ")"
	}
	return text + ": " + e.Problem
}

// Hint says what to do.
func (e *ConfigError) Hint() string { return e.Advice }

// at returns err with the place it came from.
func at(where string, err error) error {
	if e, ok := errors.AsType[*ConfigError](err); ok && e.Where == "" {
		located := *e
		located.Where = where
		return &located
	}
	return err
}

// credentials checks the keys that were found.
func (l *configLoader) credentials() Credentials {
	public, private := l.values[itemPublicID], l.values[itemPrivateKey]
	switch {
	case public.failed || private.failed || public.text == "" && private.text == "":
		return Credentials{}
	case public.text == "" || private.text == "":
		l.note(halfPair(public, private))
		return Credentials{}
	}
	c, err := NewCredentials(public.text, Secret(private.text))
	if err == nil {
		err = c.CheckLive(l.settings.Live)
	}
	if err != nil {
		l.note(at(whereOf(err, public, private), err))
		return Credentials{}
	}
	return c
}

func halfPair(public, private configValue) error {
	have, lack, env := public.where, "private key", "FASTEN_PRIVATE_KEY"
	if public.text == "" {
		have, lack, env = private.where, "public id", "FASTEN_PUBLIC_ID"
	}
	return &ConfigError{
		What:    lack,
		Problem: "missing, while the other key is there (" + have + ")",
		Advice:  "set " + env + ", or name a file with --" + strings.ReplaceAll(lack, " ", "-") + "-file",
	}
}

// whereOf names the place of the key that err is about.
func whereOf(err error, public, private configValue) string {
	e, _ := errors.AsType[*ConfigError](err)
	switch {
	case e != nil && e.What == publicKind.name:
		return public.where
	case e != nil && e.What == privateKind.name:
		return private.where
	case public.where == private.where:
		return public.where
	}
	return public.where + ", " + private.where
}

func (l *configLoader) webhookSecrets() []Secret {
	value := l.values[itemWebhookSecret]
	var secrets []Secret
	for part := range strings.FieldsFuncSeq(value.text, func(r rune) bool { return r == ',' || r == '\n' }) {
		s := Secret(strings.TrimSpace(part))
		if s == "" {
			continue
		}
		if _, err := WebhookKey(s); err != nil {
			l.note(at(value.where, err))
			continue
		}
		secrets = append(secrets, s)
	}
	return secrets
}

func (l *configLoader) baseURL() string {
	value := l.values[itemBaseURL]
	if value.text == "" {
		return DefaultBaseURL
	}
	u, err := ParseBaseURL(value.text)
	if err != nil {
		l.note(at(value.where, err))
		return DefaultBaseURL
	}
	return u.String()
}
