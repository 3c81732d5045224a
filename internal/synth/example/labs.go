package example

import (
	"strconv"
	"strings"
	"time"

	"github.com/samply/golang-fhir-models/fhir-models/fhir"
)

// An analyte is one laboratory test with its reference range (either end, or a
// text instead of both).
type analyte struct{ name, local, code, display, unit, low, high, text string }

var analytes = map[string]analyte{
	"a1c":   {"HEMOGLOBIN A1C", "1558", "4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "%", "4.0", "5.6", ""},
	"chol":  {"CHOLESTEROL", "1520", "2093-3", "Cholesterol [Mass/volume] in Serum or Plasma", "mg/dL", "", "199", ""},
	"hdl":   {"HDL", "1521", "2085-9", "Cholesterol in HDL [Mass/volume] in Serum or Plasma", "mg/dL", "50", "", ""},
	"trig":  {"TRIGLYCERIDES", "1522", "2571-8", "Triglyceride [Mass/volume] in Serum or Plasma", "mg/dL", "", "149", ""},
	"ldl":   {"LDL CALCULATED", "1523", "13457-7", "Cholesterol in LDL [Mass/volume] in Serum or Plasma by calculation", "mg/dL", "", "99", ""},
	"na":    {"SODIUM", "1501", "2951-2", "Sodium [Moles/volume] in Serum or Plasma", "mmol/L", "136", "145", ""},
	"k":     {"POTASSIUM", "1502", "2823-3", "Potassium [Moles/volume] in Serum or Plasma", "mmol/L", "3.5", "5.1", ""},
	"cl":    {"CHLORIDE", "1503", "2075-0", "Chloride [Moles/volume] in Serum or Plasma", "mmol/L", "98", "107", ""},
	"co2":   {"CO2", "1504", "2028-9", "Carbon dioxide, total [Moles/volume] in Serum or Plasma", "mmol/L", "22", "29", ""},
	"bun":   {"BUN", "1505", "3094-0", "Urea nitrogen [Mass/volume] in Serum or Plasma", "mg/dL", "7", "20", ""},
	"creat": {"CREATININE", "1506", "2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", "0.50", "1.10", ""},
	"ca":    {"CALCIUM", "1507", "17861-6", "Calcium [Mass/volume] in Serum or Plasma", "mg/dL", "8.6", "10.2", ""},
	"glu":   {"GLUCOSE", "1508", "2345-7", "Glucose [Mass/volume] in Serum or Plasma", "mg/dL", "70", "99", ""},
	"gfr09": {"EGFR", "1509", "62238-1", "Glomerular filtration rate [Volume Rate/Area] in Serum, Plasma or Blood by Creatinine-based formula (CKD-EPI)/1.73 sq M", "mL/min/{1.73_m2}", "", "", ">=60"},
	"gfr21": {"EGFR (CKD-EPI 2021)", "1510", "98979-8", "Glomerular filtration rate [Volume Rate/Area] in Serum, Plasma or Blood by Creatinine-based formula (CKD-EPI 2021)/1.73 sq M", "mL/min/{1.73_m2}", "", "", ">=60"},
	"wbc":   {"WBC", "1540", "6690-2", "Leukocytes [#/volume] in Blood by Automated count", "10*3/uL|10*3/uL", "4.0", "11.0", ""},
	"rbc":   {"RBC", "1541", "789-8", "Erythrocytes [#/volume] in Blood by Automated count", "10*6/uL|10*6/uL", "3.80", "5.20", ""},
	"hgb":   {"HEMOGLOBIN", "1542", "718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", "11.7", "15.5", ""},
	"hct":   {"HEMATOCRIT", "1543", "4544-3", "Hematocrit [Volume Fraction] of Blood by Automated count", "%", "35.0", "45.0", ""},
	"plt":   {"PLATELETS", "1544", "777-3", "Platelets [#/volume] in Blood by Automated count", "10*3/uL|10*3/uL", "150", "400", ""},
	"acr":   {"ALBUMIN/CREATININE RATIO, URINE", "1570", "9318-7", "Albumin/Creatinine [Mass Ratio] in Urine", "mg/g", "", "29", ""},
	"alt":   {"ALT", "1530", "1742-6", "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma", "U/L", "7", "40", ""},
	"ast":   {"AST", "1531", "1920-8", "Aspartate aminotransferase [Enzymatic activity/volume] in Serum or Plasma", "U/L", "10", "36", ""},
	"bili":  {"BILIRUBIN, TOTAL", "1532", "1975-2", "Bilirubin.total [Mass/volume] in Serum or Plasma", "mg/dL", "0.2", "1.2", ""},
	"lip":   {"LIPASE", "1533", "3040-3", "Lipase [Enzymatic activity/volume] in Serum or Plasma", "U/L", "13", "60", ""},
	"crp":   {"C-REACTIVE PROTEIN", "1534", "1988-5", "C reactive protein [Mass/volume] in Serum or Plasma", "mg/L", "", "5.0", ""},
	"trop":  {"TROPONIN I, HIGH SENSITIVITY", "1535", "89579-7", "Troponin I.cardiac [Mass/volume] in Serum or Plasma by High sensitivity method", "ng/L", "", "15", ""},
	"tsh":   {"TSH", "1560", "3016-3", "Thyrotropin [Units/volume] in Serum or Plasma", "m[IU]/L", "0.40", "4.50", ""},
	"uglu":  {"GLUCOSE, UA", "1580", "5792-7", "Glucose [Mass/volume] in Urine by Test strip", "", "", "", "Negative"},
	"uprot": {"PROTEIN, UA", "1581", "20454-5", "Protein [Presence] in Urine by Test strip", "", "", "", "Negative"},
	"uket":  {"KETONES, UA", "1582", "2514-8", "Ketones [Presence] in Urine by Test strip", "", "", "", "Negative"},
	"uph":   {"PH, UA", "1583", "5803-2", "pH of Urine by Test strip", "", "", "", "5.0 - 8.0"},
	"usg":   {"SPECIFIC GRAVITY, UA", "1584", "5811-5", "Specific gravity of Urine by Test strip", "", "", "", "1.005 - 1.030"},
	"uleu":  {"LEUKOCYTE ESTERASE, UA", "1585", "5799-2", "Leukocyte esterase [Presence] in Urine by Test strip", "", "", "", "Negative"},
}

// panels are what a report is called.
var panels = map[string]fhir.CodeableConcept{
	"a1c":     concept("Hemoglobin A1c", loinc("4548-4", ""), cpt("83036", "")),
	"lipid":   concept("Lipid panel", loinc("24331-1", "Lipid 1996 panel - Serum or Plasma"), cpt("80061", "")),
	"bmp":     concept("Basic metabolic panel", loinc("24321-2", "Basic metabolic 2000 panel - Serum or Plasma"), cpt("80048", "")),
	"cbc":     concept("CBC", loinc("58410-2", "CBC panel - Blood by Automated count"), cpt("85027", "")),
	"hepatic": concept("Hepatic panel and lipase"),
	"ua":      concept("Urinalysis", loinc("24356-8", "Urinalysis complete panel - Urine"), cpt("81001", "")),
	"acr":     concept("Microalbumin/creatinine ratio, random urine", cpt("82043", "")),
	"other":   concept("Other laboratory tests"),
}

// A draw is one specimen's results in one panel. Values are analyte=value, a
// value in quotes a string.
type draw struct{ visit, at, panel, values string }

var draws = []draw{
	{"2017", "2017-03-14T15:41:00Z", "a1c", "a1c=6.1"},
	{"2017", "2017-03-14T15:41:00Z", "lipid", "chol=231 hdl=44 trig=188 ldl=149"},
	{"2017", "2017-03-14T15:41:00Z", "bmp", "na=140 k=4.2 cl=103 co2=26 bun=14 creat=0.78 ca=9.4 glu=112 gfr09=90"},
	{"2017", "2017-03-14T15:41:00Z", "cbc", "wbc=7.8 rbc=4.61 hgb=13.9 hct=41.2 plt=268"},
	{"2018-annual", "2018-03-20T15:02:00Z", "a1c", "a1c=8.1"},
	{"2018-annual", "2018-03-20T15:02:00Z", "lipid", "chol=238 hdl=42 trig=205 ldl=155"},
	{"2018-annual", "2018-03-20T15:02:00Z", "ua", "uglu='2+' uprot='Negative' uket='Negative' uph='6.0' usg='1.020' uleu='Negative'"},
	{"2018-dx", "2018-04-03T19:22:00Z", "a1c", "a1c=8.3"},
	{"2018-dx", "2018-04-03T19:22:00Z", "acr", "acr=14"},
	{"2018-07", "2018-07-10T14:20:00Z", "a1c", "a1c=7.4"},
	{"2018-07", "2018-07-10T14:20:00Z", "lipid", "chol=176 hdl=45 trig=165 ldl=98"},
	{"2019-01", "2019-01-15T15:50:00Z", "a1c", "a1c=7.0"},
	{"2019-07", "2019-07-16T14:26:00Z", "a1c", "a1c=7.2"},
	{"2019-07", "2019-07-16T14:26:00Z", "acr", "acr=<5.0"},
	{"2020-01", "2020-01-21T15:26:00Z", "a1c", "a1c=7.6"},
	{"2020-09", "2020-09-15T14:33:00Z", "a1c", "a1c=8.4"},
	{"2020-09", "2020-09-15T14:33:00Z", "lipid", "chol=165 hdl=44 trig=185 ldl=84"},
	{"2020-09", "2020-09-15T14:33:00Z", "other", "creat=0.84 gfr09=80 tsh=1.50"},
	{"2021-01", "2021-01-19T15:20:00Z", "a1c", "a1c=7.3"},
	{"2021-05", "2021-05-11T14:25:00Z", "a1c", "a1c=6.7"},
	{"2021-11", "2021-11-09T15:35:00Z", "a1c", "a1c=6.4"},
	{"2022-ed", "2022-02-08T03:55:00Z", "cbc", "wbc=14.8 rbc=4.52 hgb=13.4 hct=40.1 plt=291"},
	{"2022-ed", "2022-02-08T03:55:00Z", "bmp", "na=137 k=3.4 cl=101 co2=23 bun=19 creat=0.97 ca=9.0 glu=148 gfr21=70"},
	{"2022-ed", "2022-02-08T03:55:00Z", "hepatic", "alt=58 ast=47 bili=1.4 lip=41 crp=86.0"},
	{"2022-ed", "2022-02-08T03:55:00Z", "other", "trop=<3"},
	{"2022-stay", "2022-02-10T11:10:00Z", "other", "wbc=9.6 hgb=12.1 crp=31.5"},
	{"2022-11", "2022-11-08T15:36:00Z", "a1c", "a1c=6.2"},
	{"2022-11", "2022-11-08T15:36:00Z", "lipid", "chol=138 hdl=53 trig=105 ldl=64"},
	{"2024-01", "2024-01-16T15:36:00Z", "a1c", "a1c=6.1"},
	{"2024-10", "2024-10-15T14:20:00Z", "a1c", "a1c=6.2"},
	{"2025-04", "2025-04-22T14:38:00Z", "a1c", "a1c=6.0"},
	{"2025-04", "2025-04-22T14:38:00Z", "lipid", "chol=139 hdl=56 trig=90 ldl=65"},
	{"2025-04", "2025-04-22T14:38:00Z", "other", "creat=0.82 gfr21=84 glu=104"},
	{"2025-04", "2025-04-22T14:38:00Z", "acr", "acr=9"},
}

func (d draw) key(analyte string) string { return d.visit + "/" + d.panel + "/" + analyte }

// reported is when the result came out: within the hour in hospital, else in the
// evening.
func (d draw) reported() string {
	wait := 7*time.Hour + 33*time.Minute
	if d.visit == "2022-ed" || d.visit == "2022-stay" {
		wait = 52 * time.Minute
	}
	drawn, err := time.Parse(time.RFC3339, d.at)
	if err != nil {
		return d.at
	}
	return drawn.Add(wait).Format(time.RFC3339)
}

func (c *chart) labResults() {
	for _, d := range draws {
		for word := range strings.FieldsSeq(d.values) {
			name, value, _ := strings.Cut(word, "=")
			c.add(d.key(name), d.observation(name, value), d.edits(name)...)
		}
	}
}

func (d draw) observation(name, value string) fhir.Observation {
	a := analytes[name]
	o := fhir.Observation{
		BasedOn:           []fhir.Reference{ref("ServiceRequest", d.visit+"/"+d.panel, "")},
		Status:            fhir.ObservationStatusFinal,
		Category:          category(hl7("observation-category", "laboratory", "Laboratory")),
		Code:              concept(a.name, local("5.737384.1", a.local, a.name), loinc(a.code, a.display)),
		Subject:           new(subject()),
		Encounter:         during(d.visit),
		EffectiveDateTime: &d.at,
		Issued:            new(d.reported()),
		Performer:         []fhir.Reference{ref("Organization", "lab", "Larkfield Regional Laboratory")},
		Specimen:          new(d.specimen()),
		ReferenceRange:    a.ranges(),
	}
	if text, isText := strings.CutPrefix(value, "'"); isText {
		o.ValueString = new(strings.TrimSuffix(text, "'"))
		return o
	}
	o.ValueQuantity = quantity(value, a.unit)
	o.Interpretation = a.interpretation(value)
	return o
}

func (a analyte) ranges() []fhir.ObservationReferenceRange {
	r := fhir.ObservationReferenceRange{Text: new(a.text)}
	switch {
	case a.low != "" && a.high != "":
		r.Low, r.High, r.Text = quantity(a.low, a.unit), quantity(a.high, a.unit), new(a.low+" - "+a.high+" "+a.unitName())
	case a.low != "":
		r.Low, r.Text = quantity(a.low, a.unit), new(">="+a.low+" "+a.unitName())
	case a.high != "":
		r.High, r.Text = quantity(a.high, a.unit), new("<="+a.high+" "+a.unitName())
	}
	return []fhir.ObservationReferenceRange{r}
}

func (a analyte) unitName() string {
	name, _, _ := strings.Cut(a.unit, "|")
	return name
}

// interpretation flags what is out of range; this EHR sends nothing otherwise.
func (a analyte) interpretation(value string) []fhir.CodeableConcept {
	v, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return nil
	}
	if high, err := strconv.ParseFloat(a.high, 64); err == nil && v > high {
		return flag("H", "High")
	}
	if low, err := strconv.ParseFloat(a.low, 64); err == nil && v < low {
		return flag("L", "Low")
	}
	return nil
}

