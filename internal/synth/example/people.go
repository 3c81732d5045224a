package example

import (
	"encoding/json"

	"github.com/samply/golang-fhir-models/fhir-models/fhir"
)

const (
	patientName    = "Odalys Renata Bergström"
	patientDisplay = "Bergström, Odalys Renata"
	usCore         = "http://hl7.org/fhir/us/core/StructureDefinition/"
)

func subject() fhir.Reference { return ref("Patient", "patient", patientDisplay) }

func (c *chart) patient() {
	c.add("patient", fhir.Patient{
		Extension:  demographics(),
		Identifier: patientIdentifiers(),
		Active:     new(true),
		Name: []fhir.HumanName{
			{Use: new(fhir.NameUseOfficial), Text: new(patientName), Family: new("Bergström"), Given: []string{"Odalys", "Renata"}},
			{Use: new(fhir.NameUseUsual), Text: new("Ody Bergström"), Family: new("Bergström"), Given: []string{"Ody"}},
			{Use: new(fhir.NameUseOld), Family: new("Vidal Cruz"), Given: []string{"Odalys", "?"}, Period: period("", "1996-06")},
		},
		Telecom: []fhir.ContactPoint{
			{System: new(fhir.ContactPointSystemPhone), Value: new("608-555-0147"), Use: new(fhir.ContactPointUseHome)},
			{System: new(fhir.ContactPointSystemPhone), Value: new("608-555-0182"), Use: new(fhir.ContactPointUseMobile), Rank: new(1)},
			{System: new(fhir.ContactPointSystemEmail), Value: new("ody.bergstrom@mail.example")},
		},
		Gender:          new(fhir.AdministrativeGenderFemale),
		BirthDate:       new("1968-04-23"),
		DeceasedBoolean: new(false),
		Address:         patientAddresses(),
		MaritalStatus:   new(concept("Married", hl7("v3-MaritalStatus", "M", "Married"))),
		Contact:         []fhir.PatientContact{emergencyContact()},
		Communication: []fhir.PatientCommunication{
			{Language: concept("English", coding("urn:ietf:bcp:47", "en", "English")), Preferred: new(true)},
			{Language: concept("Spanish", coding("urn:ietf:bcp:47", "es", "Spanish"))},
		},
		GeneralPractitioner:  []fhir.Reference{doctor("pcp")},
		ManagingOrganization: new(ref("Organization", "health", "Larkfield Health")),
	},
		set("/_birthDate", `{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthTime","valueDateTime":"1968-04-23T06:12:00-06:00"}]}`),
		set("/name/0/_given", `[null,{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/iso21090-EN-qualifier","valueCode":"MID"}]}]`),
		set("/name/2/given", `["Odalys",null]`),
		set("/name/2/_given", `[null,{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]}]`),
		set("/identifier/3/_value", `{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/rendered-value","valueString":"xxx-xx-4471"}]}`),
		set("/communication/0/_preferred", `{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-preferenceType","valueCoding":{"system":"http://hl7.org/fhir/language-preference-type","code":"verbal","display":"verbal"}}]}`),
	)
}

func demographics() []fhir.Extension {
	cdc := "urn:oid:2.16.840.1.113883.6.238"
	return []fhir.Extension{
		{Url: "http://open.epic.com/FHIR/StructureDefinition/extension/legal-sex",
			ValueCodeableConcept: new(concept("Female", local("10.698084.130.657370.19999000", "female", "female")))},
		{Url: usCore + "us-core-race", Extension: []fhir.Extension{
			{Url: "ombCategory", ValueCoding: new(coding(cdc, "2106-3", "White"))},
			{Url: "ombCategory", ValueCoding: new(coding(cdc, "1002-5", "American Indian or Alaska Native"))},
			{Url: "text", ValueString: new("White, American Indian or Alaska Native")},
		}},
		{Url: usCore + "us-core-ethnicity", Extension: []fhir.Extension{
			{Url: "ombCategory", ValueCoding: new(coding(cdc, "2135-2", "Hispanic or Latino"))},
			{Url: "detailed", ValueCoding: new(coding(cdc, "2148-5", "Mexican"))},
			{Url: "text", ValueString: new("Hispanic or Latino")},
		}},
		{Url: usCore + "us-core-birthsex", ValueCode: new("F")},
		{Url: usCore + "us-core-sex", ValueCode: new("248152002")},
		{Url: usCore + "us-core-genderIdentity",
			ValueCodeableConcept: new(concept("Female", snomed("446141000124107", "Identifies as female gender (finding)")))},
	}
}

