package example

import (
	"strings"

	"github.com/samply/golang-fhir-models/fhir-models/fhir"
)

// A drug is a product as the pharmacy names it. Codes left empty are not sent.
type drug struct{ name, rxnorm, rxname, ndc, form, ingredient string }

var drugs = map[string]drug{
	"lisinopril10":   {"lisinopril 10 MG tablet", "314076", "lisinopril 10 MG Oral Tablet", "", "tablet", "lisinopril"},
	"lisinopril20":   {"lisinopril 20 MG tablet", "314077", "lisinopril 20 MG Oral Tablet", "", "tablet", "lisinopril"},
	"losartan50":     {"losartan 50 MG tablet", "979492", "losartan potassium 50 MG Oral Tablet", "", "tablet", "losartan"},
	"metformin500":   {"metFORMIN 500 MG tablet", "861007", "metformin hydrochloride 500 MG Oral Tablet", "", "tablet", "metformin"},
	"metformin1000":  {"metFORMIN 1000 MG tablet", "861004", "metformin hydrochloride 1000 MG Oral Tablet", "99999-0101-90", "tablet", "metformin"},
	"atorvastatin20": {"atorvastatin 20 MG tablet", "617310", "atorvastatin 20 MG Oral Tablet", "", "tablet", "atorvastatin"},
	"atorvastatin40": {"atorvastatin 40 MG tablet", "617311", "atorvastatin 40 MG Oral Tablet", "99999-0102-90", "tablet", "atorvastatin"},
	"nicotine":       {"nicotine 21 MG/24HR patch", "", "", "", "patch", "nicotine"},
	"strips":         {"blood glucose test strips", "", "", "", "strip", ""},
	"acetaminophen":  {"acetaminophen 500 MG tablet", "198440", "acetaminophen 500 MG Oral Tablet", "", "tablet", "acetaminophen"},
	"peg":            {"polyethylene glycol-electrolytes oral solution", "", "", "", "solution", "polyethylene glycol 3350"},
	"doxycycline":    {"doxycycline 100 MG tablet", "3640", "doxycycline", "", "tablet", "doxycycline"},
	"omeprazole":     {"omeprazole 20 MG capsule,delayed release", "198051", "omeprazole 20 MG Delayed Release Oral Capsule", "", "capsule", "omeprazole"},
	"semaglutide025": {"semaglutide 0.25 mg or 0.5 mg (2 mg/1.5 mL) pen injector", "1991302", "semaglutide", "", "pen injector", "semaglutide"},
	"semaglutide1":   {"semaglutide 1 mg/dose (4 mg/3 mL) pen injector", "1991302", "semaglutide", "99999-0103-03", "pen injector", "semaglutide"},
	"ciprofloxacin":  {"ciprofloxacin 400 mg in D5W 200 mL IVPB", "2551", "ciprofloxacin", "", "solution", "ciprofloxacin"},
	"metronidazole":  {"metroNIDAZOLE 500 mg in NaCl 100 mL IVPB", "6922", "metronidazole", "", "solution", "metronidazole"},
	"ondansetron":    {"ondansetron 4 mg/2 mL injection", "1740467", "2 ML ondansetron 2 MG/ML Injection", "", "solution", "ondansetron"},
	"oxycodone":      {"oxyCODONE 5 MG immediate release tablet", "1049621", "oxycodone hydrochloride 5 MG Oral Tablet", "", "tablet", "oxycodone"},
}

func (d drug) concept() fhir.CodeableConcept {
	var codings []fhir.Coding
	if d.rxnorm != "" {
		codings = append(codings, coding("urn:oid:2.16.840.1.113883.6.253", "9"+d.rxnorm, ""), rxnorm(d.rxnorm, d.rxname))
	}
	if d.ndc != "" {
		codings = append(codings, ndc(d.ndc))
	}
	return concept(d.name, codings...)
}

func (d drug) medication() fhir.Medication {
	m := fhir.Medication{Code: new(d.concept()), Form: new(concept(d.form))}
	if d.ingredient != "" {
		m.Ingredient = []fhir.MedicationIngredient{{ItemCodeableConcept: concept(d.ingredient)}}
	}
	return m
}

// An order is one MedicationRequest. How says in which way it names its drug:
// "line" refers to a Medication line, "absent" to one that the export lacks, "absolute" to a
// line by its full URL, "concept" names it itself, "display" only as text, "#x" contains it.
type order struct {
	drug, how, status, visit string
	from, to                 string
	sig                      string
	dose                     string // number and unit
	timing                   string // frequency/period+unit, such as 2/1d; "prn" before it
	quantity, days, refills  string
	reason                   string // key of a Condition
}

