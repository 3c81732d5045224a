package example

import (
	"strings"

	"github.com/samply/golang-fhir-models/fhir-models/fhir"
)

// A visit is one Encounter; its key names it in the rest of the story.
type visit struct {
	key, class, start, end, typ, who, where, reason string
}

// visits are nearly eight and a half years in the order in which they happened.
// The class is a v3-ActCode, or one of the EHR's own in angle brackets.
var visits = []visit{
	{"2017", "AMB", "2017-03-14T15:00:00Z", "2017-03-14T15:50:00Z", "new", "pcp", "clinic", "Annual physical"},
	{"2018-annual", "AMB", "2018-03-20T14:30:00Z", "2018-03-20T15:10:00Z", "annual", "pcp", "clinic", "Annual physical"},
	{"2018-dx", "AMB", "2018-04-03T19:00:00Z", "2018-04-03T19:40:00Z", "office", "pcp", "clinic", "Follow-up of abnormal glucose"},
	{"2018-dsme", "<12>", "2018-05-01T16:00:00Z", "2018-05-01T17:30:00Z", "education", "educator", "clinic", "Diabetes education"},
	{"2018-eye", "AMB", "2018-05-22T13:15:00Z", "2018-05-22T14:00:00Z", "eye", "eye", "clinic", "Diabetic eye exam"},
	{"2018-07", "AMB", "2018-07-10T14:00:00Z", "2018-07-10T14:25:00Z", "office", "pcp", "clinic", "Type 2 diabetes follow-up"},
	{"2018-nurse", "<12>", "2018-10-02T20:05:00Z", "2018-10-02T20:20:00Z", "nurse", "educator", "clinic", "Immunizations"},
	{"2019-01", "AMB", "2019-01-15T15:30:00Z", "2019-01-15T15:55:00Z", "office", "pcp", "clinic", "Type 2 diabetes follow-up"},
	{"2019-ed", "EMER", "2019-02-09T22:41:00Z", "2019-02-10T01:12:00Z", "ed", "ed", "hospital", "Ankle injury"},
	{"2019-colonoscopy", "SS", "2019-06-11T12:30:00Z", "2019-06-11T16:10:00Z", "endoscopy", "gi", "endoscopy", "Screening colonoscopy"},
	{"2019-07", "AMB", "2019-07-16T14:00:00Z", "2019-07-16T14:30:00Z", "office", "pcp", "clinic", "Type 2 diabetes follow-up"},
	{"2019-sinus", "AMB", "2019-09-05T21:10:00Z", "2019-09-05T21:35:00Z", "urgent", "ed", "clinic", "Sinus pain"},
	{"2020-01", "AMB", "2020-01-21T15:00:00Z", "2020-01-21T15:30:00Z", "office", "pcp", "clinic", "Type 2 diabetes follow-up"},
	{"2020-video", "VR", "2020-04-28T18:00:00Z", "2020-04-28T18:22:00Z", "video", "pcp", "", "Type 2 diabetes follow-up"},
	{"2020-09", "AMB", "2020-09-15T14:00:00Z", "2020-09-15T14:40:00Z", "office", "pcp", "clinic", "Type 2 diabetes, above goal"},
	{"2021-01", "AMB", "2021-01-19T15:00:00Z", "2021-01-19T15:25:00Z", "office", "pcp", "clinic", "Type 2 diabetes follow-up"},
	{"2021-05", "AMB", "2021-05-11T14:00:00Z", "2021-05-11T14:30:00Z", "office", "pcp", "clinic", "Dry cough; diabetes follow-up"},
	{"2021-11", "AMB", "2021-11-09T15:00:00Z", "2021-11-09T15:40:00Z", "annual", "pcp", "clinic", "Annual physical"},
	{"2022-ed", "EMER", "2022-02-08T03:20:00Z", "2022-02-08T08:45:00Z", "ed", "ed", "hospital", "Right upper quadrant pain"},
	{"2022-stay", "IMP", "2022-02-08T08:45:00Z", "2022-02-11T17:30:00Z", "stay", "surgeon", "hospital", "Acute cholecystitis"},
	{"2022-postop", "AMB", "2022-02-24T16:00:00Z", "2022-02-24T16:20:00Z", "office", "surgeon", "hospital", "Post-operative check"},
	{"2022-11", "AMB", "2022-11-08T15:00:00Z", "2022-11-08T15:40:00Z", "annual", "pcp", "clinic", "Annual physical"},
	{"2023-mammogram", "<10>", "2023-06-20T18:45:00Z", "2023-06-20T19:05:00Z", "imaging", "", "hospital", "Screening mammogram"},
	{"2023-cancelled", "AMB", "2023-11-14T15:00:00Z", "", "office", "pcp", "clinic", "Type 2 diabetes follow-up"},
	{"2024-01", "AMB", "2024-01-16T15:00:00Z", "2024-01-16T15:40:00Z", "annual", "pcp", "clinic", "Annual physical"},
	{"2024-colonoscopy", "SS", "2024-06-18T12:15:00Z", "2024-06-18T15:30:00Z", "endoscopy", "gi", "endoscopy", "Surveillance colonoscopy"},
	{"2024-10", "AMB", "2024-10-15T14:00:00Z", "2024-10-15T14:25:00Z", "office", "pcp", "clinic", "Type 2 diabetes follow-up"},
	{"2025-04", "AMB", "2025-04-22T14:00:00Z", "2025-04-22T14:45:00Z", "annual", "pcp", "clinic", "Annual physical"},
	{"2025-phone", "VR", "2025-05-06T21:30:00Z", "", "phone", "pcp", "", "Results discussion"},
}

