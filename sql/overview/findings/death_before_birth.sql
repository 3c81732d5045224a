-- People who died before they were born. The first day of a month or year passes: it may be
-- all that is left of a partial date.
select source, patient_id, full_name, birth_date, death_date
from patients
where death_date < birth_date
    and death_date <> date_trunc('month', birth_date)
    and death_date <> date_trunc('year', birth_date)
