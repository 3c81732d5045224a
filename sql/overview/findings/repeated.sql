-- People who seem to be here more than once: same name and day of birth.
select birth_date, any_value(full_name) as full_name, list(source || '/' || patient_id order by source, patient_id) as ids
from patients
where birth_date is not null and family_name is not null and given_name is not null
group by birth_date, lower(strip_accents(family_name)), lower(strip_accents(given_name))
having count(*) > 1
order by full_name
