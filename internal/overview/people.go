package overview

import (
	"context"
	"strings"
)

// A Person is somebody of whom there is a Patient, or only facts.
type Person struct {
	Source     string `json:"source"`
	ID         string `json:"patient_id"`
	Name       string `json:"full_name,omitempty"`
	BirthDate  string `json:"birth_date,omitempty"` // as precise as sent: 2006, 2006-01 or 2006-01-02
	Gender     string `json:"gender,omitempty"`
	HasPatient bool   `json:"has_patient"`
}

// Everybody returns the first people by name, and how many there are.
func Everybody(ctx context.Context, a Asker, most int) ([]Person, int64, error) {
	return askPeople(ctx, a, nil, most)
}

// Find returns the first people that text may mean, and how many there are. Text is an
// id with or without Patient/ or SOURCE/ before it, any identifier, or a part of a name,
// in this order: only where the one fits nobody the next is tried.
func Find(ctx context.Context, a Asker, text string, most int) ([]Person, int64, error) {
	text = strings.TrimSpace(text)
	if strings.Trim(text, ", ") == "" {
		return nil, 0, nil
	}
	return askPeople(ctx, a, text, most)
}

func askPeople(ctx context.Context, a Asker, text any, most int) (people []Person, all int64, err error) {
	err = ask(ctx, a, "chart/people", params{"text": text, "most": int64(most)}, func(r row) {
		all = r.integer("of_all")
		people = append(people, Person{
			Source: r.text("source"), ID: r.text("patient_id"), Name: r.text("full_name"),
			BirthDate: r.text("birth_date"), Gender: r.text("gender"), HasPatient: r.boolean("has_patient"),
		})
	})
	return people, all, err
}
