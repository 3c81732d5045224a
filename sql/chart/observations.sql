-- A person's latest values, one of each code: laboratory results, vital signs, others.
-- Grain: (section, code), or text without one. A reading of systolic and diastolic pressure
-- is one value. A missing value counts only if there is no other. earlier are the last
-- twelve numbers in the unit of the latest, which is among them, oldest first; n is how many
-- values there are.
with
mine as (
    select
        case category when 'laboratory' then 'labs' when 'vital-signs' then 'vitals' else 'other' end as section,
        category,
        observation_id,
        component,
        code_system,
        code,
        coalesce(display, code)                             as name,
        value_text,
        value_number,
        value_comparator,
        unit,
        absent_reason,
        interpretation,
        reference_low,
        reference_high,
        reference_text,
        effective_date,
        coalesce(effective_at, effective_date)              as taken,
        case effective_precision
            when 'year' then strftime(effective_date, '%Y')
            when 'month' then strftime(effective_date, '%Y-%m')
            else coalesce(effective_date, issued_at::date)::varchar
        end                                                 as date,
        panel,
        status
    from observations
    where source = $source and patient_id = $patient_id
        and status is distinct from 'cancelled'
),

pressure as (
    select
        observation_id,
        max(value_number) filter (code = '8480-6')          as systolic,
        max(value_number) filter (code = '8462-4')          as diastolic
    from mine
    where component > 0 and code in ('8480-6', '8462-4')
    group by observation_id
    having systolic is not null and diastolic is not null
),

value as (
    select
        mine.* exclude (panel),
        coalesce(code_system || '|' || code, lower(name), observation_id) as measure
    from mine
    left join pressure using (observation_id)
    where pressure.observation_id is null or code not in ('8480-6', '8462-4')

    union all
    select
        mine.* exclude (panel) replace (
            'LOINC' as code_system,
            '85354-9' as code,
            coalesce(panel, 'Blood pressure') as name,
            concat_ws(
                ' ',
                concat(regexp_replace(systolic::varchar, '\.0$', ''), '/', regexp_replace(diastolic::varchar, '\.0$', '')),
                unit
            ) as value_text,
            null as interpretation,
            null as reference_low,
            null as reference_high,
            null as reference_text
        ),
        'LOINC|85354-9'
    from mine
    join pressure using (observation_id)
    where code = '8480-6'
),

ranked as (
    select
        *,
        min(effective_date) over (partition by section, measure) as first_date,
        max(effective_date) over (partition by section, measure) as last_date,
        count(value_text) over (partition by section, measure) as n,
        row_number() over (
            partition by section, measure
            order by (value_text is not null) desc, taken desc nulls last, observation_id desc, component
        )                                                   as rank
    from value
),

series as (
    select l.section, l.measure, list(v.value_number order by v.taken, v.observation_id)[-12:] as earlier
    from ranked as l
    join value as v
        on v.section = l.section
        and v.measure = l.measure
        and v.unit is not distinct from l.unit
    where l.rank = 1
        and l.value_number is not null
        and v.value_number is not null
        and v.value_comparator is null
        and v.taken is not null
    group by l.section, l.measure
)

select
    section,
    name,
    code_system,
    code,
    category,
    value_text                                              as value,
    value_number                                            as number,
    value_comparator                                        as comparator,
    unit,
    absent_reason,
    interpretation,
    reference_low                                           as low,
    reference_high                                          as high,
    reference_text                                          as range,
    date,
    n,
    earlier,
    first_date::varchar                                     as first_date,
    last_date::varchar                                      as last_date
from ranked
left join series using (section, measure)
where rank = 1
order by section, (section = 'other' and category = 'social-history') desc nulls last, effective_date desc nulls last, lower(name), code
