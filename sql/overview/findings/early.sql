-- Facts before 1900. Written for observations; the program puts in the names of other
-- views.
select source, observation_id, patient_id, effective_date as date, display
from observations
where effective_date < date '1900-01-01'
