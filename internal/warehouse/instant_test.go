package warehouse

import "testing"

func TestParseInstant(t *testing.T) {
	tests := []struct {
		name, a, b    string
		before, after bool
	}{
		{"later second", "2024-03-01T12:00:00Z", "2024-03-01T12:00:01Z", true, false},
		{"same moment in another zone", "2024-03-01T12:00:00Z", "2024-03-01T07:00:00-05:00", false, false},
		{"fraction decides", "2024-03-01T12:00:00.10Z", "2024-03-01T12:00:00.1001Z", true, false},
		{"earlier by zone", "2024-03-01T12:00:00+02:00", "2024-03-01T11:00:00Z", true, false},
		{"no zone: unordered", "2024-03-01T12:00:00", "2025-03-01T12:00:00", false, false},
		{"a date: unordered", "2024-03-01", "2025-03-01", false, false},
		{"nothing: unordered", "", "2025-03-01T12:00:00Z", false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, b := parseInstant(tt.a), parseInstant(tt.b)
			if a.before(b) != tt.before || b.before(a) != tt.after {
				t.Errorf("%s before %s: %v, the reverse: %v", tt.a, tt.b, a.before(b), b.before(a))
			}
		})
	}
}
