-- goals: what is aimed at for a person, one row each, with the first target.
-- Grain: (source, goal_id).
-- Source: FHIR R4 Goal (https://hl7.org/fhir/R4/goal.html).
create or replace view goals as
select
    t._source                                               as source,
    t.id                                                    as goal_id,
    t.patient_id,
    nullif(t.lifecycleStatus, '')                           as lifecycle_status,
    concept_code(t.achievementStatus)                       as achievement_status,
    concept_text(t.description)                             as description,
    code_system_name(t.coding.system)                       as target_measure_system,
    nullif(t.coding.code, '')                               as target_measure_code,
    coalesce(nullif(t.first_target.measure.text, ''), coding_text(t.first_target.measure.coding, t.coding)) as target_measure,
    coalesce(
        t.first_target.detailQuantity.value,
        number_sent(t._extra, '/target/0/detailQuantity/value'),
        t.first_target.detailInteger,
        number_sent(t._extra, '/target/0/detailInteger')
    )                                                       as target_number,
    quantity_unit(t.first_target.detailQuantity)            as target_unit,
    fhir_date(t.startDate)                                  as start_date,
    fhir_date(t.first_target.dueDate)                       as due_date
from (
    select
        *,
        pick_coding(first_target.measure, ['SNOMED CT', 'LOINC']) as coding
    from (
        select
            b.*,
            ref_id(b.subject.reference, 'Patient', p.resource_type, p.id) as patient_id,
            b.target[1]                                     as first_target
        from base.Goal as b
        left join ledger.urns as p on p.source = b._source and p.urn = b.subject.reference
    )
) as t
where t.lifecycleStatus is distinct from 'entered-in-error';

comment on view goals is 'What is aimed at for people, one row each (FHIR Goal)';
comment on column goals.source is 'Where the row comes from: the label of the import';
comment on column goals.goal_id is 'Id of the Goal, unique within source';
comment on column goals.patient_id is 'Id of the Patient it is about';
comment on column goals.lifecycle_status is 'Status code: proposed, active, completed, ...; rows entered in error are left out';
comment on column goals.achievement_status is 'Achievement code: in-progress, achieved, ...';
comment on column goals.description is 'The goal as text';
comment on column goals.target_measure_system is 'Code system of target_measure_code';
comment on column goals.target_measure_code is 'What the first target measures, as a code; SNOMED CT preferred, then LOINC';
comment on column goals.target_measure is 'What the first target measures, as text';
comment on column goals.target_number is 'The number to reach, in target_unit';
comment on column goals.target_unit is 'Unit of the number as sent';
comment on column goals.start_date is 'Day when work towards it began';
comment on column goals.due_date is 'Day when it should be reached';
