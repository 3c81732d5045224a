-- What is measured most, in how many patients?
select display, code_system, code, count(*) as n, count(distinct (source, patient_id)) as patients, max(effective_date) as last
from observations
group by all
order by n desc, display
limit 8
