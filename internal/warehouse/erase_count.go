package warehouse

import "fmt"

// countStill counts what stays and names the patient.
func (s *patientSearch) countStill() error {
	rows, err := s.c.query(s.ctx, `
		select t.type, count(*) from erase_naming n join erase_tables t using (tbl)
		where n.self and t.type <> 'Bundle' and not exists (from erase_rows e where e.tbl = n.tbl and e.rid = n.rid)
		group by 1 order by 1`)
	if err != nil {
		return err
	}
	defer rows.close()
	for rows.next() {
		var n NamedIn
		if err := rows.scan(&n.Table, &n.Rows); err != nil {
			return err
		}
		s.still = append(s.still, n)
	}
	if err := rows.close(); err != nil {
		return err
	}
	if s.table("Bundle") != nil {
		if err := s.addStill("Bundle", "select count(*) from erase_bundles where shared"); err != nil {
			return err
		}
	}
	return s.addStill("ledger.variants", "select count(*) from erase_variants_still")
}

func (s *patientSearch) addStill(name, sql string) error {
	n := NamedIn{Table: name}
	if err := s.c.value(s.ctx, &n.Rows, sql); err != nil {
		return err
	}
	if n.Rows > 0 {
		s.still = append(s.still, n)
	}
	return nil
}

// countUnclear counts what may be the patient's or not: it says of nobody whose it
// is, hangs on nothing, and nothing refers to it.
func (s *patientSearch) countUnclear() error {
	for _, t := range s.typed {
		if !isDependent(t.typed.fhir.Type) {
			continue
		}
		n := NamedIn{Table: t.name}
		err := s.c.value(s.ctx, &n.Rows, fmt.Sprintf(`
			select count(*) from %s t
			where _source = getvariable('erase_source')
				and rowid not in (select rid from erase_rows where tbl = %d)
				and rowid not in (select rid from erase_naming where tbl = %[2]d and (has_role or self or other))
				and rowid not in (select rid from erase_refs where tbl = %[2]d and anchor)
				and not exists (from erase_named n where n.id = t.id and (n.type is null or n.type = %s))`, t.quoted(), t.number, quoteText(t.name)))
		if err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
		if n.Rows > 0 {
			s.unclear = append(s.unclear, n)
		}
	}
	return nil
}

// found returns an error if nothing belongs to the patient.
func (s *patientSearch) found() error {
	var n int64
	err := s.c.value(s.ctx, &n, "select (select count(*) from erase_rows) + (select count(*) from erase_variants) + (select count(*) from erase_entries) + (select count(*) from erase_rejects)")
	if err != nil || n > 0 {
		return err
	}
	return &NotThereError{What: "Patient of this id in this source", Advice: "ids are case-sensitive; fhirwh query \"SELECT patient_id, full_name FROM patients\" lists them"}
}
