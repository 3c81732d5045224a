package warehouse

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	fhirsql "github.com/fhirwh/fhirwh/sql"
)

// A patientSearch finds what belongs to a patient. The rule, for the resources
// of one source:
//
//   - The Patient of that id.
//   - A resource with an element that says whose it is (patientElements): if that
//     names the patient and no other.
//   - A resource without such a value that names the patient anywhere, in
//     extensions, contained resources, _extra and words too: if it names no other
//     patient and its type may refer to patients. An appointment of two stays.
//   - A resource that names no patient: if all that it hangs on (anchors) goes, as
//     the Provenance of what goes; or if only what goes refers to it, as to a
//     Binary.
//   - Variants and entries of Bundles of all these, and a Bundle with no entry left
//     that is about somebody. Rejected lines that name the patient lose their text.
//
// What stays and names the patient is counted. A reference is text such as
// Patient/ID, with or without a base URL and a version, a urn that a Bundle gave
// to the patient, or in patientElements the patient's identifier.
type patientSearch struct {
	*erasePlan
	pattern string // regular expression for references to the patient
}

func (s *patientSearch) run() error {
	s.pattern = `(^|/)Patient/` + regexp.QuoteMeta(s.patient) + `(/_history/[^/]*)?$`
	steps := []func() error{
		s.begin, s.readRefs, s.named, s.thePatient, s.spread, s.contents,
		s.entries, s.variants, s.rejects, s.markTables, s.countStill, s.countUnclear, s.found,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return fmt.Errorf("find what belongs to the patient: %w", err)
		}
	}
	return nil
}

func (s *patientSearch) exec(sql string) error { return s.c.exec(s.ctx, sql) }

func (s *patientSearch) begin() error {
	err := s.exec("set variable erase_patient = " + quoteText(s.patient) + "; set variable erase_pattern = " + quoteText(s.pattern))
	if err != nil {
		return err
	}
	if err := s.exec(fhirsql.Erase("tables")); err != nil {
		return err
	}
	for _, t := range s.typed {
		of := t.typed.fhir.Type
		err := s.exec(fmt.Sprintf("insert into erase_tables values (%d, %s, %t, %t)", t.number, quoteText(of.Name), canName(of), isDependent(of)))
		if err != nil {
			return err
		}
	}
	return nil
}

// readRefs writes erase_refs.
func (s *patientSearch) readRefs() error {
	for _, t := range s.typed {
		for _, c := range refColumns(t.typed) {
			err := s.exec(fmt.Sprintf(`insert into erase_refs
				select %d, rid, %t, %t, ref from (select rowid as rid, unnest(%s) as ref from %s where _source = getvariable('erase_source'))
				where ref is not null and ref <> ''`, t.number, c.role, c.anchor, c.sql, t.quoted()))
			if err != nil {
				return fmt.Errorf("%s: %w", t, err)
			}
		}
		if err := s.readIdentifiers(t); err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
		if err := s.readWords(t); err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
	}
	return nil
}

// readIdentifiers adds references that name the patient by an identifier only.
func (s *patientSearch) readIdentifiers(t *eraseTable) error {
	patients := s.table("Patient")
	if patients == nil || t == patients {
		return nil
	}
	for _, name := range patientElements {
		e := t.typed.fhir.Type.Element(name)
		if e == nil || !isReference(e) || e.List {
			continue
		}
		n := t.typed.fhir.Column(e)
		if n == nil || n.Field(e.Type.Element("identifier")) == nil {
			continue
		}
		err := s.exec(fmt.Sprintf(`insert into erase_refs
			select %d, t.rowid, true, false, 'Patient/' || getvariable('erase_patient') from %s t
			where t._source = getvariable('erase_source') and t.%[3]s.reference is null
				and (t.%[3]s.identifier.system, t.%[3]s.identifier.value) in (
					select (i.system, i.value) from (
						select unnest(identifier) as i from %[4]s where _source = getvariable('erase_source') and id = getvariable('erase_patient')
					) where i.system <> '' and i.value <> '')`, t.number, t.quoted(), quoteName(name), patients.quoted()))
		if err != nil {
			return err
		}
	}
	return nil
}

// readWords adds what a resource says in words, of those that have the patient's
// id in them anywhere: Patient/ID in a narrative or an entry's fullUrl, patient=ID
// in the URL of a search.
func (s *patientSearch) readWords(t *eraseTable) error {
	id, err := json.Marshal(s.patient)
	if err != nil {
		return err
	}
	needle := quoteText(strings.Trim(string(id), `"`))
	return s.exec(fmt.Sprintf(`insert into erase_refs
		select %d, rid, false, false, 'Patient/' || unnest(regexp_extract_all(words, '(?:Patient/|(?:patient|subject)=(?:Patient/)?)([A-Za-z0-9.-]*[A-Za-z0-9-])', 1))
		from (
			select rowid as rid, replace(to_json(t)::varchar, '%%2F', '/') as words from %s t
			where _source = getvariable('erase_source') and contains(to_json(t)::varchar, %s)
		)`, t.number, t.quoted(), needle))
}

