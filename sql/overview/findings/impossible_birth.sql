-- People born before 1900 or after $as_of.
select source, patient_id, full_name, birth_date
from patients
where birth_date < date '1900-01-01' or birth_date > $as_of::date
