-- Who is known in more than one source?
-- No source knows the ids of another: name and birth date must do, and a person should look at the result.
select
    lower(strip_accents(family_name)) as family,
    birth_date,
    gender,
    list(source order by source) as sources,
    list(patient_id order by source) as patient_ids
from patients
where family_name is not null and birth_date is not null
group by all
having count(distinct source) > 1
order by family
