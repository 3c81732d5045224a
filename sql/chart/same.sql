-- Others who may be the same person.
-- Grain: (source, patient_id). why is the best reason.
with
person as materialized (
    select
        source,
        patient_id,
        replaced_by,
        birth_date,
        lower(strip_accents(family_name))                   as family_name,
        lower(strip_accents(given_name))                    as given_name,
        list_transform(
            list_filter(identifiers, lambda x: x.system is not null and x.value is not null),
            lambda x: x.system || '|' || trim(x.value)
        )                                                   as identifiers
    from patients
    where patient_id is not null
),

other as (
    select
        p.source,
        p.patient_id,
        case
            when p.source = one.source and (p.patient_id = one.replaced_by or p.replaced_by = one.patient_id)
                then 'merged'
            when list_has_any(p.identifiers, one.identifiers)
                then 'identifier'
            when p.birth_date = one.birth_date and p.family_name = one.family_name and p.given_name = one.given_name
                then 'name and birth date'
        end                                                 as why
    from person as p
    join person as one
        on one.source = $source
        and one.patient_id = $patient_id
        and (p.source <> one.source or p.patient_id <> one.patient_id)
)

select source, patient_id, why
from other
where why is not null
order by source, patient_id