// edits are what single results bring beside the model.
func (d draw) edits(name string) []edit {
	switch d.key(name) {
	case "2017/bmp/k": // sent again when it became final, see correctedPotassium
		return []edit{set("/status", `"preliminary"`), set("/referenceRange/0/type", `{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/referencerange-meaning","code":"normal"}],"text":"Normal Range"}`)}
	case "2020-09/other/tsh":
		return []edit{set("/method", `{"text":"Chemiluminescence <3rd generation>"}`)}
	case "2022-ed/other/trop":
		return []edit{set("/note", `[{"text":"Below the limit of detection. No acute injury < 3 ng/L at > 3 h from onset & normal ECG."}]`)}
	case "2025-04/a1c/a1c":
		return []edit{set("/basedOn/0/reference", `"ServiceRequest/`+id("ServiceRequest", "2025-04/a1c")+`/_history/2"`)}
	}
	return nil
}

// correctedPotassium sends a result of 2017 a second time, under the same id and
// with other content; neither has a meta that would order them.
func (c *chart) correctedPotassium() {
	d := draw{"2017", "2017-03-14T15:41:00Z", "bmp", ""}
	o := d.observation("k", "4.2")
	o.Status = fhir.ObservationStatusCorrected
	o.Issued = new("2017-03-15T13:05:00Z")
	o.Note = note("Specimen slightly hemolyzed.")
	c.add(d.key("k"), o)
}

