package overview

import (
	"context"
	"strings"

	fhirsql "github.com/fhirwh/fhirwh/sql"
)

// A Summary says what is in a warehouse.
type Summary struct {
	AsOf     string     `json:"as_of"` // the day after which a date is in the future
	Imports  int64      `json:"imports"`
	Sources  []Source   `json:"sources"`
	Patients Patients   `json:"patients"`
	Types    []Type     `json:"types"`
	Facts    []Facts    `json:"facts"`
	Findings []*Finding `json:"findings"`
}

// A Source is a system that resources came from.
type Source struct {
	Name         string `json:"source"`
	Resources    int64  `json:"resources"`
	Files        int64  `json:"files"`
	LastImport   int64  `json:"last_import"`
	LastImported string `json:"last_imported"` // UTC: 2006-01-02 15:04:05
}

// Patients are the people of a warehouse in numbers.
type Patients struct {
	Count      int64            `json:"count"`
	Genders    map[string]int64 `json:"genders"` // "" where it was not sent
	FirstBirth string           `json:"first_birth,omitempty"`
	LastBirth  string           `json:"last_birth,omitempty"`
	// OnlyNamed counts those whom facts name without a Patient being there.
	OnlyNamed int64 `json:"only_named_by_facts"`
	// Names has the first ones, if they were asked for.
	Names []Person `json:"names,omitempty"`
}

// A Type is a resource type that a warehouse has.
type Type struct {
	Name      string `json:"resource_type"`
	Resources int64  `json:"resources"`
	Extra     int64  `json:"with_extra"` // of them: with values that no column fits
}

// Facts are the rows of a view that are about people.
type Facts struct {
	Kind      string        `json:"kind"` // the view
	Count     int64         `json:"count"`
	Patients  int64         `json:"patients"`
	FirstDate string        `json:"first_date,omitempty"`
	LastDate  string        `json:"last_date,omitempty"`
	Years     map[int]int64 `json:"years"`
	Codes     []Code        `json:"top_codes,omitempty"` // of observations: of laboratory results

	units map[string]int64
}

// A Code is how often something was found.
type Code struct {
	System   string `json:"system,omitempty"`
	Code     string `json:"code,omitempty"`
	Text     string `json:"text,omitempty"`
	Count    int64  `json:"count"`
	Patients int64  `json:"patients"`
}

// SummaryOptions say what a [Summary] is made of.
type SummaryOptions struct {
	AsOf  string // today, as 2006-01-02
	Top   int    // how many codes of each kind
	Names int    // how many people to name
	// OldViews are the views and macros of another version than ours.
	OldViews []string
}

// Summarize asks what is in the warehouse.
func Summarize(ctx context.Context, a Asker, o SummaryOptions) (*Summary, error) {
	s := &Summary{AsOf: o.AsOf, Sources: []Source{}, Types: []Type{}, Facts: []Facts{}, Findings: []*Finding{}}
	steps := []func(context.Context, Asker, SummaryOptions) error{
		s.askLedger, s.askSources, s.askTypes, s.askPatients, s.askFacts, s.askNames, s.countLostMedications,
	}
	for _, step := range steps {
		if err := step(ctx, a, o); err != nil {
			return nil, err
		}
	}
	s.find("old_views", int64(len(o.OldViews)))
	s.sortFindings()
	return s, nil
}

func (s *Summary) askLedger(ctx context.Context, a Asker, o SummaryOptions) error {
	return ask(ctx, a, "overview/ledger", nil, func(r row) {
		s.Imports = r.integer("imports")
		s.find("rejects", r.integer("rejects"))
		s.find("variants", r.integer("variants"))
	})
}

func (s *Summary) askSources(ctx context.Context, a Asker, o SummaryOptions) error {
	return ask(ctx, a, "overview/sources", nil, func(r row) {
		s.Sources = append(s.Sources, Source{
			Name: r.text("source"), Files: r.integer("files"),
			LastImport: r.integer("last_import"), LastImported: r.text("last_imported"),
		})
	})
}

// askTypes counts the resources by type and by source.
func (s *Summary) askTypes(ctx context.Context, a Asker, o SummaryOptions) error {
	var branches []string
	err := ask(ctx, a, "overview/types", nil, func(r row) {
		branches = append(branches, bind(fhirsql.Question("overview/resources"), params{"type": r.text("resource_type")}))
	})
	if err != nil || len(branches) == 0 {
		return err
	}
	sql := "from (\n" + strings.Join(branches, "\nunion all\n") + "\n) order by lower(resource_type), source"
	return askSQL(ctx, a, "overview/resources", sql, func(r row) {
		name, n := r.text("resource_type"), r.integer("n")
		if len(s.Types) == 0 || s.Types[len(s.Types)-1].Name != name {
			s.Types = append(s.Types, Type{Name: name})
		}
		t := &s.Types[len(s.Types)-1]
		t.Resources += n
		t.Extra += r.integer("extra")
		for i := range s.Sources {
			if s.Sources[i].Name == r.text("source") {
				s.Sources[i].Resources += n
			}
		}
	})
}

func (s *Summary) askPatients(ctx context.Context, a Asker, o SummaryOptions) error {
	return ask(ctx, a, "overview/patients", params{"as_of": o.AsOf}, func(r row) {
		p := &s.Patients
		p.Count, p.Genders = r.integer("n"), map[string]int64{}
		p.FirstBirth, p.LastBirth = r.text("first_birth"), r.text("last_birth")
		for gender, n := range r.counts("genders") {
			p.Genders[gender.(string)] = n
		}
		for _, name := range []string{"no_id", "no_name", "no_birth_date", "impossible_birth", "death_before_birth", "repeated"} {
			s.find(name, r.integer(name))
		}
	})
}

// askNames names the first people, where that is wanted.
func (s *Summary) askNames(ctx context.Context, a Asker, o SummaryOptions) error {
	if o.Names == 0 {
		return nil
	}
	people, _, err := Everybody(ctx, a, o.Names)
	s.Patients.Names = people
	return err
}

func (s *Summary) askFacts(ctx context.Context, a Asker, o SummaryOptions) error {
	byKind := map[string]Facts{}
	err := ask(ctx, a, "overview/facts", params{"as_of": o.AsOf, "top": int64(o.Top)}, func(r row) {
		f := readFacts(r)
		byKind[f.Kind] = f
		s.Patients.OnlyNamed = r.integer("absent_people")
		for _, name := range factChecks {
			s.findIn(f.Kind, name, r.integer(name))
		}
	})
	for _, k := range kinds {
		if f, ok := byKind[k.view]; ok {
			s.Facts = append(s.Facts, f)
		}
	}
	s.checkUnits(byKind["observations"].units)
	s.checkExtra()
	return err
}

func readFacts(r row) Facts {
	f := Facts{
		Kind: r.text("kind"), Count: r.integer("n"), Patients: r.integer("patients"),
		FirstDate: r.text("first_date"), LastDate: r.text("last_date"),
		Years: map[int]int64{}, units: map[string]int64{},
	}
	for year, n := range r.counts("years") {
		f.Years[int(asInteger(year))] = n
	}
	for unit, n := range r.counts("units") {
		f.units[unit.(string)] = n
	}
	for _, c := range r.rows("codes") {
		f.Codes = append(f.Codes, Code{
			System: c.text("system"), Code: c.text("code"), Text: c.text("text"),
			Count: c.integer("n"), Patients: c.integer("patients"),
		})
	}
	return f
}
