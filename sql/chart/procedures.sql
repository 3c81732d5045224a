-- A person's procedures, once each, the latest first.
-- Grain: (code, or text without one; whether it was done); n is how often.
with
mine as (
    select
        *,
        coalesce(code_system || '|' || code, lower(display), procedure_id) as procedure,
        coalesce(status, '') in ('not-done', 'preparation', 'on-hold', 'stopped') as is_undone
    from procedures
    where source = $source and patient_id = $patient_id
)

select
    any_value(coalesce(display, code) order by performed_date desc nulls last) as name,
    any_value(code_system)                                  as code_system,
    any_value(code)                                         as code,
    arg_max(status, coalesce(performed_date, date '0001-01-01')) as status,
    any_value(reason order by performed_date desc nulls last) as reason,
    any_value(performer order by performed_date desc nulls last) as who,
    max(performed_date)::varchar                            as date,
    count(*)                                                as n,
    min(performed_date)::varchar                            as first_date,
    max(performed_date)::varchar                            as last_date
from mine
group by procedure, is_undone
order by is_undone, max(performed_date) desc nulls last, lower(name)
