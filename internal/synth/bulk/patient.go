package bulk

import (
	"math/rand/v2"
	"time"
)

// A patient is one person and what others of their resources refer to.
type patient struct {
	r       *rand.Rand
	repeat  bool
	noNotes bool
	scratch []byte

	id, given, family string
	prefixed          bool // references are Type/id, else urn:uuid:id
	zone              *time.Location
	birth             int64 // seconds since 1970
	visits            []visit
	conditions        []condition
	requests          []string // ids of MedicationRequests
	claims            []string
	observations      []string
	doctors, clinics  []party
	counts            []int // as kinds
}

type visit struct {
	id         string
	start, end int64
	doctor     int // of doctors and clinics
}

type condition struct {
	id    string
	code  code
	visit int
}

// A party is somebody or some place with a name.
type party struct{ id, name, number string }

// A kind is one resource type: how many there are in 136 patients, and what
// appends the ith of a patient.
type kind struct {
	name  string
	count float64
	write func(p *patient, b []byte, i int) []byte
}

// kinds are the types in the proportions of a synthetic population of which 19,022
// resources were counted.
var kinds = [...]kind{
	{"Patient", 136, (*patient).person},
	{"Encounter", 5408, (*patient).encounter},
	{"Observation", 3852, (*patient).observation},
	{"Procedure", 2786, (*patient).procedure},
	{"MedicationRequest", 1894, (*patient).medicationRequest},
	{"Condition", 1587, (*patient).condition},
	{"DocumentReference", 1215, (*patient).documentReference},
	{"Claim", 645, (*patient).claim},
	{"ExplanationOfBenefit", 496, (*patient).explanationOfBenefit},
	{"Immunization", 388, (*patient).immunization},
	{"DiagnosticReport", 274, (*patient).diagnosticReport},
	{"Practitioner", 68, (*patient).practitioner},
	{"Organization", 68, (*patient).organization},
	{"Location", 44, (*patient).location},
	{"PractitionerRole", 43, (*patient).practitionerRole},
	{"CareTeam", 30, (*patient).careTeam},
	{"CarePlan", 30, (*patient).carePlan},
	{"AllergyIntolerance", 21, (*patient).allergyIntolerance},
	{"Device", 18, (*patient).device},
	{"SupplyDelivery", 13, (*patient).supplyDelivery},
	{"MedicationAdministration", 4, (*patient).medicationAdministration},
	{"Questionnaire", 1, (*patient).questionnaire},
	{"ImagingStudy", 1, (*patient).imagingStudy},
}

const sampledPatients = 136

func newPatient(o Options, index int) *patient {
	p := &patient{
		r:       rand.New(rand.NewPCG(o.Seed, uint64(index))),
		repeat:  o.Repeat,
		noNotes: o.NoAttachments,
	}
	p.id = uuid(p.r)
	p.given, p.family = p.newName(givenNames), p.newName(familyNames)
	p.prefixed = p.r.IntN(5) < 3
	p.zone = time.FixedZone("", -3600*(4+p.r.IntN(5)))
	p.birth = time.Date(1930+p.r.IntN(80), 1, 1, 0, 0, 0, 0, time.UTC).Unix() + p.r.Int64N(365*86400)
	p.draw()
	return p
}

