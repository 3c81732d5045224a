-- care_plans: plans of care, one row for each and one for each of its activities.
-- Grain: (source, care_plan_id, activity_number); activity 0 is the plan itself.
-- Status and period of an activity are its own, else the plan's.
-- Source: FHIR R4 CarePlan (https://hl7.org/fhir/R4/careplan.html).
create or replace view care_plans as
select
    t._source                                               as source,
    t.id                                                    as care_plan_id,
    t.number::integer                                       as activity_number,
    t.patient_id,
    t.encounter_id,
    coalesce(nullif(t.step.detail.status, ''), nullif(t.status, '')) as status,
    nullif(t.intent, '')                                    as intent,
    concept_code(t.the_category)                            as category,
    nullif(t.title, '')                                     as title,
    code_system_name(t.coding.system)                       as activity_system,
    nullif(t.coding.code, '')                               as activity_code,
    coalesce(
        nullif(t.step.detail.code.text, ''),
        coding_text(t.step.detail.code.coding, t.coding),
        nullif(t.step.reference.display, '')
    )                                                       as activity,
    fhir_date(t.start_text)                                 as start_date,
    fhir_timestamp(t.start_text)                            as start_at,
    fhir_date(t.end_text)                                   as end_date,
    fhir_timestamp(t.end_text)                              as end_at
from (
    select
        *,
        pick_coding(step.detail.code, ['SNOMED CT', 'LOINC']) as coding,
        case when scheduled then step.detail.scheduledPeriod."start" else period."start" end as start_text,
        case when scheduled then step.detail.scheduledPeriod."end" else period."end" end as end_text
    from (
        select
            *,
            activity[number]                                as step,
            coalesce(
                activity[number].detail.scheduledPeriod."start" <> '',
                activity[number].detail.scheduledPeriod."end" <> '',
                false
            )                                               as scheduled
        from (
            select
                b.*,
                ref_id(b.subject.reference, 'Patient', p.resource_type, p.id) as patient_id,
                ref_id(b.encounter.reference, 'Encounter', e.resource_type, e.id) as encounter_id,
                pick_concept(b.category, ['SNOMED CT', 'LOINC']) as the_category,
                unnest(range(0, coalesce(len(b.activity), 0) + 1)) as number
            from base.CarePlan as b
            left join ledger.urns as p on p.source = b._source and p.urn = b.subject.reference
            left join ledger.urns as e on e.source = b._source and e.urn = b.encounter.reference
        )
        where number = 0 or activity[number] is not null
    )
) as t
where t.status is distinct from 'entered-in-error'
    and t.step.detail.status is distinct from 'entered-in-error';

comment on view care_plans is 'Plans of care, one row for each and one for each of its activities (FHIR CarePlan)';
comment on column care_plans.source is 'Where the row comes from: the label of the import';
comment on column care_plans.care_plan_id is 'Id of the CarePlan, unique within source';
comment on column care_plans.activity_number is '0: the plan itself; n: its nth activity';
comment on column care_plans.patient_id is 'Id of the Patient it is about';
comment on column care_plans.encounter_id is 'Id of the Encounter it belongs to';
comment on column care_plans.status is 'Status code of the activity, else of the plan; rows entered in error are left out';
comment on column care_plans.intent is 'proposal, plan, order or option';
comment on column care_plans.category is 'Category code of the plan';
comment on column care_plans.title is 'Title of the plan';
comment on column care_plans.activity_system is 'Code system of activity_code';
comment on column care_plans.activity_code is 'What is to be done, as a code; SNOMED CT preferred, then LOINC';
comment on column care_plans.activity is 'What is to be done, as text';
comment on column care_plans.start_date is 'Day of the start of the activity, else of the plan as written';
comment on column care_plans.start_at is 'Instant of the start of the activity, else of the plan; NULL without time and zone';
comment on column care_plans.end_date is 'Day of the end of the activity, else of the plan as written';
comment on column care_plans.end_at is 'Instant of the end of the activity, else of the plan; NULL without time and zone';
