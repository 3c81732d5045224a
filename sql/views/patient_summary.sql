-- patient_summary: what the warehouse has about each person, one row for each Patient and
-- each patient_id that a fact names without there being a Patient.
-- Grain: (source, patient_id).
-- first_date and last_date are those of timeline; each count is that of the rows of the
-- view with its name.
create or replace view patient_summary as
with
facts as (
    select source, patient_id, 'patients' as kind, null::date as date, full_name, birth_date
    from patients

    union all

    select source, patient_id, 'observations', coalesce(effective_date, day_of(issued_at)), null, null
    from observations

    union all

    select source, patient_id, 'medications', coalesce(start_date, authored_date), null, null
    from medications

    union all

    select source, patient_id, 'conditions', coalesce(onset_date, recorded_date), null, null
    from conditions

    union all

    select source, patient_id, 'encounters', start_date, null, null
    from encounters

    union all

    select source, patient_id, 'procedures', performed_date, null, null
    from procedures

    union all

    select source, patient_id, 'immunizations', given_date, null, null
    from immunizations

    union all

    select source, patient_id, 'allergies', coalesce(onset_date, recorded_date), null, null
    from allergies

    union all

    select source, patient_id, 'diagnostic_reports', coalesce(effective_date, day_of(issued_at)), null, null
    from diagnostic_reports

    union all

    select source, patient_id, 'documents', date, null, null
    from documents

    union all

    select source, patient_id, 'goals', coalesce(start_date, due_date), null, null
    from goals

    union all

    select source, patient_id, 'care_plans', start_date, null, null
    from care_plans

    union all

    select source, patient_id, 'care_team', null, null, null
    from care_team

    union all

    select source, patient_id, 'devices', manufactured_date, null, null
    from devices

    union all

    select source, patient_id, 'coverages', start_date, null, null
    from coverages

    union all

    select source, patient_id, 'claims', coalesce(service_start_date, created_date), null, null
    from claims

    union all

    select source, patient_id, 'claim_lines', null, null, null
    from claim_lines
)

select
    source,
    patient_id,
    max(full_name)                                          as full_name,
    max(birth_date)                                         as birth_date,
    min(date)                                               as first_date,
    max(date)                                               as last_date,
    count(*) filter (kind = 'observations')                 as observations,
    count(*) filter (kind = 'medications')                  as medications,
    count(*) filter (kind = 'conditions')                   as conditions,
    count(*) filter (kind = 'encounters')                   as encounters,
    count(*) filter (kind = 'procedures')                   as procedures,
    count(*) filter (kind = 'immunizations')                as immunizations,
    count(*) filter (kind = 'allergies')                    as allergies,
    count(*) filter (kind = 'diagnostic_reports')           as diagnostic_reports,
    count(*) filter (kind = 'documents')                    as documents,
    count(*) filter (kind = 'goals')                        as goals,
    count(*) filter (kind = 'care_plans')                   as care_plans,
    count(*) filter (kind = 'care_team')                    as care_team,
    count(*) filter (kind = 'devices')                      as devices,
    count(*) filter (kind = 'coverages')                    as coverages,
    count(*) filter (kind = 'claims')                       as claims,
    count(*) filter (kind = 'claim_lines')                  as claim_lines
from facts
where patient_id is not null
group by source, patient_id;

comment on view patient_summary is 'What the warehouse has about each person, one row each';
comment on column patient_summary.source is 'Where the row comes from: the label of the import';
comment on column patient_summary.patient_id is 'Id of the Patient, also of one that only facts name';
comment on column patient_summary.full_name is 'Name as one text';
comment on column patient_summary.birth_date is 'Day of birth';
comment on column patient_summary.first_date is 'Day of the first fact';
comment on column patient_summary.last_date is 'Day of the last fact';
comment on column patient_summary.observations is 'Number of rows in observations';
comment on column patient_summary.medications is 'Number of rows in medications';
comment on column patient_summary.conditions is 'Number of rows in conditions';
comment on column patient_summary.encounters is 'Number of rows in encounters';
comment on column patient_summary.procedures is 'Number of rows in procedures';
comment on column patient_summary.immunizations is 'Number of rows in immunizations';
comment on column patient_summary.allergies is 'Number of rows in allergies';
comment on column patient_summary.diagnostic_reports is 'Number of rows in diagnostic_reports';
comment on column patient_summary.documents is 'Number of rows in documents';
comment on column patient_summary.goals is 'Number of rows in goals';
comment on column patient_summary.care_plans is 'Number of rows in care_plans';
comment on column patient_summary.care_team is 'Number of rows in care_team';
comment on column patient_summary.devices is 'Number of rows in devices';
comment on column patient_summary.coverages is 'Number of rows in coverages';
comment on column patient_summary.claims is 'Number of rows in claims';
comment on column patient_summary.claim_lines is 'Number of rows in claim_lines';
