-- patient_summary: what the warehouse has about each person, one row for each Patient and
-- each patient_id that a fact names without there being a Patient.
-- Grain: (source, patient_id).
-- first_date and last_date are those of timeline; each count is that of the rows of the
-- view with its name.
create or replace view patient_summary as
with
counted as (
    select source, patient_id, kind, count(*) as facts, min(date) as first_date, max(date) as last_date
    from facts()
    where patient_id is not null
    group by source, patient_id, kind
),

summed as (
    select
        source,
        patient_id,
        min(first_date)                                     as first_date,
        max(last_date)                                      as last_date,
        coalesce(max(facts) filter (kind = 'observations'), 0)      as observations,
        coalesce(max(facts) filter (kind = 'medications'), 0)       as medications,
        coalesce(max(facts) filter (kind = 'conditions'), 0)        as conditions,
        coalesce(max(facts) filter (kind = 'encounters'), 0)        as encounters,
        coalesce(max(facts) filter (kind = 'procedures'), 0)        as procedures,
        coalesce(max(facts) filter (kind = 'immunizations'), 0)     as immunizations,
        coalesce(max(facts) filter (kind = 'allergies'), 0)         as allergies,
        coalesce(max(facts) filter (kind = 'diagnostic_reports'), 0)as diagnostic_reports,
        coalesce(max(facts) filter (kind = 'documents'), 0)         as documents,
        coalesce(max(facts) filter (kind = 'goals'), 0)             as goals,
        coalesce(max(facts) filter (kind = 'care_plans'), 0)        as care_plans,
        coalesce(max(facts) filter (kind = 'care_team'), 0)         as care_team,
        coalesce(max(facts) filter (kind = 'devices'), 0)           as devices,
        coalesce(max(facts) filter (kind = 'coverages'), 0)         as coverages,
        coalesce(max(facts) filter (kind = 'claims'), 0)            as claims,
        coalesce(max(facts) filter (kind = 'claim_lines'), 0)       as claim_lines
    from counted
    group by source, patient_id
)

select
    s.source,
    s.patient_id,
    p.full_name,
    p.birth_date,
    s.first_date,
    s.last_date,
    s.observations,
    s.medications,
    s.conditions,
    s.encounters,
    s.procedures,
    s.immunizations,
    s.allergies,
    s.diagnostic_reports,
    s.documents,
    s.goals,
    s.care_plans,
    s.care_team,
    s.devices,
    s.coverages,
    s.claims,
    s.claim_lines
from summed as s
left join patients as p using (source, patient_id);

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
