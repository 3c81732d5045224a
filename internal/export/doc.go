// Package export gets patients' records out of Fasten Connect: it registers
// exports, receives the events that carry their links, and lands the files on
// disk, complete and durable. It knows no FHIR and no database.
//
// Everything it knows is in a landing folder, so that a crash between any two
// steps loses nothing: see [Landing].
package export
