package connect

import "encoding/json"

// testLogins are the accounts that Fasten Connect and the vendors publish for
// test mode. They are no secrets, belong to others, and change.
type testLogins struct {
	Source    string // where they come from, and of when
	FooClinic struct {
		Name, Domain, Password string
		Users                  []fooUser
	}
	Vendors []vendorLogin
	Without []string // sources that publish none
}

// A fooUser is a synthetic patient of the provider's own source.
type fooUser struct {
	User      string
	Resources int // as the guide counts them; an export may hold more
	Note      string
}

type vendorLogin struct{ Name, User, Password string }

// knownLogins returns the list in assets/logins.json.
func knownLogins() *testLogins {
	b, err := assets.ReadFile("assets/logins.json")
	if err != nil {
		return nil
	}
	var l testLogins
	if json.Unmarshal(b, &l) != nil {
		return nil // a test reads the file: this does not happen
	}
	return &l
}
