-- A person's allergies and intolerances, active ones first: what is in allergies, once each.
-- Grain: code of the substance, or text without one; the latest record speaks for the
-- others, n is how many there are.
with
mine as (
    select
        *,
        coalesce(substance_system || '|' || substance_code, lower(substance), allergy_id) as allergy,
        coalesce(recorded_date, onset_date)                 as date
    from allergies
    where source = $source and patient_id = $patient_id
),

ranked as (
    select
        *,
        count(*) over (partition by allergy)                as n,
        row_number() over (
            partition by allergy
            order by (clinical_status = 'active') desc nulls last, date desc nulls last, allergy_id
        )                                                   as rank
    from mine
)

select
    coalesce(substance, substance_code)                     as name,
    substance_system                                        as code_system,
    substance_code                                          as code,
    case
        when verification_status = 'refuted' then 'refuted'
        when coalesce(clinical_status, 'active') = 'active' then 'active'
        else 'past'
    end                                                     as state,
    clinical_status,
    verification_status,
    type,
    criticality,
    worst_severity                                          as severity,
    reactions,
    onset_date::varchar                                     as since,
    recorded_date::varchar                                  as recorded,
    n,
    least(onset_date, recorded_date)::varchar               as first_date,
    greatest(onset_date, recorded_date, last_occurrence_date)::varchar as last_date
from ranked
where rank = 1
order by
    case state when 'active' then 1 when 'past' then 2 else 3 end,
    case criticality when 'high' then 1 when 'low' then 3 else 2 end,
    lower(name)
