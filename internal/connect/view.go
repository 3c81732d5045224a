package connect

import (
	"unicode"
	"unicode/utf8"
)

// A view is the state as the page shows it.
type view struct {
	Accounts []accountView `json:"accounts"`
	Problems []problem     `json:"problems"`
	Pending  bool          `json:"pending"`
	Closed   bool          `json:"closed"`
	Finished bool          `json:"finished"`
	Fetching bool          `json:"fetching"`
	Command  string        `json:"command"` // fetches them all
}

// An accountView is a connection as the page shows it.
type accountView struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Brand    string `json:"brand"` // id, for the logo
	Status   string `json:"status"`
	Good     bool   `json:"good"`
	Consent  string `json:"consent"` // last day, or ""
	Doubt    string `json:"doubt"`
	Verified bool   `json:"verified"`
}

func (s *session) view() view {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := view{
		Accounts: []accountView{}, Problems: append([]problem{}, s.problems...),
		Pending: s.pending, Closed: s.closed, Finished: s.finished, Fetching: s.options.Fetching, Command: s.options.Fetch,
	}
	for _, a := range s.list {
		v.Accounts = append(v.Accounts, viewOf(a))
		v.Command += " " + a.ID
	}
	return v
}

func viewOf(a Account) accountView {
	v := accountView{
		ID: a.ID, Name: platformName(a.PlatformType), Brand: a.BrandID, Status: a.Status, Doubt: a.Doubt,
		Good: a.Verified && a.Doubt == "", Verified: a.Verified,
	}
	if a.ConsentExpires != nil {
		v.Consent = a.ConsentExpires.UTC().Format(day)
	}
	return v
}

// platformName spells a platform for a person.
func platformName(platform string) string {
	switch platform {
	case "":
		return "Health system"
	case "tefca":
		return "TEFCA facility"
	}
	first, size := utf8.DecodeRuneInString(platform)
	return string(unicode.ToUpper(first)) + platform[size:]
}