var orders = []order{
	{"lisinopril10", "line", "stopped", "2017", "2017-03-14", "2018-04-03", "Take 1 tablet (10 mg total) by mouth daily.", "10 mg", "1/1d", "90 tablet", "90", "3", "htn"},
	{"lisinopril20", "line", "stopped", "2018-dx", "2018-04-03", "2021-05-11", "Take 1 tablet (20 mg total) by mouth daily.", "20 mg", "1/1d", "90 tablet", "90", "3", "htn"},
	{"metformin500", "concept", "stopped", "2018-dx", "2018-04-03", "2018-07-10", "Take 1 tablet (500 mg total) by mouth 2 (two) times a day with meals.", "500 mg", "2/1d", "180 tablet", "90", "1", "t2dm"},
	{"atorvastatin20", "#1", "stopped", "2018-dx", "2018-04-03", "2019-07-16", "Take 1 tablet (20 mg total) by mouth nightly.", "20 mg", "1/1d", "90 tablet", "90", "3", "lipids"},
	{"nicotine", "concept", "completed", "2018-dx", "2018-04-03", "2018-05-29", "Place 1 patch on the skin daily for 8 weeks. Remove old patch first.", "1 patch|{patch}", "1/1d", "56 patch", "56", "0", ""},
	{"strips", "concept", "active", "2018-dsme", "2018-05-01", "", "Use to test blood sugar 1 (one) time a day.", "", "1/1d", "100 strip", "90", "3", "t2dm"},
	{"metformin1000", "line", "active", "2018-07", "2018-07-10", "", "Take 1 tablet (1,000 mg total) by mouth 2 (two) times a day with meals.", "1000 mg", "2/1d", "180 tablet", "90", "3", "t2dm"},
	{"acetaminophen", "#1", "completed", "2019-ed", "2019-02-10", "2019-02-17", "Take 2 tablets (1,000 mg total) by mouth every 8 (eight) hours as needed for pain.", "1000 mg", "prn1/8h", "42 tablet", "7", "0", "ankle"},
	{"peg", "display", "completed", "", "2019-05-28", "2019-06-11", "Drink half the evening before and half the morning of the procedure.", "4 L", "", "4 L", "1", "0", ""},
	{"atorvastatin40", "line", "active", "2019-07", "2019-07-16", "", "Take 1 tablet (40 mg total) by mouth nightly.", "40 mg", "1/1d", "90 tablet", "90", "3", "lipids"},
	{"omeprazole", "absolute", "stopped", "2019-07", "2019-07-16", "2022-11-08", "Take 1 capsule (20 mg total) by mouth daily before breakfast.", "20 mg", "1/1d", "90 capsule", "90", "3", "gerd"},
	{"doxycycline", "#med1", "completed", "2019-sinus", "2019-09-05", "2019-09-15", "Take 1 tablet (100 mg total) by mouth 2 (two) times a day for 10 days.", "100 mg", "2/1d", "20 tablet", "10", "0", "sinusitis"},
	{"semaglutide025", "line", "completed", "2020-09", "2020-09-15", "2020-10-13", "Inject 0.25 mg under the skin once a week for 4 weeks.", "0.25 mg", "1/1wk", "1.50 mL", "28", "0", "t2dm"},
	{"semaglutide025", "line", "completed", "2020-09", "2020-10-13", "2021-05-11", "Inject 0.5 mg under the skin once a week.", "0.5 mg", "1/1wk", "1.50 mL", "28", "6", "t2dm"},
	{"losartan50", "line", "active", "2021-05", "2021-05-11", "", "Take 1 tablet (50 mg total) by mouth daily.", "50 mg", "1/1d", "90 tablet", "90", "3", "htn"},
	{"semaglutide1", "line", "active", "2021-05", "2021-05-11", "", "Inject 1 mg under the skin once a week.", "1 mg", "1/1wk", "3.00 mL", "28", "11", "t2dm"},
	{"ondansetron", "concept", "completed", "2022-ed", "2022-02-08", "2022-02-08", "4 mg, Intravenous, Once", "4 mg", "", "", "", "", ""},
	{"ciprofloxacin", "line", "completed", "2022-stay", "2022-02-08", "2022-02-10", "400 mg, Intravenous, Every 12 hours", "400 mg", "1/12h", "", "", "", "cholecystitis"},
	{"metronidazole", "line", "completed", "2022-stay", "2022-02-08", "2022-02-10", "500 mg, Intravenous, Every 8 hours", "500 mg", "1/8h", "", "", "", "cholecystitis"},
	{"oxycodone", "absent", "completed", "2022-stay", "2022-02-11", "2022-02-14", "Take 1 tablet (5 mg total) by mouth every 6 (six) hours as needed for severe pain.", "5 mg", "prn1/6h", "10 tablet", "3", "0", ""},
	{"peg", "absent", "completed", "", "2024-06-04", "2024-06-18", "Drink half the evening before and half the morning of the procedure.", "4 L", "", "4 L", "1", "0", ""},
}

func (o order) key() string { return o.drug + "/" + o.from }

func (o order) inpatient() bool { return o.quantity == "" }

func (o order) injected() bool { return strings.HasPrefix(o.drug, "semaglutide") }

// orderOf finds an order by its key.
func orderOf(key string) order {
	for _, o := range orders {
		if o.key() == key {
			return o
		}
	}
	return order{}
}
