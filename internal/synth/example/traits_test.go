package example_test

import (
	"encoding/base64"
	"regexp"
	"strings"
	"testing"
)

// TestTextualTraits finds traits that show in the bytes of the export.
func TestTextualTraits(t *testing.T) {
	text := string(export(t))
	for _, tt := range []struct{ name, pattern string }{
		{"id longer than 64 characters", `"id":"[^"]{65,}"`},
		{"id longer than 100 characters", `"id":"[^"]{100,}"`},
		{"one blank line", `\n\n`},
		{"absolute reference", `"reference":"https://[^"]+/Practitioner/`},
		{"absolute reference to another server", `"reference":"https://ehr\.riverbend`},
		{"absolute reference to a Medication", `"medicationReference":\{"reference":"https:`},
		{"versioned reference", `"reference":"[^"]+/_history/2"`},
		{"urn reference", `"reference":"urn:uuid:`},
		{"logical reference", `"serviceProvider":\{"type":"Organization","identifier":`},
		{"reference with only a display", `"medicationReference":\{"display":"[^"]+"\}`},
		{"reference to contained", `"reference":"#1"`},
		{"empty reference", `"reference":""`},
		{"birth time", `"birthDate":"1968-04-23","_birthDate":\{"extension"`},
		{"extension of an array element behind null", `"_given":\[null,\{"extension"`},
		{"null padding of an array of primitives", `"given":\["Odalys",null\]`},
		{"data absent reason of a primitive", `data-absent-reason","valueCode":"unknown"`},
		{"primitive with an extension and no value", `"_performedDateTime":`},
		{"value masked in an identifier", `"_value":\{"extension"`},
		{"nested race extension", `"url":"ombCategory".+us-core-race`},
		{"nested ethnicity extension", `"url":"detailed".+us-core-ethnicity`},
		{"birth sex", `us-core-birthsex","valueCode":"F"`},
		{"year", `"onsetDateTime":"2009"`},
		{"year and month", `"onsetDateTime":"2019-05"`},
		{"time with offset", `"whenHandedOver":"[^"]+-05:00"`},
		{"epoch milliseconds", `"issued":17\d{11}`},
		{"SNOMED CT, ICD-10-CM and ICD-9-CM in one concept", `"44054006"\},\{[^}]+"E11.9"[^}]+\},\{[^}]+"250.00"`},
		{"local code before LOINC", `"code":"1558","display":"HEMOGLOBIN A1C"\},\{"system":"http://loinc.org","code":"4548-4"`},
		{"concept with only a code", `"code":\{"coding":\[\{"system":"http://loinc.org","code":"4548-4"\}\]\}`},
		{"concept with only a text", `"code":\{"text":"Adhesive tape"\}`},
		{"blood pressure coded 55284-4 first", `"55284-4".+"85354-9"`},
		{"1.50", `"value":1\.50[,}]`},
		{"98.60", `"value":98\.60[,}]`},
		{"0.0", `"value":0\.0[,}]`},
		{"comparator", `"comparator":"<"`},
		{"number as text", `"value":"82.4"`},
		{"numeric valueString", `"valueString":"6.0"`},
		{"valueString with comparator", `"valueString":"> 30 ng/mL"`},
		{"no value, with a reason", `"dataAbsentReason":`},
		{"unit other than UCUM", `"unit":"lb","system":"http://unitsofmeasure.org","code":"\[lb_av\]"`},
		{"Go's escapes", `\\u003cMain Campus\\u003e`},
		{"unescaped <", `Rash <24 h`},
		{"members sorted", `(?m)^\{"address":.+"resourceType":"Location"`},
		{"unknown element", `"sourceApp":\{"name"`},
		{"null member", `"issued":null`},
		{"empty array", `"note":\[\]`},
		{"empty string", `"text":""`},
		{"characters beyond ASCII and the BMP", `Bergström.*🙂|🙂.*Bergström`},
		{"content type with charset", `"contentType":"text/plain; charset=iso-8859-1"`},
		{"HTML with charset", `"contentType":"text/html; charset=utf-8"`},
		{"rich text", `"contentType":"application/rtf"`},
		{"entered in error", `"code":"entered-in-error"`},
		{"shot not given", `"status":"not-done","statusReason"`},
		{"local class of an encounter", `"class":\{"system":"urn:oid:`},
		{"virtual encounter", `"code":"VR"`},
		{"inpatient encounter", `"code":"IMP"`},
		{"nested answers", `"answer":\[\{"valueBoolean":true,"item":\[`},
		{"meta.lastUpdated", `"meta":\{"versionId":"7","lastUpdated":`},
		{"canonical with version", `"questionnaire":"[^"]+\|2.69"`},
	} {
		if !regexp.MustCompile(tt.pattern).MatchString(text) {
			t.Errorf("%s: nothing matches %s", tt.name, tt.pattern)
		}
	}
	if n := strings.Count(text, "\n\n"); n != 1 {
		t.Errorf("%d blank lines, want 1", n)
	}
}

