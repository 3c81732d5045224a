-- What is the latest HbA1c of each patient?
-- LOINC 4548-4. arg_max takes the value of the latest date; a panel's values are rows of their own.
select
    source,
    patient_id,
    max(effective_date) as measured,
    arg_max(value_number, effective_date) as hba1c,
    arg_max(unit, effective_date) as unit
from observations
where code_system = 'LOINC' and code = '4548-4' and value_number is not null
group by source, patient_id
order by hba1c desc
