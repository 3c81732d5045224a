-- How much has each patient's weight changed since the first measurement?
-- Pounds become kilograms; other units are left out rather than guessed.
with weights as (
    select
        source,
        patient_id,
        effective_date as measured,
        case
            when unit_code = 'kg' or unit = 'kg' then value_number
            when unit_code = '[lb_av]' or unit = 'lb' then value_number * 0.45359237
        end as kg
    from observations
    where code_system = 'LOINC' and code = '29463-7'
)

select
    source,
    patient_id,
    round(arg_min(kg, measured), 1) as first_kg,
    round(arg_max(kg, measured), 1) as last_kg,
    round(arg_max(kg, measured) - arg_min(kg, measured), 1) as change,
    min(measured) as since
from weights
where kg is not null
group by source, patient_id
