-- Encounters that are part of one that is not here.
select source, encounter_id, patient_id, part_of_id, start_date
from encounters
anti join (select _source as source, id as part_of_id from Encounter) using (source, part_of_id)
where part_of_id is not null