// clotted is a test that was ordered and drawn, and has no result.
func (c *chart) clotted() {
	d := draw{"2020-09", "2020-09-15T14:33:00Z", "cbc", ""}
	o := d.observation("plt", "0")
	o.Status = fhir.ObservationStatusCancelled
	o.ValueQuantity, o.Interpretation = nil, nil
	o.DataAbsentReason = new(concept("Specimen clotted", hl7("data-absent-reason", "error", "Error")))
	c.add(d.key("plt"), o)
}

// outside is a result that came with records of another system, which codes in
// its own way: the number as text, no unit code, no display.
func (c *chart) outside() {
	o := fhir.Observation{
		Status:            fhir.ObservationStatusFinal,
		Category:          category(hl7("observation-category", "laboratory", "Laboratory")),
		Code:              concept("", loinc("4548-4", "")),
		Subject:           new(subject()),
		EffectiveDateTime: new("2016-09"),
		ValueString:       new("5.9"),
		Performer: []fhir.Reference{{Display: new("Riverbend Medical Group"),
			Identifier: new(identifier("urn:oid:2.16.840.1.113883.3.9999.7", "881204"))}},
	}
	c.add("outside/a1c", o)
	o.Code = concept("Vitamin D, 25-Hydroxy")
	o.ValueString = new("> 30 ng/mL")
	c.add("outside/vitd", o, set("/performer/0/reference", `"https://ehr.riverbend.example/fhir/R4/Organization/77"`))
}
