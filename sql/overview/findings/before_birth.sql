-- Facts of a year before the patient's birth. Written for observations; the program puts in
-- the names of other views.
select source, observation_id, patient_id, birth_date, effective_date as date
from observations
join patients using (source, patient_id)
where year(effective_date) < year(birth_date)
