// Package example writes testdata/example_export.jsonl: the health record of an
// invented patient as an export service delivers it, one FHIR resource a line.
//
// The record tells one story, of a woman with type 2 diabetes from 2017 to 2025,
// that a clinician and an analyst can follow. The lines have the traits of real
// exports: ids longer than FHIR allows, contained resources repeated as lines,
// references that lead nowhere, elements that no specification knows. None of
// it is of a real person, place or system.
//
// The package reads nothing, not even the clock: it always writes the same bytes.
package example

import "io"

// Write writes the export. Its lines are valid JSON objects with a resourceType,
// but for one blank line.
//
// The error is that of w.
func Write(w io.Writer) error { return tell().writeTo(w) }

// tell puts the record together in the order of an export: type by type what the
// patient's record holds, then what those resources refer to.
func tell() *chart {
	c := &chart{}
	c.patient()
	c.allergies()
	c.appointments()
	c.carePlans()
	c.careTeam()
	c.conditions()
	c.consent()
	c.coverages()
	c.devices()
	c.labReports()
	c.imagingReports()
	c.pathology()
	c.documentReferences()
	c.encounters()
	c.familyHistory()
	c.goals()
	c.imaging()
	c.immunizations()
	c.medicationAdministrations()
	c.medicationDispenses()
	c.medicationRequests()
	c.medicationStatement()
	c.blank()
	c.observations()
	c.procedures()
	c.provenance()
	c.questionnaires()
	c.relatedPerson()
	c.serviceRequests()
	c.specimens()
	c.claims()
	c.explanations()
	c.referred()
	return c
}

// observations come by category, and what fits two categories comes twice.
func (c *chart) observations() {
	c.vitalSigns()
	c.labResults()
	c.socialHistory()
	c.depressionScores()
	c.repeat()
	c.clotted()
	c.outside()
	c.correctedPotassium()
	c.unreached()
}

// referred is what other resources led the service to.
func (c *chart) referred() {
	c.binaries()
	c.locations()
	c.medicationLines()
	c.organizations()
	c.practitioners()
	c.practitionerRoles()
}
