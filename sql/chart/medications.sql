-- A person's medications, active ones first: what is in medications, once each.
-- Grain: code, or text without one. An active order or statement speaks for the others,
-- else the latest, and only without one a dispense or administration; n is how many
-- records there are.
with
mine as (
    select
        *,
        coalesce(medication_system || '|' || medication_code, lower(medication), kind || medication_record_id) as drug,
        kind in ('request', 'statement')                    as is_order,
        kind in ('request', 'statement') and status in ('active', 'on-hold', 'intended') as is_active,
        coalesce(start_date, authored_date)                 as date,
        coalesce(
            dose_text,
            nullif(concat_ws(
                ', ',
                case
                    when dose_number is not null
                        then concat_ws(' ', case when dose_unit is null then 'dose' end, regexp_replace(dose_number::varchar, '\.0$', ''), dose_unit)
                end,
                lower(route),
                frequency_text,
                case when as_needed then 'as needed' end
            ), '')
        )                                                   as dose
    from medications
    where source = $source and patient_id = $patient_id
),

ranked as (
    select
        *,
        min(date) over (partition by drug)                  as first_date,
        greatest(
            max(date) over (partition by drug),
            max(case when kind <> 'request' then end_date end) over (partition by drug)
        )                                                   as last_date,
        max(case when kind = 'dispense' then date end) over (partition by drug) as dispensed,
        count(*) over (partition by drug)                   as n,
        row_number() over (
            partition by drug
            order by is_active desc, is_order desc, date desc nulls last, medication_record_id
        )                                                   as rank
    from mine
)

select
    coalesce(medication, medication_code)                   as name,
    medication_system                                       as code_system,
    medication_code                                         as code,
    case when is_active then 'active' else 'past' end       as state,
    kind,
    status,
    dose,
    reason,
    prescriber,
    first_date::varchar                                     as since,
    end_date::varchar                                       as until,
    dispensed::varchar                                      as dispensed,
    n,
    first_date::varchar                                     as first_date,
    last_date::varchar                                      as last_date
from ranked
where rank = 1
order by is_active desc, last_date desc nulls last, lower(name)
