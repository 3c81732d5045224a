package example

import "github.com/samply/golang-fhir-models/fhir-models/fhir"

func (c *chart) socialHistory() {
	for _, s := range []struct{ visit, at, code, display, text string }{
		{"2017", "2017-03-14T15:10:00Z", "428041000124106", "Occasional tobacco smoker", "Current Some Day Smoker"},
		{"2018-07", "2018-07-10T14:06:00Z", "8517006", "Ex-smoker", "Former Smoker"},
		{"2021-11", "2021-11-09T15:09:00Z", "8517006", "Ex-smoker", "Former Smoker"},
		{"2025-04", "2025-04-22T14:08:00Z", "8517006", "Ex-smoker", "Former Smoker"},
	} {
		c.add(s.visit+"/smoking", fhir.Observation{
			Status:   fhir.ObservationStatusFinal,
			Category: category(hl7("observation-category", "social-history", "Social History")),
			Code: concept("Smoking History", loinc("72166-2", "Tobacco smoking status"),
				snomed("365980008", "Finding of tobacco use and exposure (finding)")),
			Subject:              new(subject()),
			Encounter:            during(s.visit),
			EffectiveDateTime:    &s.at,
			ValueCodeableConcept: new(concept(s.text, snomed(s.code, s.display))),
		})
	}
	c.add("alcohol", fhir.Observation{
		Status:          fhir.ObservationStatusFinal,
		Category:        category(hl7("observation-category", "social-history", "Social History")),
		Code:            concept("Alcohol use, drinks per week", local("2.707679", "1570421", "Drinks/Week")),
		Subject:         new(subject()),
		EffectivePeriod: period("2017-03-14", "2025-04-22"),
		ValueRange:      &fhir.Range{Low: quantity("0", "drinks/week|{drinks}/wk"), High: quantity("2", "drinks/week|{drinks}/wk")},
	})
}

// depressionScore is the sum of the answers of the questionnaire of the visit.
func (c *chart) depressionScore(visit, at string, score int) {
	c.add(visit+"/phq9", fhir.Observation{
		Status:            fhir.ObservationStatusFinal,
		Category:          category(hl7("observation-category", "survey", "Survey")),
		Code:              concept("PHQ-9 total score", loinc("44261-6", "Patient Health Questionnaire 9 item (PHQ-9) total score [Reported]")),
		Subject:           new(subject()),
		Encounter:         during(visit),
		EffectiveDateTime: &at,
		ValueInteger:      &score,
		DerivedFrom:       []fhir.Reference{ref("QuestionnaireResponse", visit+"/phq9", "PHQ-9")},
	})
}

var phq9 = []struct{ link, code, text string }{
	{"1", "44250-9", "Little interest or pleasure in doing things"},
	{"2", "44255-8", "Feeling down, depressed, or hopeless"},
	{"3", "44259-0", "Trouble falling or staying asleep, or sleeping too much"},
	{"4", "44254-1", "Feeling tired or having little energy"},
	{"5", "44251-7", "Poor appetite or overeating"},
	{"6", "44258-2", "Feeling bad about yourself"},
	{"7", "44252-5", "Trouble concentrating on things"},
	{"8", "44253-3", "Moving or speaking slowly, or being fidgety or restless"},
	{"9", "44260-8", "Thoughts that you would be better off dead, or of hurting yourself"},
}

var phq9Answers = []fhir.Coding{
	loinc("LA6568-5", "Not at all"), loinc("LA6569-3", "Several days"),
	loinc("LA6570-1", "More than half the days"), loinc("LA6571-9", "Nearly every day"),
}

// depression are the two times the PHQ-9 was filled in.
var depression = []struct {
	visit, at string
	answers   [9]int
}{
	{"2020-09", "2020-09-15T14:02:11Z", [9]int{1, 1, 2, 2, 1, 0, 0, 0, 0}},
	{"2025-04", "2025-04-22T14:01:40Z", [9]int{0, 0, 1, 1, 0, 0, 0, 0, 0}},
}

func (c *chart) questionnaires() {
	for _, d := range depression {
		group := fhir.QuestionnaireResponseItem{LinkId: "phq9", Text: new("Over the last 2 weeks, how often have you been bothered by any of the following problems?")}
		for i, q := range phq9 {
			group.Item = append(group.Item, fhir.QuestionnaireResponseItem{
				LinkId: "phq9/" + q.link, Text: &q.text, Definition: new("http://loinc.org/q/" + q.code),
				Answer: []fhir.QuestionnaireResponseItemAnswer{{ValueCoding: &phq9Answers[d.answers[i]]}},
			})
		}
		impact := fhir.QuestionnaireResponseItem{LinkId: "impact", Text: new("Any of these a problem?"),
			Answer: []fhir.QuestionnaireResponseItemAnswer{{ValueBoolean: new(true), Item: []fhir.QuestionnaireResponseItem{
				{LinkId: "impact/how", Text: new("How difficult?"), Answer: []fhir.QuestionnaireResponseItemAnswer{
					{ValueCoding: new(loinc("LA6573-5", "Somewhat difficult")), Item: []fhir.QuestionnaireResponseItem{
						{LinkId: "impact/how/words", Answer: []fhir.QuestionnaireResponseItemAnswer{{ValueString: new("Sleep, mostly — work is fine 🙂")}}}}}}}}}}}
		c.add(d.visit+"/phq9", fhir.QuestionnaireResponse{
			Meta:          &fhir.Meta{VersionId: new("1"), LastUpdated: &d.at},
			Questionnaire: new("http://loinc.org/q/44249-1|2.69"),
			Status:        fhir.QuestionnaireResponseStatusCompleted,
			Subject:       new(subject()),
			Encounter:     during(d.visit),
			Authored:      &d.at,
			Source:        new(subject()),
			Item:          []fhir.QuestionnaireResponseItem{group, impact},
		})
	}
}

func (c *chart) depressionScores() {
	for _, d := range depression {
		sum := 0
		for _, a := range d.answers {
			sum += a
		}
		c.depressionScore(d.visit, d.at, sum)
	}
}

func (c *chart) familyHistory() {
	for _, m := range []struct{ key, code, relation, condition, snomed, icd10, onset, sex string }{
		{"mother", "MTH", "Mother", "Type 2 diabetes mellitus", "44054006", "E11.9", "52", "female"},
		{"father", "FTH", "Father", "Myocardial infarction", "22298006", "I21.9", "58", "male"},
	} {
		h := fhir.FamilyMemberHistory{
			Status:       fhir.FamilyHistoryStatusCompleted,
			Patient:      subject(),
			Date:         new("2017-03-14"),
			Relationship: concept(m.relation, hl7("v3-RoleCode", m.code, "")),
			Sex:          new(concept("", coding("http://hl7.org/fhir/administrative-gender", m.sex, ""))),
			Condition: []fhir.FamilyMemberHistoryCondition{{
				Code:     concept(m.condition, snomed(m.snomed, ""), icd10(m.icd10, m.condition)),
				OnsetAge: new(age(m.onset)),
			}},
		}
		if m.key == "father" {
			h.DeceasedAge = new(age("71"))
		}
		c.add(m.key, h)
	}
}

func age(years string) fhir.Age {
	q := quantity(years, "years|a")
	return fhir.Age{Value: q.Value, Unit: q.Unit, System: q.System, Code: q.Code}
}
