-- Facts that name no patient. Written for observations; the program puts in the names of
-- other views.
select source, observation_id, effective_date as date, display
from observations
where patient_id is null
