-- Active problems, the most recent first
select display, code_system, code, onset_date, recorder
from conditions
where clinical_status = 'active'
order by onset_date desc, display
