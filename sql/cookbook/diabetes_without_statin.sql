-- Which patients with diabetes have no active statin?
-- Statins by name, since a list of RxNorm codes would have to name every strength; nystatin is none.
select p.full_name, min(c.onset_date) as diabetes_since
from conditions c
join patients p using (source, patient_id)
where
    (c.icd10_code like 'E11%' or c.snomed_code = '44054006')
    and c.clinical_status = 'active'
    and not exists (
        from medications m
        where
            m.source = c.source
            and m.patient_id = c.patient_id
            and m.kind in ('request', 'statement')
            and m.status = 'active'
            and regexp_matches(m.medication, '(atorva|fluva|lova|pitava|prava|rosuva|simva)statin', 'i')
    )
group by p.source, p.patient_id, p.full_name
order by p.full_name
