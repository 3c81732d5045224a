package example_test

import (
	"math"
	"regexp"
	"strings"
	"testing"
)

// dig follows names and indexes into decoded JSON; nil where there is nothing.
func dig(v any, path ...any) any {
	for _, step := range path {
		switch x := v.(type) {
		case map[string]any:
			name, _ := step.(string)
			v = x[name]
		case []any:
			i, _ := step.(int)
			if i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

// hasCode says whether an Observation has a LOINC code.
func hasCode(r resource, code string) bool {
	codings, _ := dig(r.body, "code", "coding").([]any)
	for _, c := range codings {
		if dig(c, "system") == "http://loinc.org" && dig(c, "code") == code {
			return true
		}
	}
	return false
}

// series gives the numeric values of a LOINC code by the time they were taken.
func series(t *testing.T, code string) map[string]float64 {
	t.Helper()
	values := map[string]float64{}
	for _, r := range resources(t) {
		value, ok := dig(r.body, "valueQuantity", "value").(float64)
		if ok && r.text("resourceType") == "Observation" && hasCode(r, code) {
			values[r.text("effectiveDateTime")] = value
		}
	}
	return values
}

func near(t *testing.T, what, at string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance {
		t.Errorf("%s of %s is %v, computed %v", what, at, got, want)
	}
}

func TestBodyMassIndexFitsHeightAndWeight(t *testing.T) {
	weights, bmis := series(t, "29463-7"), series(t, "39156-5")
	if len(bmis) < 4 {
		t.Errorf("%d BMI values", len(bmis))
	}
	for at, bmi := range bmis {
		near(t, "BMI", at, bmi, weights[at]/(1.651*1.651), 0.01)
	}
}

func TestCalculatedLDLFitsItsPanel(t *testing.T) {
	total, hdl, trig, ldl := series(t, "2093-3"), series(t, "2085-9"), series(t, "2571-8"), series(t, "13457-7")
	if len(ldl) < 5 {
		t.Errorf("%d LDL values", len(ldl))
	}
	for at, value := range ldl { // Friedewald's formula
		near(t, "LDL", at, value, total[at]-hdl[at]-trig[at]/5, 1)
	}
}

func TestFiltrationRateFitsCreatinine(t *testing.T) {
	creatinine := series(t, "2160-0")
	for code, formula := range map[string]func(ratio, age float64) float64{
		"62238-1": func(ratio, age float64) float64 { return 144 * math.Pow(ratio, -1.209) * math.Pow(0.993, age) },
		"98979-8": func(ratio, age float64) float64 { return 142 * math.Pow(ratio, -1.2) * math.Pow(0.9938, age) * 1.012 },
	} {
		rates := series(t, code)
		if len(rates) < 2 {
			t.Errorf("%d values of %s", len(rates), code)
		}
		for at, rate := range rates {
			near(t, "eGFR", at, rate, formula(creatinine[at]/0.7, ageAt(at)), 1)
		}
	}
}

// ageAt is the patient's age in whole years; she was born on 23 April 1968.
func ageAt(at string) float64 {
	age := float64((at[0]-'0'))*1000 + float64(at[1]-'0')*100 + float64(at[2]-'0')*10 + float64(at[3]-'0') - 1968
	if at[5:10] < "04-23" {
		age--
	}
	return age
}

func TestHemoglobinA1cFollowsTreatment(t *testing.T) {
	a1c := series(t, "4548-4")
	for _, tt := range []struct {
		from, to string
		low      float64
		high     float64
	}{
		{"2017", "2018", 5.7, 6.4},      // prediabetes
		{"2018", "2018-05", 6.5, 9},     // diagnosis
		{"2018-06", "2020", 6.5, 7.9},   // on metformin
		{"2020-09", "2020-12", 8, 9},    // above goal
		{"2021-05", "2026", 5.7, 6.999}, // on semaglutide
	} {
		n := 0
		for at, value := range a1c {
			if at >= tt.from && at < tt.to {
				n++
				if value < tt.low || value > tt.high {
					t.Errorf("HbA1c of %s is %v, want %v to %v", at, value, tt.low, tt.high)
				}
			}
		}
		if n == 0 {
			t.Errorf("no HbA1c from %s to %s", tt.from, tt.to)
		}
	}
}

func TestNothingHappensInTheFuture(t *testing.T) {
	date := regexp.MustCompile(`"(?:start|end|date|issued|recorded|authored|created|[a-z]+DateTime|[a-z]+Date|authoredOn|whenHandedOver|started)":"((?:19|20)\d\d[^"]*)"`)
	for _, r := range resources(t) {
		for _, m := range date.FindAllStringSubmatch(r.line, -1) {
			planned := strings.Contains("Appointment CarePlan", r.text("resourceType"))
			expires := strings.Contains(m[0], "expirationDate")
			if m[1] >= "2025-07" && !planned && !expires {
				t.Errorf("%s in a %s, after the export", m[0], r.text("resourceType"))
			}
		}
	}
}

// visits gives start and end of each Encounter by its reference.
func visits(t *testing.T) map[string][2]string {
	t.Helper()
	spans := map[string][2]string{}
	for _, r := range resources(t) {
		if r.text("resourceType") == "Encounter" {
			start, _ := dig(r.body, "period", "start").(string)
			end, _ := dig(r.body, "period", "end").(string)
			spans["Encounter/"+r.text("id")] = [2]string{start, end}
		}
	}
	return spans
}

func TestMeasuredDuringTheVisit(t *testing.T) {
	spans := visits(t)
	for _, r := range resources(t) {
		visit, ok := dig(r.body, "encounter", "reference").(string)
		at := r.text("effectiveDateTime")
		if !ok || at == "" {
			continue
		}
		if span := spans[visit]; at < span[0] || at > span[1] {
			t.Errorf("%s taken at %s, visit from %s to %s", r.text("resourceType"), at, span[0], span[1])
		}
		if issued := r.text("issued"); issued < at {
			if r.text("resourceType") == "DiagnosticReport" || issued != "" {
				t.Errorf("%s of %s issued %s", r.text("resourceType"), at, issued)
			}
		}
	}
}

func TestVisitsEndAfterTheyStart(t *testing.T) {
	for visit, span := range visits(t) {
		if span[1] != "" && span[1] <= span[0] {
			t.Errorf("%s from %s to %s", visit, span[0], span[1])
		}
	}
}

func TestDispensedAfterOrderedAndBeforeStopped(t *testing.T) {
	orders := map[string]resource{}
	for _, r := range resources(t) {
		if r.text("resourceType") == "MedicationRequest" {
			orders["MedicationRequest/"+r.text("id")] = r
		}
	}
	for _, r := range resources(t) {
		if r.text("resourceType") != "MedicationDispense" {
			continue
		}
		order, _ := dig(r.body, "authorizingPrescription", 0, "reference").(string)
		o, ok := orders[order]
		if !ok {
			t.Errorf("dispense without an order")
			continue
		}
		at := r.text("whenHandedOver")[:10]
		end, _ := dig(o.body, "dispenseRequest", "validityPeriod", "end").(string)
		if at < o.text("authoredOn") || end != "" && at > end {
			t.Errorf("dispensed %s, ordered %s to %s", at, o.text("authoredOn"), end)
		}
	}
}

func TestTotalsAreSumsOfLines(t *testing.T) {
	for _, r := range resources(t) {
		items, _ := r.body["item"].([]any)
		switch r.text("resourceType") {
		case "Claim":
			sum := 0.0
			for _, item := range items {
				net, _ := dig(item, "net", "value").(float64)
				sum += net
			}
			total, _ := dig(r.body, "total", "value").(float64)
			near(t, "claim total", r.text("created"), total, sum, 0.001)
		case "ExplanationOfBenefit":
			for i := range 4 { // submitted, eligible, benefit, liability
				sum := 0.0
				for _, item := range items {
					amount, _ := dig(item, "adjudication", i, "amount", "value").(float64)
					sum += amount
				}
				total, _ := dig(r.body, "total", i, "amount", "value").(float64)
				near(t, "benefit total", r.text("created"), total, sum, 0.001)
			}
		}
	}
}

func TestOutOfRangeIsFlagged(t *testing.T) {
	for _, r := range resources(t) {
		value, isNumber := dig(r.body, "valueQuantity", "value").(float64)
		if !isNumber || dig(r.body, "valueQuantity", "comparator") != nil {
			continue
		}
		want := ""
		if high, ok := dig(r.body, "referenceRange", 0, "high", "value").(float64); ok && value > high {
			want = "H"
		}
		if low, ok := dig(r.body, "referenceRange", 0, "low", "value").(float64); ok && value < low {
			want = "L"
		}
		if got, _ := dig(r.body, "interpretation", 0, "coding", 0, "code").(string); got != want {
			t.Errorf("%v of %s flagged %q, want %q", value, r.text("effectiveDateTime"), got, want)
		}
	}
}
