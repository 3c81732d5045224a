-- Facts of a patient who is not here. Written for observations; the program puts in the
-- names of other views.
select source, observation_id, patient_id, effective_date as date, display
from observations
anti join patients using (source, patient_id)
where patient_id is not null
