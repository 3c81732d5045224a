package export

import (
	"fmt"
	"strings"
)

// The modes of Fasten Connect. Keys alone choose one.
const (
	ModeTest = "test"
	ModeLive = "live"
)

// Credentials are the keys of one organisation in one mode. [NewCredentials]
// makes them.
type Credentials struct {
	PublicID   string // the user name; no secret, the patient's browser sees it
	PrivateKey Secret // the password
	Mode       string // ModeTest or ModeLive
}

// NewCredentials checks a pair of keys. What it refuses would be refused by the
// server too, or, with the keys swapped, be shown to a browser. The error is a
// [*ConfigError] and quotes neither.
func NewCredentials(publicID string, privateKey Secret) (Credentials, error) {
	publicMode, err := publicKind.check(publicID)
	if err != nil {
		return Credentials{}, err
	}
	privateMode, err := privateKind.check(string(privateKey))
	if err != nil {
		return Credentials{}, err
	}
	if publicMode != privateMode {
		return Credentials{}, &ConfigError{
			What:    "keys",
			Problem: fmt.Sprintf("the public id is of %s mode, the private key of %s mode", publicMode, privateMode),
			Advice:  "use two keys that the developer portal shows together",
		}
	}
	return Credentials{PublicID: publicID, PrivateKey: privateKey, Mode: publicMode}, nil
}

// CheckLive returns an error for live keys unless live is true.
func (c Credentials) CheckLive(live bool) error {
	if c.Mode != ModeLive || live {
		return nil
	}
	return &ConfigError{
		What:    "keys",
		Problem: "these are live keys, of real patients",
		Advice:  "add --live if that is meant, or use test keys",
	}
}

// A keyKind is one of the two keys of a pair.
type keyKind struct {
	name  string // for a person
	stem  string // before the mode
	other string // stem of the key that it must not be
}

var (
	publicKind  = keyKind{"public id", "public_", "private_"}
	privateKind = keyKind{"private key", "private_", "public_"}
)

// check returns the mode of a key.
func (k keyKind) check(key string) (mode string, err error) {
	problem, advice := k.fault(key)
	if problem != "" {
		return "", &ConfigError{What: k.name, Problem: problem, Advice: advice}
	}
	mode, _, _ = strings.Cut(strings.TrimPrefix(key, k.stem), "_")
	return mode, nil
}

// fault says what is wrong with a key, "" if nothing is.
func (k keyKind) fault(key string) (problem, advice string) {
	prefix := k.prefix(key)
	switch {
	case key == "":
		return "empty", k.copyIt()
	case strings.TrimSpace(key) != key:
		return "begins or ends with white space or a line break", "remove it: echo adds a line break, printf does not"
	case strings.ContainsFunc(key, notPrintable):
		return "has a space, a control character or a letter that is not ASCII in it", k.copyIt()
	case strings.HasPrefix(key, k.other):
		return "is a " + k.other + "... key", "the public id and the private key are swapped: exchange them"
	case prefix == "":
		return fmt.Sprintf("begins neither with %stest_ nor with %slive_", k.stem, k.stem), k.copyIt()
	case key == prefix:
		return "nothing follows " + prefix, k.copyIt()
	case k.stem == publicKind.stem && strings.Contains(key, ":"):
		return "has a colon in it, which HTTP allows in no user name", k.copyIt()
	}
	return "", ""
}

func (k keyKind) copyIt() string {
	return "copy the whole " + k.name + " from the developer portal, portal.fastenhealth.com"
}

func (k keyKind) prefix(key string) string {
	for _, mode := range []string{ModeTest, ModeLive} {
		if p := k.stem + mode + "_"; strings.HasPrefix(key, p) {
			return p
		}
	}
	return ""
}

func notPrintable(r rune) bool { return r <= ' ' || r > '~' }