// draw decides how many resources of each type there are, and makes the ids that
// others refer to.
func (p *patient) draw() {
	size := 0.3 + 1.4*p.r.Float64()
	p.counts = make([]int, len(kinds))
	for i, k := range kinds {
		p.counts[i] = int(k.count/sampledPatients*size + p.r.Float64())
		switch k.name {
		case "Patient":
			p.counts[i] = 1
		case "Encounter":
			p.visits = make([]visit, max(1, p.counts[i]))
		case "Condition":
			p.conditions = make([]condition, max(1, p.counts[i]))
		case "Observation":
			p.observations = p.ids(p.counts[i])
		case "MedicationRequest":
			p.requests = p.ids(max(1, p.counts[i]))
		case "Claim":
			p.claims = p.ids(max(1, p.counts[i]))
		}
	}
	for range 4 {
		p.doctors = append(p.doctors, party{uuid(p.r), "Dr. " + p.newName(givenNames) + " " + p.newName(familyNames), p.digits(10)})
		p.clinics = append(p.clinics, party{uuid(p.r), p.newName(familyNames) + " Regional Medical Center", p.digits(10)})
	}
	for i := range p.visits {
		start := p.birth + p.r.Int64N(1_735_000_000-p.birth) // before 2025
		p.visits[i] = visit{uuid(p.r), start, start + 900*int64(1+p.r.IntN(8)), p.r.IntN(4)}
	}
	for i := range p.conditions {
		p.conditions[i] = condition{uuid(p.r), pick(p.r, disorders), p.r.IntN(len(p.visits))}
	}
}

// writeAll appends all resources of the patient, and their ends to ends.
func (p *patient) writeAll(b []byte, ends []int) ([]byte, []int) {
	for k, n := range p.counts {
		for i := range n {
			b = append(kinds[k].write(p, b, i), '\n')
			ends = append(ends, len(b))
		}
	}
	return b, ends
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func (p *patient) ids(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = uuid(p.r)
	}
	return list
}

// newName takes a name from the list, or invents one.
func (p *patient) newName(list []string) string {
	if p.repeat {
		return pick(p.r, list)
	}
	return string(appendName(nil, p.r))
}

func (p *patient) digits(n int) string {
	d := make([]byte, n)
	for i := range d {
		d[i] = '0' + byte(p.r.IntN(10))
	}
	return string(d)
}

// visit is the ith visit, or another one where there are fewer.
func (p *patient) visit(i int) *visit { return &p.visits[i%len(p.visits)] }

// ref appends a Reference without its closing brace.
func (p *patient) ref(b []byte, typ, id string) []byte {
	if p.prefixed {
		return cat(b, `{"reference":"`, typ, `/`, id, `"`)
	}
	return cat(b, `{"reference":"urn:uuid:`, id, `"`)
}

// subject appends the element that names the patient.
func (p *patient) subject(b []byte, element string) []byte {
	b = cat(b, `,"`, element, `":`)
	return append(p.ref(b, "Patient", p.id), '}')
}

// during appends the element that names a visit.
func (p *patient) during(b []byte, element string, v *visit) []byte {
	b = cat(b, `,"`, element, `":`)
	return append(p.ref(b, "Encounter", v.id), '}')
}

// by appends a reference to a doctor, by identifier half of the time.
func (p *patient) by(b []byte, d party) []byte {
	if p.prefixed {
		return cat(b, `{"reference":"Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|`, d.number, `","display":"`, d.name, `"}`)
	}
	return cat(b, `{"reference":"urn:uuid:`, d.id, `","display":"`, d.name, `"}`)
}

func (p *patient) at(b []byte, typ string, c party) []byte {
	if p.prefixed {
		return cat(b, `{"reference":"`, typ, `?identifier=`, home, `|`, c.id, `","display":"`, c.name, `"}`)
	}
	return cat(b, `{"reference":"urn:uuid:`, c.id, `","display":"`, c.name, `"}`)
}

// period appends an element of type Period.
func (p *patient) period(b []byte, element string, start, end int64) []byte {
	b = cat(b, `,"`, element, `":{"start":"`)
	b = appendTime(b, start, p.zone)
	b = cat(b, `","end":"`)
	b = appendTime(b, end, p.zone)
	return cat(b, `"}`)
}

// time appends an element of type dateTime.
func (p *patient) time(b []byte, element string, at int64) []byte {
	b = cat(b, `,"`, element, `":"`)
	b = appendTime(b, at, p.zone)
	return append(b, '"')
}

// meta appends the profile that a resource claims, where its origin says one.
func (p *patient) meta(b []byte, name string) []byte {
	if !p.prefixed {
		return b
	}
	return cat(b, `,"meta":{"profile":["`, profile, name, `"]}`)
}
