package sandbox

// Info says how to reach a sandbox and what is in it.
type Info struct {
	APIBaseURL  string  `json:"api_base_url"`
	StorageURL  string  `json:"storage_url"`
	ScriptURL   string  `json:"script_url"` // of the widget
	StyleURL    string  `json:"style_url"`
	ControlURL  string  `json:"control_url"`
	OrgID       string  `json:"org_id"`
	Test        Keys    `json:"test"`
	Live        Keys    `json:"live"`
	Connections []Ready `json:"connections"`
}

// Ready is a connection.
type Ready struct {
	ID           string `json:"org_connection_id"`
	APIMode      string `json:"api_mode"`
	Patient      string `json:"patient"`
	Source       string `json:"source"`
	PlatformType string `json:"platform_type"`
	Status       string `json:"status"`
	ExternalID   string `json:"external_id,omitempty"`
	Foreign      bool   `json:"foreign,omitempty"` // of another organisation: its keys are not ours
}

// Info returns what a client needs. Call it after Start.
func (s *Sandbox) Info() Info {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := Info{
		APIBaseURL: s.base + "/v1", StorageURL: s.storageURL(), ControlURL: s.base + "/control",
		ScriptURL: s.base + "/connect/v4/fasten-stitch-element.js", StyleURL: s.base + "/connect/v4/fasten-stitch-element.css",
		OrgID: s.orgs[0].id, Test: s.keysOf(modeTest), Live: s.keysOf(modeLive),
	}
	for _, c := range s.connections {
		i.Connections = append(i.Connections, s.ready(c))
	}
	return i
}

func (s *Sandbox) ready(c *connection) Ready {
	return Ready{
		ID: c.id, APIMode: c.owner.mode, Patient: c.patient, Source: c.source.name, PlatformType: c.source.platform,
		Status: c.status, ExternalID: c.externalID, Foreign: c.owner.org != s.orgs[0],
	}
}

// keysOf returns the keys of ours for a mode.
func (s *Sandbox) keysOf(mode string) Keys {
	k, e := s.orgs[0].keys[mode], s.orgs[0].endpoints[mode]
	k.WebhookSecret, k.WebhookURL = secretsText(e), e.url
	return k
}
