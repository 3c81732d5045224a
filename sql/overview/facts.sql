-- What the overview says about the facts of each view.
-- Grain: kind, the name of the view; a view without rows has none here.
--
-- first_date, last_date and years look at dates from 1900 to $as_of alone. past_date is
-- one that cannot be in the future. end_before_start lets the first day of a month or
-- year pass, because it may be all that is left of a partial date. codes are the $top
-- most frequent ones of what is_ranked, units the amounts of each unit ('' without one),
-- absent_people those who are only named by facts of any view.
with
fact as materialized (
    select
        'observations'                                      as kind,
        source,
        patient_id,
        encounter_id,
        effective_date                                      as date,
        effective_date                                      as past_date,
        null::date                                          as start_date,
        null::date                                          as end_date,
        category is not distinct from 'laboratory'          as is_ranked,
        code_system,
        code,
        display                                             as text,
        case when value_type = 'quantity' and value_number is not null then coalesce(unit_code, unit, '') end as unit
    from observations

    union all
    select
        'medications',
        source,
        patient_id,
        encounter_id,
        coalesce(start_date, authored_date),
        authored_date,
        start_date,
        end_date,
        medication is not null,
        medication_system,
        medication_code,
        medication,
        null
    from medications

    union all
    select
        'conditions',
        source,
        patient_id,
        encounter_id,
        coalesce(onset_date, recorded_date),
        coalesce(onset_date, recorded_date),
        onset_date,
        abatement_date,
        display is not null,
        code_system,
        code,
        display,
        null
    from conditions

    union all
    select
        'encounters',
        source,
        patient_id,
        part_of_id,
        start_date,
        null,
        start_date,
        end_date,
        false,
        null,
        null,
        null,
        null
    from encounters

    union all
    select
        'procedures',
        source,
        patient_id,
        encounter_id,
        performed_date,
        performed_date,
        performed_date,
        performed_end_date,
        display is not null,
        code_system,
        code,
        display,
        null
    from procedures

    union all
    select
        'immunizations',
        source,
        patient_id,
        encounter_id,
        given_date,
        given_date,
        null,
        null,
        vaccine is not null and status is distinct from 'not-done',
        vaccine_system,
        vaccine_code,
        vaccine,
        null
    from immunizations

    union all
    select
        'allergies',
        source,
        patient_id,
        encounter_id,
        coalesce(onset_date, recorded_date),
        coalesce(onset_date, recorded_date),
        null,
        null,
        false,
        null,
        null,
        null,
        null
    from allergies

    union all
    select
        'diagnostic_reports',
        source,
        patient_id,
        encounter_id,
        effective_date,
        effective_date,
        null,
        null,
        false,
        null,
        null,
        null,
        null
    from diagnostic_reports

    union all
    select
        'documents',
        source,
        patient_id,
        encounter_id,
        date,
        date,
        null,
        null,
        false,
        null,
        null,
        null,
        null
    from documents

    union all
    select
        'goals',
        source,
        patient_id,
        null,
        start_date,
        null,
        start_date,
        due_date,
        false,
        null,
        null,
        null,
        null
    from goals

    union all
    select
        'care_plans',
        source,
        patient_id,
        encounter_id,
        start_date,
        null,
        start_date,
        end_date,
        false,
        null,
        null,
        null,
        null
    from care_plans

    union all
    select
        'devices',
        source,
        patient_id,
        null,
        manufactured_date,
        manufactured_date,
        manufactured_date,
        expiration_date,
        false,
        null,
        null,
        null,
        null
    from devices

    union all
    select
        'coverages',
        source,
        patient_id,
        null,
        start_date,
        null,
        start_date,
        end_date,
        false,
        null,
        null,
        null,
        null
    from coverages

    union all
    select
        'claims',
        source,
        patient_id,
        null,
        coalesce(service_start_date, created_date),
        created_date,
        service_start_date,
        service_end_date,
        false,
        null,
        null,
        null,
        null
    from claims
),

born as (
    select _source as source, id as patient_id, year(fhir_date(birthDate)) as birth_year
    from base.Patient
    where id is not null
),

counted as (
    select
        kind,
        count(*)                                            as n,
        count(distinct case when fact.patient_id is not null then (fact.source, fact.patient_id) end) as patients,
        min(date) filter (is_plausible)                     as first_date,
        max(date) filter (is_plausible)                     as last_date,
        histogram(year(date)) filter (is_plausible)         as years,
        histogram(unit)                                     as units,
        count(*) filter (fact.patient_id is null)           as no_patient,
        count(*) filter (fact.patient_id is not null and born.patient_id is null) as absent_patient,
        count(*) filter (fact.encounter_id is not null and e.id is null) as absent_encounter,
        count(*) filter (past_date > $as_of::date)          as future,
        count(*) filter (date < date '1900-01-01')          as early,
        count(*) filter (
            end_date < start_date
            and end_date <> date_trunc('month', start_date)
            and end_date <> date_trunc('year', start_date)
        )                                                   as end_before_start,
        count(*) filter (year(date) < birth_year)           as before_birth
    from (
        select *, date between date '1900-01-01' and $as_of::date as is_plausible
        from fact
    ) as fact
    left join born using (source, patient_id)
    left join Encounter as e on e._source = fact.source and e.id = fact.encounter_id
    group by kind
),

ranked as (
    select
        kind,
        code_system,
        code,
        mode(text)                                          as label,
        count(*)                                            as n,
        count(distinct (source, patient_id))                as patients
    from fact
    where is_ranked
    group by kind, code_system, code, case when code is null then text end
    qualify row_number() over (partition by kind order by count(*) desc, mode(text), code) <= $top::bigint
),

absent as (
    select count(*) as people
    from (
        select distinct source, patient_id
        from fact
        anti join born using (source, patient_id)
        where patient_id is not null
    )
),

listed as (
    select
        kind,
        list({'system': code_system, 'code': code, 'text': label, 'n': n, 'patients': patients} order by n desc, label, code) as codes
    from ranked
    group by kind
)

select
    kind,
    n,
    patients,
    first_date::varchar                                     as first_date,
    last_date::varchar                                      as last_date,
    years,
    units,
    no_patient,
    absent_patient,
    absent_encounter,
    future,
    early,
    end_before_start,
    before_birth,
    codes,
    (select people from absent)                             as absent_people
from counted
left join listed using (kind)
