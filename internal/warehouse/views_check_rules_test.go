package warehouse_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"strconv"
	"strings"
	"time"
)

// get follows member names, and numbers in lists, from a JSON value.
func get(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			o, _ := v.(object)
			v = o[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

func text(v any, path ...any) string {
	s, _ := get(v, path...).(string)
	return s
}

func list(v any, path ...any) []any {
	l, _ := get(v, path...).([]any)
	return l
}

func first(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}

// number is a JSON number, or a JSON string that is one, as text.
func number(v any, path ...any) string {
	s := ""
	switch v := get(v, path...).(type) {
	case json.Number:
		s = v.String()
	case string:
		s = v
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || s[0] == '+' || s[0] == '.' {
		return ""
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// idOf takes the id out of a reference to a resource of that type.
func idOf(ref any, wanted string) string {
	s := text(ref, "reference")
	if tail, ok := strings.CutPrefix(s, "urn:uuid:"); ok {
		return tail
	}
	if tail, ok := strings.CutPrefix(s, "urn:oid:"); ok {
		return tail
	}
	if strings.ContainsAny(s, "?#") {
		return ""
	}
	parts := strings.Split(s, "/")
	if n := len(parts); n > 2 && parts[n-2] == "_history" {
		parts = parts[:n-2]
	}
	if n := len(parts); n > 1 && parts[n-2] == wanted {
		return parts[n-1]
	}
	return ""
}

// addTime adds the columns name_date and name_at of a FHIR date.
func addTime(r row, name, s string) {
	r[name+"_date"], r[name+"_at"] = day(s), instant(s)
}

func day(s string) string {
	for _, layout := range []string{"2006", "2006-01", "2006-01-02", "2006-01-02T15:04:05Z07:00",
		"2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if d, err := time.Parse(layout, strings.Replace(s, ":60Z", ":59Z", 1)); err == nil {
			return d.Format("2006-01-02")
		}
	}
	return ""
}

func instant(s string) string {
	leap := strings.Contains(s, ":60Z")
	for _, layout := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z07:00"} {
		d, err := time.Parse(layout, strings.Replace(s, ":60Z", ":59Z", 1))
		if err != nil {
			continue
		}
		if leap {
			d = d.Add(time.Second)
		}
		return strconv.FormatInt(d.UnixMicro(), 10)
	}
	return ""
}

func patientRows(p object, _ sent) map[string]row {
	r := row{
		"gender":     text(p, "gender"),
		"birth_date": day(text(p, "birthDate")),
		"active":     truth(p["active"]),
	}
	addTime(r, "death", text(p, "deceasedDateTime"))
	r["is_deceased"] = truth(p["deceasedBoolean"])
	if text(p, "deceasedDateTime") != "" {
		r["is_deceased"] = "true"
	}
	r["marital_status"] = readable(p["maritalStatus"])
	r["updated_at"] = instant(text(p, "meta", "lastUpdated"))
	for _, e := range list(p, "extension") {
		url := text(e, "url")
		if strings.HasSuffix(url, "/us-core-birthsex") || strings.HasSuffix(url, "/argo-birthsex") {
			r["birth_sex"] = text(e, "valueCode")
		}
	}
	return map[string]row{text(p, "id"): r}
}

func truth(v any) string {
	b, ok := v.(bool)
	if !ok {
		return ""
	}
	return strconv.FormatBool(b)
}

func observationRows(o object, _ sent) map[string]row {
	rows := map[string]row{}
	if o["status"] == "entered-in-error" {
		return rows
	}
	shared := row{
		"patient_id":   idOf(o["subject"], "Patient"),
		"encounter_id": idOf(o["encounter"], "Encounter"),
		"status":       text(o, "status"),
		"issued_at":    instant(text(o, "issued")),
		"specimen_id":  idOf(o["specimen"], "Specimen"),
	}
	addTime(shared, "effective", first(text(o, "effectiveDateTime"), text(o, "effectiveInstant"),
		text(o, "effectivePeriod", "start"), text(o, "effectiveTiming", "event", 0)))
	components := list(o, "component")
	own := measured(o)
	if len(components) == 0 || own["value_type"] != "" && own["value_type"] != "absent" {
		maps.Copy(own, shared)
		own["panel_code"] = ""
		rows[text(o, "id")+" 0"] = own
	}
	for i, c := range components {
		r := measured(c)
		maps.Copy(r, shared)
		r["panel_code"] = text(pick(o["code"], "LOINC", "SNOMED CT"), "code")
		rows[fmt.Sprint(text(o, "id"), " ", i+1)] = r
	}
	return rows
}

// measured is what an Observation or a component of one says.
func measured(o any) row {
	r := row{
		"absent_reason":    codeOf(get(o, "dataAbsentReason")),
		"interpretation":   codeOf(get(o, "interpretation", 0)),
		"value_number":     "",
		"value_comparator": "",
		"unit":             first(text(o, "valueQuantity", "unit"), text(o, "valueQuantity", "code")),
		"value_code":       text(pick(get(o, "valueCodeableConcept"), "LOINC", "SNOMED CT"), "code"),
	}
	addCode(r, "code_system", "code", "display", get(o, "code"), "LOINC", "SNOMED CT")
	q := get(o, "valueQuantity")
	switch {
	case q != nil:
		r["value_type"] = "quantity"
		r["value_number"] = number(q, "value")
		r["value_comparator"] = text(q, "comparator")
	case get(o, "valueCodeableConcept") != nil:
		r["value_type"] = "concept"
	case text(o, "valueString") != "":
		r["value_type"] = "string"
		r["value_comparator"], r["value_number"] = textNumber(text(o, "valueString"))
	case number(o, "valueInteger") != "":
		r["value_type"] = "integer"
		r["value_number"] = number(o, "valueInteger")
	default:
		r["value_type"] = otherValue(o)
		if r["value_type"] == "" && r["absent_reason"] != "" {
			r["value_type"] = "absent"
		}
	}
	r["reference_low"], r["reference_high"] = normal(list(o, "referenceRange"))
	return r
}

func otherValue(o any) string {
	if _, ok := get(o, "valueBoolean").(bool); ok {
		return "boolean"
	}
	for name, kind := range map[string]string{
		"valueRange": "range", "valueRatio": "ratio", "valueTime": "time", "valueDateTime": "datetime",
		"valuePeriod": "period", "valueSampledData": "sampled",
	} {
		if get(o, name) != nil {
			return kind
		}
	}
	return ""
}

func normal(ranges []any) (low, high string) {
	var chosen any
	for i, r := range ranges {
		if i == 0 || !has(get(chosen, "type"), "normal") && has(get(r, "type"), "normal") {
			chosen = r
		}
	}
	return number(chosen, "low", "value"), number(chosen, "high", "value")
}

// textNumber reads a text that is nothing but a number, or a comparator and one.
func textNumber(s string) (comparator, value string) {
	s = strings.TrimSpace(s)
	for _, c := range []string{"<=", ">=", "<", ">"} {
		if rest, ok := strings.CutPrefix(s, c); ok {
			comparator, s = c, strings.TrimSpace(rest)
			break
		}
	}
	digits := strings.TrimPrefix(s, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	if whole == "" || point && fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return "", ""
	}
	return comparator, number(s)
}

func medicationRows(m object, all sent) map[string]row {
	if m["status"] == "entered-in-error" {
		return nil
	}
	kind := strings.ToLower(strings.TrimPrefix(text(m, "resourceType"), "Medication"))
	encounter := m["encounter"]
	if kind != "request" {
		encounter = m["context"]
	}
	r := row{
		"patient_id":   idOf(m["subject"], "Patient"),
		"encounter_id": idOf(encounter, "Encounter"),
		"status":       text(m, "status"),
		"intent":       text(m, "intent"),
	}
	concept := m["medicationCodeableConcept"]
	ref := text(m, "medicationReference", "reference")
	if concept == nil {
		concept = get(map[string]any(all["Medication/"+idOf(m["medicationReference"], "Medication")]), "code")
		for _, c := range list(m, "contained") {
			if "#"+text(c, "id") == ref {
				concept = get(c, "code")
			}
		}
	}
	addCode(r, "medication_system", "medication_code", "medication", concept, "RxNorm", "NDC", "SNOMED CT")
	r["medication"] = first(r["medication"], text(m, "medicationReference", "display"))
	switch kind {
	case "request":
		bounds := get(m, "dispenseRequest", "validityPeriod")
		if text(bounds, "start") == "" && text(bounds, "end") == "" {
			bounds = get(firstDosage(list(m, "dosageInstruction")), "timing", "repeat", "boundsPeriod")
		}
		addTime(r, "start", text(bounds, "start"))
		addTime(r, "end", text(bounds, "end"))
		addTime(r, "authored", text(m, "authoredOn"))
		r["quantity"] = number(m, "dispenseRequest", "quantity", "value")
		r["refills"] = number(m, "dispenseRequest", "numberOfRepeatsAllowed")
	case "dispense":
		addTime(r, "start", first(text(m, "whenHandedOver"), text(m, "whenPrepared")))
		addTime(r, "end", "")
		addTime(r, "authored", "")
		r["quantity"] = number(m, "quantity", "value")
	default:
		addTime(r, "start", first(text(m, "effectiveDateTime"), text(m, "effectivePeriod", "start")))
		addTime(r, "end", text(m, "effectivePeriod", "end"))
		addTime(r, "authored", text(m, "dateAsserted"))
	}
	return map[string]row{kind + " " + text(m, "id"): r}
}

// firstDosage is the dosage of the lowest sequence, else the first.
func firstDosage(dosages []any) any {
	var chosen any
	lowest := math.Inf(1)
	for i, d := range dosages {
		n, err := strconv.ParseFloat(number(d, "sequence"), 64)
		if i == 0 || err == nil && n < lowest {
			chosen = d
		}
		if err == nil {
			lowest = min(lowest, n)
		}
	}
	return chosen
}

func conditionRows(c object, _ sent) map[string]row {
	if has(c["verificationStatus"], "entered-in-error") {
		return nil
	}
	r := row{
		"patient_id":          idOf(c["subject"], "Patient"),
		"encounter_id":        idOf(c["encounter"], "Encounter"),
		"clinical_status":     codeOf(c["clinicalStatus"]),
		"verification_status": codeOf(c["verificationStatus"]),
		"severity":            readable(c["severity"]),
		"recorded_date":       day(text(c, "recordedDate")),
	}
	addCode(r, "code_system", "code", "display", c["code"], "ICD-10-CM", "ICD-10", "SNOMED CT", "ICD-9-CM")
	addTime(r, "onset", first(text(c, "onsetDateTime"), text(c, "onsetPeriod", "start")))
	addTime(r, "abatement", first(text(c, "abatementDateTime"), text(c, "abatementPeriod", "start")))
	return map[string]row{text(c, "id"): r}
}
