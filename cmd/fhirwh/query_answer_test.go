package main

import (
	"strings"
	"testing"
	"time"
)

func TestReadFrom(t *testing.T) {
	old := []string{"patients", "observations", "fhir_date"}
	tests := []struct{ sql, want string }{
		{"select * from Patients p join observations o using (patient_id), patients", "patients observations"},
		{"select patients from conditions", ""},
		{"select 1", ""},
	}
	for _, tt := range tests {
		if got := strings.Join(readFrom(tt.sql, old), " "); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.sql, got, tt.want)
		}
	}
}

func TestFooter(t *testing.T) {
	const took = 12 * time.Millisecond
	tests := []struct {
		name  string
		w     written
		timer bool
		want  string
	}{
		{"rows", written{rows: 1}, true, "1 row in 12 ms"},
		{"no time", written{rows: 2}, false, "2 rows"},
		{"more rows", written{rows: 200, more: true}, true, "first 200 rows (--max-rows 0 shows all) in 12 ms"},
		{"hidden columns", written{rows: 5, hidden: 2}, false, "5 rows\nhint: 2 columns do not fit: widen it"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := &answerer{timer: tt.timer, hiddenHint: "widen it"}
			if got := a.footer(tt.w, took); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
