package example

import (
	"strings"

	"github.com/samply/golang-fhir-models/fhir-models/fhir"
)

// A sign is one kind of vital sign; unit as quantity reads it.
type sign struct{ name, local, code, display, unit string }

var signs = map[string]sign{
	"weight": {"Weight", "14", "29463-7", "Body weight", "kg"},
	"height": {"Height", "11", "8302-2", "Body height", "cm"},
	"bmi":    {"BMI (Calculated)", "301070", "39156-5", "Body mass index (BMI) [Ratio]", "kg/m2"},
	"pulse":  {"Pulse", "8", "8867-4", "Heart rate", "/min"},
	"resp":   {"Resp", "9", "9279-1", "Respiratory rate", "/min"},
	"temp":   {"Temp", "6", "8310-5", "Body temperature", "degF|[degF]"},
	"spo2":   {"SpO2", "10", "59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry", "%"},
}

// measured are the vital signs of a visit, taken at a time (UTC).
type measured struct{ visit, at, values string }

var vitals = []measured{
	{"2017", "2017-03-14T15:08:12Z", "bp=148/92 height=165.1 weight=96.2 bmi=35.29 pulse=82 temp=98.60"},
	{"2018-annual", "2018-03-20T14:36:55Z", "bp=146/90 weight=98.4 pulse=84"},
	{"2018-07", "2018-07-10T14:04:31Z", "bp=134/84 weight=95.8 bmi=35.15"},
	{"2019-01", "2019-01-15T15:34:10Z", "bp=132/82 weight=94.9"},
	{"2019-ed", "2019-02-09T22:49:38Z", "bp=152/88 pulse=96 temp=98.2 resp=18 spo2=98"},
	{"2020-01", "2020-01-21T15:06:44Z", "bp=136/84 weight=97.3"},
	{"2020-09", "2020-09-15T14:07:19Z", "bp=138/86 weight=99.1 bmi=36.36 pulse=80"},
	{"2021-01", "2021-01-19T15:03:57Z", "bp=130/80 weight=94.2"},
	{"2021-05", "2021-05-11T14:05:40Z", "bp=128/78 weight=89.7"},
	{"2021-11", "2021-11-09T15:07:26Z", "bp=124/76 weight=86.3 pulse=72"},
	{"2022-ed", "2022-02-08T03:31:05Z", "bp=154/94 weight=85.4 pulse=104 temp=101.30 resp=20 spo2=96"},
	{"2022-11", "2022-11-08T15:08:33Z", "bp=122/76 weight=83.9"},
	{"2024-01", "2024-01-16T15:06:01Z", "bp=120/74 weight=82.5"},
	{"2024-10", "2024-10-15T14:04:48Z", "bp=118/74 weight=82.1"},
	{"2025-04", "2025-04-22T14:06:15Z", "bp=121/75 height=165.10 weight=81.6 bmi=29.94 pulse=70"},
}

func (c *chart) vitalSigns() {
	for _, m := range vitals {
		for word := range strings.FieldsSeq(m.values) {
			name, value, _ := strings.Cut(word, "=")
			o := m.observation()
			if name == "bp" {
				pressure(&o, value)
			} else {
				s := signs[name]
				o.Code = concept(s.name, local("2.707679", s.local, s.name), loinc(s.code, s.display), loinc("8716-3", "Vital signs"))
				o.ValueQuantity = quantity(value, s.unit)
			}
			c.add(m.visit+"/"+name, o, oximetry(name, m.visit)...)
		}
	}
	c.homeReadings()
}

func (m measured) observation() fhir.Observation {
	return fhir.Observation{
		Status:            fhir.ObservationStatusFinal,
		Category:          category(hl7("observation-category", "vital-signs", "Vital Signs")),
		Subject:           new(subject()),
		Encounter:         during(m.visit),
		EffectiveDateTime: &m.at,
		Issued:            &m.at,
		Performer:         []fhir.Reference{{Display: new("Medical assistant")}},
	}
}

