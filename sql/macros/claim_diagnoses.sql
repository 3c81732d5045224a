-- claim_diagnoses(): the diagnoses of each claim in order of sequence, also those that
-- the claim refers to as Conditions.
-- Grain: (kind, number), the kind of claim and the rowid in its table.
create or replace macro claim_diagnoses() as table
    select
        d.kind,
        d.number,
        list(
            {
                'sequence': d.sequence,
                'code': coalesce(
                    diagnosis_code(d.concept),
                    diagnosis_code(contained_concept(d.contained, d.reference)),
                    diagnosis_code(c.code)
                )
            }
            order by d.sequence nulls last, d.position
        ) as diagnoses
    from (
        select
            kind,
            number,
            _source,
            contained,
            position,
            diagnosis.sequence                              as sequence,
            plain_concept(diagnosis.diagnosisCodeableConcept) as concept,
            diagnosis.diagnosisReference.reference          as reference
        from (
            select
                'eob'                                       as kind,
                rowid                                       as number,
                _source,
                contained,
                generate_subscripts(diagnosis, 1)           as position,
                unnest(diagnosis)                           as diagnosis
            from base.ExplanationOfBenefit
            where len(diagnosis) > 0
        )

        union all

        select
            kind,
            number,
            _source,
            contained,
            position,
            diagnosis.sequence,
            plain_concept(diagnosis.diagnosisCodeableConcept),
            diagnosis.diagnosisReference.reference
        from (
            select
                'claim'                                     as kind,
                rowid                                       as number,
                _source,
                contained,
                generate_subscripts(diagnosis, 1)           as position,
                unnest(diagnosis)                           as diagnosis
            from base.Claim
            where len(diagnosis) > 0
        )
    ) as d
    left join ledger.urns as u on u.source = d._source and u.urn = d.reference
    left join base.Condition as c
        on c._source = d._source and c.id = ref_id(d.reference, 'Condition', u.resource_type, u.id)
    group by d.kind, d.number;

comment on macro table claim_diagnoses is 'Diagnoses of each claim in order of sequence';
