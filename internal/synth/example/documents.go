package example

import (
	"encoding/base64"
	"fmt"

	"github.com/samply/golang-fhir-models/fhir-models/fhir"
)

func encoded(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// attachment refers to the Binary of a key.
func attachment(contentType, key, title string) fhir.Attachment {
	return fhir.Attachment{ContentType: &contentType, Url: new("Binary/" + id("Binary", key)), Title: optional(title)}
}

// A letter is one DocumentReference; rich says in which further form it is
// offered, of which only some are in the export.
type letter struct {
	key, visit, date, who, loinc, typ, format string
	text                                      string
}

var letters = []letter{
	{"progress-2017", "2017", "2017-03-14T16:20:00Z", "pcp", "11506-3", "Progress Notes", "text/html",
		"New patient, 48 y. Hypertension since about 2009, smokes some days. BP 148/92: start lisinopril 10 mg. A1c 6.1 %: prediabetes, diet and walking discussed."},
	{"progress-2018", "2018-dx", "2018-04-03T20:05:00Z", "pcp", "11506-3", "Progress Notes", "text/html",
		"A1c 8.1 % and 8.3 %: type 2 diabetes. Start metformin 500 mg twice a day, atorvastatin 20 mg, lisinopril up to 20 mg. Ready to quit smoking: patch."},
	{"consult-eye", "2018-eye", "2018-05-22T14:30:00Z", "eye", "11488-4", "Consult Note", "text/plain",
		"Visual acuity 20/20 both eyes. Dilated fundi: no retinopathy, no macular edema. Return in one year."},
	{"ed-2019", "2019-ed", "2019-02-10T01:15:00Z", "ed", "34878-9", "ED Provider Notes", "text/html",
		"Inversion injury on ice. Swelling over the lateral malleolus, Ottawa rules positive, films negative. Splint, acetaminophen rather than NSAIDs because of lisinopril & metformin."},
	{"colonoscopy-2019", "2019-colonoscopy", "2019-06-11T14:30:00Z", "gi", "28570-0", "Procedure Note", "text/plain",
		"Bowel preparation good. Two polyps in the descending colon (4 mm, 7 mm) removed with a cold snare. Repeat in 5 years."},
	{"progress-2020", "2020-09", "2020-09-15T15:00:00Z", "pcp", "11506-3", "Progress Notes", "text/html",
		"A1c 8.4 % on metformin 1000 mg twice a day, weight 99.1 kg. Start semaglutide 0.25 mg weekly; no family history of medullary thyroid cancer."},
	{"op-2022", "2022-stay", "2022-02-09T16:10:00Z", "surgeon", "11504-8", "Op Note", "application/rtf",
		"Laparoscopic cholecystectomy. Critical view of safety obtained. Estimated blood loss 15 mL. No complications."},
	{"discharge-2022", "2022-stay", "2022-02-11T17:05:00Z", "surgeon", "18842-5", "Discharge Summary", "application/rtf",
		"Admitted with acute cholecystitis, cholecystectomy on day 2. Ciprofloxacin and metronidazole (penicillin allergy). Semaglutide and metformin held, resumed at discharge."},
	{"progress-2025", "2025-04", "2025-04-22T15:10:00Z", "pcp", "11506-3", "Progress Notes", "text/html",
		"A1c 6.0 %, weight 81.6 kg, BP 121/75, LDL 65. Doing well. Eye exam is due."},
}

func (c *chart) documentReferences() {
	for _, l := range letters {
		c.add(l.key, l.resource(), l.edits()...)
	}
	c.add("summary", fhir.DocumentReference{
		Status: fhir.DocumentReferenceStatusCurrent,
		Type:   new(concept("Patient Summary", loinc("34133-9", ""))),
		Date:   new("2025-06-30T11:13:46Z"),
		Content: []fhir.DocumentReferenceContent{{Attachment: fhir.Attachment{ContentType: new("application/xml"),
			Url: new(base + "/Binary/" + id("Binary", "summary"))}, Format: new(coding("http://ihe.net/fhir/ValueSet/IHE.FormatCode.codesystem",
			"urn:hl7-org:sdwg:ccda-structuredBody:2.1", "Structured Body C-CDA 2.1"))}},
		Subject: new(subject()),
	})
	c.add("draft", fhir.DocumentReference{
		Status:    fhir.DocumentReferenceStatusEnteredInError,
		DocStatus: new(fhir.CompositionStatusEnteredInError),
		Type:      new(concept("Telephone Encounter", loinc("34748-4", "Telephone encounter Note"))),
		Date:      new("2025-05-06T21:41:00Z"),
		Content: []fhir.DocumentReferenceContent{{Attachment: fhir.Attachment{ContentType: new("text/plain"),
			Data: new(encoded("Filed to the wrong chart.")), Size: new(25)}}},
		Subject: new(subject()),
	})
}

func (l letter) resource() fhir.DocumentReference {
	content := []fhir.DocumentReferenceContent{{Attachment: attachment(l.format, l.key, l.typ)}}
	if l.format == "text/html" { // also offered as RTF, which the export does not have
		content = append(content, fhir.DocumentReferenceContent{Attachment: attachment("text/rtf", l.key+"/rtf", l.typ)})
	}
	return fhir.DocumentReference{
		Identifier: []fhir.Identifier{identifier("urn:ietf:rfc:3986", "urn:oid:1.2.840.114350.1.13.999.2.7.8.688883."+fmt.Sprint(5100+len(l.text)))},
		Status:     fhir.DocumentReferenceStatusCurrent,
		DocStatus:  new(fhir.CompositionStatusFinal),
		Type:       new(concept(l.typ, loinc(l.loinc, ""), local("4.737880.5010", "1", l.typ))),
		Category:   category(coding("http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category", "clinical-note", "Clinical Note")),
		Subject:    new(subject()),
		Date:       &l.date,
		Author:     []fhir.Reference{doctor(l.who)},
		Custodian:  new(ref("Organization", "health", "Larkfield Health")),
		Content:    content,
		Context:    &fhir.DocumentReferenceContext{Encounter: []fhir.Reference{*during(l.visit)}},
	}
}

// edits: one note is only to be had at the full URL, which the service turns into
// a Binary of its own making.
func (l letter) edits() []edit {
	if l.key != "consult-eye" {
		return nil
	}
	return []edit{set("/content/0/attachment/url", `"`+consultURL+`"`)}
}

// consultURL and scanURL stand at the source for a raw file and for a Binary as JSON.
const (
	consultURL = base + "/Binary/consult?name=eye>exam&v=1"
	scanURL    = base + "/Binary/scan-2019"
)

func (c *chart) binaries() {
	for _, l := range letters {
		if l.key != "consult-eye" {
			c.addReached(l.key, fhir.Binary{ContentType: l.sentAs(), Data: new(encoded(l.file()))})
		}
	}
	for _, p := range pictures[1:] { // the first report's form is absent
		c.addReached("report/"+p.key, fhir.Binary{ContentType: "text/html", Data: new(encoded(page(p.text, p.conclusion)))})
	}
	c.add("consult", fhir.Binary{
		Meta:        &fhir.Meta{Source: new(consultURL)},
		ContentType: "text/plain; charset=iso-8859-1",
		Data:        new(encoded("Dr. Wieczorek \xb7 " + letters[2].text + " Temp\xe9rature n/a.\r\n")),
	}, withID(base64.StdEncoding.EncodeToString([]byte(consultURL))))
	c.add("scan", fhir.Binary{ContentType: "application/pdf", Data: new(encoded("%PDF-1.4\n% one page, scanned: consent form\n%%EOF\n"))}, withoutID)
}

// sentAs is the content type as the server says it, which is not what the
// DocumentReference says.
func (l letter) sentAs() string {
	if l.format == "text/html" {
		return "text/html; charset=utf-8"
	}
	return l.format
}

// file is the letter as its format has it.
func (l letter) file() string {
	switch l.format {
	case "text/html":
		return page(l.typ, l.text)
	case "application/rtf":
		return `{\rtf1\ansi\deff0{\fonttbl{\f0 Arial;}}\f0\fs20 {\b ` + l.typ + `}\par ` + l.text + `\par}`
	}
	return l.text + "\n"
}

// page is HTML as an EHR writes it: styles, a script that nobody should run,
// entities.
func page(title, text string) string {
	return `<html><head><style>p{margin:0}</style></head><body><div class="fmtConv"><h3>` + title + `</h3><p>` +
		text + `</p><p>Odalys R. Bergstr&ouml;m &lt;MRN LH0048213&gt;</p><script>document.title="note"</script></div></body></html>`
}
