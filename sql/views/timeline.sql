-- timeline: what happened to people, one row for each dated row of the views of facts
-- about them.
-- Grain: none of its own; kind is a view and id the row's id there.
-- date is the main date of the fact (onset, else recorded; start, else authored; ...), at
-- its instant where that is known. A row without a date is left out.
create or replace view timeline as
select
    source,
    patient_id,
    case when effective_date is null then issued_at else effective_at end as at,
    coalesce(effective_date, day_of(issued_at))             as date,
    null::date                                              as end_date,
    'observations'                                          as kind,
    observation_id                                          as id,
    display                                                 as what,
    one_line(value_text)                                    as detail,
    status,
    encounter_id
from observations
where coalesce(effective_date, day_of(issued_at)) is not null

union all

select
    source,
    patient_id,
    case when start_date is null then authored_at else start_at end,
    coalesce(start_date, authored_date),
    end_date,
    'medications',
    medication_record_id,
    medication,
    one_line(coalesce(dose_text, frequency_text)),
    status,
    encounter_id
from medications
where coalesce(start_date, authored_date) is not null

union all

select
    source,
    patient_id,
    onset_at,
    coalesce(onset_date, recorded_date),
    abatement_date,
    'conditions',
    condition_id,
    display,
    one_line(severity),
    clinical_status,
    encounter_id
from conditions
where coalesce(onset_date, recorded_date) is not null

union all

select
    source,
    patient_id,
    start_at,
    start_date,
    end_date,
    'encounters',
    encounter_id,
    coalesce(type, class),
    one_line(coalesce(reason, location, service_provider)),
    status,
    encounter_id
from encounters
where start_date is not null

union all

select
    source,
    patient_id,
    performed_at,
    performed_date,
    performed_end_date,
    'procedures',
    procedure_id,
    display,
    one_line(reason),
    status,
    encounter_id
from procedures
where performed_date is not null

union all

select
    source,
    patient_id,
    given_at,
    given_date,
    null,
    'immunizations',
    immunization_id,
    vaccine,
    one_line(not_given_reason),
    status,
    encounter_id
from immunizations
where given_date is not null

union all

select
    source,
    patient_id,
    onset_at,
    coalesce(onset_date, recorded_date),
    null,
    'allergies',
    allergy_id,
    substance,
    one_line(joined(reactions, ', ')),
    clinical_status,
    encounter_id
from allergies
where coalesce(onset_date, recorded_date) is not null

union all

select
    source,
    patient_id,
    case when effective_date is null then issued_at else effective_at end,
    coalesce(effective_date, day_of(issued_at)),
    null,
    'diagnostic_reports',
    diagnostic_report_id,
    display,
    one_line(conclusion),
    status,
    encounter_id
from diagnostic_reports
where coalesce(effective_date, day_of(issued_at)) is not null

union all

select
    source,
    patient_id,
    date_at,
    date,
    null,
    'documents',
    document_id,
    coalesce(title, type),
    one_line(content_type),
    status,
    encounter_id
from documents
where date is not null

union all

select
    source,
    patient_id,
    null,
    coalesce(start_date, due_date),
    due_date,
    'goals',
    goal_id,
    description,
    one_line(filled_text(concat_ws(' ', target_measure, number_text(target_number), target_unit))),
    lifecycle_status,
    null
from goals
where coalesce(start_date, due_date) is not null

union all

select
    source,
    patient_id,
    start_at,
    start_date,
    end_date,
    'care_plans',
    care_plan_id,
    coalesce(activity, title, category),
    one_line(category),
    status,
    encounter_id
from care_plans
where start_date is not null

union all

select
    source,
    patient_id,
    null,
    manufactured_date,
    expiration_date,
    'devices',
    device_id,
    coalesce(device_name, type),
    one_line(model_number),
    status,
    null
from devices
where manufactured_date is not null

union all

select
    source,
    patient_id,
    start_at,
    start_date,
    end_date,
    'coverages',
    coverage_id,
    coalesce(payer, plan_name),
    one_line(coalesce(plan_name, type)),
    status,
    null
from coverages
where start_date is not null

union all

select
    source,
    patient_id,
    service_start_at,
    coalesce(service_start_date, created_date),
    service_end_date,
    'claims',
    claim_id,
    coalesce(type, use),
    one_line(filled_text(concat_ws(' ', number_text(billed), currency))),
    status,
    null
from claims
where coalesce(service_start_date, created_date) is not null;

comment on view timeline is 'What happened to people, one row for each dated row of the views of facts about them';
comment on column timeline.source is 'Where the row comes from: the label of the import';
comment on column timeline.patient_id is 'Id of the Patient it is about';
comment on column timeline.at is 'Instant of the fact where it is known';
comment on column timeline.date is 'Main day of the fact: onset, else recorded; start, else authored; ...';
comment on column timeline.end_date is 'Day of the end where there is one';
comment on column timeline.kind is 'The view that has the row';
comment on column timeline.id is 'Id of the row in that view';
comment on column timeline.what is 'What it is, as text';
comment on column timeline.detail is 'Value, dose, reason or the like: one short line';
comment on column timeline.status is 'Status code';
comment on column timeline.encounter_id is 'Id of the Encounter it belongs to';
