// Package parse turns exports into columns.
//
// [Read] takes what a user named (files, folders, globs, archives, standard
// input), unpacks it, cuts it into blocks of whole resources and decodes them,
// directed by the element tree of package schema, into columns per resource
// type. What the columns cannot hold is kept beside them (see [Batch]), what is
// no FHIR resource becomes a [Reject], and what is no export becomes an
// [InputError]: no byte of an input is lost without a word.
//
// Inputs are recognised by what is in them, never by their names: the folders
// deleted and error of a bulk export are read like any other (the Bundles of the
// one ask for deletions, which are counted; the OperationOutcomes of the other
// become rows). The package knows no database and writes nothing anywhere.
package parse
