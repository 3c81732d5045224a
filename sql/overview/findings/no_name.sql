-- People without a name.
select source, patient_id, birth_date, gender
from patients
where full_name is null
