package fhirsql

import (
	"regexp"
	"slices"
	"testing"
)

// Every column that a view's comments name has an origin, and no other.
func TestOrigins(t *testing.T) {
	commented := regexp.MustCompile(`comment on column (\w+)\.(\w+) is`)
	for _, view := range Views() {
		var columns []string
		for _, m := range commented.FindAllStringSubmatch(view.SQL, -1) {
			if m[1] == view.Name {
				columns = append(columns, m[2])
			}
		}
		origins := Origins(view.Name)
		for _, c := range columns {
			if _, ok := origins[c]; !ok {
				t.Errorf("paths.txt does not say where %s.%s comes from", view.Name, c)
			}
		}
		for c := range origins {
			if !slices.Contains(columns, c) {
				t.Errorf("paths.txt has %s.%s, which the view has not", view.Name, c)
			}
		}
	}
	if got := Origins("Patient"); got != nil {
		t.Errorf("Patient: got %v", got)
	}
}

func TestOriginParts(t *testing.T) {
	o := Origins("medications")["reason_code"]
	if !o.Coded || !slices.Equal(o.Paths, []string{"reasonCode.coding.code", "Condition.code.coding.code"}) || o.Types[0] != "MedicationRequest" || len(o.Types) != 4 {
		t.Errorf("got %+v", o)
	}
	if o := Origins("medications")["source"]; o.Coded || o.Paths != nil {
		t.Errorf("got %+v", o)
	}
}
