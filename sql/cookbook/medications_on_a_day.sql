-- Which medications did a patient take on a given day?
-- A request counts from its start to its end, or until now where it has none and is active.
select medication, dose_text, start_date, end_date, prescriber
from medications
where
    kind = 'request'
    and start_date <= date '2020-01-01'
    and (end_date > date '2020-01-01' or (end_date is null and status = 'active'))
order by start_date, medication
