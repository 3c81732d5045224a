-- How long were stays in hospital and in emergency?
select class, type, start_date, round(duration_minutes / 60, 1) as hours, reason, discharge_disposition
from encounters
where class in ('IMP', 'EMER')
order by start_date
