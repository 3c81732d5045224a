-- How much else there is of a person.
-- Grain: kind, the name of the view.
select 'diagnostic_reports' as kind, count(*) as n, min(effective_date)::varchar as first_date, max(effective_date)::varchar as last_date
from diagnostic_reports
where source = $source and patient_id = $patient_id

union all
select 'documents', count(*), min(date)::varchar, max(date)::varchar
from documents
where source = $source and patient_id = $patient_id

union all
select 'goals', count(*), min(start_date)::varchar, max(start_date)::varchar
from goals
where source = $source and patient_id = $patient_id

union all
select 'care_plans', count(*), min(start_date)::varchar, max(start_date)::varchar
from care_plans
where source = $source and patient_id = $patient_id and activity_number = 0

union all
select 'devices', count(*), min(null::date)::varchar, max(null::date)::varchar
from devices
where source = $source and patient_id = $patient_id

union all
select 'coverages', count(*), min(start_date)::varchar, max(start_date)::varchar
from coverages
where source = $source and patient_id = $patient_id

union all
select 'claims', count(*), min(service_start_date)::varchar, max(service_start_date)::varchar
from claims
where source = $source and patient_id = $patient_id
