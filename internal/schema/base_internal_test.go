package schema

import "testing"

func TestReadBaseRefuses(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"an unknown type", "Patiant: id", "type Patiant: no element id"},
		{"an unknown element", "\n# comment\nPatient: id nom", "type Patient: no element nom"},
		{"an unknown field", "Patient: name.first", "type Patient: no element first"},
		{"a field of a primitive", "Patient: id.value", "type Patient: no element value"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := readBase(tt.text); err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// A data type whose least fields led back to itself would have no end.
func TestLeastFieldsEnd(t *testing.T) {
	for t0 := range bases() {
		if !t0.Resource && leadsTo(t0, t0, map[*Type]bool{}) {
			t.Errorf("base.txt: %s has itself among its fields", t0.Name)
		}
	}
}

func leadsTo(from, to *Type, seen map[*Type]bool) bool {
	return shapesLeadTo(bases()[from], to, seen)
}

func shapesLeadTo(shapes []*Shape, to *Type, seen map[*Type]bool) bool {
	for _, s := range shapes {
		next := s.Element.Type
		if next == to || shapesLeadTo(s.Fields, to, seen) {
			return true
		}
		if next != nil && !seen[next] {
			seen[next] = true
			if leadsTo(next, to, seen) {
				return true
			}
		}
	}
	return false
}
