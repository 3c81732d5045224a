-- A person's encounters, the latest first.
-- Grain: encounter_id.
select
    encounter_id                                            as id,
    start_date::varchar                                     as date,
    case when end_date > start_date then end_date::varchar end as until,
    class,
    status,
    coalesce(type, type_code)                               as type,
    coalesce(reason, reason_code)                           as reason,
    coalesce(location, service_provider)                    as place,
    participants[1]                                         as who,
    start_date::varchar                                     as first_date,
    coalesce(end_date, start_date)::varchar                 as last_date
from encounters
where source = $source and patient_id = $patient_id
order by coalesce(start_at, start_date) desc nulls last, encounter_id