func patientIdentifiers() []fhir.Identifier {
	ssn := identifier("http://hl7.org/fhir/sid/us-ssn", "")
	ssn.Value = nil
	mrn := identifier(epic+"5.737384.0", "LH0048213")
	mrn.Type = new(concept("MRN", hl7("v2-0203", "MR", "Medical record number")))
	mrn.Assigner = &fhir.Reference{Display: new("Larkfield Health")}
	return []fhir.Identifier{
		typedIdentifier("CEID", epic+"3.688884.100", "LHSKD7Q2M94XB1T"),
		mrn,
		typedIdentifier("INTERNAL", epic+"2.698084", "     Z48213"),
		ssn,
		typedIdentifier("FHIR", "http://open.epic.com/FHIR/StructureDefinition/patient-fhir-id", id("Patient", "patient")),
	}
}

func patientAddresses() []fhir.Address {
	return []fhir.Address{
		{Use: new(fhir.AddressUseOld), Text: new("88 Quarry Rd\r\nHARROW FALLS WI 53999"), Line: []string{"88 Quarry Rd"},
			City: new("HARROW FALLS"), State: new("WI"), PostalCode: new("53999"), Country: new("US"), Period: period("2004", "2019-05")},
		{Use: new(fhir.AddressUseHome), Text: new("2210 Tamarack Ln\r\nUnit 4\r\nHARROW FALLS WI 53999\r\nUnited States of America"),
			Line: []string{"2210 Tamarack Ln", "Unit 4"}, City: new("HARROW FALLS"), District: new("MARLOW"), State: new("WI"),
			PostalCode: new("53999"), Country: new("US"), Period: period("2019-05-24", "")},
	}
}

func emergencyContact() fhir.PatientContact {
	return fhir.PatientContact{
		Relationship: []fhir.CodeableConcept{concept("Spouse", hl7("v2-0131", "C", "Emergency Contact"))},
		Name:         &fhir.HumanName{Use: new(fhir.NameUseUsual), Text: new("Anders Bergström")},
		Telecom:      []fhir.ContactPoint{{System: new(fhir.ContactPointSystemPhone), Value: new("608-555-0119"), Use: new(fhir.ContactPointUseMobile)}},
	}
}

func (c *chart) relatedPerson() {
	c.add("spouse", fhir.RelatedPerson{
		Active:       new(true),
		Patient:      subject(),
		Relationship: []fhir.CodeableConcept{concept("Spouse", hl7("v3-RoleCode", "HUSB", "husband"))},
		Name:         []fhir.HumanName{{Text: new("Anders Bergström"), Family: new("Bergström"), Given: []string{"Anders"}}},
		Telecom:      []fhir.ContactPoint{{System: new(fhir.ContactPointSystemPhone), Value: new("608-555-0119")}},
		Gender:       new(fhir.AdministrativeGenderMale),
		BirthDate:    new("1966"),
	})
}

// A clinician of the imagined health system. Those without npi are only named
// by others: their own resource was not in reach.
type clinician struct {
	key, family, given, title, npi, taxonomy, specialty string
}

var clinicians = []clinician{
	{"pcp", "Halvorsen", "Ingrid", "MD", "1990000015", "207Q00000X", "Family Medicine"},
	{"eye", "Wieczorek", "Tomasz", "MD", "1990000023", "207W00000X", "Ophthalmology"},
	{"gi", "Ramaswamy-Cole", "Priyanka", "MD", "1990000031", "207RG0100X", "Gastroenterology"},
	{"surgeon", "Achterberg", "Desmond", "MD", "1990000049", "208600000X", "Surgery"},
	{"ed", "Montferrand", "Lucía", "DO", "1990000056", "207P00000X", "Emergency Medicine"},
	{"educator", "Kowalczyk", "Bethany", "RN", "1990000064", "163WD0400X", "Diabetes Educator"},
	{"pathologist", "Sørlie", "Annika", "MD", "", "", ""},
	{"radiologist", "Haddad-Nyquist", "Samir", "MD", "", "", ""},
}

func (d clinician) name() string { return d.given + " " + d.family + ", " + d.title }

// doctor refers to a clinician as the EHR does, with type and display.
func doctor(key string) fhir.Reference {
	for _, d := range clinicians {
		if d.key == key {
			r := ref("Practitioner", key, d.name())
			r.Type = new("Practitioner")
			return r
		}
	}
	return fhir.Reference{Display: &key}
}

