package warehouse

import "testing"

func TestSimilar(t *testing.T) {
	names := []string{"patients", "Patient", "observations", "codings", "MedicationRequest"}
	tests := []struct{ in, want string }{
		{"patient", "Patient"},
		{"pateints", "patients"},
		{"obsrvation", "observations"},
		{"medicationrequests", "MedicationRequest"},
		{"xyz", ""},
		{"", ""},
	}
	for _, tt := range tests {
		if got := similar(tt.in, names); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}
