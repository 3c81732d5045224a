-- Whose latest blood pressure is 140/90 or more?
with readings as (
    select
        source,
        patient_id,
        effective_date as measured,
        max(value_number) filter (code = '8480-6') as systolic,
        max(value_number) filter (code = '8462-4') as diastolic
    from observations
    where code_system = 'LOINC' and code in ('8480-6', '8462-4')
    group by source, patient_id, effective_date, observation_id
)

select full_name, measured, systolic, diastolic
from readings
join patients using (source, patient_id)
qualify row_number() over (partition by source, patient_id order by measured desc) = 1
    and (systolic >= 140 or diastolic >= 90)
order by systolic desc