// visitTypes are the local code, its name, and the CPT code where one was billed.
var visitTypes = map[string][3]string{
	"new":       {"1004", "New Patient Visit", "99386"},
	"annual":    {"1000", "Annual Exam", "99396"},
	"office":    {"101", "Office Visit", "99214"},
	"education": {"1230", "Diabetes Education", ""},
	"eye":       {"2050", "Eye Exam", "92004"},
	"nurse":     {"1021", "Nurse Visit", ""},
	"urgent":    {"1102", "Urgent Care Visit", "99213"},
	"ed":        {"3", "Hospital Encounter", "99284"},
	"endoscopy": {"51", "Surgery", ""},
	"video":     {"2300", "Video Visit", "99213"},
	"phone":     {"70", "Telephone", ""},
	"stay":      {"3", "Hospital Encounter", "99222"},
	"imaging":   {"2020", "Ancillary Procedure", ""},
}

var classNames = map[string]string{
	"AMB": "ambulatory", "EMER": "emergency", "IMP": "inpatient encounter", "SS": "short stay", "VR": "virtual",
	"<12>": "Clinical Support", "<10>": "Hospital Outpatient",
}

func visitOf(key string) visit {
	for _, v := range visits {
		if v.key == key {
			return v
		}
	}
	return visit{}
}

// during refers to a visit as the EHR does, with its own contact number.
func during(key string) *fhir.Reference {
	if key == "" {
		return nil
	}
	r := ref("Encounter", key, visitTypes[visitOf(key).typ][1])
	r.Identifier = new(contactNumber(key))
	return &r
}

func contactNumber(key string) fhir.Identifier {
	for i, v := range visits {
		if v.key == key {
			return identifier(epic+"3.698084.8", "30"+v.start[2:4]+string(rune('0'+i/10))+string(rune('0'+i%10)))
		}
	}
	return fhir.Identifier{}
}

func (c *chart) encounters() {
	for _, v := range visits {
		c.add(v.key, v.resource(), v.edits()...)
	}
}

func (v visit) resource() fhir.Encounter {
	e := fhir.Encounter{
		Identifier:      []fhir.Identifier{contactNumber(v.key)},
		Status:          fhir.EncounterStatusFinished,
		Class:           v.classCoding(),
		Type:            []fhir.CodeableConcept{v.concept()},
		Subject:         new(subject()),
		Period:          period(v.start, v.end),
		ReasonCode:      []fhir.CodeableConcept{concept(v.reason)},
		ServiceProvider: new(ref("Organization", "health", "Larkfield Health")),
	}
	if v.key == "2023-cancelled" {
		e.Status = fhir.EncounterStatusCancelled
	}
	if v.who != "" {
		e.Participant = []fhir.EncounterParticipant{{
			Type:       []fhir.CodeableConcept{concept("attending", hl7("v3-ParticipationType", "ATND", "attender"))},
			Individual: new(doctor(v.who)),
		}}
	}
	if v.where != "" {
		e.Location = []fhir.EncounterLocation{{Location: place(v.where)}}
	}
	if v.key == "2022-stay" {
		e.PartOf = new(ref("Encounter", "2022-ed", ""))
		e.Hospitalization = &fhir.EncounterHospitalization{
			AdmitSource:          new(concept("From emergency department", hl7("admit-source", "emd", "From accident/emergency department"))),
			DischargeDisposition: new(concept("Discharged to home or self care", hl7("discharge-disposition", "home", "Home"))),
		}
		e.Diagnosis = []fhir.EncounterDiagnosis{{Condition: ref("Condition", "cholecystitis", ""), Rank: new(1),
			Use: new(concept("", hl7("diagnosis-role", "DD", "Discharge diagnosis")))}}
	}
	return e
}

func (v visit) classCoding() fhir.Coding {
	if code, isLocal := strings.CutPrefix(v.class, "<"); isLocal {
		return coding("urn:oid:1.2.840.114350.1.72.1.7.7.10.696784.13260", strings.TrimSuffix(code, ">"), classNames[v.class])
	}
	return hl7("v3-ActCode", v.class, classNames[v.class])
}

func (v visit) concept() fhir.CodeableConcept {
	t := visitTypes[v.typ]
	codings := []fhir.Coding{local("10.698084.30", t[0], t[1])}
	if t[2] != "" {
		codings = append(codings, cpt(t[2], ""))
	}
	return concept(t[1], codings...)
}

// edits are what real servers send beside the model: an empty reference text, a
// reference that is only a logical identifier.
func (v visit) edits() []edit {
	switch v.key {
	case "2020-video":
		return []edit{set("/location", `[{"location":{"display":"Telehealth"}}]`), set("/serviceProvider/reference", `""`)}
	case "2023-mammogram":
		return []edit{set("/serviceProvider", `{"type":"Organization","identifier":{"system":"http://hl7.org/fhir/sid/us-npi","value":"1990000072"}}`)}
	}
	return nil
}
