-- Facts of an encounter that is not here. Written for observations; the program puts in the
-- names of other views.
select source, observation_id, patient_id, encounter_id, effective_date as date
from observations
anti join (select _source as source, id as encounter_id from Encounter) using (source, encounter_id)
where encounter_id is not null
