-- The people of a warehouse in numbers: one row.
-- The first day of a year or month passes as a day of death: it may be all that is left of
-- a partial date.
with
patient as materialized (
    select
        patient_id,
        full_name,
        birth_date,
        death_date,
        coalesce(gender, '')                                as gender,
        lower(strip_accents(family_name))                   as family_name,
        lower(strip_accents(given_name))                    as given_name
    from patients
),

repeated as (
    select count(*) as n
    from patient
    where birth_date is not null and family_name is not null and given_name is not null
    group by birth_date, family_name, given_name
    having count(*) > 1
)

select
    count(*)                                                as n,
    histogram(gender)                                       as genders,
    min(birth_date)::varchar                                as first_birth,
    max(birth_date)::varchar                                as last_birth,
    count(*) filter (patient_id is null)                    as no_id,
    count(*) filter (full_name is null)                     as no_name,
    count(*) filter (birth_date is null)                    as no_birth_date,
    count(*) filter (birth_date < date '1900-01-01' or birth_date > $as_of::date) as impossible_birth,
    count(*) filter (
        death_date < birth_date
        and death_date <> date_trunc('month', birth_date)
        and death_date <> date_trunc('year', birth_date)
    )                                                       as death_before_birth,
    (select count(*) from repeated)                         as repeated
from patient