func (c *chart) practitioners() {
	for _, d := range clinicians {
		if d.npi == "" {
			continue
		}
		c.addReached(d.key, fhir.Practitioner{
			Identifier: []fhir.Identifier{
				typedIdentifier("NPI", "http://hl7.org/fhir/sid/us-npi", d.npi),
				typedIdentifier("EXTERNAL", epic+"2.697780", "E"+d.npi[6:]),
			},
			Active: new(true),
			Name: []fhir.HumanName{{Use: new(fhir.NameUseUsual), Text: new(d.name()), Family: &d.family,
				Given: []string{d.given}, Suffix: []string{d.title}}},
			Qualification: []fhir.PractitionerQualification{
				{Code: concept(d.specialty, coding("http://nucc.org/provider-taxonomy", d.taxonomy, d.specialty))}},
		})
	}
}

func (c *chart) practitionerRoles() {
	for _, key := range []string{"pcp", "gi"} {
		d := clinicians[0]
		if key == "gi" {
			d = clinicians[2]
		}
		specialty := concept(d.specialty, coding("http://nucc.org/provider-taxonomy", d.taxonomy, d.specialty))
		c.addReached("role-"+key, fhir.PractitionerRole{
			Active:       new(true),
			Practitioner: new(doctor(key)),
			Organization: new(ref("Organization", "clinic", "Larkfield Family Medicine")),
			Code:         []fhir.CodeableConcept{concept("Physician", hl7("practitioner-role", "doctor", "Doctor"))},
			Specialty:    []fhir.CodeableConcept{specialty},
			Telecom:      []fhir.ContactPoint{{System: new(fhir.ContactPointSystemPhone), Value: new("608-555-0100"), Use: new(fhir.ContactPointUseWork)}},
		})
	}
}

func (c *chart) organizations() {
	for _, o := range []struct{ key, name, npi, typ, display string }{
		{"health", "Larkfield Health", "1990000072", "prov", "Healthcare Provider"},
		{"clinic", "Larkfield Family Medicine", "1990000080", "dept", "Hospital Department"},
		{"lab", "Larkfield Regional Laboratory", "1990000098", "dept", "Hospital Department"},
		{"payer", "Prairie Mutual Health Plan", "", "pay", "Payer"},
	} {
		org := fhir.Organization{
			Active:  new(true),
			Type:    []fhir.CodeableConcept{concept(o.display, hl7("organization-type", o.typ, o.display))},
			Name:    &o.name,
			Telecom: []fhir.ContactPoint{{System: new(fhir.ContactPointSystemPhone), Value: new("608-555-0100")}},
			Address: []fhir.Address{{Text: new("1 Larkfield Way\r\nHARROW FALLS WI 53999"), Line: []string{"1 Larkfield Way"},
				City: new("HARROW FALLS"), State: new("WI"), PostalCode: new("53999")}},
		}
		if o.npi != "" {
			org.Identifier = []fhir.Identifier{typedIdentifier("NPI", "http://hl7.org/fhir/sid/us-npi", o.npi)}
		}
		if o.typ == "dept" {
			org.PartOf = new(ref("Organization", "health", "Larkfield Health"))
		}
		c.addReached(o.key, org)
	}
}

var places = map[string]string{
	"clinic":    "LFM Harrow Falls & Diabetes Center",
	"hospital":  "Larkfield Hospital <Main Campus>",
	"endoscopy": "Larkfield Endoscopy Suite",
}

func place(key string) fhir.Reference { return ref("Location", key, places[key]) }

func (c *chart) locations() {
	for _, l := range []struct{ key, typ, display, lat, long string }{
		{"clinic", "FMC", "Family medicine clinic", "43.10", "-89.50"},
		{"hospital", "HOSP", "Hospital", "43.1075", "-89.4980"},
		{"endoscopy", "ENDOS", "Endoscopy lab", "43.1075", "-89.4980"},
	} {
		c.addReached(l.key, fhir.Location{
			Status:               new(fhir.LocationStatusActive),
			Name:                 new(places[l.key]),
			Mode:                 new(fhir.LocationModeInstance),
			Type:                 []fhir.CodeableConcept{concept(l.display, hl7("v3-RoleCode", l.typ, l.display))},
			Address:              &fhir.Address{Line: []string{"1 Larkfield Way"}, City: new("HARROW FALLS"), State: new("WI"), PostalCode: new("53999")},
			Position:             &fhir.LocationPosition{Longitude: json.Number(l.long), Latitude: json.Number(l.lat)},
			ManagingOrganization: new(ref("Organization", "health", "Larkfield Health")),
		})
	}
}