func TestContainedAreLinesBeforeTheirParent(t *testing.T) {
	var earlier []string
	seen := 0
	for _, r := range resources(t) {
		contained, _ := r.body["contained"].([]any)
		for _, v := range contained {
			inner := v.(map[string]any)
			id, _ := inner["id"].(string)
			if id == "" {
				continue
			}
			seen++
			found := false
			for _, line := range earlier {
				found = found || strings.Contains(r.line, line) && strings.Contains(line, `"id":"`+id+`"`)
			}
			if !found {
				t.Errorf("contained %s has no line before its parent", id)
			}
		}
		earlier = append(earlier, r.line)
	}
	if seen < 4 {
		t.Errorf("%d contained resources with id, want at least 4", seen)
	}
}

func TestIdentities(t *testing.T) {
	lines := map[string][]string{}
	repeats, withoutID := 0, 0
	for _, r := range resources(t) {
		if r.text("id") == "" {
			withoutID++
			continue
		}
		key := r.text("resourceType") + "/" + r.text("id")
		for _, line := range lines[key] {
			if line == r.line {
				repeats++
			}
		}
		lines[key] = append(lines[key], r.line)
	}
	if repeats != 1 {
		t.Errorf("%d lines occur twice, want 1", repeats)
	}
	if withoutID != 2 {
		t.Errorf("%d resources without id, want 2", withoutID)
	}
	for _, key := range []string{"Medication/1", "Coverage/coverage"} {
		if got := lines[key]; len(got) != 2 || got[0] == got[1] {
			t.Errorf("%s: %d lines, want 2 that differ", key, len(got))
		}
	}
	changed := 0
	for key, l := range lines {
		if strings.HasPrefix(key, "Observation/") && len(l) == 2 && l[0] != l[1] && !strings.Contains(l[0], `"meta"`) {
			changed++
		}
	}
	if changed != 1 {
		t.Errorf("%d Observations sent twice with other content, want 1", changed)
	}
}

func TestReferencesDangleOnlyOnPurpose(t *testing.T) {
	present := map[string]bool{}
	for _, r := range resources(t) {
		present[r.text("resourceType")+"/"+r.text("id")] = true
	}
	absent := map[string]bool{}
	for _, r := range resources(t) {
		for _, m := range regexp.MustCompile(`"(?:reference|url)":"(([A-Z][A-Za-z]+)/[^"/]+)"`).FindAllStringSubmatch(r.line, -1) {
			if !present[m[1]] {
				absent[m[2]] = true
			}
		}
	}
	for _, typ := range []string{"Practitioner", "Medication", "Binary", "ServiceRequest", "Specimen"} {
		if !absent[typ] {
			t.Errorf("no dangling reference to a %s", typ)
		}
		delete(absent, typ)
	}
	if len(absent) > 0 {
		t.Errorf("references to these types dangle too: %v", absent)
	}
}

// TestSynthesizedBinary: its id is the base64 of the URL that it came from, which
// is how a reader finds its document.
func TestSynthesizedBinary(t *testing.T) {
	for _, r := range resources(t) {
		meta, _ := r.body["meta"].(map[string]any)
		source, _ := meta["source"].(string)
		if source == "" {
			continue
		}
		if want := base64.StdEncoding.EncodeToString([]byte(source)); r.text("id") != want {
			t.Errorf("id %s, want %s", r.text("id"), want)
		}
		if !strings.ContainsAny(r.text("id"), "+/=") {
			t.Errorf("id %s has no character that FHIR forbids", r.text("id"))
		}
		for _, d := range resources(t) {
			if d.text("resourceType") == "DocumentReference" && strings.Contains(d.line, `"url":"`+source+`"`) {
				return
			}
		}
		t.Errorf("no document refers to %s", source)
	}
	t.Error("no synthesized Binary")
}
