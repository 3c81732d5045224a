package warehouse

import (
	"fmt"
	"regexp"
	"strings"

	fhirsql "github.com/fhirwh/fhirwh/sql"
)

func (s *patientSearch) variants() error { return s.exec(fhirsql.Erase("variants")) }

// rejects writes erase_rejects: rejected lines of the source that name the patient,
// or that are the patient. They are no JSON, so this goes by their bytes.
func (s *patientSearch) rejects() error {
	if err := s.exec("create or replace temp table erase_rejects (rid bigint not null)"); err != nil {
		return err
	}
	found, err := s.namingRejects()
	if err != nil || len(found) == 0 {
		return err
	}
	return s.exec("insert into erase_rejects values (" + strings.Join(found, "), (") + ")")
}

func (s *patientSearch) namingRejects() ([]string, error) {
	rows, err := s.c.query(s.ctx, `
		select r.rowid, r.raw from ledger.rejects r
		where r.file in (select file from ledger.files where source = getvariable('erase_source'))`)
	if err != nil {
		return nil, err
	}
	defer rows.close()
	names := rejectNames(s.patient)
	var found []string
	for rows.nextChunk() {
		for i := range rows.size {
			if names(stringAt(rows.vecs[1], i)) {
				found = append(found, fmt.Sprint(at[int64](rows.vecs[0], i, true)))
			}
		}
	}
	return found, rows.close()
}

// rejectNames returns a function that reports whether a line refers to the patient
// or is its Patient.
func rejectNames(patient string) func(line []byte) bool {
	id := regexp.QuoteMeta(patient)
	refers := regexp.MustCompile(`Patient\\?/` + id + `(?:["'?#|\\\s]|/_history/|\\?/_history|$)`)
	is := regexp.MustCompile(`"id"\s*:\s*"` + id + `"`)
	kind := regexp.MustCompile(`"resourceType"\s*:\s*"Patient"`)
	return func(line []byte) bool {
		return refers.Match(line) || is.Match(line) && kind.Match(line)
	}
}
