-- People without an id, whom no fact can name.
select source, full_name, birth_date, gender
from patients
where patient_id is null
