-- People without a date of birth.
select source, patient_id, full_name, gender
from patients
where birth_date is null
