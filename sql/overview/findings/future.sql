-- Facts later than $as_of. Written for observations; the program puts in the names of other
-- views.
select source, observation_id, patient_id, effective_date as date, display
from observations
where effective_date > $as_of::date
