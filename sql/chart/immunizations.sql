-- A person's immunizations, once each vaccine: the latest first, then what was not given.
-- Grain: (vaccine, whether it was given); n is how many doses there are.
with
mine as (
    select
        *,
        coalesce(vaccine_system || '|' || vaccine_code, lower(vaccine), immunization_id) as shot,
        status is not distinct from 'not-done'              as is_missed
    from immunizations
    where source = $source and patient_id = $patient_id
)

select
    any_value(coalesce(vaccine, vaccine_code) order by given_date desc nulls last) as name,
    any_value(vaccine_system)                               as code_system,
    any_value(vaccine_code)                                 as code,
    case when is_missed then 'not given' else 'given' end   as state,
    any_value(not_given_reason order by given_date desc nulls last) as reason,
    max(given_date)::varchar                                as date,
    list(given_date::varchar order by given_date) filter (given_date is not null) as dates,
    count(*)                                                as n,
    min(given_date)::varchar                                as first_date,
    max(given_date)::varchar                                as last_date
from mine
group by shot, is_missed
order by is_missed, max(given_date) desc nulls last, lower(name)