func (s *patientSearch) named() error { return s.exec(fhirsql.Erase("named")) }

func (s *patientSearch) thePatient() error {
	t := s.table("Patient")
	if t == nil {
		return nil
	}
	return s.exec(fmt.Sprintf("insert into erase_rows select %d, rowid from %s where _source = getvariable('erase_source') and id = getvariable('erase_patient')", t.number, t.quoted()))
}

// spread adds what hangs on what goes, until nothing is added.
func (s *patientSearch) spread() error {
	for before := int64(-1); ; {
		if err := s.collectIDs(); err != nil {
			return err
		}
		var now int64
		if err := s.c.value(s.ctx, &now, "select count(*) from erase_rows"); err != nil || now == before {
			return err
		}
		before = now
		if err := s.exec(fhirsql.Erase("anchored") + fhirsql.Erase("targets")); err != nil {
			return err
		}
		if err := s.candidates(); err != nil {
			return err
		}
		if err := s.exec(fhirsql.Erase("dependent")); err != nil {
			return err
		}
	}
}

// collectIDs writes erase_ids anew: type and id of what goes.
func (s *patientSearch) collectIDs() error {
	if err := s.exec("delete from erase_ids"); err != nil {
		return err
	}
	return s.eachErased(func(t *eraseTable, rows string) error {
		return s.exec(fmt.Sprintf("insert into erase_ids select distinct %s, id from %s where %s and id is not null", t.typeSQL(), t.quoted(), rows))
	})
}

// typeSQL is the type of the resources of the table.
func (t *eraseTable) typeSQL() string {
	if t.typed.fhir.Type == typeOfTable("Unknown") {
		return `coalesce("resourceType", '')`
	}
	return quoteText(t.name)
}

// eachErased calls do for each typed table that rows of go from, with a condition
// for those rows.
func (s *patientSearch) eachErased(do func(t *eraseTable, rows string) error) error {
	numbers, err := s.texts("select distinct tbl::varchar from erase_rows order by 1")
	if err != nil {
		return err
	}
	for _, number := range numbers {
		for _, t := range s.typed {
			if fmt.Sprint(t.number) != number {
				continue
			}
			if err := do(t, t.erasedRows()); err != nil {
				return fmt.Errorf("%s: %w", t, err)
			}
		}
	}
	return nil
}

func (t *eraseTable) erasedRows() string {
	return fmt.Sprintf("rowid in (select rid from erase_rows where tbl = %d)", t.number)
}

// candidates writes erase_candidates: rows of erase_targets.
func (s *patientSearch) candidates() error {
	var n int64
	if err := s.c.value(s.ctx, &n, "select count(*) from erase_targets"); err != nil || n == 0 {
		return err
	}
	for _, t := range s.typed {
		if !isDependent(t.typed.fhir.Type) {
			continue
		}
		err := s.exec(fmt.Sprintf(`insert into erase_candidates select %d, rowid, %s, id from %s
			where _source = getvariable('erase_source') and id in (select id from erase_targets where type is null or type = %s)`,
			t.number, quoteText(t.name), t.quoted(), quoteText(t.name)))
		if err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
	}
	return nil
}

// contents writes erase_contents: what tells resources without id apart.
func (s *patientSearch) contents() error {
	if err := s.exec("create or replace temp table erase_contents (content uhugeint not null)"); err != nil {
		return err
	}
	return s.eachErased(func(t *eraseTable, rows string) error {
		return s.exec(fmt.Sprintf("insert into erase_contents select _content from %s where %s and id is null and _content is not null", t.quoted(), rows))
	})
}

// entries finds the entries of Bundles, and the Bundles that go.
func (s *patientSearch) entries() error {
	bundles := s.table("Bundle")
	sql := fhirsql.Erase("bundles")
	if bundles == nil {
		sql, _, _ = strings.Cut(sql, "-- A Bundle itself")
	}
	if err := s.exec(sql); err != nil || bundles == nil {
		return err
	}
	return s.exec(fmt.Sprintf("insert into erase_rows select %d, rid from erase_bundles where not shared and rid not in (select rid from erase_rows where tbl = %[1]d)", bundles.number))
}

// markTables says which rows go.
func (s *patientSearch) markTables() error {
	for name, ids := range map[string]string{"ledger.bundle_entries": "erase_entries", "ledger.variants": "erase_variants"} {
		if t := s.table(name); t != nil {
			t.gone = "rowid in (select rid from " + ids + ")"
		}
	}
	if t := s.table("ledger.rejects"); t != nil {
		t.blanked = "rowid in (select rid from erase_rejects)"
	}
	return s.eachErased(func(t *eraseTable, rows string) error {
		t.gone = rows
		return nil
	})
}