// pressure codes a blood pressure as this EHR does: its own codes first, then
// 55284-4, then the panel code that others use.
func pressure(o *fhir.Observation, value string) {
	o.Code = concept("Blood Pressure",
		local("2.707679", "5", "Blood Pressure"),
		coding("urn:oid:1.2.246.537.6.96", "8462-4", ""),
		coding("urn:oid:1.2.246.537.6.96", "8480-6", ""),
		loinc("55284-4", "Blood pressure systolic and diastolic"),
		loinc("85354-9", "Blood pressure panel with all children optional"),
		loinc("8716-3", "Vital signs"))
	systolic, diastolic, _ := strings.Cut(value, "/")
	o.Component = []fhir.ObservationComponent{
		{Code: concept("Systolic blood pressure", loinc("8480-6", "Systolic blood pressure")), ValueQuantity: quantity(systolic, "mm[Hg]")},
		{Code: concept("Diastolic blood pressure", loinc("8462-4", "Diastolic blood pressure")), ValueQuantity: quantity(diastolic, "mm[Hg]")},
	}
	if len(systolic) == 3 && systolic >= "140" {
		o.Interpretation = flag("H", "High")
	}
}

func flag(code, display string) []fhir.CodeableConcept {
	return []fhir.CodeableConcept{concept(display, hl7("v3-ObservationInterpretation", code, display))}
}

// oximetry adds the oxygen flow to a saturation: none on the first visit, 2
// litres a minute on the second.
func oximetry(name, visit string) []edit {
	if name != "spo2" {
		return nil
	}
	flow := "0.0"
	if visit == "2022-ed" {
		flow = "2.0"
	}
	return []edit{set("/component", `[{"code":{"coding":[{"system":"http://loinc.org","code":"3151-8","display":"Inhaled oxygen flow rate"}],"text":"O2 Flow Rate (L/min)"},`+
		`"valueQuantity":{"value":`+flow+`,"unit":"L/min","system":"http://unitsofmeasure.org","code":"L/min"}},`+
		`{"code":{"coding":[{"system":"http://loinc.org","code":"3150-6","display":"Inhaled oxygen concentration"}],"text":"FiO2 (%)"},`+
		`"dataAbsentReason":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/data-absent-reason","code":"not-performed","display":"Not Performed"}]}}]`)}
}

// homeReadings are what the patient reported or her phone sent: other units, and
// JSON that is further from the specification than the EHR's own.
func (c *chart) homeReadings() {
	m := measured{"2020-video", "2020-04-28T18:05:00Z", ""}
	o := m.observation()
	o.Code = concept("Weight (patient reported)", loinc("29463-7", "Body weight"), loinc("3141-9", "Body weight Measured"))
	o.ValueQuantity = quantity("217.2", "lb|[lb_av]")
	o.Performer = []fhir.Reference{subject()}
	c.add("2020-video/weight", o)

	o = m.observation()
	o.Code = concept("Temp", local("2.707679", "6", "Temp"), loinc("8310-5", "Body temperature"))
	o.DataAbsentReason = new(concept("Unable to obtain", hl7("data-absent-reason", "not-performed", "Not Performed")))
	c.add("2020-video/temp", o)

	phone := func(key, code, display, value, unit string, edits ...edit) {
		o := fhir.Observation{
			Status:            fhir.ObservationStatusFinal,
			Category:          category(hl7("observation-category", "activity", "Activity")),
			Code:              concept("", loinc(code, display)),
			Subject:           new(subject()),
			Device:            &fhir.Reference{Reference: new("urn:uuid:6f1d2a0e-52b7-4c6e-9b1a-0d5c7e3f8a41"), Display: new("Phone")},
			EffectiveDateTime: new("2024-09-30T22:00:00-05:00"),
			ValueQuantity:     quantity(value, unit),
		}
		c.add(key, o, edits...)
	}
	phone("phone/steps", "55423-8", "Number of steps in unspecified time Pedometer", "8412", "steps|{steps}",
		set("/issued", "1727766001000"), set("/sourceApp", `{"name":"Stride","build":211}`))
	phone("phone/weight", "29463-7", "Body weight", "82.4", "kg", set("/valueQuantity/value", `"82.4"`), set("/issued", "null"), set("/note", "[]"))
}
