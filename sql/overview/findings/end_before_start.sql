-- Facts that end before they start. The first day of a month or year passes: it may be all
-- that is left of a partial date. Written for medications; the program puts in the names of
-- other views.
select source, medication_record_id, patient_id, start_date, end_date, medication
from medications
where end_date < start_date
    and end_date <> date_trunc('month', start_date)
    and end_date <> date_trunc('year', start_date)
