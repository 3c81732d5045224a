-- Blood pressure over time: both values of a measurement in one row
-- Systolic 8480-6 and diastolic 8462-4 are components of one Observation, so they share its id.
select
    source,
    patient_id,
    effective_date as measured,
    max(value_number) filter (code = '8480-6') as systolic,
    max(value_number) filter (code = '8462-4') as diastolic
from observations
where code_system = 'LOINC' and code in ('8480-6', '8462-4')
group by source, patient_id, effective_date, observation_id
order by measured desc
limit 6
